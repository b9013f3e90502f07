//! Replay and verify, beside reading the same log and hashing what is read.

use std::time::Instant as Stopwatch;

use anyhow::{Result, ensure};
use ledger::fold::PartitionFold;
use ledger::log::embedded::EmbeddedLog;
use ledger::log::{Log, NewLedger};
use ledger::verify::verify;
use schemas::ids::{Head, Partition};
use schemas::{Clock, hashing};

use super::history;
use super::report::{Figure, Plan};

const READ_BYTES: usize = 4 << 20;

const REPLAY: Plan = Plan {
    figure: "replay: fold a partition",
    unit: "records/s",
    yardstick_is: "read the log and SHA-256 it",
    aim: 0.25,
    more_is_better: true,
};
const VERIFY: Plan = Plan { figure: "verify: judge and recount", ..REPLAY };

/// Writes a history of so many registrations and reads it in each of the three ways, `runs` times in turn.
///
/// # Errors
/// When the log fails or the history is not clean.
pub fn figures(registrations: u32, runs: usize) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let time = "2021-01-11T07:00:00+01:00".parse()?;
    let new = NewLedger { partitions: 2, clock: Clock::Simulated, time, ledger: None };
    let log = EmbeddedLog::open(folder.path(), &new)?;
    let partition = history::write(&log, registrations)?;
    drop(log);
    let log = EmbeddedLog::open_read_only(folder.path())?;
    let (mut replays, mut verifies) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let yardstick = rate(&log, partition, hash_all)?;
        replays.push((rate(&log, partition, fold_all)?, yardstick));
        let yardstick = rate(&log, partition, hash_all)?;
        verifies.push((rate(&log, partition, verify_all)?, yardstick));
    }
    Ok(vec![REPLAY.row(&replays), VERIFY.row(&verifies)])
}

#[expect(clippy::cast_precision_loss, reason = "a rate of far fewer than 2^52 records")]
fn rate(log: &dyn Log, partition: Partition, read: fn(&dyn Log, Partition) -> Result<u64>) -> Result<f64> {
    let watch = Stopwatch::now();
    let records = read(log, partition)?;
    Ok(records as f64 / watch.elapsed().as_secs_f64())
}

fn each(log: &dyn Log, partition: Partition, mut see: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<u64> {
    let mut next = 0;
    loop {
        let entries = log.read(partition, next, READ_BYTES)?;
        let Some(last) = entries.last() else { return Ok(next) };
        next = last.offset + 1;
        for entry in &entries {
            see(entry.offset, &entry.value)?;
        }
    }
}

fn hash_all(log: &dyn Log, partition: Partition) -> Result<u64> {
    let mut head = Head([0; 32]);
    let records = each(log, partition, |_, value| {
        head = hashing::next_head(&head, value);
        Ok(())
    })?;
    std::hint::black_box(head);
    Ok(records)
}

fn fold_all(log: &dyn Log, partition: Partition) -> Result<u64> {
    let mut fold = PartitionFold::new(None, partition);
    each(log, partition, |offset, value| {
        fold.read(offset, value)?;
        Ok(())
    })
}

fn verify_all(log: &dyn Log, _: Partition) -> Result<u64> {
    let report = verify(log, &mut |_| {})?;
    ensure!(report.clean, "the history is not clean: {:?}", report.faults.first());
    Ok(report.records)
}
