//! Callers wait in line, hang up after a while, and nobody answers at night.

use schemas::Instant;

use crate::demo::switchboard::{Agent, HOLDS_THE_LINE_MS, Rings, Switchboard};

fn time(text: &str) -> Instant {
    text.parse().unwrap()
}

#[test]
fn who_finds_all_agents_busy_waits_and_is_next() {
    let now = time("2021-01-12T08:00:00+01:00");
    let mut switchboard = Switchboard::new(2);
    assert_eq!(switchboard.rings(1, now), Rings::Answered(Agent(0)));
    assert_eq!(switchboard.rings(2, now), Rings::Answered(Agent(1)));
    assert_eq!(switchboard.rings(3, now), Rings::Waits);
    assert_eq!(switchboard.rings(4, now), Rings::Waits);
    let later = now.plus_seconds(210);
    assert_eq!(switchboard.ends(Agent(1), later), (vec![], Some(3)));
    let too_late = now.plus_millis(HOLDS_THE_LINE_MS + 1);
    assert_eq!(switchboard.ends(Agent(1), too_late), (vec![4], None));
    assert_eq!(switchboard.rings(5, too_late), Rings::Answered(Agent(1)));
    assert_eq!(switchboard.counts(), (4, 1));
}

#[test]
fn phones_are_staffed_from_8_to_22() {
    let mut switchboard = Switchboard::new(9);
    let opens_at = time("2021-01-13T08:00:00+01:00");
    for closed in ["2021-01-12T22:00:00+01:00", "2021-01-13T00:00:00+01:00", "2021-01-13T07:59:59.999+01:00"]
    {
        assert_eq!(switchboard.rings(1, time(closed)), Rings::Closed(opens_at), "{closed}");
    }
    for open in ["2021-01-12T21:59:59.999+01:00", "2021-01-13T08:00:00+01:00"] {
        assert!(matches!(switchboard.rings(1, time(open)), Rings::Answered(_)), "{open}");
    }
}
