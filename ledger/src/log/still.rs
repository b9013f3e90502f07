//! What logs have in common that are only read: they end where they ended when they were opened, and take nothing.

use schemas::ids::Partition;

use super::{LogError, OnOutcome};

/// The ends of all partitions, in their order.
pub(super) struct Still(Vec<u64>);

impl Still {
    pub(super) fn at(ends: Vec<u64>) -> Self {
        Self(ends)
    }

    pub(super) fn end(&self, partition: Partition) -> Result<u64, LogError> {
        let index = usize::try_from(partition.0).unwrap_or(usize::MAX);
        self.0.get(index).copied().ok_or(LogError::PastTheEnd { partition, end: 0, asked: 0 })
    }

    /// The end, for who reads from `from` on.
    pub(super) fn end_behind(&self, partition: Partition, from: u64) -> Result<u64, LogError> {
        let end = self.end(partition)?;
        if from > end { Err(LogError::PastTheEnd { partition, end, asked: from }) } else { Ok(end) }
    }

    /// The outcome of every append.
    pub(super) fn refuse(on_outcome: OnOutcome) {
        on_outcome(Err(LogError::Closed));
    }
}
