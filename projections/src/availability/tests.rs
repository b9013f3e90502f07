//! The JSON is that of DOMAIN 4, byte for byte.

use ledger::centre::{Counts, SecondCounts};
use schemas::ids::{Cvx, SlotId};
use schemas::vocabulary::Channel;
use schemas::{CivilDate, Instant};

use super::*;

fn face() -> Face {
    Face {
        centre: "frankfurt".parse().unwrap(),
        clock: ZoneClock::new("Europe/Berlin"),
        names: [(Cvx(208), "comirnaty".parse().unwrap())].into(),
    }
}

fn counts(capacity: u32, free: u32, held: u32, resting: u32, booked: u32) -> Counts {
    assert_eq!(free + held + resting + booked, capacity, "the test's own sums");
    Counts { capacity, free, held, resting, booked }
}

fn date(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

fn first_slot(id: u32, counts: [Counts; 3]) -> SlotFacts {
    SlotFacts {
        id: SlotId(id),
        start_at: instant("2021-01-19T10:00:00.000+01:00").plus_millis(u64::from(id) * 900_000),
        length_min: 15,
        vaccine: Cvx(208),
        places: PlaceFacts::First(FirstFacts {
            counts,
            flows_back_at: Some(instant("2021-01-15T12:00:00.000+01:00")),
            backed_by: Some(SlotId(100)),
        }),
    }
}

fn second_slot(id: u32, counts: SecondCounts) -> SlotFacts {
    SlotFacts {
        id: SlotId(id),
        start_at: instant("2021-02-09T10:00:00.000+01:00"),
        length_min: 15,
        vaccine: Cvx(208),
        places: PlaceFacts::Second(counts),
    }
}

/// The first day of DOMAIN's example, in two slots.
fn first_day() -> DayFacts {
    DayFacts {
        date: date("2021-01-19"),
        slots: vec![
            first_slot(1, [counts(300, 60, 20, 2, 218), counts(100, 40, 7, 0, 53), counts(56, 0, 0, 0, 56)]),
            first_slot(2, [counts(33, 8, 2, 0, 23), counts(67, 12, 0, 0, 55), counts(0, 0, 0, 0, 0)]),
        ],
        hold_limits: [23, 15, 1],
        earliest_deadline: Some(instant("2021-01-12T08:11:03.007+01:00")),
    }
}

fn second_day() -> DayFacts {
    let counts = SecondCounts { capacity: 600, free: 44, held: 29, reserved: 122, booked: 405 };
    DayFacts {
        date: date("2021-02-09"),
        slots: vec![second_slot(100, counts)],
        hold_limits: [1, 1, 1],
        earliest_deadline: None,
    }
}

#[test]
fn a_centre_by_day_is_the_example_of_the_domain_page() {
    let (face, changed) = (face(), "3@48213-9f3a61c2aa01b2c3".parse().unwrap());
    let rows = [first_day(), second_day()].map(|day| day_rows(&face, &day).unwrap());
    let document = centre_document(&face, changed, rows.iter().map(Vec::as_slice)).unwrap();
    let example = r#"{"centre":"frankfurt","time_zone":"Europe/Berlin","changed_position":"3@48213-9f3a61c2aa01b2c3",
 "days":[{"date":"2021-01-19","dose":1,"vaccine":"comirnaty","cvx":208,"capacity":556,"free":120,"held":29,"resting":2,"booked":405,
  "contingents":{"web":{"capacity":333,"free":68,"held":22,"hold_limit":23,"resting":2,"booked":241},"hotline":{"capacity":167,"free":52,"held":7,"hold_limit":15,"resting":0,"booked":108},"open":{"capacity":56,"free":0,"held":0,"hold_limit":1,"resting":0,"booked":56}},
  "bookable":{"web":68,"hotline":52},"earliest_back_at":"2021-01-12T08:15:00.000+01:00","flows_back_at":"2021-01-15T12:00:00.000+01:00","slots":"/v1/centres/frankfurt/availability/2021-01-19"},
  {"date":"2021-02-09","dose":2,"vaccine":"comirnaty","cvx":208,"capacity":600,"free":44,"held":29,"reserved":122,"booked":405,"slots":"/v1/centres/frankfurt/availability/2021-02-09"}]}"#;
    let example: String = example.lines().map(str::trim_start).collect();
    assert_eq!(String::from_utf8(document).unwrap(), example);
}

#[test]
fn what_has_flowed_and_what_nobody_holds_is_left_out() {
    let mut day = first_day();
    day.earliest_deadline = None;
    for slot in &mut day.slots {
        if let PlaceFacts::First(first) = &mut slot.places {
            first.flows_back_at = None;
        }
    }
    let rows = String::from_utf8(day_rows(&face(), &day).unwrap()).unwrap();
    assert!(!rows.contains("back_at") && !rows.contains("null"), "{rows}");
}

#[test]
fn the_slots_of_a_day_add_up_to_its_rows() {
    let day: serde_json::Value =
        serde_json::from_slice(&day_document(&face(), &first_day()).unwrap()).unwrap();
    let row: serde_json::Value = serde_json::from_slice(&day_rows(&face(), &first_day()).unwrap()).unwrap();
    let slots = day["slots"].as_array().unwrap();
    for count in ["capacity", "free", "held", "resting", "booked"] {
        let sum: u64 = slots.iter().map(|slot| slot[count].as_u64().unwrap()).sum();
        assert_eq!(sum, row[count].as_u64().unwrap(), "{count}");
        let web: u64 = slots.iter().map(|slot| slot["contingents"]["web"][count].as_u64().unwrap()).sum();
        assert_eq!(web, row["contingents"]["web"][count].as_u64().unwrap(), "web {count}");
    }
    assert_eq!(slots[0]["start_at"], "2021-01-19T10:15:00.000+01:00");
}

#[test]
fn days_are_empty_or_joined_without_a_gap() {
    let nothing = DayFacts { slots: Vec::new(), ..second_day() };
    let rows = [nothing, second_day()].map(|day| day_rows(&face(), &day).unwrap());
    assert!(rows[0].is_empty());
    let changed = "3@1-9f3a61c2aa01b2c3".parse().unwrap();
    let document = centre_document(&face(), changed, rows.iter().map(Vec::as_slice)).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["days"].as_array().unwrap().len(), 1);
}

#[test]
fn a_deadline_is_rounded_up_to_five_minutes_and_summer_time_is_shown() {
    let shown =
        |text: &str| ZoneClock::new("Europe/Berlin").show(ledger::centre::earliest_back(instant(text)));
    assert_eq!(shown("2021-01-12T08:10:00.000+01:00"), "2021-01-12T08:10:00.000+01:00");
    assert_eq!(shown("2021-01-12T08:10:00.001+01:00"), "2021-01-12T08:15:00.000+01:00");
    assert_eq!(shown("2021-03-28T01:59:59.000+01:00"), "2021-03-28T03:00:00.000+02:00");
}

#[test]
fn pairs_come_from_where_the_channel_may_hold() {
    let (face, mut first_day) = (face(), first_day());
    let ask = |first_day: &DayFacts, channel| {
        let days = [first_day.clone(), second_day()];
        let near = Some(date("2021-02-01"));
        pairs(&face, days.iter(), Wanted { channel, near, limit: 10, not_before: Instant::EPOCH })
    };
    let web = ask(&first_day, Channel::Web);
    assert_eq!(
        web.iter().map(|pair| (pair.first.slot, pair.bookable)).collect::<Vec<_>>(),
        [(SlotId(1), 60), (SlotId(2), 8)]
    );
    let second = web[0].second.as_ref().unwrap();
    assert_eq!((second.slot, second.local_date), (SlotId(100), date("2021-02-09")));
    // 22 are held for the web: at a limit of 22 nothing can be held, though places are free.
    first_day.hold_limits[0] = 22;
    assert!(ask(&first_day, Channel::Web).is_empty());
    assert_eq!(ask(&first_day, Channel::Hotline).len(), 2);
    assert!(ask(&first_day, Channel::Partner).is_empty());
}

#[test]
fn pairs_of_the_nearest_day_come_first_and_no_more_than_asked_for() {
    let later = DayFacts { date: date("2021-01-25"), ..first_day() };
    let days = [first_day(), later];
    let ask = |near, limit| -> Vec<String> {
        let wanted = Wanted { channel: Channel::Web, near, limit, not_before: Instant::EPOCH };
        pairs(&face(), days.iter(), wanted).iter().map(|pair| pair.first.local_date.to_string()).collect()
    };
    assert_eq!(ask(None, 3), ["2021-01-19", "2021-01-19", "2021-01-25"]);
    assert_eq!(ask(Some(date("2021-01-24")), 2), ["2021-01-25", "2021-01-25"]);
}

#[test]
fn pairs_that_begin_too_soon_are_not_offered() {
    let days = [first_day()];
    let ask = |not_before: &str| {
        let not_before = instant(not_before);
        let wanted = Wanted { channel: Channel::Web, near: None, limit: 9, not_before };
        pairs(&face(), days.iter(), wanted).len()
    };
    assert_eq!(ask("2021-01-19T10:15:00.000+01:00"), 2);
    assert_eq!(ask("2021-01-19T10:15:00.001+01:00"), 1);
    assert_eq!(ask("2021-01-19T10:30:00.001+01:00"), 0);
}
