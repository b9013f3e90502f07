//! Clocks that differ from the log's, and clocks far past the ledger.

use schemas::ids::Partition;
use schemas::{Body, Clock, Instant, Prefix, RecordKind};

use super::bench::{Bench, set_web};
use crate::answer::{Answer, NotDone};
use crate::writer::Input;

const DAY_MS: u64 = 86_400_000;

/// One writer over a shared wall-clock ledger whose log has a clock that is so far ahead.
fn beside_a_log(ahead_ms: i64) -> Bench {
    let mut bench = Bench::on(Clock::Wall, 1, false);
    bench.now_ms += 100_000;
    bench.log_ahead_ms = Some(ahead_ms);
    bench
}

/// Asks, and lets the claim and the record reach the log.
fn ask_and_land(bench: &mut Bench, ticket: u64) -> Vec<(u64, Answer)> {
    bench.ask(0, ticket, &format!("reason {ticket}"));
    bench.pass(600);
    for _ in 0..2 {
        bench.land(0);
        bench.read(0);
        bench.pass(10);
    }
    bench.replies(0)
}

fn claim_accepted(value: &[u8]) -> Option<bool> {
    let (prefix, body) = Prefix::split(value).unwrap();
    match Body::read(prefix.kind, body).unwrap() {
        Body::Claim(claim) => Some(claim.clock_accepted),
        _ => None,
    }
}

#[test]
fn an_owner_whose_clock_is_off_by_more_than_two_seconds_decides_nothing() {
    for (ahead_ms, word) in [(2_700, "behind"), (-2_700, "ahead of")] {
        let mut bench = beside_a_log(ahead_ms);
        let replies = ask_and_land(&mut bench, 1);
        assert_eq!(replies, [(1, Answer::NotDone(NotDone::ClockInDoubt))]);
        let doubt = bench.seats[0].writer.doubt().unwrap();
        assert!(doubt.contains(word) && doubt.contains("set the clock"), "{doubt}");
        assert!(!bench.seats[0].writer.owns() && !bench.seats[0].writer.is_ready());
        assert_eq!(bench.fold().time(), Instant::EPOCH, "a claim that was not compared moves no time");
        assert!(bench.seats[0].halted.is_none());
    }
}

#[test]
fn a_clock_that_is_near_enough_is_believed() {
    for ahead_ms in [1_300, 0, -1_300] {
        let mut bench = beside_a_log(ahead_ms);
        let replies = ask_and_land(&mut bench, 1);
        assert!(matches!(replies[..], [(1, Answer::Done(_))]), "{replies:?}");
        assert_eq!(bench.seats[0].writer.doubt(), None);
    }
}

#[test]
fn a_simulated_ledger_asks_no_witness() {
    let mut bench = Bench::of(1, false);
    bench.log_ahead_ms = Some(1_000_000);
    let replies = ask_and_land(&mut bench, 1);
    assert!(matches!(replies[..], [(1, Answer::Done(_))]), "{replies:?}");
}

#[test]
fn it_looks_again_by_itself_with_a_pause_when_there_is_work() {
    let mut bench = beside_a_log(5_000);
    ask_and_land(&mut bench, 1);
    for ticket in 2..60 {
        ask_and_land(&mut bench, ticket);
    }
    let claims = bench.fold().chain.epoch();
    assert!((4..=8).contains(&claims), "{claims} claims in {} s", (bench.now_ms - 101_000) / 1_000);
    bench.log_ahead_ms = Some(0);
    let mut ticket = 100;
    let back = loop {
        let replies = ask_and_land(&mut bench, ticket);
        if matches!(replies[..], [(_, Answer::Done(_))]) {
            break ticket;
        }
        ticket += 1;
    };
    assert!(back < 210, "it is believed again after a minute at most");
    assert_eq!(bench.seats[0].writer.doubt(), None);
}

#[test]
fn a_doubt_ends_without_anybody_asking_for_anything() {
    let mut bench = beside_a_log(5_000);
    ask_and_land(&mut bench, 1);
    assert!(bench.seats[0].writer.doubt().is_some());
    bench.log_ahead_ms = Some(0);
    for _ in 0..20 {
        bench.pass(200);
        bench.land(0);
        bench.read(0);
    }
    assert_eq!(bench.seats[0].writer.doubt(), None);
    assert!(bench.seats[0].writer.owns());
}

#[test]
fn a_clock_in_doubt_takes_nothing_from_another_by_what_it_takes_for_silence() {
    let mut bench = beside_a_log(5_000);
    ask_and_land(&mut bench, 1);
    assert!(bench.seats[0].writer.doubt().is_some());
    bench.log_ahead_ms = Some(0);
    bench.join(1, false, false);
    bench.ask(1, 2, "another's");
    bench.pass(600);
    for _ in 0..3 {
        bench.land(1);
        bench.read(0);
        bench.read(1);
        bench.pass(10);
    }
    assert!(bench.seats[1].writer.owns());
    bench.seats.truncate(1);
    bench.pass(10 * 3_600_000);
    bench.pass(1_000);
    assert_eq!(bench.seats[0].under_way.len(), 0);
    assert!(bench.seats[0].writer.doubt().is_some());
}

#[test]
fn a_claim_that_was_under_way_for_long_says_nothing_and_another_is_sent() {
    let mut bench = beside_a_log(0);
    bench.ask(0, 1, "one");
    bench.pass(600);
    bench.pass(10_000);
    bench.land(0);
    bench.read(0);
    assert!(!bench.seats[0].writer.owns());
    assert_eq!(bench.seats[0].writer.doubt(), None);
    assert_eq!(bench.replies(0), []);
    bench.pass(50);
    for _ in 0..2 {
        bench.land(0);
        bench.read(0);
    }
    assert!(matches!(bench.replies(0)[..], [(1, Answer::Done(_))]));
}

/// A wall-clock ledger with one decision, whose writer is gone, so many milliseconds later.
fn after(idle_ms: u64) -> Bench {
    let mut bench = Bench::on(Clock::Wall, 1, true);
    bench.tick(0);
    for reason in ["claimed", "decided"] {
        bench.ask(0, 1, reason);
        bench.land(0);
        bench.read(0);
    }
    bench.seats.clear();
    bench.now_ms += idle_ms;
    bench
}

/// A writer begins there, with this word of an operator; its claim, if it sends one.
fn begins(bench: &mut Bench, accept_clock: bool) -> Option<bool> {
    bench.join(1, true, accept_clock);
    let newest_at = bench.fold().time();
    let has_decisions = bench.fold().state.has_decisions();
    bench.handle(0, Input::WholeLedger { newest_at, has_decisions });
    bench.tick(0);
    bench.seats[0].under_way.first().and_then(|value| claim_accepted(value))
}

#[test]
fn a_claim_far_past_the_ledger_needs_an_operators_word_and_carries_it() {
    assert_eq!(begins(&mut after(7 * DAY_MS), false), Some(false));
    let mut refused = after(7 * DAY_MS + 1);
    assert_eq!(begins(&mut refused, false), None);
    let doubt = refused.seats[0].writer.doubt().unwrap();
    assert!(doubt.contains("--accept-clock") && doubt.contains("7 days"), "{doubt}");
    refused.ask(0, 9, "now");
    assert_eq!(refused.replies(0), [(9, Answer::NotDone(NotDone::ClockInDoubt))]);
    assert_eq!(begins(&mut after(7 * DAY_MS + 1), true), Some(true));
    assert_eq!(begins(&mut after(DAY_MS), true), Some(false), "it was not needed");
}

#[test]
fn in_doubt_nobody_claims_until_the_pause_is_over() {
    let mut refused = after(8 * DAY_MS);
    assert_eq!(begins(&mut refused, false), None);
    // The ledger moves on by another's hand, which vouches for the clock.
    let newest_at = refused.at().time;
    refused.handle(0, Input::WholeLedger { newest_at, has_decisions: true });
    refused.pass(950);
    assert_eq!(refused.seats[0].under_way.len(), 0);
    refused.pass(100);
    assert_eq!(refused.seats[0].under_way.len(), 1);
}

#[test]
fn the_newest_record_of_any_partition_vouches_for_the_clock() {
    let mut bench = after(30 * DAY_MS);
    bench.join(1, true, false);
    let newest_at = bench.at().time;
    bench.handle(0, Input::WholeLedger { newest_at, has_decisions: true });
    bench.tick(0);
    assert_eq!(bench.seats[0].under_way.len(), 1);
}

#[test]
fn a_ledger_without_decisions_and_a_simulated_one_are_exempt() {
    let mut bench = Bench::on(Clock::Wall, 0, true);
    bench.now_ms += 10_000 * DAY_MS;
    assert_eq!(begins(&mut bench, false), Some(false));
    let mut bench = Bench::owned();
    bench.ask(0, 1, "decided");
    bench.land(0);
    bench.seats.clear();
    bench.now_ms += 30 * DAY_MS;
    assert_eq!(begins(&mut bench, false), Some(false));
}

#[test]
fn an_owner_breaks_an_hours_silence() {
    let mut bench = Bench::on(Clock::Wall, 1, true);
    bench.tick(0);
    bench.land(0);
    bench.read(0);
    bench.pass(3_599_000);
    assert_eq!(bench.seats[0].under_way.len(), 0);
    bench.pass(2_000);
    let kinds: Vec<u8> =
        bench.seats[0].under_way.iter().map(|value| Prefix::split(value).unwrap().0.kind).collect();
    assert_eq!(kinds, [RecordKind::Barrier as u8]);
    bench.land(0);
    bench.read(0);
    bench.ask_by(0, 1, set_web("work"), bench.now_ms + 60_000);
    bench.land(0);
    bench.read(0);
    bench.pass(3_590_000);
    assert_eq!(bench.seats[0].under_way.len(), 0, "work counts too");
    let mut simulated = Bench::owned();
    simulated.pass(10_000_000);
    assert_eq!(simulated.seats[0].under_way.len(), 0);
}

#[test]
fn what_nobody_owns_is_claimed_after_an_hours_silence() {
    for partition in [Partition::OFFICE, Partition(1)] {
        let mut bench = Bench::over(partition, Clock::Wall, 1, false);
        bench.pass(3_500_000);
        assert_eq!(bench.seats[0].under_way.len(), 0);
        bench.pass(120_000);
        assert_eq!(bench.seats[0].under_way.len(), 1);
    }
}

#[test]
fn a_partition_without_a_centre_does_not_hold_a_day_open() {
    let mut bench = Bench::over(Partition(1), Clock::Wall, 1, true);
    bench.tick(0);
    bench.land(0);
    bench.read(0);
    let claimed_at = bench.fold().time();
    bench.pass(3_601_000);
    bench.land(0);
    bench.read(0);
    assert!(bench.fold().time().millis_since(claimed_at) >= 3_600_000);
}
