//! When answers leave, and what they rest on.

use super::bench::{Bench, confirm_nowhere, set_web};
use crate::answer::{Answer, NotDone, Receipt};
use crate::writer::MAX_IN_FLIGHT;

fn done(answer: &Answer) -> &Receipt {
    match answer {
        Answer::Done(receipt) => receipt,
        other => panic!("{other:?} is no receipt"),
    }
}

#[test]
fn no_answer_leaves_before_the_record_was_read_back() {
    let mut bench = Bench::owned();
    bench.ask(0, 1, "one");
    assert_eq!(bench.replies(0), []);
    bench.land(0);
    bench.tick(0);
    assert_eq!(bench.replies(0), [], "it stands in the log, but was not read");
    bench.read(0);
    let replies = bench.replies(0);
    assert_eq!(done(&replies[0].1).position, bench.fold().chain.position());
}

#[test]
fn commands_are_decided_ahead_of_the_log_and_answered_in_the_order_of_positions() {
    let mut bench = Bench::owned();
    (1..=5).for_each(|ticket| bench.ask(0, ticket, &format!("reason {ticket}")));
    assert_eq!(bench.seats[0].under_way.len(), 5);
    bench.land(0);
    bench.read(0);
    let replies = bench.replies(0);
    let order: Vec<(u64, u64)> =
        replies.iter().map(|(ticket, answer)| (*ticket, done(answer).position.seq)).collect();
    assert_eq!(order, [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6)]);
}

#[test]
fn a_repeat_of_what_is_under_way_joins_its_wait_and_gets_the_same_receipt() {
    let mut bench = Bench::owned();
    bench.ask(0, 1, "one");
    bench.ask(0, 2, "one");
    assert_eq!(bench.replies(0), []);
    assert_eq!(bench.seats[0].under_way.len(), 1);
    bench.land(0);
    bench.read(0);
    bench.ask(0, 3, "one");
    let replies = bench.replies(0);
    let positions: Vec<_> = replies.iter().map(|(_, answer)| done(answer).position).collect();
    assert_eq!(positions.len(), 3);
    assert!(positions.iter().all(|position| *position == positions[0]));
    assert_eq!(
        replies.iter().map(|(_, answer)| done(answer).repeated).collect::<Vec<_>>(),
        [false, true, true]
    );
}

#[test]
fn a_refusal_waits_for_what_it_was_decided_on() {
    let mut bench = Bench::owned();
    bench.ask_by(0, 1, confirm_nowhere(), 60_000);
    assert!(matches!(bench.replies(0)[..], [(1, Answer::Refused { .. })]), "nothing was under way");
    bench.ask(0, 2, "one");
    bench.ask_by(0, 3, confirm_nowhere(), 60_000);
    assert_eq!(bench.replies(0), []);
    bench.land(0);
    bench.read(0);
    let replies = bench.replies(0);
    let (Answer::Done(receipt), Answer::Refused { as_of, .. }) = (&replies[0].1, &replies[1].1) else {
        panic!("{replies:?}");
    };
    assert_eq!(receipt.position, *as_of);
}

#[test]
fn where_others_can_append_a_refusal_waits_for_a_later_record_or_a_barrier() {
    let mut bench = Bench::of(1, false);
    bench.ask_by(0, 1, confirm_nowhere(), 60_000);
    bench.pass(600);
    bench.land(0);
    bench.read(0);
    assert_eq!(bench.replies(0), []);
    assert_eq!(bench.seats[0].under_way.len(), 1, "a barrier is under way");
    bench.ask_by(0, 2, confirm_nowhere(), 60_000);
    assert_eq!(bench.seats[0].under_way.len(), 1, "one barrier at a time");
    bench.land(0);
    bench.read(0);
    let tickets: Vec<_> = bench.replies(0).into_iter().map(|(ticket, _)| ticket).collect();
    assert_eq!(tickets, [1], "the second was decided after the barrier was sent");
    bench.now_ms += 100;
    bench.tick(0);
    bench.land(0);
    bench.read(0);
    assert!(matches!(bench.replies(0)[..], [(2, Answer::Refused { .. })]));
}

#[test]
fn what_nobody_waits_for_is_dropped_before_the_append_and_never_after() {
    let mut bench = Bench::owned();
    let now_ms = bench.now_ms;
    bench.ask_by(0, 1, set_web("late"), now_ms);
    assert_eq!(bench.replies(0), [(1, Answer::NotDone(NotDone::Late))]);
    assert_eq!(bench.seats[0].under_way.len(), 0);
    bench.ask_by(0, 2, set_web("in time"), now_ms + 5);
    bench.now_ms += 1_000;
    bench.land(0);
    bench.read(0);
    assert!(matches!(bench.replies(0)[..], [(2, Answer::Done(_))]));
}

#[test]
fn a_writer_keeps_no_more_than_it_may() {
    let mut bench = Bench::owned();
    for ticket in 0..MAX_IN_FLIGHT {
        assert!(bench.seats[0].writer.has_room());
        bench.ask(0, u64::try_from(ticket).unwrap(), &format!("reason {ticket}"));
    }
    assert!(!bench.seats[0].writer.has_room());
    bench.land(0);
    bench.read(0);
    assert!(bench.seats[0].writer.has_room());
}
