//! The program as a process of its own.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant as Monotonic};

use anyhow::{Context, Result, ensure};
use ledger::clock::{Clock as _, WallClock};
use projections::tables::Format;
use schemas::CivilDate;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A start or an end that takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Of a log, where something ended that should not have.
const LAST_LINES: usize = 5;

/// Of every ledger that is killed.
pub(super) const PARTITIONS: u32 = 3;

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

/// A running process. It is killed when it is dropped.
pub(super) struct Running {
    child: Child,
    /// Its first line; empty when it ends without one.
    first_line: Option<oneshot::Receiver<String>>,
    /// Its output has ended, and so has it.
    ended: oneshot::Receiver<()>,
}

/// What came of a start.
pub(super) enum Started {
    /// It serves.
    Serves { running: Running, web: SocketAddr, after: Duration },
    /// It died before it did.
    Died,
}

impl Program {
    /// Starts `serve` on a data directory, to die at a place if one is named.
    pub(super) async fn serve(&self, data_dir: &Path, die_at: Option<&str>) -> Result<Started> {
        let begun = Monotonic::now();
        let mut running = self.begin(data_dir, die_at)?;
        let first_line = running.first_line.take().context("it has no output")?;
        let line = timeout(PATIENCE, first_line).await.context("it does not start")??;
        if line.is_empty() {
            running.child.wait()?;
            return Ok(Started::Died);
        }
        let said: Value = serde_json::from_str(&line).with_context(|| format!("it says {line:?}"))?;
        let web = said["web"].as_str().with_context(|| format!("it says {line:?}"))?.parse()?;
        Ok(Started::Serves { running, web, after: begun.elapsed() })
    }

    /// Begins to start `serve`, and waits for nothing.
    pub(super) fn begin(&self, data_dir: &Path, die_at: Option<&str>) -> Result<Running> {
        let mut command = self.command(data_dir, "serve", die_at)?;
        for edge in ["--web", "--hotline", "--audit", "--admin"] {
            command.args([edge, "127.0.0.1:0"]);
        }
        self.spawn(command)
    }

    /// Begins to make the views anew, to die at a place if one is named.
    pub(super) fn rebuild(&self, data_dir: &Path, die_at: Option<&str>) -> Result<Running> {
        self.spawn(self.command(data_dir, "rebuild", die_at)?)
    }

    /// Begins to export beside whoever serves, to die at a place if one is named.
    pub(super) fn export(
        &self,
        data_dir: &Path,
        out: &Path,
        what: &What,
        die_at: Option<&str>,
    ) -> Result<Running> {
        let mut command = self.command(data_dir, "export", die_at)?;
        let What { format, from, to } = what;
        command.args(["--from", &from.to_string(), "--to", &to.to_string(), "--format", format.as_str()]);
        command.args(["--purpose", "trial", "--out"]).arg(out);
        self.spawn(command)
    }

    /// Exports, and waits until it is done.
    pub(super) async fn export_whole(&self, data_dir: &Path, out: &Path, what: &What) -> Result<()> {
        let mut running = self.export(data_dir, out, what, None)?;
        ensure!(running.ends_within(PATIENCE).await, "it does not end");
        let status = running.child.wait()?;
        let log = data_dir.with_extension("log");
        ensure!(status.success(), "{status}; {}: {}", log.display(), last_lines(&log));
        Ok(())
    }

    fn command(&self, data_dir: &Path, what: &str, die_at: Option<&str>) -> Result<Command> {
        let noted = OpenOptions::new().create(true).append(true).open(data_dir.with_extension("log"))?;
        let mut command = Command::new(&self.path);
        command.args(&self.before).args(["--json", what, "--data-dir"]).arg(data_dir);
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
        let mut child = command.spawn().with_context(|| format!("{} cannot be run", self.path.display()))?;
        let output = child.stdout.take().context("it has no output")?;
        let (first_line, ended) = listen(output);
        Ok(Running { child, first_line: Some(first_line), ended })
    }
}

/// What a program said last, and why it ended is among it.
fn last_lines(log: &Path) -> String {
    let said = std::fs::read(log).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default().join("\n")
}

/// The first line of an output, and word of its end.
fn listen(output: impl Read + Send + 'static) -> (oneshot::Receiver<String>, oneshot::Receiver<()>) {
    let ((says, first_line), (ends, ended)) = (oneshot::channel(), oneshot::channel());
    std::thread::spawn(move || {
        let (mut reader, mut line) = (BufReader::new(output), String::new());
        // An output that breaks off has ended; and nobody need be listening any more.
        let _ = reader.read_line(&mut line);
        let _ = says.send(line);
        let _ = std::io::copy(&mut reader, &mut std::io::sink());
        let _ = ends.send(());
    });
    (first_line, ended)
}

impl Running {
    /// Waits until it ends by itself, at most so long; whether it did.
    pub(super) async fn ends_within(&mut self, at_most: Duration) -> bool {
        timeout(at_most, &mut self.ended).await.is_ok()
    }

    /// SIGKILL, and waits until it is gone; whether it died before it had ended in order. One that has refused has not died.
    pub(super) fn kill(mut self) -> Result<bool> {
        self.child.kill()?;
        let status = self.child.wait()?;
        ensure!(
            status.code().is_none_or(|code| code == 0),
            "it was to be killed, and had ended with {status}"
        );
        Ok(!status.success())
    }

    /// SIGTERM, and waits until it has ended in order.
    pub(super) async fn end(mut self) -> Result<()> {
        let told = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.child.id())).status()?;
        ensure!(told.success(), "it cannot be told to end");
        ensure!(self.ends_within(PATIENCE).await, "it was told to end, and did not");
        let status = self.child.wait()?;
        ensure!(status.success(), "it was told to end, and ended with {status}");
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
