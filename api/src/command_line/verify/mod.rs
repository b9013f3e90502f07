//! `terminbuch verify`: 0 when the log is clean, 1 when something is wrong, 2 when it could not be looked at to its end.

mod beside;
mod html;
mod page;
mod progress;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ledger::log::kafka::Copies;
use ledger::log::{LogError, ledger_of};
use ledger::verify::{Outcome, Report, Verification, Wrong};
use schemas::ids::Partition;
use serde_json::{Value, json};

use super::which::{WhichLog, open_to_read};
use super::{Failure, Output};
use crate::config::Config;
use crate::log::OpenError;
use crate::signals;
use beside::Beside;
use page::Read;
use progress::Shown;

/// What `verify` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    which: WhichLog,
    /// Write a page to keep: one HTML file that needs no network and no script, and can be printed
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Keep the state here, every 30 seconds and when interrupted, and go on from it if it is there
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// How many partitions are read at a time: one for each processor unless told otherwise, and one of a topic
    #[arg(long, value_name = "COUNT")]
    threads: Option<std::num::NonZeroUsize>,
}

/// Verifies the log, also beside a running `serve`.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let config = arguments.which.config()?;
    let mut beside = Beside::before_the_log(&config);
    let log = match open_to_read(&config) {
        Err(OpenError::Log(LogError::Damaged(what))) => {
            let mut report = Report::default();
            report.beside(Wrong::Halted, what);
            let ended = Ended { report, copies: None, doubts: Vec::new(), took: Duration::ZERO };
            return told(arguments, output, &config, &ended);
        }
        log => log?,
    };
    beside.behind_the_log(&config, ledger_of(log.log(), Partition::OFFICE).ok().flatten());
    let began = Instant::now();
    let stop = Arc::new(AtomicBool::new(false));
    let mut verification = Verification::of(log.log()).with_standings(beside.standings.clone());
    if let Some(vault) = &beside.vault {
        verification = verification.with_vault(vault);
    }
    if let Some(file) = &arguments.resume {
        listen(&stop)?;
        verification = verification.resumable(file.clone()).stopped_by(&stop);
    }
    // Readers of a topic that wait for long are lent to another partition, and what they had fetched is compared twice.
    let threads = arguments.threads.map(|threads| threads.get()).or(log.copies().map(|_| 1));
    if let Some(threads) = threads {
        verification = verification.on_threads(threads);
    }
    let mut shown = Shown::new(*output);
    let outcome = verification.run(&mut |progress| shown.show(progress));
    shown.end();
    match outcome.map_err(|error| Failure::Other(error.to_string()))? {
        Outcome::Stopped(progress) => {
            let (values, of) = (progress.values, progress.of);
            let file = arguments.resume.as_deref().unwrap_or(std::path::Path::new("")).display();
            let what = format!("stopped after {values} of {of} records; --resume {file} goes on from there");
            Err(Failure::Other(what))
        }
        Outcome::Done(mut report) => {
            beside.add_to(&mut report);
            let (copies, doubts) = (log.copies(), log.doubts().to_vec());
            let ended = Ended { report: *report, copies, doubts, took: began.elapsed() };
            told(arguments, output, &config, &ended)
        }
    }
}

/// Sets the flag when the program is told to end.
fn listen(stop: &Arc<AtomicBool>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Other(format!("signals cannot be heard: {error}"));
    let told = signals::listen().map_err(failed)?;
    let stop = Arc::clone(stop);
    let wait = move || stop.fetch_or(told.recv().is_ok(), Ordering::Relaxed);
    std::thread::Builder::new().name("told".to_owned()).spawn(wait).map(drop).map_err(failed)
}

/// What a verification came to.
struct Ended {
    report: Report,
    copies: Option<Copies>,
    /// Why what was read may not stay there.
    doubts: Vec<String>,
    took: Duration,
}

impl Ended {
    fn per_second(&self, count: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a rate is shown with a few digits")]
        let count = count as f64;
        count / self.took.as_secs_f64().max(0.001)
    }
}

/// Says what was found, in every form that was asked for.
fn told(arguments: &Arguments, output: &Output, config: &Config, ended: &Ended) -> Result<ExitCode, Failure> {
    if let Some(file) = &arguments.html {
        let page = page::page(&Read::now(config, ended), &ended.report, ended.copies.as_ref());
        html::write(file, &page).map_err(|error| Failure::Other(format!("{}: {error}", file.display())))?;
    }
    let report = &ended.report;
    let (records_per_s, bytes_per_s) = (ended.per_second(report.records), ended.per_second(report.bytes));
    if output.is_json() {
        // Apart from the report, so that the same log gives the same report, byte for byte.
        let wall_s = ended.took.as_secs_f64();
        let took = json!({ "kind": "took", "wall_s": wall_s, "records_per_s": records_per_s, "bytes_per_s": bytes_per_s,
            "peak_rss_kib": peak_rss_kib() });
        output.say("", &took);
    }
    output.say(&text::text(ended), &machine(ended));
    Ok(if report.clean { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The most memory that this process has held at once, in KiB; none where the system does not say.
fn peak_rss_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn machine(ended: &Ended) -> Value {
    let mut machine = serde_json::to_value(&ended.report).unwrap_or_else(|_| json!({}));
    if let Some(members) = machine.as_object_mut() {
        members.insert("kind".into(), Value::from("report"));
        if let Some(Copies { compared, differ, first }) = &ended.copies {
            let first: Vec<String> = first.iter().map(ToString::to_string).collect();
            let copies = json!({ "compared": compared, "differ": differ, "first": first });
            members.insert("copies".into(), copies);
            members.insert("warnings".into(), json!(ended.doubts));
        }
    }
    machine
}
