//! Reads a whole log, judges every record anew, and recounts every place without the code that decided.
//!
//! `chain` judges, as for everybody. What follows is counted from the events alone, with plain maps: nothing here knows
//! `centre`. The recount notes what is wrong and goes on, so that one fault does not hide the next.

mod partition;
mod recount;
mod report;
#[cfg(test)]
mod tests;

use schemas::Genesis;
use schemas::ids::{LedgerId, Partition};

use self::partition::PartitionCheck;
pub use self::report::{Fault, PartitionReport, Progress, Report, Wrong};
use crate::log::{Log, LogError};

/// About how many bytes are read at once.
const BATCH_BYTES: usize = 1024 * 1024;

/// Why a log could not be verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The log cannot be read. Damage that is found while reading is a fault in the report instead.
    #[error("the log cannot be verified: {0}")]
    Log(#[from] LogError),
}

/// Verifies all that stands in the log now, and tells how far it is after each batch.
///
/// # Errors
/// When the log cannot be read.
pub fn verify(log: &dyn Log, progress: &mut dyn FnMut(&Progress)) -> Result<Report, VerifyError> {
    let partitions = (0..log.partitions()).map(Partition);
    let ends = partitions.map(|partition| Ok((partition, log.end(partition)?)));
    let ends: Vec<(Partition, u64)> = ends.collect::<Result<_, LogError>>()?;
    let mut report = Report::default();
    let mut told =
        Progress { values: 0, of: ends.iter().map(|(_, end)| end).sum(), partition: Partition::OFFICE };
    let mut office = None;
    for (partition, end) in ends {
        told.partition = partition;
        let mut check = PartitionCheck::new(partition, log.partitions(), &mut report);
        read(log, end, &mut check, &mut |values| {
            told.values += values;
            progress(&told);
        })?;
        let begun = check.finish();
        compare_genesis(&mut report, partition, &mut office, begun);
    }
    report.clean = report.fault_count == 0;
    Ok(report)
}

fn read(
    log: &dyn Log,
    end: u64,
    check: &mut PartitionCheck<'_>,
    told: &mut dyn FnMut(u64),
) -> Result<(), VerifyError> {
    let mut next = 0;
    while next < end {
        let entries = match log.read(check.partition(), next, BATCH_BYTES) {
            Err(LogError::Damaged(what)) => {
                check.halt(next, what);
                return Ok(());
            }
            entries => entries?,
        };
        let before = next;
        for entry in entries.iter().take_while(|entry| entry.offset < end) {
            if !check.take(entry.offset, &entry.value) {
                return Ok(());
            }
            next = entry.offset + 1;
        }
        if next == before {
            check.halt(next, "the log shows nothing before its end".to_owned());
            return Ok(());
        }
        told(next - before);
    }
    Ok(())
}

/// What genesis of a partition says, and of which ledger.
type Begun = Option<(LedgerId, Genesis)>;

fn compare_genesis(report: &mut Report, partition: Partition, office: &mut Begun, begun: Begun) {
    if office.is_none() {
        *office = begun;
        report.ledger = begun.map(|(ledger, _)| ledger);
    } else if begun.is_some() && begun != *office {
        let what = "genesis is of another ledger than the office's, or says otherwise".to_owned();
        let wrong = Wrong::GenesisDiffers;
        report.fault(Fault { partition, offset: Some(0), position: None, wrong, what });
    }
}
