//! Two who are both told to own, and one of them is held up.

use super::bench::Bench;
use crate::answer::{Answer, NotDone};

/// Two writers, of which the first owns and has been answered.
fn two() -> Bench {
    let mut bench = Bench::of(2, false);
    bench.ask(0, 1, "first");
    bench.pass(500);
    for _ in 0..2 {
        bench.land(0);
        bench.read(0);
    }
    bench.read(1);
    assert!(matches!(bench.replies(0)[..], [(1, Answer::Done(_))]));
    bench
}

fn claims(bench: &Bench) -> u64 {
    bench.fold().chain.epoch()
}

/// The second one takes over, since the first is silent, and is answered.
fn second_takes_over(bench: &mut Bench, ticket: u64) {
    bench.ask(1, ticket, &format!("second {ticket}"));
    bench.tick(1);
    for _ in 0..2 {
        bench.land(1);
        bench.read(1);
    }
    assert!(bench.seats[1].writer.owns());
}

#[test]
fn who_was_held_up_does_not_claim_from_an_owner_that_writes() {
    let mut bench = two();
    bench.pass(500);
    second_takes_over(&mut bench, 2);
    bench.read(0);
    bench.pass(60_000);
    // The first one is held up; the second one writes, and the first has read nothing of it when it wakes.
    bench.now_ms += 10_000;
    bench.ask(1, 3, "written while the first was held up");
    bench.land(1);
    bench.ask(0, 4, "for the first");
    bench.tick(0);
    assert_eq!(bench.seats[0].under_way.len(), 0, "it looks first whether somebody writes");
    bench.read(0);
    assert_eq!(bench.replies(0), [(4, Answer::NotDone(NotDone::NotOwner))]);
}

#[test]
fn an_owner_that_was_held_up_reads_before_it_gives_up() {
    let mut bench = two();
    bench.ask(0, 2, "sent before it was held up");
    bench.land(0);
    bench.now_ms += 10_000;
    bench.tick(0);
    assert!(bench.seats[0].writer.owns());
    bench.read(0);
    assert!(matches!(bench.replies(0)[..], [(2, Answer::Done(_))]));
    assert_eq!(claims(&bench), 1);
}

#[test]
fn who_lost_the_partition_claims_nothing_while_the_other_writes() {
    let mut bench = two();
    bench.pass(500);
    second_takes_over(&mut bench, 2);
    // The first one still believes, and what it sends is void.
    bench.ask(0, 3, "still me");
    bench.land(0);
    bench.read(0);
    assert_eq!(bench.replies(0), [(3, Answer::NotDone(NotDone::NotOwner))], "surely not done");
    for ticket in 10..200 {
        bench.ask(1, ticket, &format!("reason {ticket}"));
        bench.ask(0, 1_000 + ticket, &format!("elsewhere {ticket}"));
        bench.land(1);
        bench.read(1);
        bench.read(0);
        bench.pass(100);
    }
    assert_eq!(claims(&bench), 2);
    assert_eq!(bench.replies(0).len(), 190);
    assert_eq!(bench.replies(1).len(), 191);
}

#[test]
fn who_gave_up_and_found_another_there_claims_nothing_while_it_writes() {
    let mut bench = two();
    bench.pass(500);
    second_takes_over(&mut bench, 2);
    // The first one fails before it has read that, and its claim names an epoch that is taken.
    bench.ask(0, 3, "still me");
    bench.fail(0);
    bench.land(0);
    bench.read(0);
    assert_eq!(bench.replies(0), [(3, Answer::NotDone(NotDone::NotOwner))]);
    for ticket in 10..200 {
        bench.ask(1, ticket, &format!("reason {ticket}"));
        bench.land(1);
        bench.read(1);
        bench.read(0);
        bench.pass(100);
        assert_eq!(bench.seats[0].under_way.len(), 0);
    }
    assert_eq!(claims(&bench), 2);
}

#[test]
fn who_waits_for_a_partition_hears_so_when_its_owner_writes_after_all() {
    let mut bench = two();
    bench.seats[1].under_way.clear();
    bench.pass(450);
    bench.ask(1, 2, "too early to claim");
    assert_eq!(bench.replies(1), [(2, Answer::NotDone(NotDone::NotOwner))]);
    // In doubt whether anybody owns, a command waits.
    let mut late = Bench::of(0, false);
    late.log = bench.log.clone();
    late.now_ms = bench.now_ms;
    late.join(2, false, false);
    late.ask(0, 3, "just started");
    assert_eq!(late.replies(0), []);
    bench.ask(0, 4, "the owner lives");
    bench.land(0);
    late.log = bench.log.clone();
    late.read(0);
    assert_eq!(late.replies(0), [(3, Answer::NotDone(NotDone::NotOwner))]);
}

#[test]
fn a_dead_owner_is_followed_within_a_second_when_work_waits() {
    let mut bench = two();
    bench.ask(0, 2, "the last words");
    bench.land(0);
    bench.read(1);
    let died_ms = bench.now_ms;
    let mut ticket = 3;
    while !bench.seats[1].writer.owns() {
        bench.now_ms += 50;
        bench.ask(1, ticket, "work");
        bench.tick(1);
        bench.land(1);
        bench.read(1);
        ticket += 1;
    }
    assert!(bench.now_ms - died_ms <= 1_000, "{} ms", bench.now_ms - died_ms);
}

#[test]
fn losing_makes_the_pauses_longer_and_a_long_reign_makes_them_short_again() {
    let mut bench = two();
    let mut gaps = Vec::new();
    for round in 0..12 {
        let (winner, loser) = if round % 2 == 0 { (1, 0) } else { (0, 1) };
        // The owner falls silent, and the other one wants something until it has it.
        let since_ms = bench.now_ms;
        while !bench.seats[winner].writer.owns() {
            bench.now_ms += 50;
            bench.ask(winner, bench.now_ms, &format!("round {round}"));
            (0..2).for_each(|seat| bench.tick(seat));
            bench.land(winner);
            bench.read(winner);
        }
        bench.land(winner);
        (0..2).for_each(|seat| bench.read(seat));
        assert!(!bench.seats[loser].writer.owns());
        gaps.push(bench.now_ms - since_ms);
    }
    assert!(gaps[0] < 1_000 && gaps[11] > 1_200, "{gaps:?}");
    let owner = 0;
    assert!(bench.seats[owner].writer.owns());
    for _ in 0..61 {
        bench.pass(10_000);
        bench.ask(owner, bench.now_ms, &format!("minute {}", bench.now_ms));
        bench.land(owner);
        (0..2).for_each(|seat| bench.read(seat));
    }
    bench.pass(500);
    second_takes_over(&mut bench, 999_999_999);
    bench.read(0);
    let since_ms = bench.now_ms;
    while !bench.seats[0].writer.owns() {
        bench.now_ms += 50;
        bench.ask(0, bench.now_ms, "back");
        (0..2).for_each(|seat| bench.tick(seat));
        bench.land(0);
        bench.read(0);
    }
    assert!(bench.now_ms - since_ms <= 1_000, "{} ms", bench.now_ms - since_ms);
}
