//! The log: the only truth, one ordered sequence of values for each partition.
//!
//! # The contract
//! 1. **Order.** A partition is a sequence of values at offsets 0, 1, 2, … without a gap. What was read at an offset is
//!    what anybody reads there, for ever.
//! 2. **Append.** Values handed over in one call keep their order, and so do the calls of one appender for one
//!    partition. Between them the values of other appenders may stand. A call never waits for the disk or the network.
//! 3. **Outcome.** Each call gets exactly one outcome. `Ok` means that all its values are durable and can be read. Any
//!    error means *unknown*: each of the values may stand in the log now, later, more than once, or never. Only reading
//!    tells.
//! 4. **Reading.** `read` and `end` show what is durable and nothing else; a reader may begin anywhere.
//! 5. **Waking.** A subscriber is woken after the end of a partition has moved, never before what it will read is
//!    durable, and need not poll. Wakes may be merged; none is lost.
//! 6. **Nobody is shut out.** The log accepts any value from anybody who can append; which of them count is decided by
//!    [`chain`](crate::chain) alone.

use std::sync::Arc;

use schemas::Instant;
use schemas::ids::{CentreId, Partition};

pub mod contract;
pub mod embedded;
mod faulty;
mod identity;
pub mod kafka;
mod memory;
mod new_ledger;
mod still;
mod tail;

pub use embedded::{EmbeddedLog, ReadOnlyLog};
pub use faulty::{Draw, Fault, FaultyLog};
pub use identity::ledger_of;
pub use kafka::{KafkaLog, KafkaSettings};
pub use memory::MemoryLog;
pub use new_ledger::{Geneses, NewLedger};

/// One value at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counted from 0 within the partition.
    pub offset: u64,
    /// As stored.
    pub value: Arc<[u8]>,
    /// When it was appended by the log's own clock, where the log has one: a witness, never part of a verdict.
    pub appended_at: Option<Instant>,
}

impl Entry {
    /// Of a log that has no clock of its own.
    pub fn new(offset: u64, value: Arc<[u8]>) -> Self {
        Self { offset, value, appended_at: None }
    }
}

/// One value on its way into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// What is to be stored.
    pub value: Arc<[u8]>,
    /// The centre that it concerns, for readers who sort by it. A copy: no rule reads it.
    pub centre: Option<CentreId>,
}

impl From<Arc<[u8]>> for Outgoing {
    /// Concerns no centre.
    fn from(value: Arc<[u8]>) -> Self {
        Self { value, centre: None }
    }
}

/// Called once for each `append`, from a thread of the log; it must not block.
pub type OnOutcome = Box<dyn FnOnce(Result<(), LogError>) + Send>;

/// Called with a partition whose end has moved, from a thread of the log; it must not block.
pub type OnMoved = Arc<dyn Fn(Partition) + Send + Sync>;

/// A log. See the module's page for what every implementation must keep.
pub trait Log: Send + Sync {
    /// How many partitions there are, the office among them.
    fn partitions(&self) -> u32;

    /// Whether no other process, and no second claimant in this one, can append.
    fn exclusive(&self) -> bool;

    /// Hands values over in this order; `on_outcome` hears of them once.
    fn append(&self, partition: Partition, values: Vec<Outgoing>, on_outcome: OnOutcome);

    /// The durable entries from `from` on, until about `max_bytes`: at least one if there is any.
    ///
    /// # Errors
    /// When the log cannot be read, or ends before `from`.
    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError>;

    /// The same for who has others to serve meanwhile: it waits for no network. None: they are on their way; ask again
    /// soon.
    ///
    /// # Errors
    /// As [`Self::read`].
    fn read_without_waiting(
        &self,
        partition: Partition,
        from: u64,
        max_bytes: usize,
    ) -> Result<Option<Vec<Entry>>, LogError> {
        self.read(partition, from, max_bytes).map(Some)
    }

    /// The offset after the last durable entry.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn end(&self, partition: Partition) -> Result<u64, LogError>;

    /// Wakes `on_moved` from now on, until the log is dropped.
    fn subscribe(&self, on_moved: OnMoved);

    /// Why whoever asked it for something now would wait in vain, as far as it has noticed while nobody asked.
    fn out_of_reach(&self) -> Option<String> {
        None
    }
}

/// Why the log could not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The storage failed.
    #[error("the log's storage failed: {0}")]
    Storage(String),
    /// A place is named that the log does not have.
    #[error("partition {partition} ends at {end}, before {asked}")]
    PastTheEnd {
        /// The partition.
        partition: Partition,
        /// Its end.
        end: u64,
        /// What was asked for.
        asked: u64,
    },
    /// The brokers cannot be reached or do not answer now; trying again later may help.
    #[error("the log cannot be reached: {0}")]
    Unreachable(String),
    /// The log was opened with other settings than it was made with.
    #[error("{0}")]
    Mismatch(String),
    /// What stands in the log contradicts itself or what was noted beside it.
    #[error("the log is damaged: {0}")]
    Damaged(String),
    /// A partition has nothing at an offset before its end. The other partitions are as good as before: like a gap that
    /// the chain finds, it halts this one alone.
    #[error("the log is damaged: {what}")]
    Gap {
        /// The partition.
        partition: Partition,
        /// The first offset at which nothing stands.
        offset: u64,
        /// The same in words, with what may have come of it.
        what: String,
    },
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
}

impl LogError {
    /// Whether the log may do later what it could not do now. A log that ends before what was read of it is damaged.
    pub fn is_for_now(&self) -> bool {
        matches!(self, Self::Storage(_) | Self::Unreachable(_) | Self::Closed)
    }
}

/// The first of these entries until they reach `max_bytes`: one at least.
fn entries_within(all: impl Iterator<Item = Entry>, max_bytes: usize) -> Vec<Entry> {
    let mut bytes = 0_usize;
    let mut entries = Vec::new();
    for entry in all {
        bytes = bytes.saturating_add(entry.value.len());
        if bytes > max_bytes && !entries.is_empty() {
            break;
        }
        entries.push(entry);
    }
    entries
}
