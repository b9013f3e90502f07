//! A log that goes wrong in the ways the contract allows, as a test wants it.

use std::sync::{Mutex, PoisonError};

use schemas::ids::Partition;

use super::{Entry, Log, LogError, OnMoved, OnOutcome, Outgoing};

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
    values: Vec<Outgoing>,
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

    fn pass(&self, partition: Partition, values: Vec<Outgoing>) {
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

    fn append(&self, partition: Partition, values: Vec<Outgoing>, on_outcome: OnOutcome) {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crossbeam_channel::bounded;
    use schemas::{Clock, Instant};

    use super::*;
    use crate::log::{MemoryLog, NewLedger};

    const ONE: Partition = Partition(1);

    /// What stands in the log, and the outcomes, after one value for each of these faults.
    fn history(faults: &[Fault]) -> (Vec<String>, Vec<bool>) {
        let ledger = NewLedger { partitions: 2, clock: Clock::Wall, time: Instant::EPOCH, ledger: None };
        let mut script = Vec::from(faults).into_iter();
        let draw: Draw = Box::new(move |_| script.next().unwrap());
        let log = FaultyLog::new(MemoryLog::new(&ledger).unwrap(), draw);
        let outcomes = (0..faults.len()).map(|number| {
            let (outcome, outcomes) = bounded(1);
            let value: Arc<[u8]> = Arc::from(number.to_string().as_bytes());
            log.append(
                ONE,
                vec![value.into()],
                Box::new(move |result| outcome.send(result.is_ok()).unwrap()),
            );
            outcomes.recv().unwrap()
        });
        let outcomes = outcomes.collect();
        log.deliver_late();
        let entries = log.read(ONE, 1, usize::MAX).unwrap();
        let texts = entries.iter().map(|entry| String::from_utf8(entry.value.to_vec()).unwrap());
        (texts.collect(), outcomes)
    }

    #[test]
    fn each_fault_does_what_its_name_says() {
        use Fault::{AnswerLost, Late, Lost, None, Twice};
        let expect = |faults: &[Fault], log: &[&str], outcomes: &[bool]| {
            let (found, told) = history(faults);
            assert_eq!(
                (found.as_slice(), told.as_slice()),
                (&*log.iter().map(|&text| text.to_owned()).collect::<Vec<_>>(), outcomes)
            );
        };
        expect(&[None, None], &["0", "1"], &[true, true]);
        expect(&[Lost, None], &["1"], &[false, true]);
        expect(&[AnswerLost, None], &["0", "1"], &[false, true]);
        expect(&[Twice, None], &["0", "0", "1"], &[true, true]);
        expect(&[Late { calls: 1 }, None, None], &["1", "0", "2"], &[false, true, true]);
        expect(&[Late { calls: 2 }, None, None], &["1", "2", "0"], &[false, true, true]);
        expect(&[Late { calls: 9 }, None], &["1", "0"], &[false, true]);
    }
}
