//! `verify` over a long log: its rate beside reading the same log, and its memory beside that for a tenth of the records about the
//! same people.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use ledger::data_dir::DataDir;
use ledger::log::{EmbeddedLog, Log};
use schemas::hashing;
use serde_json::Value;

use super::replay::{hash_all, rate, verify_all};
use super::report::{Figure, Plan};
use super::start;

const RATE: Plan = Plan {
    figure: "verify: judge and recount, a long log",
    unit: "records/s",
    yardstick_is: "read the log and SHA-256 it",
    aim: 0.25,
    more_is_better: true,
};
const MEMORY: Plan = Plan {
    figure: "verify: peak memory",
    unit: "MiB",
    yardstick_is: "a tenth of the records, as many people",
    aim: 1.25,
    more_is_better: false,
};

/// Verifies the ledger of so many records in this data directory, which nobody serves; and once each, as processes of their own, that and
/// a shorter one about the same people.
///
/// # Errors
/// When a log cannot be read, or is not clean.
pub(super) fn figures(path: &Path, records: u32, runs: u32) -> Result<Vec<Figure>> {
    let log: Arc<dyn Log> = Arc::new(EmbeddedLog::open_read_only(&DataDir::beside(path).log())?);
    let partition = hashing::partition_of(&"frankfurt".parse()?, log.partitions());
    let mut rates = Vec::new();
    for _ in 0..runs {
        let yardstick = rate(&log, partition, hash_all)?;
        rates.push((rate(&log, partition, verify_all)?, yardstick));
    }
    drop(log);
    // Its people were never put into a vault; beside an empty one each would be missed.
    std::fs::remove_dir_all(DataDir::beside(path).vault())?;
    let short = tempfile::tempdir()?;
    start::write(&DataDir::open(short.path())?, records / 10, start::people_in(records))?;
    let pair = (peak_mib(path)?, peak_mib(short.path())?);
    Ok(vec![RATE.row(&rates), MEMORY.row(&[pair])])
}

/// What `terminbuch verify` says of the memory that it took.
fn peak_mib(data_dir: &Path) -> Result<f64> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["terminbuch", "--json", "verify", "--data-dir"]).arg(data_dir);
    let output = command.output().context("verify cannot be run")?;
    ensure!(output.status.success(), "verify of {}: {}", data_dir.display(), output.status);
    let text = String::from_utf8(output.stdout)?;
    let peak_kib = text.lines().find_map(|line| {
        let said: Value = serde_json::from_str(line).ok()?;
        said["peak_rss_kib"].as_f64()
    });
    Ok(peak_kib.context("this system does not say how much memory a process took")? / 1_024.0)
}
