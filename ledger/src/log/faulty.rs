//! A log that goes wrong in the ways the contract allows, as a test wants it.

use std::sync::{Arc, Mutex, PoisonError};

use schemas::ids::Partition;

use super::{Entry, Log, LogError, OnMoved, OnOutcome};

/// What becomes of one call of `append`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing goes wrong.
    None,
    /// The values never arrive, and the outcome is an error.
    Lost,
    /// The values stand in the log, and the outcome is an error all the same.
    AnswerLost,
    /// The values stand in the log twice.
    Twice,
    /// The outcome is an error, and the values arrive after so many later calls for any partition.
    Late {
        /// How many calls.
        calls: u32,
    },
}

/// Chance, as the test draws it: called once for every `append`.
pub type Draw = Box<dyn FnMut(Partition) -> Fault + Send>;

/// A log around another one, with faults.
pub struct FaultyLog<L> {
    inner: L,
    draw: Mutex<Draw>,
    late: Mutex<Vec<LateValues>>,
}

struct LateValues {
    calls: u32,
    partition: Partition,
    values: Vec<Arc<[u8]>>,
}

impl<L: Log> FaultyLog<L> {
    /// Around `inner`, with a fault drawn for each `append`.
    pub fn new(inner: L, draw: Draw) -> Self {
        Self { inner, draw: Mutex::new(draw), late: Mutex::default() }
    }

    /// The log inside, without faults.
    pub fn inner(&self) -> &L {
        &self.inner
    }

    /// Lets all that is late arrive now.
    pub fn deliver_late(&self) {
        let late = std::mem::take(&mut *self.late.lock().unwrap_or_else(PoisonError::into_inner));
        late.into_iter().for_each(|late| self.pass(late.partition, late.values));
    }

    fn deliver_due(&self) {
        let due: Vec<LateValues> = {
            let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
            late.extract_if(.., |values| {
                values.calls = values.calls.saturating_sub(1);
                values.calls == 0
            })
            .collect()
        };
        due.into_iter().for_each(|late| self.pass(late.partition, late.values));
    }

    fn pass(&self, partition: Partition, values: Vec<Arc<[u8]>>) {
        self.inner.append(partition, values, Box::new(|_| ()));
    }
}

fn unknown() -> Result<(), LogError> {
    Err(LogError::Storage("a fault that a test asked for".to_owned()))
}

impl<L: Log> Log for FaultyLog<L> {
    fn partitions(&self) -> u32 {
        self.inner.partitions()
    }

    fn exclusive(&self) -> bool {
        self.inner.exclusive()
    }

    fn append(&self, partition: Partition, values: Vec<Arc<[u8]>>, on_outcome: OnOutcome) {
        let fault = self.draw.lock().unwrap_or_else(PoisonError::into_inner)(partition);
        match fault {
            Fault::None => self.inner.append(partition, values, on_outcome),
            Fault::Lost => on_outcome(unknown()),
            Fault::AnswerLost => {
                self.inner.append(partition, values, Box::new(|_| on_outcome(unknown())));
            }
            Fault::Twice => {
                self.inner.append(partition, values.clone(), on_outcome);
                self.pass(partition, values);
            }
            Fault::Late { calls } => {
                let late = LateValues { calls: calls.saturating_add(1), partition, values };
                self.late.lock().unwrap_or_else(PoisonError::into_inner).push(late);
                on_outcome(unknown());
            }
        }
        self.deliver_due();
    }

    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        self.inner.read(partition, from, max_bytes)
    }

    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        self.inner.end(partition)
    }

    fn subscribe(&self, on_moved: OnMoved) {
        self.inner.subscribe(on_moved);
    }
}
