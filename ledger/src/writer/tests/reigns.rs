//! Claims, lost reigns, and two who both believe.

use std::sync::Arc;

use schemas::{Body, Prefix, RecordKind};

use super::bench::{Bench, LEDGER, set_web};
use crate::answer::{Answer, NotDone};
use crate::chain::{Origin, Pending};

/// Two writers, of which the first owns.
fn first_of_two() -> Bench {
    let mut bench = Bench::of(2, false);
    bench.ask(0, 1, "first");
    bench.pass(500);
    bench.land(0);
    bench.read(0);
    bench.land(0);
    bench.read(0);
    assert!(bench.seats[0].writer.owns());
    assert!(matches!(bench.replies(0)[..], [(1, Answer::Done(_))]));
    bench
}

/// The second one wants the partition after a silence, and gets it.
fn second_takes_over(bench: &mut Bench) {
    bench.read(1);
    bench.pass(500);
    bench.ask(1, 100, "second");
    bench.tick(1);
    bench.land(1);
    bench.read(1);
    assert!(bench.seats[1].writer.owns());
}

#[test]
fn on_a_log_of_its_own_it_claims_at_once() {
    assert_eq!(Bench::owned().seats[0].writer.tally().reigns, 1);
}

#[test]
fn it_never_claims_from_an_owner_that_writes() {
    let mut bench = first_of_two();
    bench.read(1);
    bench.now_ms += 499;
    bench.ask(1, 2, "second");
    bench.tick(1);
    assert_eq!(bench.replies(1), [(2, Answer::NotDone(NotDone::NotOwner))]);
    assert_eq!(bench.seats[1].under_way.len(), 0);
}

#[test]
fn it_does_not_claim_while_no_work_waits() {
    let mut bench = first_of_two();
    bench.read(1);
    bench.pass(60_000);
    assert_eq!(bench.seats[1].under_way.len(), 0);
}

#[test]
fn a_paused_owner_that_wakes_up_hurts_nothing() {
    let mut bench = first_of_two();
    second_takes_over(&mut bench);
    bench.land(1);
    // The first one has read nothing of that and decides on.
    bench.ask(0, 3, "still me");
    bench.land(0);
    bench.read(0);
    assert_eq!(bench.replies(0), [(3, Answer::NotDone(NotDone::NotOwner))], "its record is void");
    assert!(!bench.seats[0].writer.owns());
    bench.read(1);
    assert!(bench.seats[1].writer.owns(), "void records of older epochs are only tallied");
    assert!(matches!(bench.replies(1)[..], [(100, Answer::Done(_))]));
    assert_eq!(bench.seats[1].writer.tally().void, 1);
    assert_eq!(bench.fold().chain.epoch(), 2);
}

#[test]
fn what_was_dropped_is_decided_again_in_the_next_reign() {
    let mut bench = Bench::owned();
    bench.ask(0, 1, "one");
    let lost = std::mem::take(&mut bench.seats[0].under_way);
    bench.fail(0);
    assert_eq!(bench.seats[0].under_way.len(), 1, "a claim");
    bench.land(0);
    bench.read(0);
    bench.land(0);
    bench.read(0);
    let replies = bench.replies(0);
    assert!(matches!(replies[..], [(1, Answer::Done(_))]), "{replies:?}");
    // The lost append arrives late: it is void, and of an older epoch.
    bench.log.extend(lost);
    bench.read(0);
    assert!(bench.seats[0].writer.owns());
    assert_eq!(bench.seats[0].writer.tally().void, 1);
}

#[test]
fn a_lost_acknowledgement_is_found_out_by_reading() {
    let mut bench = Bench::owned();
    bench.ask(0, 1, "one");
    bench.land(0);
    bench.fail(0);
    bench.land(0);
    bench.read(0);
    let replies = bench.replies(0);
    let [(1, Answer::Done(receipt))] = &replies[..] else { panic!("{replies:?}") };
    assert_eq!((receipt.repeated, receipt.position.seq), (false, 2));
    assert_eq!(bench.log.len(), 4, "genesis, claim, decision, claim");
}

#[test]
fn who_runs_out_of_time_after_a_send_hears_unknown() {
    let mut bench = Bench::owned();
    let deadline_ms = bench.now_ms + 10;
    bench.ask_by(0, 1, set_web("one"), deadline_ms);
    bench.seats[0].under_way.clear();
    bench.fail(0);
    bench.now_ms += 10;
    bench.tick(0);
    assert_eq!(bench.replies(0), [(1, Answer::Unknown)]);
}

#[test]
fn silence_while_something_is_in_flight_ends_the_reign() {
    let mut bench = first_of_two();
    bench.ask(0, 2, "lost");
    bench.seats[0].under_way.clear();
    bench.pass(450);
    assert!(bench.seats[0].writer.owns());
    bench.pass(50);
    assert!(!bench.seats[0].writer.owns());
    assert_eq!(bench.seats[0].under_way.len(), 1, "it claims anew");
}

#[test]
fn a_record_of_its_reign_that_it_did_not_send_halts_it() {
    let mut bench = Bench::owned();
    let mut twin = Bench::owned();
    twin.ask(0, 1, "forged");
    twin.land(0);
    bench.log.push(Arc::clone(&twin.log[2]));
    bench.ask(0, 2, "mine");
    bench.read(0);
    let reason = bench.seats[0].halted.as_deref().unwrap_or_default();
    assert!(reason.contains("was not sent by it. Somebody else writes"), "{reason}");
    assert_eq!(bench.replies(0), [(2, Answer::Unknown)]);
}

#[test]
fn time_does_not_go_back_with_the_clock_nor_with_another_owner() {
    let mut bench = first_of_two();
    bench.now_ms += 10;
    bench.clock_behind_ms = 300;
    bench.ask(0, 2, "by a clock that was put back");
    bench.land(0);
    bench.read(0);
    let told = bench.replies(0);
    bench.clock_behind_ms = 900;
    second_takes_over(&mut bench);
    bench.land(1);
    bench.read(1);
    let told_by_the_second = bench.replies(1);
    let prefixes = bench.log.iter().map(|value| Prefix::split(value).unwrap().0);
    let decisions = prefixes.filter(|prefix| prefix.kind == RecordKind::Decision as u8);
    let times: Vec<i64> = decisions.map(|prefix| prefix.time_ms).collect();
    assert_eq!(times, [1_500; 3], "the greatest time of what had counted");
    for (_, answer) in told.iter().chain(&told_by_the_second) {
        let Answer::Done(receipt) = answer else { panic!("{answer:?}") };
        assert_eq!(receipt.recorded_at.millis(), 1_500);
    }
    assert_eq!((told.len(), told_by_the_second.len()), (1, 1));
    assert_eq!(bench.fold().time().millis(), 1_500);
}

#[test]
fn a_void_record_of_the_reign_in_force_ends_it() {
    let mut bench = Bench::owned();
    let mut pending = Pending::after(&bench.fold().chain, LEDGER);
    let time = bench.at().time;
    pending.push(Origin::WRITER, time, &Body::Barrier).unwrap();
    bench.log.push(pending.push(Origin::WRITER, time, &Body::Barrier).unwrap().value);
    bench.read(0);
    assert!(!bench.seats[0].writer.owns());
    bench.tick(0);
    assert_eq!(bench.seats[0].under_way.len(), 1, "it claims anew");
}
