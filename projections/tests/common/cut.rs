//! A log that shows only its beginning, and can be made to keep its readers waiting.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use ledger::log::{Entry, Log, LogError, MemoryLog, OnMoved, OnOutcome, Outgoing};
use schemas::ids::Partition;

pub struct CutLog {
    inner: Arc<MemoryLog>,
    ends: Mutex<BTreeMap<Partition, u64>>,
    shut: Mutex<bool>,
    opened: Condvar,
    /// From here on nothing can be reached.
    away_from: AtomicU64,
}

impl CutLog {
    pub fn new(inner: &Arc<MemoryLog>) -> Arc<Self> {
        Arc::new(Self {
            inner: Arc::clone(inner),
            ends: Mutex::default(),
            shut: Mutex::new(false),
            opened: Condvar::new(),
            away_from: AtomicU64::new(u64::MAX),
        })
    }

    /// Shows so many entries of a partition.
    pub fn cut(&self, partition: Partition, end: u64) {
        self.ends.lock().unwrap().insert(partition, end);
    }

    /// Keeps readers waiting, or lets them go.
    pub fn shut(&self, shut: bool) {
        *self.shut.lock().unwrap() = shut;
        self.opened.notify_all();
    }

    /// Cannot be reached, or can again; nobody is told.
    pub fn away(&self, away: bool) {
        self.away_from(if away { 0 } else { u64::MAX });
    }

    /// Cannot be reached from this offset on.
    pub fn away_from(&self, offset: u64) {
        self.away_from.store(offset, Ordering::SeqCst);
    }
}

impl Log for CutLog {
    fn partitions(&self) -> u32 {
        self.inner.partitions()
    }

    fn exclusive(&self) -> bool {
        false
    }

    fn append(&self, partition: Partition, values: Vec<Outgoing>, on_outcome: OnOutcome) {
        self.inner.append(partition, values, on_outcome);
    }

    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        let mut shut = self.shut.lock().unwrap();
        while *shut {
            shut = self.opened.wait(shut).unwrap();
        }
        drop(shut);
        if from >= self.away_from.load(Ordering::SeqCst) {
            return Err(LogError::Unreachable("it is away".to_owned()));
        }
        let end = self.end(partition)?;
        if from > end {
            return Err(LogError::PastTheEnd { partition, end, asked: from });
        }
        let entries = self.inner.read(partition, from, max_bytes)?;
        Ok(entries.into_iter().filter(|entry| entry.offset < end).collect())
    }

    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        let end = self.inner.end(partition)?;
        Ok(self.ends.lock().unwrap().get(&partition).map_or(end, |&cut| end.min(cut)))
    }

    fn subscribe(&self, on_moved: OnMoved) {
        self.inner.subscribe(on_moved);
    }
}
