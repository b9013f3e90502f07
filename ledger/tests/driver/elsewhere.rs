//! Entries that have to be fetched from elsewhere: whoever waits for them holds up nobody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant as Monotonic};

use ledger::clock::SimulatedClock;
use ledger::log::{Entry, Log, LogError, MemoryLog, NewLedger, OnMoved, OnOutcome, Outgoing};
use ledger::{Answer, Ledger, NotDone, Options};
use schemas::Clock;
use schemas::ids::{NodeId, Partition};

use crate::{MINUTE, asked, at, delivery, describe, receipt, set_web};

/// A log whose entries of one partition are on their way while somebody says so, as when brokers do not answer.
struct Elsewhere {
    inner: MemoryLog,
    of: Partition,
    on_their_way: AtomicBool,
}

impl Log for Elsewhere {
    fn partitions(&self) -> u32 {
        self.inner.partitions()
    }

    fn exclusive(&self) -> bool {
        false
    }

    fn append(&self, partition: Partition, values: Vec<Outgoing>, on_outcome: OnOutcome) {
        self.inner.append(partition, values, on_outcome);
    }

    /// Waits as long as they are on their way: a writers' thread that asks so serves nobody.
    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        while partition == self.of && self.on_their_way.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.inner.read(partition, from, max_bytes)
    }

    fn read_without_waiting(
        &self,
        partition: Partition,
        from: u64,
        max_bytes: usize,
    ) -> Result<Option<Vec<Entry>>, LogError> {
        if partition == self.of && self.on_their_way.load(Ordering::SeqCst) {
            return Ok(None);
        }
        self.inner.read(partition, from, max_bytes).map(Some)
    }

    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        self.inner.end(partition)
    }

    fn subscribe(&self, on_moved: OnMoved) {
        self.inner.subscribe(on_moved);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_whose_entries_are_on_their_way_holds_up_no_other_and_its_callers_hear_in_time() {
    let time = at("2021-01-11T08:00:00+01:00");
    let new = NewLedger { partitions: 4, clock: Clock::Simulated, time, ledger: None };
    let frankfurt = schemas::hashing::partition_of(&"frankfurt".parse().unwrap(), 4);
    let inner = MemoryLog::new(&new).unwrap();
    let log = Arc::new(Elsewhere { inner, of: frankfurt, on_their_way: AtomicBool::new(false) });
    let options = Options::new(NodeId([1; 16]), 1);
    let ledger = Ledger::start(Arc::clone(&log) as _, Arc::new(SimulatedClock::at(time)), options).unwrap();
    receipt(ledger.submit(asked(describe("frankfurt"), MINUTE)).await);

    log.on_their_way.store(true, Ordering::SeqCst);
    let begun = Monotonic::now();
    let first = ledger.submit(asked(delivery(1), Duration::from_millis(800))).await;
    assert_eq!(first, Answer::Unknown, "it was sent, and nobody can read what became of it");
    let second = ledger.submit(asked(delivery(2), Duration::from_millis(800))).await;
    assert_eq!(second, Answer::NotDone(NotDone::Late), "it was asked when the reign was over");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    for number in 0..50 {
        receipt(ledger.submit(asked(set_web(&format!("meanwhile {number}")), MINUTE)).await);
    }

    log.on_their_way.store(false, Ordering::SeqCst);
    assert!(receipt(ledger.submit(asked(delivery(1), MINUTE)).await).repeated, "it had arrived");
    assert!(!receipt(ledger.submit(asked(delivery(2), MINUTE)).await).repeated);
    ledger.shut_down();
}
