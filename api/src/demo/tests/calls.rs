//! Whatever a caller asks goes through one agent as long as the call lasts.

use schemas::Instant;

use crate::demo::behaviour::{Ask, Next};
use crate::demo::calls::{Calls, Ended, Line};
use crate::demo::chance::Chance;
use crate::demo::switchboard::{Agent, CALL_MS, HOLDS_THE_LINE_MS};

fn time(text: &str) -> Instant {
    text.parse().unwrap()
}

/// When the caller has been greeted.
fn greeted(line: Line) -> Instant {
    match line {
        Line::At(at) => at,
        other => panic!("nobody greets: {other:?}"),
    }
}

#[test]
fn a_call_goes_through_one_agent_and_takes_three_and_a_half_minutes() {
    let (chance, now) = (Chance::new(1), time("2021-01-12T08:00:00+01:00"));
    let mut calls = Calls::new(1);
    let at = greeted(calls.asks(&chance, 7, Ask::Register, now));
    assert!(at > now);
    assert_eq!(calls.asks(&chance, 7, Ask::Register, at), Line::Through(Agent(0)));
    let soon = Next { at: at.plus_seconds(20), ask: Ask::Look };
    assert_eq!(calls.goes_on(7, Some(soon), at), None, "the next question comes in the same call");
    let tomorrow = Next { at: at.plus_seconds(86_400), ask: Ask::Look };
    let ends_at = now.plus_millis(CALL_MS);
    assert_eq!(calls.goes_on(7, Some(tomorrow), at), Some(Ended { agent: Agent(0), at: ends_at }));
    assert_eq!(calls.goes_on(7, None, at), None, "the call has ended");
}

#[test]
fn who_waits_in_line_asks_what_he_wanted_when_an_agent_is_ready() {
    let (chance, now) = (Chance::new(1), time("2021-01-12T08:00:00+01:00"));
    let mut calls = Calls::new(1);
    greeted(calls.asks(&chance, 1, Ask::Register, now));
    assert_eq!(calls.asks(&chance, 2, Ask::Look, now), Line::Waits);
    assert_eq!(calls.asks(&chance, 3, Ask::Register, now), Line::Waits);
    let later = now.plus_millis(CALL_MS);
    let asked = calls.ready(&chance, Agent(0), later);
    assert_eq!(asked.iter().map(|(caller, next)| (*caller, next.ask)).collect::<Vec<_>>(), [(2, Ask::Look)]);
    assert_eq!(calls.asks(&chance, 2, Ask::Look, asked[0].1.at), Line::Through(Agent(0)));
    let too_late = now.plus_millis(HOLDS_THE_LINE_MS + 1);
    let again = calls.ready(&chance, Agent(0), too_late);
    assert_eq!(again.len(), 1, "who hung up calls again");
    assert!(again[0].1.at > too_late.plus_seconds(1_700) && again[0].1.ask == Ask::Register);
    assert_eq!(calls.counts(), (2, 1));
}

#[test]
fn who_rings_at_night_rings_again_when_the_phones_are_staffed() {
    let (chance, now) = (Chance::new(1), time("2021-01-12T23:00:00+01:00"));
    let mut calls = Calls::new(1);
    assert!(greeted(calls.asks(&chance, 1, Ask::Look, now)) >= time("2021-01-13T08:00:00+01:00"));
}
