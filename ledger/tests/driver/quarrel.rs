//! Two ledgers over one log, both told for ever to own, and one of them is held up.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant as Monotonic};

use ledger::clock::SimulatedClock;
use ledger::log::{Log as _, MemoryLog, NewLedger};
use ledger::{Answer, Ledger, NotDone, Options};
use schemas::ids::{NodeId, Partition};
use schemas::{Clock, Prefix, RecordKind};

use crate::away::{Appends, AwayLog, Reads};
use crate::{MINUTE, asked, at, delivery, describe, read_commands, receipt};

const HOLD_UPS: u32 = 6;

struct Two {
    inner: Arc<MemoryLog>,
    logs: [Arc<AwayLog>; 2],
    ledgers: [Ledger; 2],
}

fn two() -> Two {
    let time = at("2021-01-11T08:00:00+01:00");
    let new = NewLedger { partitions: 2, clock: Clock::Simulated, time, ledger: None };
    let inner = Arc::new(MemoryLog::new(&new).unwrap());
    let logs = [AwayLog::over(&inner), AwayLog::over(&inner)];
    let ledger = |log: &Arc<AwayLog>, number: u8| {
        let options = Options::new(NodeId([number; 16]), u64::from(number));
        Ledger::start(Arc::clone(log) as _, Arc::new(SimulatedClock::at(time)), options).unwrap()
    };
    let ledgers = [ledger(&logs[0], 1), ledger(&logs[1], 2)];
    Two { inner, logs, ledgers }
}

impl Two {
    fn claims(&self) -> usize {
        let entries = self.inner.read(Partition(1), 1, usize::MAX).unwrap();
        let kinds = entries.iter().map(|entry| Prefix::split(&entry.value).unwrap().0.kind);
        kinds.filter(|&kind| kind == RecordKind::Claim as u8).count()
    }
}

/// Somebody who asks one ledger and then the other until it is done; with an id for each thing it wants.
async fn ask_until_told(ledgers: [Ledger; 2], next: Arc<AtomicU32>, ends: Arc<AtomicBool>, first: usize) {
    while !ends.load(Ordering::SeqCst) {
        let number = next.fetch_add(1, Ordering::SeqCst);
        let mut at = first;
        loop {
            let patience = Duration::from_millis(700);
            match ledgers[at].submit(asked(delivery(number), patience)).await {
                Answer::Done(_) => break,
                Answer::Unknown
                | Answer::NotDone(NotDone::NotOwner | NotDone::Late | NotDone::Overloaded) => at = 1 - at,
                other => panic!("{other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_quarrel_do_nothing_twice_and_claim_little() {
    let two = two();
    receipt(two.ledgers[0].submit(asked(describe("frankfurt"), MINUTE)).await);
    let (next, ends) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..6)
        .map(|client| {
            let (ledgers, next, ends) = (two.ledgers.clone(), Arc::clone(&next), Arc::clone(&ends));
            tokio::spawn(ask_until_told(ledgers, next, ends, client % 2))
        })
        .collect();
    for hold_up in 0..HOLD_UPS {
        let held = &two.logs[usize::try_from(hold_up % 2).unwrap()];
        held.set(Reads::Wait, Appends::Arrive);
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        held.set(Reads::Answer, Appends::Arrive);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let while_they_quarreled = two.claims();
    assert!(while_they_quarreled <= 4 * usize::try_from(HOLD_UPS).unwrap(), "{while_they_quarreled} claims");
    // A busy machine may hold one up once more.
    let begun = Monotonic::now();
    loop {
        let before = (two.claims(), next.load(Ordering::SeqCst));
        tokio::time::sleep(Duration::from_secs(2)).await;
        if two.claims() == before.0 && next.load(Ordering::SeqCst) > before.1 {
            break;
        }
        assert!(begun.elapsed() < MINUTE, "they quarrel on");
    }
    ends.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    let (done, _) = read_commands(two.inner.as_ref(), Partition(1));
    let wanted = usize::try_from(next.load(Ordering::SeqCst)).unwrap() + 1;
    assert_eq!((done.len(), done.iter().collect::<BTreeSet<_>>().len()), (wanted, wanted));
    two.ledgers.iter().for_each(Ledger::shut_down);
}
