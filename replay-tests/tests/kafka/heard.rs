//! A log that hears what its appends are told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ledger::log::{Entry, Log, LogError, OnMoved, OnOutcome, Outgoing};
use schemas::ids::Partition;

/// As the log in Kafka tells a message that expired.
const EXPIRED: &str = "the brokers did not take a record in time";

/// How many appends were told as unknown because a message of theirs expired. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expired(Arc<AtomicU64>);

impl Expired {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn hear(&self, outcome: &Result<(), LogError>) {
        if matches!(outcome, Err(LogError::Unreachable(what)) if what.contains(EXPIRED)) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// A log around another one.
pub(crate) struct Heard {
    pub(crate) inner: Arc<dyn Log>,
    pub(crate) expired: Expired,
}

impl Log for Heard {
    fn partitions(&self) -> u32 {
        self.inner.partitions()
    }

    fn exclusive(&self) -> bool {
        self.inner.exclusive()
    }

    fn append(&self, partition: Partition, values: Vec<Outgoing>, on_outcome: OnOutcome) {
        let expired = self.expired.clone();
        let hear = move |outcome: Result<(), LogError>| {
            expired.hear(&outcome);
            on_outcome(outcome);
        };
        self.inner.append(partition, values, Box::new(hear));
    }

    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        self.inner.read(partition, from, max_bytes)
    }

    fn read_without_waiting(
        &self,
        partition: Partition,
        from: u64,
        max_bytes: usize,
    ) -> Result<Option<Vec<Entry>>, LogError> {
        self.inner.read_without_waiting(partition, from, max_bytes)
    }

    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        self.inner.end(partition)
    }

    fn subscribe(&self, on_moved: OnMoved) {
        self.inner.subscribe(on_moved);
    }
}
