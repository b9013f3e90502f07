//! Reading the log of a process that may be running.

use std::fs;
use std::path::{Path, PathBuf};

use schemas::Clock;
use schemas::ids::{LedgerId, Partition};

use super::super::identity::Identity;
use super::super::still::Still;
use super::super::{Entry, Log, LogError, OnMoved, OnOutcome, Outgoing};
use super::high_water::HighWater;
use super::open;
use super::store::Store;

const TRIES: u32 = 10;

/// The log as it stood when it was opened. It wakes nobody, and every append fails.
pub struct ReadOnlyLog {
    identity: Identity,
    still: Still,
    store: Store,
    _scratch: Scratch,
}

impl ReadOnlyLog {
    pub(super) fn open(dir: &Path) -> Result<Self, LogError> {
        let rocks = dir.join("rocks");
        if !open::exists(&rocks) {
            return Err(super::no_log(dir));
        }
        // Read before the log is, so that the writer cannot note what this reader does not see.
        let noted = HighWater::beside(dir).read()?;
        let scratch = Scratch::new()?;
        let store = again(|| Store::open_beside(&rocks, &scratch.0))?;
        let (identity, ends) = again(|| {
            store.catch_up()?;
            open::survey(&store, noted.as_deref())
        })?;
        Ok(Self { identity, still: Still::at(ends), store, _scratch: scratch })
    }

    /// The ledger that the log is of.
    pub fn ledger(&self) -> LedgerId {
        self.identity.ledger
    }

    /// The ledger's clock.
    pub fn clock(&self) -> Clock {
        self.identity.genesis.clock
    }
}

impl Log for ReadOnlyLog {
    fn partitions(&self) -> u32 {
        self.identity.genesis.partitions
    }

    fn exclusive(&self) -> bool {
        false
    }

    fn append(&self, _: Partition, _: Vec<Outgoing>, on_outcome: OnOutcome) {
        Still::refuse(on_outcome);
    }

    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        let end = self.still.end_behind(partition, from)?;
        let read = || self.store.read(partition, from, end, max_bytes);
        read().or_else(|_| {
            again(|| {
                self.store.catch_up()?;
                read()
            })
        })
    }

    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        self.still.end(partition)
    }

    fn subscribe(&self, _: OnMoved) {}
}

/// Tries what fails a few times. While the writer beside puts a write-ahead log into a table, a reader that has read the
/// list of tables before and the logs after finds what is in it in neither; it is there when both are read again. Real
/// damage stays.
fn again<T>(attempt: impl Fn() -> Result<T, LogError>) -> Result<T, LogError> {
    (1..TRIES).find_map(|_| attempt().ok()).map_or_else(attempt, Ok)
}

/// A folder for RocksDB's notes about this reader, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, LogError> {
        let mut chance = [0; 8];
        getrandom::fill(&mut chance).map_err(|error| LogError::Storage(error.to_string()))?;
        let name = format!("terminbuch-reader-{:016x}", u64::from_le_bytes(chance));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).map_err(|error| super::cannot_make(&path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "{} is left over", self.0.display());
        }
    }
}
