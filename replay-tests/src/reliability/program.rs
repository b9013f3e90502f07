//! The program's subcommands, each begun as a process of its own.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant as Monotonic};

use anyhow::{Context, Result, ensure};
use ledger::clock::{Clock as _, WallClock};
use projections::tables::Format;
use schemas::CivilDate;
use serde_json::Value;

use super::home::{Home, PARTITIONS};
use super::running::Running;

/// Of a log, where something ended that should not have.
const LAST_LINES: usize = 5;

/// How to run `terminbuch`.
#[derive(Debug, Clone)]
pub struct Program {
    /// The file.
    pub path: PathBuf,
    /// What stands before the arguments of `terminbuch`.
    pub before: Vec<String>,
}

/// What is exported: the same for who goes on with what was killed, also after midnight.
#[derive(Debug, Clone)]
pub(super) struct What {
    format: Format,
    from: CivilDate,
    to: CivilDate,
}

impl What {
    /// All that a trial writes today.
    pub(super) fn of_these_days(format: Format) -> Result<Self> {
        let today = WallClock::start().look_again().millis() / 86_400_000;
        let day =
            |from_now| i32::try_from(today + from_now).ok().and_then(CivilDate::from_days).context("a day");
        Ok(Self { format, from: day(-1)?, to: day(1)? })
    }
}

/// What came of a start.
pub(super) enum Started {
    /// It serves.
    Serves { running: Running, web: SocketAddr, after: Duration },
    /// It died before it did.
    Died,
}

impl Program {
    /// Starts `serve` on a ledger, to die at a place if one is named.
    pub(super) async fn serve(&self, home: &Home, die_at: Option<&str>) -> Result<Started> {
        let begun = Monotonic::now();
        let mut running = self.begin(home, die_at)?;
        let line = running.says().await?;
        if line.is_empty() {
            return Ok(Started::Died);
        }
        let said: Value = serde_json::from_str(&line).with_context(|| format!("it says {line:?}"))?;
        let web = said["web"].as_str().with_context(|| format!("it says {line:?}"))?.parse()?;
        Ok(Started::Serves { running, web, after: begun.elapsed() })
    }

    /// Begins to start `serve`, and waits for nothing.
    pub(super) fn begin(&self, home: &Home, die_at: Option<&str>) -> Result<Running> {
        let mut command = self.command(home, "serve", die_at)?;
        for edge in ["--web", "--hotline", "--audit", "--admin"] {
            command.args([edge, "127.0.0.1:0"]);
        }
        self.spawn(command)
    }

    /// Begins to make the views anew, to die at a place if one is named.
    pub(super) fn rebuild(&self, home: &Home, die_at: Option<&str>) -> Result<Running> {
        self.spawn(self.command(home, "rebuild", die_at)?)
    }

    /// Begins to export beside whoever serves, to die at a place if one is named.
    pub(super) fn export(
        &self,
        home: &Home,
        out: &Path,
        what: &What,
        die_at: Option<&str>,
    ) -> Result<Running> {
        let mut command = self.command(home, "export", die_at)?;
        let What { format, from, to } = what;
        command.args(["--from", &from.to_string(), "--to", &to.to_string(), "--format", format.as_str()]);
        command.args(["--purpose", "trial", "--out"]).arg(out);
        self.spawn(command)
    }

    /// Exports, and waits until it is done.
    pub(super) async fn export_whole(&self, home: &Home, out: &Path, what: &What) -> Result<()> {
        let (status, _) = self.export(home, out, what, None)?.done().await?;
        let log = home.noted();
        ensure!(status.success(), "{status}; {}: {}", log.display(), last_lines(&log));
        Ok(())
    }

    /// Verifies the log, with the copies that Kafka keeps beside its records; what is wrong.
    pub(super) async fn verify(&self, home: &Home) -> Result<Vec<String>> {
        let (status, said) = self.spawn(self.command(home, "verify", None)?)?.done().await?;
        let report: Value = serde_json::from_str(&said).with_context(|| {
            let log = home.noted();
            format!("verify: {status}; {}: {}", log.display(), last_lines(&log))
        })?;
        let listed = [&report["faults"], &report["copies"]["first"]].map(Value::as_array);
        let found = listed.into_iter().flatten().flatten().map(|fault| format!("verify: {fault}"));
        let found: Vec<_> = found.collect();
        ensure!(status.success() || !found.is_empty(), "verify: {status}, and it names nothing: {report}");
        Ok(found)
    }

    fn command(&self, home: &Home, what: &str, die_at: Option<&str>) -> Result<Command> {
        let noted = OpenOptions::new().create(true).append(true).open(home.noted())?;
        let mut command = Command::new(&self.path);
        command.args(&self.before).args(["--json", what]).args(home.arguments());
        command.env("TERMINBUCH_PARTITIONS", PARTITIONS.to_string()).env_remove("TERMINBUCH_DIE_AT");
        if let Some(place) = die_at {
            command.env("TERMINBUCH_DIE_AT", place);
        }
        if what == "serve" {
            // Short, so that there is always one to begin from, and one that is just being written.
            command.env("TERMINBUCH_SNAPSHOT_EVERY", "20");
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(noted);
        Ok(command)
    }

    fn spawn(&self, mut command: Command) -> Result<Running> {
        let child = command.spawn().with_context(|| format!("{} cannot be run", self.path.display()))?;
        Running::listened_to(child)
    }
}

/// What a program said last, and why it ended is among it.
fn last_lines(log: &Path) -> String {
    let said = std::fs::read(log).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default().join("\n")
}
