//! The clock is moved by the queue alone, and never runs more than a second past a request without an answer.

use std::collections::VecDeque;

use proptest::prelude::*;
use schemas::Instant;

use crate::demo::timeline::{LEASH_MS, Ticket, Timeline, Turn};

fn at(millis: u64) -> Instant {
    Instant::EPOCH.plus_millis(millis)
}

#[test]
fn events_come_by_time_and_then_in_the_order_in_which_they_were_scheduled() {
    let mut timeline = Timeline::at(at(0), 8);
    for (millis, what) in [(30, 'c'), (10, 'a'), (30, 'd'), (20, 'b'), (5, 'z')] {
        timeline.schedule(at(millis), what);
    }
    let order: Vec<_> = std::iter::from_fn(|| match timeline.turn() {
        Turn::Due(what) => Some(what),
        _ => None,
    })
    .collect();
    assert_eq!(order, ['z', 'a', 'b', 'c', 'd']);
    assert_eq!(timeline.turn(), Turn::Over);
}

#[test]
fn an_unanswered_request_holds_the_clock_back() {
    let mut timeline = Timeline::at(at(0), 8);
    timeline.schedule(at(100), "first");
    timeline.schedule(at(1_100), "a second later");
    timeline.schedule(at(1_101), "too far");
    assert_eq!(timeline.turn(), Turn::Due("first"));
    let ticket = timeline.issue();
    assert_eq!(timeline.turn(), Turn::Due("a second later"));
    assert_eq!(timeline.turn(), Turn::Wait);
    assert_eq!(timeline.now(), at(1_100), "the clock does not move while it waits");
    timeline.answered(ticket);
    assert_eq!(timeline.turn(), Turn::Due("too far"));
    assert_eq!(timeline.turn(), Turn::Over);
}

proptest! {
    #[test]
    fn whatever_the_order_of_the_answers_the_clock_stays_on_its_leash(
        delays in prop::collection::vec(0u64..3_000, 1..200),
        picks in prop::collection::vec(0usize..64, 1..400),
    ) {
        let mut timeline = Timeline::at(at(0), 8);
        let mut underway: VecDeque<(Ticket, Instant)> = VecDeque::new();
        let mut picks = picks.into_iter().cycle();
        let mut delays = delays.into_iter();
        timeline.schedule(at(0), ());
        timeline.schedule(at(0), ());
        let mut steps = 0;
        loop {
            steps += 1;
            prop_assert!(steps < 5_000, "it comes to an end");
            match timeline.turn() {
                Turn::Due(()) => underway.push_back((timeline.issue(), timeline.now())),
                Turn::Over => break,
                Turn::Wait => {
                    let pick = picks.next().unwrap_or(0) % underway.len();
                    let (ticket, _) = underway.remove(pick).unwrap();
                    timeline.answered(ticket);
                    if let Some(delay) = delays.next() {
                        timeline.schedule(timeline.now().plus_millis(delay), ());
                        timeline.schedule(timeline.now().plus_millis(delay / 2), ());
                    }
                }
            }
            for (_, issued_at) in &underway {
                prop_assert!(timeline.now().millis_since(*issued_at) <= LEASH_MS);
            }
        }
        prop_assert!(underway.is_empty());
    }
}
