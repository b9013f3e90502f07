//! Brokers that are gone for a while, and logs that are broken for good.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant as Monotonic};

use ledger::clock::SimulatedClock;
use ledger::log::{LogError, MemoryLog, NewLedger};
use ledger::{Answer, Ledger, NotDone, Options};
use schemas::Clock;
use schemas::ids::{NodeId, Partition};

use crate::away::{Appends, AwayLog, Reads};
use crate::{MINUTE, asked, at, delivery, describe, read_commands, receipt, set_web};

const GONE: &str = "no broker answers";

fn gone() -> LogError {
    LogError::Unreachable(GONE.to_owned())
}

fn all_reads_fail() -> Reads {
    Reads::Fail { of: None, before: u64::MAX, with: gone() }
}

fn log(exclusive: bool) -> Arc<MemoryLog> {
    let time = at("2021-01-11T08:00:00+01:00");
    let new = NewLedger { partitions: 4, clock: Clock::Simulated, time, ledger: None };
    let log = MemoryLog::new(&new).unwrap();
    Arc::new(if exclusive { log.held_exclusively() } else { log })
}

fn start(log: &Arc<AwayLog>) -> Ledger {
    let clock = SimulatedClock::at(at("2021-01-11T08:00:00+01:00"));
    Ledger::start(Arc::clone(log) as _, Arc::new(clock), Options::new(NodeId([1; 16]), 1)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn brokers_that_are_gone_cost_nobody_the_truth_and_service_resumes_by_itself() {
    let inner = log(false);
    let away = AwayLog::over(&inner);
    let ledger = start(&away);
    assert!(ledger.wait_until_ready(MINUTE), "nobody need own a partition before there is work");
    receipt(ledger.submit(asked(describe("frankfurt"), MINUTE)).await);
    receipt(ledger.submit(asked(set_web("before"), MINUTE)).await);

    away.set(all_reads_fail(), Appends::Lie);
    let patience = Duration::from_millis(900);
    let begun = Monotonic::now();
    let calls: Vec<_> = (0..40)
        .map(|number| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.submit(asked(delivery(number), patience)).await })
        })
        .collect();
    let mut unknown = 0;
    for call in calls {
        match call.await.unwrap() {
            Answer::Unknown => unknown += 1,
            Answer::NotDone(NotDone::Late | NotDone::NotOwner) => {}
            other => panic!("{other:?}, from a log that is away"),
        }
    }
    assert!(unknown > 0 && begun.elapsed() < MINUTE);
    let later = ledger.submit(asked(delivery(100), Duration::from_millis(1_500))).await;
    assert_eq!(later, Answer::NotDone(NotDone::Late), "it was asked when the reign was over");
    assert!(ledger.status().iter().all(|status| status.halted.is_none()));
    // At most each delivery by itself, and what four partitions try now and then: not what is tried again and again.
    assert!(away.lying() <= 40 + 12, "{} appends lie before four partitions", away.lying());

    away.set(Reads::Answer, Appends::Arrive);
    for number in 0..40 {
        receipt(ledger.submit(asked(delivery(number), MINUTE)).await);
    }
    receipt(ledger.submit(asked(set_web("after"), MINUTE)).await);
    ledger.shut_down();
    let (done, _) = read_commands(inner.as_ref(), ledger.partition_of(&"frankfurt".parse().unwrap()));
    assert_eq!(done.len(), done.iter().collect::<BTreeSet<_>>().len(), "nothing was done twice");
    assert_eq!(done.len(), 41, "the centre and forty deliveries");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_cannot_be_read_anew_is_tried_again_and_holds_up_no_other() {
    let inner = log(true);
    let away = AwayLog::over(&inner);
    let ledger = start(&away);
    assert!(ledger.wait_until_ready(MINUTE));
    let centre = receipt(ledger.submit(asked(describe("frankfurt"), MINUTE)).await);
    let of = Some(centre.position.partition);
    let fails = || Reads::Fail { of, before: 1, with: gone() };
    away.set(fails(), Appends::Fail(gone()));
    let call = {
        let ledger = ledger.clone();
        tokio::spawn(async move { ledger.submit(asked(delivery(1), MINUTE)).await })
    };
    let owns = |ledger: &Ledger| ledger.status().iter().filter(|status| status.owns).count();
    while owns(&ledger) == 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    away.set(fails(), Appends::Arrive);
    for number in 0..50 {
        receipt(ledger.submit(asked(set_web(&format!("meanwhile {number}")), MINUTE)).await);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(owns(&ledger), 3, "it has its claim and not its past");
    assert!(!call.is_finished());
    away.set(Reads::Answer, Appends::Arrive);
    assert!(!receipt(call.await.unwrap()).repeated);
    ledger.shut_down();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_log_halts_its_partition_with_a_reason_and_no_other() {
    let away = AwayLog::over(&log(false));
    let ledger = start(&away);
    let centre = receipt(ledger.submit(asked(describe("frankfurt"), MINUTE)).await).position.partition;
    let with = LogError::Damaged("it begins at 7".to_owned());
    away.set(Reads::Fail { of: Some(centre), before: u64::MAX, with }, Appends::Arrive);
    let answer = ledger.submit(asked(delivery(1), MINUTE)).await;
    assert!(matches!(answer, Answer::Unknown | Answer::NotDone(NotDone::Halted)), "{answer:?}");
    let later = ledger.submit(asked(delivery(2), MINUTE)).await;
    assert_eq!(later, Answer::NotDone(NotDone::Halted));
    receipt(ledger.submit(asked(set_web("still here"), MINUTE)).await);
    let halted: Vec<(Partition, String)> =
        ledger.status().into_iter().filter_map(|status| Some((status.partition, status.halted?))).collect();
    assert_eq!(halted, [(centre, "the log is damaged: it begins at 7".to_owned())]);
    ledger.shut_down();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_whose_reading_panics_or_finds_a_gap_takes_no_other_with_it_at_a_start() {
    for (meets, says) in
        [(Reads::Panic as fn(Partition) -> Reads, "panicked"), (Reads::Gap, "nothing at offset")]
    {
        let away = AwayLog::over(&log(true));
        let ledger = start(&away);
        let centre = receipt(ledger.submit(asked(describe("frankfurt"), MINUTE)).await).position.partition;
        ledger.shut_down();
        away.set(meets(centre), Appends::Arrive);
        let ledger = start(&away);
        let answer = ledger.submit(asked(delivery(1), MINUTE)).await;
        assert_eq!(answer, Answer::NotDone(NotDone::Halted));
        receipt(ledger.submit(asked(set_web("still here"), MINUTE)).await);
        let halted: Vec<_> = ledger
            .status()
            .into_iter()
            .filter_map(|status| Some((status.partition, status.halted?)))
            .collect();
        let [(of, why)] = &halted[..] else { panic!("{halted:?}") };
        assert!(*of == centre && why.contains(says), "{halted:?}");
        ledger.shut_down();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_tells_of_damage_halts_too() {
    let away = AwayLog::over(&log(true));
    let ledger = start(&away);
    assert!(ledger.wait_until_ready(MINUTE));
    away.set(Reads::Answer, Appends::Fail(LogError::Mismatch("it is another topic".to_owned())));
    let answer = ledger.submit(asked(set_web("lost"), MINUTE)).await;
    assert_eq!(answer, Answer::Unknown);
    let status = &ledger.status()[0];
    assert_eq!(status.halted.as_deref(), Some("it is another topic"));
    ledger.shut_down();
}

#[test]
fn a_start_waits_for_a_log_that_does_not_answer_yet_and_not_for_one_that_is_damaged() {
    let away = AwayLog::over(&log(true));
    away.set(all_reads_fail(), Appends::Arrive);
    let comes_back = {
        let away = Arc::clone(&away);
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            away.set(Reads::Answer, Appends::Arrive);
        })
    };
    let ledger = start(&away);
    comes_back.join().unwrap();
    assert!(ledger.wait_until_ready(MINUTE));
    ledger.shut_down();
    let with = LogError::Damaged("it begins at 7".to_owned());
    away.set(Reads::Fail { of: None, before: 1, with }, Appends::Arrive);
    let clock = SimulatedClock::at(at("2021-01-11T08:00:00+01:00"));
    let refused = Ledger::start(away as _, Arc::new(clock), Options::new(NodeId([1; 16]), 1)).err().unwrap();
    assert!(refused.to_string().contains("it begins at 7"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_a_week_past_the_ledger_needs_an_operators_word() {
    let time = at("2026-11-01T08:00:00+01:00");
    let new = NewLedger { partitions: 2, clock: Clock::Wall, time, ledger: None };
    let log = Arc::new(MemoryLog::new(&new).unwrap().held_exclusively());
    let start = |days: u64, accept_clock: bool| {
        let clock = SimulatedClock::at(time.plus_millis(days * 86_400_000));
        let options = Options { accept_clock, ..Options::new(NodeId([1; 16]), days) };
        Ledger::start(Arc::clone(&log) as _, Arc::new(clock), options)
    };
    start(100, false).unwrap_or_else(|error| panic!("nothing was decided yet: {error}")).shut_down();
    let ledger = start(100, false).unwrap_or_else(|error| panic!("{error}"));
    receipt(ledger.submit(asked(set_web("decided"), MINUTE)).await);
    ledger.shut_down();
    let refused = start(108, false).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("--accept-clock") && refused.contains("more than 7 days"), "{refused}");
    let ledger = start(108, true).unwrap_or_else(|error| panic!("{error}"));
    receipt(ledger.submit(asked(set_web("accepted"), MINUTE)).await);
    ledger.shut_down();
    start(109, false).unwrap_or_else(|error| panic!("once is enough: {error}")).shut_down();
}
