//! What the commit thread and the readers share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rocksdb::WriteBatch;
use schemas::ids::Partition;

use super::super::tail::Tail;
use super::super::{Entry, LogError, OnMoved};
use super::commit::call;
use super::store::Store;

pub(super) struct Shared {
    rocks: PathBuf,
    tails: Vec<Mutex<Tail>>,
    store: RwLock<Result<Store, LogError>>,
    subscribers: RwLock<Vec<OnMoved>>,
    commits: AtomicU64,
    #[cfg(test)]
    pub(super) injected: Mutex<Vec<Injected>>,
}

/// An error of the storage that a test asks for.
#[cfg(test)]
pub(super) enum Injected {
    BeforeTheWrite,
    AfterTheWrite,
}

impl Shared {
    pub(super) fn new(rocks: PathBuf, store: Store, ends: Vec<u64>) -> Self {
        Self {
            rocks,
            tails: ends.into_iter().map(|end| Mutex::new(Tail::at(end))).collect(),
            store: RwLock::new(Ok(store)),
            subscribers: RwLock::default(),
            commits: AtomicU64::new(0),
            #[cfg(test)]
            injected: Mutex::default(),
        }
    }

    pub(super) fn partitions(&self) -> u32 {
        u32::try_from(self.tails.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn tail(&self, partition: Partition) -> Option<MutexGuard<'_, Tail>> {
        let index = usize::try_from(partition.0).ok()?;
        Some(self.tails.get(index)?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The ends of all partitions, in their order.
    pub(super) fn ends(&self) -> Vec<u64> {
        let end = |tail: &Mutex<Tail>| tail.lock().unwrap_or_else(PoisonError::into_inner).end();
        self.tails.iter().map(end).collect()
    }

    pub(super) fn write(&self, batch: WriteBatch) -> Result<(), LogError> {
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        let store = store.as_ref().map_err(Clone::clone)?;
        #[cfg(test)]
        let injected = self.injected.lock().unwrap().pop();
        #[cfg(test)]
        if let Some(Injected::BeforeTheWrite) = injected {
            return Err(LogError::Storage("injected before the write".to_owned()));
        }
        store.write(batch)?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        #[cfg(test)]
        if let Some(Injected::AfterTheWrite) = injected {
            return Err(LogError::Storage("injected after the write".to_owned()));
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn syncs(&self) -> u64 {
        self.store.read().unwrap().as_ref().map_or(0, Store::syncs)
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Shows readers what has become durable.
    pub(super) fn publish(&self, partition: Partition, values: &[Arc<[u8]>]) {
        if let Some(mut tail) = self.tail(partition) {
            for value in values {
                let entry = Entry::new(tail.end(), Arc::clone(value));
                tail.push(entry);
            }
        }
    }

    pub(super) fn read(
        &self,
        partition: Partition,
        from: u64,
        max_bytes: usize,
        cold: bool,
    ) -> Result<Vec<Entry>, LogError> {
        let tail = self.tail(partition);
        let tail = tail.ok_or(LogError::PastTheEnd { partition, end: 0, asked: from })?;
        let end = tail.end();
        if from > end {
            return Err(LogError::PastTheEnd { partition, end, asked: from });
        }
        if !cold && let Some(entries) = tail.read(from, max_bytes) {
            return Ok(entries);
        }
        drop(tail);
        self.revive();
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        store.as_ref().map_err(Clone::clone)?.read(partition, from, end, max_bytes)
    }

    /// Closes and opens the storage after an error, and returns the partitions whose end has moved. What was being
    /// written then stands there or does not; an end before what was shown is damage, and nothing goes on.
    pub(super) fn reopen(&self) -> Vec<Partition> {
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        if let Err(LogError::Damaged(_)) = &*store {
            return Vec::new();
        }
        self.replace(&mut store)
    }

    /// Tries to open a storage that could not be opened: nobody may append any more until somebody has read.
    fn revive(&self) {
        let failed = |store: &Result<Store, LogError>| matches!(store, Err(error) if !matches!(error, LogError::Damaged(_)));
        if !failed(&self.store.read().unwrap_or_else(PoisonError::into_inner)) {
            return;
        }
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        let moved = if failed(&store) { self.replace(&mut store) } else { Vec::new() };
        drop(store);
        self.wake(&moved);
    }

    fn replace(&self, store: &mut Result<Store, LogError>) -> Vec<Partition> {
        // The old handle must be gone before a new one can lock the folder.
        *store = Err(LogError::Closed);
        match self.reopened() {
            Ok((opened, moved)) => {
                *store = Ok(opened);
                moved
            }
            Err(error) => {
                tracing::error!(%error, "the log could not be opened anew");
                *store = Err(error);
                Vec::new()
            }
        }
    }

    fn reopened(&self) -> Result<(Store, Vec<Partition>), LogError> {
        let store = Store::open(&self.rocks, false)?;
        let mut moved = Vec::new();
        for (partition, shown) in (0..).map(Partition).zip(&self.tails) {
            let end = store.end(partition)?;
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            if end < shown.end() {
                return Err(LogError::Damaged(format!(
                    "partition {partition} ends at offset {end} after an error, but {} was shown",
                    shown.end()
                )));
            }
            if end > shown.end() {
                *shown = Tail::at(end);
                moved.push(partition);
            }
        }
        Ok((store, moved))
    }

    pub(super) fn subscribe(&self, on_moved: OnMoved) {
        self.subscribers.write().unwrap_or_else(PoisonError::into_inner).push(on_moved);
    }

    pub(super) fn wake(&self, moved: &[Partition]) {
        let subscribers = self.subscribers.read().unwrap_or_else(PoisonError::into_inner).clone();
        for on_moved in subscribers {
            for &partition in moved {
                call("a subscriber", || on_moved(partition));
            }
        }
    }
}
