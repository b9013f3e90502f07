//! A log in memory, for simulators: outcomes and wakes come from within `append`, so that a run can be repeated exactly.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use schemas::ids::Partition;

use super::{Entry, Log, LogError, NewLedger, OnMoved, OnOutcome, Outgoing, entries_within};

/// A log that ends with the process. Whoever appends must hold no lock that its own callbacks take.
#[derive(Default)]
pub struct MemoryLog {
    partitions: Vec<Mutex<Vec<Arc<[u8]>>>>,
    subscribers: RwLock<Vec<OnMoved>>,
    exclusive: bool,
}

impl MemoryLog {
    /// Without a value in it, not even genesis.
    pub fn empty(partitions: u32) -> Self {
        Self { partitions: (0..partitions).map(|_| Mutex::default()).collect(), ..Self::default() }
    }

    /// With genesis in every partition.
    ///
    /// # Errors
    /// When the ledger would have under 2 partitions.
    pub fn new(ledger: &NewLedger) -> Result<Self, LogError> {
        let (_, geneses) = ledger.geneses()?;
        let partitions = geneses.into_iter().map(|genesis| Mutex::new(vec![genesis])).collect();
        Ok(Self { partitions, ..Self::default() })
    }

    /// The same log, said to be held by one claimant alone.
    #[must_use]
    pub fn held_exclusively(self) -> Self {
        Self { exclusive: true, ..self }
    }

    fn values(&self, partition: Partition) -> Option<MutexGuard<'_, Vec<Arc<[u8]>>>> {
        let index = usize::try_from(partition.0).ok()?;
        Some(self.partitions.get(index)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Log for MemoryLog {
    fn partitions(&self) -> u32 {
        u32::try_from(self.partitions.len()).unwrap_or(u32::MAX)
    }

    fn exclusive(&self) -> bool {
        self.exclusive
    }

    fn append(&self, partition: Partition, values: Vec<Outgoing>, on_outcome: OnOutcome) {
        let Some(mut held) = self.values(partition) else {
            return on_outcome(Err(LogError::PastTheEnd { partition, end: 0, asked: 0 }));
        };
        let moved = !values.is_empty();
        held.extend(values.into_iter().map(|outgoing| outgoing.value));
        drop(held);
        on_outcome(Ok(()));
        if moved {
            let subscribers = self.subscribers.read().unwrap_or_else(PoisonError::into_inner).clone();
            subscribers.iter().for_each(|on_moved| on_moved(partition));
        }
    }

    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        let past_the_end = |end| LogError::PastTheEnd { partition, end, asked: from };
        let values = self.values(partition).ok_or_else(|| past_the_end(0))?;
        let end = values.len() as u64;
        let start = usize::try_from(from).map_err(|_| past_the_end(end))?;
        let rest = values.get(start..).ok_or_else(|| past_the_end(end))?;
        let entries = (from..).zip(rest).map(|(offset, value)| Entry::new(offset, Arc::clone(value)));
        Ok(entries_within(entries, max_bytes))
    }

    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        let values = self.values(partition);
        let values = values.ok_or(LogError::PastTheEnd { partition, end: 0, asked: 0 })?;
        Ok(values.len() as u64)
    }

    fn subscribe(&self, on_moved: OnMoved) {
        self.subscribers.write().unwrap_or_else(PoisonError::into_inner).push(on_moved);
    }
}

#[cfg(test)]
mod tests {
    use schemas::{Clock, Instant};

    use super::*;
    use crate::log::contract;

    #[test]
    fn it_keeps_the_contract() {
        let ledger = NewLedger { partitions: 3, clock: Clock::Wall, time: Instant::EPOCH, ledger: None };
        let fresh = || -> Arc<dyn Log> { Arc::new(MemoryLog::new(&ledger).unwrap()) };
        assert_eq!(contract::check(&fresh), Ok(()));
    }
}
