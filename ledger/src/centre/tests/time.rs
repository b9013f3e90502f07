//! What time brings about: contingents that flow together, holds that lapse, and what is forgotten.

use schemas::Event;
use schemas::events::ContingentReturn;
use schemas::ids::{Pseudonym, SlotId};
use schemas::vocabulary::{CancelDoses, Channel, Contingent, MadeBy};

use super::harness::*;
use super::words::*;
use crate::centre::earliest_back;
use crate::command::CentreCommand;

const WEB: Contingent = Contingent::Web;
const HOTLINE: Contingent = Contingent::Hotline;
const OPEN: Contingent = Contingent::Open;

fn flow_back_at() -> schemas::Instant {
    at("2021-01-15T12:00:00+01:00")
}

fn flowed(event: &Event) -> Vec<(u32, Contingent, u32)> {
    let row = |row: &ContingentReturn| (row.slot.0, row.contingent, row.places);
    match event {
        Event::ContingentsReturned(event) => event.returned.iter().map(row).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_left_becomes_open_and_so_does_what_comes_back_later() {
    let mut world = World::offering(vec![first("2021-01-19", (3, 2, 1)), second("2021-02-09", 6)]);
    world.done(place(1, 1, None));
    world.done(confirm(1));
    world.until(flow_back_at().minus_millis(5 * MINUTE));
    world.done(place(2, 1, None));
    assert_eq!(world.centre.next_due_at(), Some(flow_back_at()));
    let events = world.until(flow_back_at());
    assert_eq!(flowed(&events[0]), [(1, WEB, 1), (1, HOTLINE, 2)]);
    assert_eq!((world.counts(1, WEB), world.counts(1, OPEN)), ((0, 1, 0, 1), (4, 0, 0, 0)));
    world.wait(5 * MINUTE);
    world.done(cancel(1, CancelDoses::Both));
    assert_eq!((world.counts(1, WEB), world.counts(1, OPEN)), ((0, 0, 0, 0), (6, 0, 0, 0)));
    assert_eq!(world.centre.slot(SlotId(1)).unwrap().first().unwrap().open.capacity, 6);
    world.by(Channel::Partner).done(place(3, 1, None));
}

#[test]
fn resting_places_flow_with_the_free_ones_and_are_served_as_open() {
    let mut world = World::offering(vec![first("2021-01-19", (1, 0, 0)), second("2021-02-09", 1)]);
    world.done(place(1, 1, None));
    world.done(confirm(1));
    world.done(cancel(1, CancelDoses::Second));
    world.done(shrink(1, &[(2, None, 1)]));
    world.done(cancel(1, CancelDoses::Both));
    let events = world.until(flow_back_at());
    assert_eq!(flowed(&events[0]), [(1, WEB, 1), (1, HOTLINE, 0)]);
    assert_eq!(world.counts(1, OPEN), (0, 0, 1, 0));
    let events = world.release(2, vec![second("2021-02-09", 1)]);
    assert_eq!(names(&events), ["SlotsReleased", "PlacesReturned"]);
    assert_eq!(world.counts(1, OPEN), (1, 0, 0, 0));
}

#[test]
fn slots_released_after_the_flow_back_are_all_open() {
    let mut world = World::opened();
    world.until(flow_back_at());
    let events = world.release(1, vec![first("2021-01-19", (2, 1, 1)), second("2021-02-09", 4)]);
    let Event::SlotsReleased(event) = &events[0] else { panic!() };
    assert_eq!((event.flows_back_at, event.slots[0].web, event.slots[0].open), (None, 0, 4));
    assert_eq!(world.centre.next_due_at(), None);
}

#[test]
fn what_is_due_is_ordered_by_instant_and_flow_backs_come_first() {
    let mut world = World::offering(vec![first("2021-01-19", (4, 0, 0)), second("2021-02-09", 4)]);
    world.now = flow_back_at().minus_millis(10 * MINUTE);
    world.done(place(2, 1, None));
    world.done(place(1, 1, None));
    world.now = world.now.minus_millis(1);
    world.done(place(3, 1, None));
    world.now = flow_back_at();
    let events = world.centre.due(world.now).unwrap();
    assert_eq!(names(&events), ["HoldExpired", "ContingentsReturned", "HoldExpired", "HoldExpired"]);
    assert_eq!(flowed(&events[1])[0], (1, WEB, 2), "one free and one that has just come back");
    let expired = events.iter().filter_map(|event| match event {
        Event::HoldExpired(event) => Some(event.hold),
        _ => None,
    });
    let expired: Vec<_> = expired.collect();
    let mut sorted = vec![hold(1), hold(2)];
    sorted.sort();
    assert_eq!(expired, [vec![hold(3)], sorted].concat());
    world.drain();
    assert_eq!(world.counts(1, OPEN), (4, 0, 0, 0));
}

#[test]
fn a_record_of_what_is_due_has_at_most_256_events() {
    let mut world = World::opened();
    world.release(1, vec![first("2021-01-19", (300, 0, 0)), second("2021-02-09", 300)]);
    for number in 0..300_u16 {
        let mut facts = facts(0);
        facts.pseudonyms = vec![Pseudonym(u128::from(number).to_be_bytes())];
        let registration = person(u128::from(number));
        let reference = schemas::Reference::new("FRA".parse().unwrap(), number.into());
        let made_by = MadeBy::SelfMade;
        world.done(CentreCommand::Register { registration, reference, made_by, person: facts });
        world.done(place(number.into(), 1, None));
    }
    world.now = world.now.plus_millis(HOUR);
    let mut sizes = Vec::new();
    while let Some(events) = world.centre.due(world.now) {
        sizes.push(events.len());
        world.record(&events);
    }
    assert_eq!(sizes, [256, 44]);
}

#[test]
fn what_ended_is_known_for_seven_days_and_then_no_longer() {
    let mut world = World::offering(vec![first("2021-02-19", (4, 0, 0)), second("2021-03-19", 4)]);
    world.done(place(1, 1, None));
    world.done(reissue(2, 5, 1));
    world.done(withdraw(2));
    world.done(give_up(1));
    world.now = world.now.plus_millis(7 * DAY - 1);
    world.done(register(30));
    world.refused_by("HoldEnded", place(1, 1, None));
    world.refused_by("RegistrationEnded", register(2));
    world.now = world.now.plus_millis(1);
    world.refused_by("HoldEnded", place(1, 1, None));
    world.done(register(31));
    assert!(world.centre.hold(hold(1)).is_none() && world.centre.registration(person(2)).is_none());
    world.refused_by("NotFound", confirm(1));
    world.done(register(2));
    world.done(place(1, 1, None));
    world.done(reissue(2, 5, 1));
}

#[test]
fn an_order_of_erasure_is_known_until_seven_days_after_it_was_done() {
    let mut world = World::offering(vec![second("2021-03-19", 4)]);
    world.done(erase(1));
    world.now = world.now.plus_millis(8 * DAY);
    world.done(register(30));
    assert!(world.centre.registration(person(1)).is_none());
    world.repeats("ErasureOrdered", erase(1));
    world.done(CentreCommand::FinishErasure { registration: person(1) });
    world.now = world.now.plus_millis(7 * DAY);
    world.done(register(31));
    world.refused_by("NotFound", erase(1));
}

#[test]
fn much_that_ended_at_once_is_cleared_up_little_by_little_and_gone_at_once() {
    let mut world = World::offering(vec![first("2021-02-19", (9, 0, 0)), second("2021-03-19", 9)]);
    for number in 0..40 {
        world.done(place_as(1_000 + number, 1 + number % 9, 1, None));
        world.done(give_up(1_000 + number));
    }
    world.now = world.now.plus_millis(7 * DAY);
    world.done(register(30));
    assert!((0..40).all(|number| world.centre.hold(hold(1_000 + number)).is_none()));
    world.done(place_as(1_039, 1, 1, None));
    world.done(register(31));
    world.done(register(32));
    assert!(world.centre.hold(hold(1_039)).is_some());
    assert_eq!(world.centre.holds.all().count(), 1, "the others have left the memory too");
}

#[test]
fn deadlines_are_told_rounded_up_to_five_minutes() {
    for (deadline, told) in [("08:10:00.000", "08:10"), ("08:10:00.001", "08:15"), ("08:14:59.999", "08:15")]
    {
        let deadline = at(&format!("2021-01-12T{deadline}+01:00"));
        assert_eq!(earliest_back(deadline), at(&format!("2021-01-12T{told}:00+01:00")));
    }
}

#[test]
fn a_record_lets_a_thousand_slots_flow_back_at_most() {
    let mut world = World::opened();
    for (number, day) in [(1, "2021-01-19"), (2, "2021-01-20")] {
        world.release(number, (0..600).map(|_| first(day, (0, 0, 0))).collect());
    }
    world.now = flow_back_at();
    let mut rows = Vec::new();
    while let Some(events) = world.centre.due(world.now) {
        rows.push(events.iter().map(|event| flowed(event).len()).collect::<Vec<_>>());
        world.record(&events);
    }
    assert_eq!(rows, [vec![2_000], vec![400]]);
}
