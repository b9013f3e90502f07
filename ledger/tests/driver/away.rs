//! A log that can be away, as one handle of it sees that: reads fail or wait, and appends fail or lie there.

use std::sync::{Arc, Condvar, Mutex};

use ledger::log::{Entry, Log, LogError, MemoryLog, OnMoved, OnOutcome, Outgoing};
use schemas::ids::Partition;

/// What becomes of reads.
#[derive(Clone)]
pub(crate) enum Reads {
    Answer,
    /// Those of a partition, or of all, from before this offset fail.
    Fail {
        of: Option<Partition>,
        before: u64,
        with: LogError,
    },
    /// They wait until something else is said.
    Wait,
    /// Those of this partition past its beginning panic.
    Panic(Partition),
    /// Those of this partition past its beginning find nothing where something should be.
    Gap(Partition),
}

/// What becomes of appends.
#[derive(Clone)]
pub(crate) enum Appends {
    Arrive,
    /// They lie before the log, without an outcome, until something else is said.
    Lie,
    /// They are lost, and that is told so.
    Fail(LogError),
}

struct State {
    reads: Reads,
    appends: Appends,
    lying: Vec<(Partition, Vec<Outgoing>, OnOutcome)>,
}

pub(crate) struct AwayLog {
    inner: Arc<MemoryLog>,
    state: Mutex<State>,
    changed: Condvar,
}

impl AwayLog {
    pub(crate) fn over(inner: &Arc<MemoryLog>) -> Arc<Self> {
        let state = State { reads: Reads::Answer, appends: Appends::Arrive, lying: Vec::new() };
        Arc::new(Self { inner: Arc::clone(inner), state: Mutex::new(state), changed: Condvar::new() })
    }

    pub(crate) fn set(&self, reads: Reads, appends: Appends) {
        let mut state = self.state.lock().unwrap();
        (state.reads, state.appends) = (reads, appends);
        let arrives = matches!(state.appends, Appends::Arrive);
        let lying = if arrives { std::mem::take(&mut state.lying) } else { Vec::new() };
        drop(state);
        self.changed.notify_all();
        for (partition, values, on_outcome) in lying {
            self.inner.append(partition, values, on_outcome);
        }
    }

    /// Calls of `append` that lie before the log.
    pub(crate) fn lying(&self) -> usize {
        self.state.lock().unwrap().lying.len()
    }
}

impl Log for AwayLog {
    fn partitions(&self) -> u32 {
        self.inner.partitions()
    }

    fn exclusive(&self) -> bool {
        self.inner.exclusive()
    }

    fn append(&self, partition: Partition, values: Vec<Outgoing>, on_outcome: OnOutcome) {
        let mut state = self.state.lock().unwrap();
        match state.appends.clone() {
            Appends::Lie => state.lying.push((partition, values, on_outcome)),
            Appends::Arrive => {
                drop(state);
                self.inner.append(partition, values, on_outcome);
            }
            Appends::Fail(error) => {
                drop(state);
                on_outcome(Err(error));
            }
        }
    }

    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        let state = self.state.lock().unwrap();
        let state = self.changed.wait_while(state, |state| matches!(state.reads, Reads::Wait)).unwrap();
        if matches!(state.reads, Reads::Panic(of) if of == partition && from > 0) {
            drop(state);
            panic!("a fault that the test asked for");
        }
        match &state.reads {
            Reads::Gap(of) if *of == partition && from > 0 => {
                Err(LogError::Gap { partition, offset: from, what: format!("nothing at offset {from}") })
            }
            Reads::Fail { of, before, with } if of.is_none_or(|of| of == partition) && from < *before => {
                Err(with.clone())
            }
            _ => self.inner.read(partition, from, max_bytes),
        }
    }

    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        self.inner.end(partition)
    }

    fn subscribe(&self, on_moved: OnMoved) {
        self.inner.subscribe(on_moved);
    }
}
