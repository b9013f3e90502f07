//! A ledger that goes on from folds which somebody else has made.

use std::sync::{Arc, Mutex};

use ledger::clock::SimulatedClock;
use ledger::fold::PartitionFold;
use ledger::log::{Entry, Log, LogError, MemoryLog, NewLedger, OnMoved, OnOutcome, Outgoing};
use ledger::{Ledger, Options, StartError};
use schemas::Clock;
use schemas::ids::{NodeId, Partition};

use super::asking::{asked, describe};
use super::{MINUTE, at, receipt, set_web};

const PARTITIONS: u32 = 4;

fn new() -> NewLedger {
    let time = at("2021-01-11T08:00:00+01:00");
    NewLedger { partitions: PARTITIONS, clock: Clock::Simulated, time, ledger: None }
}

/// A log that notes where reading begins, and how it is read.
struct Noted {
    inner: MemoryLog,
    reads: Mutex<Vec<(Partition, u64)>>,
}

impl Log for Noted {
    fn partitions(&self) -> u32 {
        self.inner.partitions()
    }

    fn exclusive(&self) -> bool {
        true
    }

    fn append(&self, partition: Partition, values: Vec<Outgoing>, on_outcome: OnOutcome) {
        self.inner.append(partition, values, on_outcome);
    }

    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        self.reads.lock().unwrap().push((partition, from));
        self.inner.read(partition, from, max_bytes)
    }

    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        self.inner.end(partition)
    }

    fn subscribe(&self, on_moved: OnMoved) {
        self.inner.subscribe(on_moved);
    }
}

fn start_from(folds: Vec<PartitionFold>, log: &Arc<Noted>) -> Result<Ledger, StartError> {
    let clock = Arc::new(SimulatedClock::at(at("2021-01-11T08:00:00+01:00")));
    Ledger::start_from(folds, Arc::clone(log) as _, clock, Options::new(NodeId([1; 16]), 1))
}

fn fold(log: &dyn Log, partition: Partition) -> PartitionFold {
    let mut fold = PartitionFold::new(None, partition);
    for entry in log.read(partition, 0, usize::MAX).unwrap() {
        fold.read(entry.offset, &entry.value).unwrap();
    }
    fold
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_folded_is_not_read_again_and_what_came_after_it_is() {
    let inner = MemoryLog::new(&new()).unwrap();
    let log = Arc::new(Noted { inner, reads: Mutex::default() });
    let first = start_from(Vec::new(), &log).unwrap();
    let before = receipt(first.submit(asked(describe("frankfurt"), MINUTE)).await);
    let frankfurt = before.position.partition;
    let (folded, unfolded) = ([Partition::OFFICE, frankfurt], if frankfurt.0 == 1 { 2 } else { 1 });
    let folds: Vec<_> = folded.iter().map(|&partition| fold(log.as_ref(), partition)).collect();
    let later = receipt(first.submit(asked(describe("frankfurt"), MINUTE)).await);
    let web = receipt(first.submit(asked(set_web("after the fold"), MINUTE)).await);
    first.shut_down();

    log.reads.lock().unwrap().clear();
    let offsets: Vec<_> = folds.iter().map(|fold| fold.chain.next_offset()).collect();
    let second = start_from(folds, &log).unwrap();
    let reads = std::mem::take(&mut *log.reads.lock().unwrap());
    for (partition, from) in folded.into_iter().zip(offsets) {
        assert!(reads.contains(&(partition, from)), "it is read from where the fold ends: {reads:?}");
        assert!(!reads.iter().any(|&(read, at)| read == partition && at < from), "{reads:?}");
    }
    assert!(reads.contains(&(Partition(unfolded), 0)), "nobody has folded it: {reads:?}");
    assert!(second.wait_until_ready(MINUTE), "it claims at once");
    let repeat = receipt(second.submit(asked(describe("frankfurt"), MINUTE)).await);
    assert_eq!((repeat.position, repeat.repeated), (later.position, true));
    let (office, _) = second.read_position(Partition::OFFICE).unwrap();
    assert!(office > web.position, "what came after the fold was read, and a claim behind it");
    second.shut_down();
}

#[test]
fn a_fold_of_more_than_the_log_has_is_refused() {
    let ledger = new();
    let (longer, log) = (MemoryLog::new(&ledger).unwrap(), MemoryLog::new(&ledger).unwrap());
    let longer = Arc::new(Noted { inner: longer, reads: Mutex::default() });
    start_from(Vec::new(), &longer).unwrap().shut_down();
    let ahead = fold(longer.as_ref(), Partition::OFFICE);
    let log = Arc::new(Noted { inner: log, reads: Mutex::default() });
    let refused = start_from(vec![ahead], &log).err();
    assert!(matches!(refused, Some(StartError::Log(LogError::PastTheEnd { .. }))), "{refused:?}");
}
