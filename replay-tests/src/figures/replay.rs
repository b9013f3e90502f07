//! Replay and verify, beside reading the same log and hashing what is read.

use std::any::Any;
use std::sync::Arc;
use std::time::Instant as Stopwatch;

use anyhow::{Result, ensure};
use ledger::fold::PartitionFold;
use ledger::log::embedded::EmbeddedLog;
use ledger::log::{Log, NewLedger};
use ledger::verify::verify;
use projections::Settings;
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
const REBUILD: Plan = Plan {
    figure: "rebuild: fold a partition and make its views",
    // It is measured to be known: there is no aim for it.
    aim: 0.0,
    ..REPLAY
};
const VERIFY: Plan = Plan { figure: "verify: judge and recount", ..REPLAY };

/// Writes a history of so many registrations and reads it in each of the four ways, `runs` times in turn.
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
    let log: Arc<dyn Log> = Arc::new(log);
    let (mut replays, mut verifies, mut rebuilds) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        let yardstick = rate(&log, partition, hash_all)?;
        replays.push((rate(&log, partition, fold_all)?, yardstick));
        let yardstick = rate(&log, partition, hash_all)?;
        verifies.push((rate(&log, partition, verify_all)?, yardstick));
        let yardstick = rate(&log, partition, hash_all)?;
        rebuilds.push((rate(&log, partition, rebuild_all)?, yardstick));
    }
    Ok(vec![REPLAY.row(&replays), VERIFY.row(&verifies), REBUILD.row(&rebuilds)])
}

/// How many records were read, and what came of it, which is thrown away when the watch has stopped.
pub(super) type Reading = Result<(u64, Box<dyn Any>)>;

#[expect(clippy::cast_precision_loss, reason = "a rate of far fewer than 2^52 records")]
pub(super) fn rate(
    log: &Arc<dyn Log>,
    partition: Partition,
    read: fn(&Arc<dyn Log>, Partition) -> Reading,
) -> Result<f64> {
    let watch = Stopwatch::now();
    let (records, _kept) = read(log, partition)?;
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

pub(super) fn hash_all(log: &Arc<dyn Log>, partition: Partition) -> Reading {
    let mut head = Head([0; 32]);
    let records = each(log.as_ref(), partition, |_, value| {
        head = hashing::next_head(&head, value);
        Ok(())
    })?;
    Ok((records, Box::new(head)))
}

fn fold_all(log: &Arc<dyn Log>, partition: Partition) -> Reading {
    let mut fold = PartitionFold::new(None, partition);
    let records = each(log.as_ref(), partition, |offset, value| {
        fold.read(offset, value)?;
        Ok(())
    })?;
    Ok((records, Box::new(fold)))
}

pub(super) fn verify_all(log: &Arc<dyn Log>, _: Partition) -> Reading {
    let report = verify(log.as_ref(), &mut |_| {})?;
    ensure!(report.clean, "the history is not clean: {:?}", report.faults.first());
    Ok((report.records, Box::new(report)))
}

fn rebuild_all(log: &Arc<dyn Log>, partition: Partition) -> Reading {
    let folder = tempfile::tempdir()?;
    let views = projections::rebuild(Arc::clone(log), folder.path(), Settings::default())?;
    ensure!(views.halted().is_empty(), "the views have halted");
    Ok((log.end(partition)?, Box::new((views, folder))))
}
