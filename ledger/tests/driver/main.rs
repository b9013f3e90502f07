//! The running ledger: real threads over a log in memory.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first thing that is not as it should be")]

#[path = "../support/asking.rs"]
mod asking;
mod away;
mod elsewhere;
mod handed_over;
mod outages;
mod quarrel;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ledger::clock::{Clock as _, SimulatedClock};
use ledger::command::CentreCommand;
use ledger::log::{Fault, FaultyLog, Log, MemoryLog, NewLedger};
use ledger::{Answer, Command, Ledger, NotDone, OfficeCommand, Options, Receipt, Rejection};
use schemas::ids::{HoldId, NodeId, Partition};
use schemas::vocabulary::{Channel, ChannelState};
use schemas::{Clock, Event, Instant};

use asking::{asked, delivery, describe, read_commands};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

struct Running {
    ledger: Ledger,
    log: Arc<dyn Log>,
    clock: SimulatedClock,
}

fn start() -> Running {
    let time = at("2021-01-11T08:00:00+01:00");
    let new = NewLedger { partitions: 4, clock: Clock::Simulated, time, ledger: None };
    start_over(Arc::new(MemoryLog::new(&new).unwrap().held_exclusively()), time)
}

fn start_over(log: Arc<dyn Log>, time: Instant) -> Running {
    let clock = SimulatedClock::at(time);
    let options = Options::new(NodeId([1; 16]), 1);
    let ledger = Ledger::start(Arc::clone(&log), Arc::new(clock.clone()), options).unwrap();
    Running { ledger, log, clock }
}

const MINUTE: Duration = Duration::from_secs(60);

fn set_web(reason: &str) -> Command {
    Command::Office(OfficeCommand::SetChannel {
        channel: Channel::Web,
        state: ChannelState::Open,
        reason: reason.to_owned(),
    })
}

fn receipt(answer: Answer) -> Receipt {
    match answer {
        Answer::Done(receipt) => receipt,
        other => panic!("{other:?} is no receipt"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_callers_at_once_get_a_thousand_records_and_as_many_positions() {
    let running = start();
    let calls = (0..1_000).map(|number| {
        let ledger = running.ledger.clone();
        tokio::spawn(async move { ledger.submit(asked(set_web(&format!("reason {number}")), MINUTE)).await })
    });
    let mut positions = BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        positions.insert(receipt(call.await.unwrap()).position);
    }
    assert_eq!(positions.len(), 1_000);
    running.ledger.shut_down();
    assert_eq!(running.log.end(Partition::OFFICE).unwrap(), 1_002, "genesis, a claim, and a record each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_was_told_is_one_that_the_writer_has_read() {
    let running = start();
    for number in 0..100 {
        let told = receipt(running.ledger.submit(asked(set_web(&format!("reason {number}")), MINUTE)).await);
        let (read, _) = running.ledger.read_position(Partition::OFFICE).unwrap();
        assert!(read >= told.position, "{read} is before {}", told.position);
    }
    running.ledger.shut_down();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_knows_what_was_decided_and_time_does_not_go_back() {
    let running = start();
    running.clock.advance_to(at("2021-01-12T08:00:00+01:00"));
    let first = receipt(running.ledger.submit(asked(describe("frankfurt"), MINUTE)).await);
    running.ledger.shut_down();
    let again = start_over(running.log, at("2021-01-11T07:00:00+01:00"));
    let repeat = receipt(again.ledger.submit(asked(describe("frankfurt"), MINUTE)).await);
    assert_eq!(
        (repeat.position, repeat.recorded_at, repeat.repeated),
        (first.position, first.recorded_at, true)
    );
    let Command::Centre(id, CentreCommand::DescribeCentre(mut description)) = describe("frankfurt") else {
        panic!("a centre is described");
    };
    description.address = "Messe".to_owned();
    let moved = Command::Centre(id, CentreCommand::DescribeCentre(description));
    let later = receipt(again.ledger.submit(asked(moved, MINUTE)).await);
    assert_eq!(later.position.seq, first.position.seq + 2, "a claim and the new description");
    assert_eq!(later.recorded_at, first.recorded_at);
    again.ledger.shut_down();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_would_be_recorded_and_records_nothing() {
    let running = start();
    let ends =
        |log: &Arc<dyn Log>| (0..4).map(|number| log.end(Partition(number)).unwrap()).collect::<Vec<_>>();
    assert!(running.ledger.wait_until_ready(MINUTE));
    let before = ends(&running.log);
    let plan = receipt(running.ledger.plan(asked(describe("frankfurt"), MINUTE)).await);
    assert!(matches!(plan.events[..], [Event::CentreDescribed(_)]));
    assert_eq!(ends(&running.log), before);
    running.ledger.shut_down();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_for_a_centre_that_is_not_there_is_refused_by_name() {
    let running = start();
    let command =
        Command::Centre("nowhere".parse().unwrap(), CentreCommand::ConfirmHold { hold: HoldId([4; 16]) });
    let answer = running.ledger.submit(asked(command, MINUTE)).await;
    assert!(matches!(answer, Answer::Refused { rejection: Rejection::NotFound { what: "centre" }, .. }));
    running.ledger.shut_down();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_too_late_is_dropped_and_what_comes_after_the_end_is_told_so() {
    let running = start();
    let late = running.ledger.submit(asked(set_web("late"), Duration::ZERO)).await;
    assert_eq!(late, Answer::NotDone(NotDone::Late));
    running.ledger.shut_down();
    let after = running.ledger.submit(asked(set_web("after"), MINUTE)).await;
    assert_eq!(after, Answer::NotDone(NotDone::ShuttingDown));
    assert!(running.clock.now() >= at("2021-01-11T08:00:00+01:00"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_halts_takes_no_other_with_it() {
    let running = start();
    let frankfurt = receipt(running.ledger.submit(asked(describe("frankfurt"), MINUTE)).await);
    let partition = frankfurt.position.partition;
    let stranger = forged_next_record(&running.log, partition);
    running.log.append(partition, vec![stranger.into()], Box::new(|_| {}));
    let office = running.ledger.submit(asked(set_web("still here"), MINUTE)).await;
    assert!(matches!(office, Answer::Done(_)));
    let mut answer = running.ledger.submit(asked(describe("frankfurt"), MINUTE)).await;
    while matches!(answer, Answer::Done(_)) {
        answer = running.ledger.submit(asked(describe("frankfurt"), MINUTE)).await;
    }
    assert_eq!(answer, Answer::NotDone(NotDone::Halted));
    let halted: Vec<Partition> = running
        .ledger
        .status()
        .into_iter()
        .filter(|status| status.halted.is_some())
        .map(|status| status.partition)
        .collect();
    assert_eq!(halted, [partition]);
    running.ledger.shut_down();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_has_halted_takes_no_other_with_it_at_the_next_start() {
    let running = start();
    let frankfurt = receipt(running.ledger.submit(asked(describe("frankfurt"), MINUTE)).await);
    let partition = frankfurt.position.partition;
    running.ledger.shut_down();
    let mut unknown = forged_next_record(&running.log, partition).to_vec();
    unknown[4] = 2;
    running.log.append(partition, vec![Arc::<[u8]>::from(unknown).into()], Box::new(|_| {}));
    let again = start_over(running.log, at("2021-01-11T09:00:00+01:00"));
    assert!(again.ledger.wait_until_ready(MINUTE));
    let answer = again.ledger.submit(asked(describe("frankfurt"), MINUTE)).await;
    assert_eq!(answer, Answer::NotDone(NotDone::Halted));
    receipt(again.ledger.submit(asked(set_web("still here"), MINUTE)).await);
    let status = again.ledger.status().into_iter();
    let halted: Vec<_> = status.filter_map(|status| Some((status.partition, status.halted?))).collect();
    assert!(
        matches!(&halted[..], [(halted, why)] if *halted == partition && why.contains("format")),
        "{halted:?}"
    );
    again.ledger.shut_down();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_panics_takes_neither_the_others_nor_the_process_with_it() {
    let time = at("2021-01-11T08:00:00+01:00");
    let new = NewLedger { partitions: 4, clock: Clock::Simulated, time, ledger: None };
    let broken = schemas::hashing::partition_of(&"frankfurt".parse().unwrap(), 4);
    let draw = move |partition| {
        assert_ne!(partition, broken, "a fault that the test asked for");
        Fault::None
    };
    let log = FaultyLog::new(MemoryLog::new(&new).unwrap().held_exclusively(), Box::new(draw));
    let running = start_over(Arc::new(log), time);
    let frankfurt = running.ledger.submit(asked(describe("frankfurt"), MINUTE)).await;
    // Unknown when the writer had taken it before it panicked.
    assert!(matches!(frankfurt, Answer::Unknown | Answer::NotDone(NotDone::Halted)), "{frankfurt:?}");
    receipt(running.ledger.submit(asked(set_web("still here"), MINUTE)).await);
    let status = running.ledger.status().into_iter();
    let halted: Vec<_> = status.filter_map(|status| Some((status.partition, status.halted?))).collect();
    assert!(
        matches!(&halted[..], [(partition, reason)] if *partition == broken && reason.contains("panicked"))
    );
    running.ledger.shut_down();
}

/// A record of the current reign that its owner did not send.
fn forged_next_record(log: &Arc<dyn Log>, partition: Partition) -> Arc<[u8]> {
    let mut chain = ledger::chain::Chain::new(None, partition);
    for entry in log.read(partition, 0, usize::MAX).unwrap() {
        chain.judge(entry.offset, &entry.value).unwrap();
    }
    let mut pending = ledger::chain::Pending::after(&chain, chain.ledger().unwrap());
    pending.push(ledger::chain::Origin::WRITER, chain.time(), &schemas::Body::Barrier).unwrap().value
}
