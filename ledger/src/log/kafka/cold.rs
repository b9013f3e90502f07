//! Reading from anywhere: readers of one partition each, kept while somebody reads on with them.
//!
//! The library fetches ahead while the caller works on what it has, so reading on runs at the speed of a bare consumer.

mod reader;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::message::BorrowedMessage;
use schemas::ids::Partition;

use self::reader::{ColdReader, NotNow};
use super::super::{Entry, LogError};
use super::client::{self, Role};
use super::settings::KafkaSettings;

/// Who has not read for so long is not reading on.
const IDLE: Duration = Duration::from_millis(200);
/// A reader that nobody uses is closed after this time.
const CLOSE_AFTER: Duration = Duration::from_secs(10);

/// Sees every message that is read, with the entry made of it, before it is given out.
pub(super) type Watch = Box<dyn Fn(&BorrowedMessage<'_>, &Entry) + Send + Sync>;

/// All cold readers that are idle.
pub(super) struct ColdReaders {
    settings: KafkaSettings,
    idle: Mutex<Vec<ColdReader>>,
    /// Places where nothing came, for who may wait to find out why.
    riddles: Mutex<BTreeMap<Partition, (u64, u64)>>,
    most: usize,
    watch: Option<Watch>,
}

impl ColdReaders {
    pub(super) fn new(settings: &KafkaSettings, partitions: u32) -> Self {
        // One for each partition of two that read the whole log at once.
        let most = usize::try_from(partitions).unwrap_or(usize::MAX).saturating_mul(2);
        let (idle, riddles) = (Mutex::default(), Mutex::default());
        Self { settings: settings.clone(), idle, riddles, most, watch: None }
    }

    /// The same, with somebody who sees every message.
    pub(super) fn watched(settings: &KafkaSettings, partitions: u32, watch: Watch) -> Self {
        Self { watch: Some(watch), ..Self::new(settings, partitions) }
    }

    /// The entries from `from` on and before `until`, until they reach `max_bytes`: one at least.
    pub(super) fn read(
        &self,
        partition: Partition,
        from: u64,
        until: u64,
        max_bytes: usize,
    ) -> Result<Vec<Entry>, LogError> {
        let mut reader = self.take(partition, from)?;
        let entries = reader.read(self, until, max_bytes, ColdReader::next_entry)?;
        self.put_back(reader, until);
        Ok(entries)
    }

    /// Of these what has arrived already; none: ask again soon. Why nothing comes for long is found out by
    /// [`ask_why`](Self::ask_why).
    pub(super) fn read_arrived(
        &self,
        partition: Partition,
        from: u64,
        until: u64,
        max_bytes: usize,
    ) -> Result<Vec<Entry>, LogError> {
        let mut reader = self.take(partition, from)?;
        match reader.read(self, until, max_bytes, ColdReader::arrived_entry) {
            Ok(entries) => {
                self.put_back(reader, until);
                Ok(entries)
            }
            Err(NotNow::Later) => {
                self.put_back(reader, until);
                Ok(Vec::new())
            }
            Err(NotNow::Never(what)) => {
                self.riddles().insert(partition, (from, until));
                let error = reader.unreachable(&what);
                reader.failed = true;
                self.put_back(reader, until);
                Err(error)
            }
        }
    }

    /// Finds out, with all the time it takes, why nothing came where somebody could not wait: the gaps.
    ///
    /// # Errors
    /// When the log is damaged. What may come later is no error.
    pub(super) fn ask_why(&self) -> Result<Vec<(Partition, LogError)>, LogError> {
        // Bound first: in the loop's head the lock would be held while it reads, and readers who cannot wait would.
        let riddles = std::mem::take(&mut *self.riddles());
        let mut gaps = Vec::new();
        for (partition, (from, until)) in riddles {
            match self.read(partition, from, until, 1) {
                Err(gap @ LogError::Gap { .. }) => gaps.push((partition, gap)),
                Err(damage @ LogError::Damaged(_)) => return Err(damage),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(gaps)
    }

    /// Also one that failed: its client is good for another place, and closing it takes a while.
    fn put_back(&self, mut reader: ColdReader, until: u64) {
        reader.used_at = Instant::now();
        reader.at_the_end = reader.next >= until;
        if reader.at_the_end {
            reader.rest();
        }
        let mut idle = self.idle();
        idle.push(reader);
        let surplus = (idle.len() > self.most).then(|| idle.remove(0));
        drop(idle);
        drop(surplus);
    }

    fn riddles(&self) -> MutexGuard<'_, BTreeMap<Partition, (u64, u64)>> {
        self.riddles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes readers that nobody has used for long.
    pub(super) fn close_unused(&self) {
        let mut idle = self.idle();
        let unused: Vec<_> = idle.extract_if(.., |reader| reader.used_at.elapsed() > CLOSE_AFTER).collect();
        drop(idle);
        drop(unused);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<ColdReader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reader that stands there already, or one that nobody reads on with, or a new one.
    fn take(&self, partition: Partition, from: u64) -> Result<ColdReader, LogError> {
        let mut idle = self.idle();
        let is_there =
            |reader: &ColdReader| reader.partition == partition && reader.next == from && reader.reads_on();
        let there = idle.iter().position(is_there);
        if let Some(at) = there {
            return Ok(idle.swap_remove(at));
        }
        let forsaken = idle.iter().position(|reader| reader.at_the_end || reader.used_at.elapsed() > IDLE);
        let forsaken = forsaken.map(|at| idle.swap_remove(at).reader);
        drop(idle);
        let reader = forsaken.map_or_else(|| client::reader(&self.settings, Role::Cold), Ok)?;
        ColdReader::at(reader, &self.settings.topic, partition, from)
    }
}

/// What can be done when the log itself has lost something.
pub(super) const ANEW: &str = "This ledger cannot go on with it: restore the topic from a copy, or begin a new ledger \
                               on a new topic";

/// The beginning of a partition is gone.
pub(super) fn begins_late(partition: Partition, low: u64) -> LogError {
    LogError::Damaged(format!(
        "partition {partition} begins at offset {low}: what stood before was deleted, by retention or DeleteRecords. {ANEW}"
    ))
}
