//! The witness: what stands in the log.

use ledger::log::{Entry, Log, LogError};
use schemas::ids::Partition;

/// Every value of one partition, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Which partition.
    pub partition: Partition,
    /// Its values from offset 0 on.
    pub entries: Vec<Entry>,
}

/// All that stands in a log now, partition by partition.
///
/// # Errors
/// When the log cannot be read.
pub fn witnesses(log: &dyn Log) -> Result<Vec<Witness>, LogError> {
    let partitions = (0..log.partitions()).map(Partition);
    partitions.map(|partition| Ok(Witness { partition, entries: read(log, partition)? })).collect()
}

fn read(log: &dyn Log, partition: Partition) -> Result<Vec<Entry>, LogError> {
    let end = log.end(partition)?;
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let next = entries.last().map_or(0, |entry| entry.offset + 1);
        if next >= end {
            return Ok(entries);
        }
        let more = log.read(partition, next, 4 << 20)?;
        if more.is_empty() {
            return Ok(entries);
        }
        entries.extend(more);
    }
}
