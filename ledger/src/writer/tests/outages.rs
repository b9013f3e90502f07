//! Logs that do not answer, for a while or for ever.

use schemas::{Prefix, RecordKind};

use super::bench::{Bench, confirm_nowhere, set_web};
use crate::answer::{Answer, NotDone};
use crate::writer::Input;

const HOUR_MS: u64 = 3_600_000;

/// One writer on a log that others can append to, which owns it and has been answered once.
fn owner() -> Bench {
    let mut bench = Bench::of(1, false);
    bench.ask(0, 1, "first");
    bench.pass(500);
    for _ in 0..2 {
        bench.land(0);
        bench.read(0);
    }
    assert!(matches!(bench.replies(0)[..], [(1, Answer::Done(_))]));
    bench
}

fn claims_under_way(bench: &Bench) -> usize {
    let kind = |value: &std::sync::Arc<[u8]>| Prefix::split(value).unwrap().0.kind;
    bench.seats[0].under_way.iter().filter(|value| kind(value) == RecordKind::Claim as u8).count()
}

#[test]
fn an_hour_without_an_outcome_brings_no_heap_of_claims() {
    let mut bench = owner();
    bench.ask(0, 2, "nobody answers");
    bench.pass(HOUR_MS);
    let claims = claims_under_way(&bench);
    assert!((1..=61).contains(&claims), "{claims} claims lie before the log");
}

#[test]
fn an_hour_of_failing_appends_is_met_with_ever_rarer_claims() {
    let mut bench = owner();
    bench.ask(0, 2, "nothing is taken");
    let (mut claims, mut in_the_first_minute) = (0, 0);
    for second in 0..3_600 {
        bench.pass(1_000);
        claims += claims_under_way(&bench);
        if !bench.seats[0].under_way.is_empty() {
            bench.seats[0].under_way.clear();
            bench.fail(0);
        }
        if second == 60 {
            in_the_first_minute = claims;
        }
    }
    assert!(in_the_first_minute <= 30, "{in_the_first_minute} in the first minute");
    assert!((600..=1_500).contains(&claims), "{claims} claims in an hour");
}

#[test]
fn callers_hear_at_their_deadlines_what_is_known() {
    let mut bench = owner();
    let now_ms = bench.now_ms;
    bench.ask_by(0, 2, set_web("sent"), now_ms + 2_000);
    bench.ask_by(0, 3, set_web("sent"), now_ms + 2_500);
    bench.ask_by(0, 4, confirm_nowhere(), now_ms + 2_000);
    bench.pass(1_000);
    bench.ask_by(0, 5, set_web("never sent"), now_ms + 3_000);
    assert_eq!(bench.replies(0), []);
    bench.pass(1_000);
    assert_eq!(bench.replies(0), [(2, Answer::Unknown), (4, Answer::NotDone(NotDone::Late))]);
    bench.pass(1_000);
    let last = bench.replies(0);
    assert_eq!(last, [(3, Answer::Unknown), (5, Answer::NotDone(NotDone::Late))]);
}

#[test]
fn who_asks_again_for_what_may_still_count_never_hears_that_it_was_not_done() {
    let mut bench = owner();
    let now_ms = bench.now_ms;
    bench.ask_by(0, 2, set_web("sent"), now_ms + 1_000);
    bench.pass(1_000);
    assert_eq!(bench.replies(0), [(2, Answer::Unknown)]);
    // Its reign is given up, its caller has gone, and its record lies before the log.
    bench.ask_by(0, 3, set_web("sent"), now_ms + 2_000);
    bench.ask_by(0, 4, set_web("never sent"), now_ms + 2_000);
    bench.pass(1_000);
    assert_eq!(bench.replies(0), [(3, Answer::Unknown), (4, Answer::NotDone(NotDone::Late))]);
    let late = bench.now_ms;
    bench.ask_by(0, 5, set_web("sent"), late);
    assert_eq!(bench.replies(0), [(5, Answer::Unknown)]);
    bench.ask_by(0, 6, set_web("sent"), late + HOUR_MS);
    bench.ask_by(0, 7, set_web("never sent"), late + HOUR_MS);
    bench.handle(0, Input::Broken("it is another log".to_owned()));
    assert_eq!(bench.replies(0), [(6, Answer::Unknown), (7, Answer::NotDone(NotDone::Halted))]);
}

#[test]
fn when_the_log_is_back_service_resumes_and_what_was_sent_is_answered_as_it_stands() {
    let mut bench = owner();
    bench.ask_by(0, 2, set_web("sent before"), bench.now_ms + 3 * HOUR_MS);
    bench.pass(HOUR_MS);
    bench.ask_by(0, 3, set_web("asked meanwhile"), bench.now_ms + HOUR_MS);
    // All that was handed over arrives in its order.
    bench.land(0);
    bench.read(0);
    let replies = bench.replies(0);
    assert!(
        matches!(&replies[..], [(2, Answer::Done(receipt))] if !receipt.repeated),
        "it counts, and no reign was lost for it: {replies:?}"
    );
    assert!(bench.seats[0].writer.owns());
    bench.land(0);
    bench.read(0);
    assert!(matches!(bench.replies(0)[..], [(3, Answer::Done(_))]));
}

#[test]
fn what_never_arrived_is_decided_again_when_the_log_is_back() {
    let mut bench = owner();
    bench.ask(0, 2, "lost");
    bench.seats[0].under_way.clear();
    bench.fail(0);
    for _ in 0..2 {
        bench.land(0);
        bench.read(0);
    }
    let replies = bench.replies(0);
    assert!(matches!(&replies[..], [(2, Answer::Done(receipt))] if !receipt.repeated), "{replies:?}");
}

#[test]
fn nobody_claims_while_the_log_cannot_be_read_and_at_once_when_it_can() {
    let mut bench = owner();
    bench.ask(0, 2, "unread");
    bench.handle(0, Input::AtTheEnd(false));
    bench.pass(HOUR_MS);
    assert_eq!(claims_under_way(&bench), 0);
    bench.handle(0, Input::AtTheEnd(true));
    bench.tick(0);
    assert_eq!(claims_under_way(&bench), 1);
}

#[test]
fn a_failed_append_of_what_was_read_back_already_ends_no_reign() {
    let mut bench = owner();
    bench.ask(0, 2, "one");
    bench.land(0);
    bench.read(0);
    bench.fail(0);
    assert!(bench.seats[0].writer.owns());
}

#[test]
fn a_log_that_contradicts_itself_halts_the_writer_and_everybody_hears_so() {
    let mut bench = owner();
    bench.ask(0, 2, "sent");
    bench.handle(0, Input::Broken("the log is damaged: it begins at 7".to_owned()));
    bench.ask(0, 3, "later");
    assert_eq!(bench.replies(0), [(2, Answer::Unknown), (3, Answer::NotDone(NotDone::Halted))]);
    assert!(bench.seats[0].halted.as_ref().is_some_and(|reason| reason.contains("begins at 7")));
}

#[test]
fn a_log_of_ones_own_is_read_anew_to_the_claim_and_no_further() {
    let mut bench = Bench::owned();
    bench.ask(0, 1, "lost");
    bench.seats[0].under_way.clear();
    bench.fail(0);
    bench.land(0);
    let others = bench.log.len();
    bench.read(0);
    bench.land(0);
    assert!(bench.log.len() > others);
    bench.read(0);
    assert!(matches!(bench.replies(0)[..], [(1, Answer::Done(_))]));
    assert_eq!(bench.fold().chain, bench.seats[0].writer.fold.chain);
}
