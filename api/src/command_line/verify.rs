//! `terminbuch verify`.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use ledger::data_dir::DataDir;
use ledger::log::embedded::EmbeddedLog;
use ledger::verify::{Report, verify};
use serde_json::{Value, json};

use super::{Failure, Output};

/// How many faults are shown to people; machines get all that the report keeps.
const FAULTS_SHOWN: usize = 20;

/// What `verify` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Whose log
    #[arg(long, value_name = "DIR", default_value = "terminbuch-data")]
    data_dir: PathBuf,
}

/// Verifies the log, also beside a running `serve`: 0 when it is clean, 1 when it is damaged.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::Other(error.to_string());
    let data_dir = DataDir::open_read_only(&arguments.data_dir).map_err(|error| failed(&error))?;
    let log = match EmbeddedLog::open_read_only(&data_dir.log()) {
        Ok(log) => log,
        Err(ledger::log::LogError::Damaged(what)) => return Ok(damaged_at_the_door(&what, output)),
        Err(error) => return Err(failed(&error)),
    };
    let began = Instant::now();
    let bar = progress_bar(*output);
    let report = verify(&log, &mut |progress| {
        bar.set_length(progress.of);
        bar.set_position(progress.values);
    });
    bar.finish_and_clear();
    let report = report.map_err(|error| failed(&error))?;
    show(&report, began.elapsed().as_secs_f64(), output);
    Ok(if report.clean { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A log that says it is damaged before a record can be read has nothing to count.
fn damaged_at_the_door(what: &str, output: &Output) -> ExitCode {
    let report = json!({ "kind": "report", "clean": false, "records": 0, "void": 0, "repeats": 0, "oversold": 0,
        "partitions": [], "fault_count": 1, "faults": [{ "wrong": "Halted", "what": what }] });
    output.say(&format!("damaged: {what}"), &report);
    ExitCode::from(1)
}

/// Only people at a terminal see it.
fn progress_bar(output: Output) -> ProgressBar {
    if output.is_json() || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} records  {per_sec}  {eta} left");
    ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show(report: &Report, wall_s: f64, output: &Output) {
    let mut machine = serde_json::to_value(report).unwrap_or_else(|_| json!({}));
    if let Some(members) = machine.as_object_mut() {
        members.insert("kind".into(), Value::from("report"));
        members.insert("wall_s".into(), Value::from(wall_s));
    }
    output.say(&text(report, wall_s), &machine);
}

fn text(report: &Report, wall_s: f64) -> String {
    let mut lines: Vec<String> = report
        .partitions
        .iter()
        .map(|at| {
            format!(
                "partition {:>3}  seq {:>9}  epoch {:>4}  head {}",
                at.partition, at.seq, at.epoch, at.head
            )
        })
        .collect();
    lines.push(format!(
        "{} records count, {} are void, {} are repeats; {} live bookings ({} with all their doses), {} live holds; \
         {} places oversold",
        report.records, report.void, report.repeats, report.live_bookings, report.live_pairs, report.live_holds,
        report.oversold
    ));
    lines.extend(report.faults.iter().take(FAULTS_SHOWN).map(ToString::to_string));
    lines.push(match report.fault_count {
        0 => format!("clean ({wall_s:.1} s)"),
        1 => "damaged: 1 fault".to_owned(),
        count => format!("damaged: {count} faults"),
    });
    lines.join("\n")
}
