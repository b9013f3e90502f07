//! `terminbuch rebuild`.

use std::process::ExitCode;
use std::time::Instant;

use ledger::data_dir::DataDir;
use projections::Settings;
use serde_json::json;

use super::which::WhichLog;
use super::{Failure, Output};
use crate::log;

/// What `rebuild` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    which: WhichLog,
}

/// Rebuilds the views of a data directory that no other process has open.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::Other(error.to_string());
    let config = arguments.which.config()?;
    if !config.data_dir.is_dir() {
        return Err(Failure::Other(format!("there is no data directory at {}", config.data_dir.display())));
    }
    let began = Instant::now();
    let data_dir = DataDir::open(&config.data_dir).map_err(|error| failed(&error))?;
    let log = log::existing(&config, &data_dir)?;
    let views =
        projections::rebuild(log, &data_dir.views(), Settings::default()).map_err(|error| failed(&error))?;
    let progress = views.progress();
    let records: u64 = progress.iter().map(|partition| partition.position.seq + 1).sum();
    let halted = views.halted();
    for (partition, reason) in &halted {
        output.say(
            &format!("partition {partition} has halted: {reason}"),
            &json!({ "kind": "halted", "partition": partition, "reason": reason.as_ref() }),
        );
    }
    let wall_s = began.elapsed().as_secs_f64();
    output.say(
        &format!("rebuilt from {records} records in {wall_s:.1} s"),
        &json!({ "kind": "rebuilt", "records": records, "wall_s": wall_s, "halted": halted.len() }),
    );
    Ok(if halted.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
