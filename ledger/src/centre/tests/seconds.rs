//! Second places: which one is taken, how the backing travels, who waits and who is served.

use schemas::vocabulary::{CancelDoses, Contingent, Dose};
use schemas::{Event, events::HoldPlaced};

use super::harness::*;
use super::words::*;

const WEB: Contingent = Contingent::Web;

fn placed(events: &[Event]) -> &HoldPlaced {
    match &events[0] {
        Event::HoldPlaced(placed) => placed,
        other => panic!("{other:?}"),
    }
}

/// First slot 1 with two places, backed by one of slot 2 (9 Feb) and one of slot 3 (10 Feb); slot 4 (11 Feb) is spare.
fn backed_by_two() -> World {
    World::offering(vec![
        first("2021-01-19", (2, 0, 0)),
        second("2021-02-09", 1),
        second("2021-02-10", 1),
        second("2021-02-11", 1),
    ])
}

#[test]
fn a_release_backs_first_places_with_the_earliest_second_ones() {
    let world = backed_by_two();
    assert_eq!(world.backing(1), [(2, 1), (3, 1)]);
    assert_eq!(world.seconds(4), (1, 0, 0, 0));
}

#[test]
fn who_names_no_second_gets_the_earliest_backing() {
    let mut world = backed_by_two();
    let events = world.done(place(1, 1, None));
    assert_eq!((placed(&events).second.unwrap().0, placed(&events).frees), (2, None));
    assert_eq!(world.backing(1), [(3, 1)]);
}

#[test]
fn who_names_a_backing_takes_it() {
    let mut world = backed_by_two();
    let events = world.done(place(1, 1, Some(3)));
    assert_eq!((placed(&events).second.unwrap().0, placed(&events).frees), (3, None));
    assert_eq!(world.backing(1), [(2, 1)]);
}

#[test]
fn who_names_a_free_second_frees_the_latest_backing_and_brings_his_own_back() {
    let mut world = backed_by_two();
    let events = world.done(place(1, 1, Some(4)));
    assert_eq!(placed(&events).frees.unwrap().0, 3);
    assert_eq!((world.seconds(3), world.seconds(4)), ((1, 0, 0, 0), (0, 1, 0, 0)));
    world.done(give_up(1));
    assert_eq!(world.backing(1), [(2, 1), (4, 1)], "the backing has travelled");
    assert_eq!((world.seconds(3), world.seconds(4)), ((1, 0, 0, 0), (0, 0, 1, 0)));
}

#[test]
fn a_second_kept_for_others_is_reserved_and_one_that_is_gone_is_full() {
    let mut world = backed_by_two();
    world.release(2, vec![slot("2021-01-19", "11:00", Dose::First, (1, 0, 0))]);
    assert_eq!(world.backing(5), [(4, 1)]);
    world.refused_by("SecondPlaceReserved", place(1, 1, Some(4)));
    world.done(place(2, 5, None));
    world.refused_by("SlotFull", place(1, 1, Some(4)));
}

#[test]
fn seconds_of_another_vaccine_dose_or_slot_are_refused() {
    let mut world = backed_by_two();
    world.refused_by("VaccineMismatch", place(1, 2, None));
    world.refused_by("VaccineMismatch", place(1, 1, Some(1)));
    world.refused_by("NotFound", place(1, 99, None));
    world.refused_by("NotFound", place(1, 1, Some(99)));
    world.release(2, vec![first("2021-01-20", (0, 0, 0))]);
    world.refused_by("VaccineMismatch", place(1, 1, Some(5)));
}

/// A booking of the only pair whose second was cancelled and taken by nobody: the second is free, the first booked.
fn without_second() -> World {
    let mut world = World::offering(vec![first("2021-01-19", (1, 0, 0)), second("2021-02-09", 1)]);
    world.done(place(1, 1, None));
    world.done(confirm(1));
    world.done(cancel(1, CancelDoses::Second));
    world
}

#[test]
fn a_first_place_that_comes_back_alone_takes_the_earliest_free_second() {
    let mut world = without_second();
    assert_eq!(world.seconds(2), (1, 0, 0, 0));
    let events = world.done(cancel(1, CancelDoses::Both));
    assert!(matches!(&events[0], Event::BookingCancelled(event) if event.backed_by.unwrap().0 == 2));
    assert_eq!((world.counts(1, WEB), world.backing(1)), ((1, 0, 0, 0), vec![(2, 1)]));
}

#[test]
fn a_first_place_without_any_second_rests_and_returns_when_one_becomes_free() {
    let mut world = without_second();
    world.release(2, vec![slot("2021-01-19", "11:00", Dose::First, (1, 0, 0))]);
    assert_eq!(world.backing(3), [(2, 1)], "the cancelled second serves another first place now");
    let events = world.done(cancel(1, CancelDoses::Both));
    assert!(matches!(&events[0], Event::BookingCancelled(event) if event.backed_by.is_none()));
    assert_eq!(world.counts(1, WEB), (0, 0, 1, 0));
    world.refused_by("SlotFull", place(2, 1, None));
    world.done(place(2, 3, None));
    world.done(confirm(2));
    assert_eq!(names(&world.done(cancel(2, CancelDoses::Second))), ["BookingCancelled", "PlacesReturned"]);
    assert_eq!((world.counts(1, WEB), world.backing(1)), ((1, 0, 0, 0), vec![(2, 1)]));
}

#[test]
fn new_second_places_serve_who_waits() {
    let mut world = without_second();
    world.release(2, vec![slot("2021-01-19", "11:00", Dose::First, (1, 0, 0))]);
    world.done(cancel(1, CancelDoses::Both));
    let outside = world.release(3, vec![second("2021-02-08", 1)]);
    assert_eq!(names(&outside), ["SlotsReleased"], "20 days are too early");
    let inside = world.release(4, vec![second("2021-02-09", 1)]);
    assert_eq!(names(&inside), ["SlotsReleased", "PlacesReturned"]);
    assert_eq!((world.counts(1, WEB), world.backing(1)), ((1, 0, 0, 0), vec![(5, 1)]));
}

#[test]
fn slots_that_have_begun_neither_wait_nor_back() {
    let mut world = without_second();
    world.release(2, vec![slot("2021-01-19", "11:00", Dose::First, (1, 0, 0))]);
    world.done(cancel(1, CancelDoses::Both));
    world.until(at("2021-01-19T10:00:00+01:00"));
    world.done(place(2, 3, None));
    world.done(confirm(2));
    assert_eq!(names(&world.done(cancel(2, CancelDoses::Second))), ["BookingCancelled"]);
    assert_eq!(world.counts(1, Contingent::Open), (0, 0, 1, 0), "it began at ten");
}

#[test]
fn twenty_one_days_are_twenty_one_days_over_the_night_of_28_march_2021() {
    let mut set = rules();
    set.contingents_flow_back_at = None;
    let mut world = World::with_rules(set);
    world.release(1, vec![first("2021-03-20", (9, 0, 0)), second("2021-04-10", 9), second("2021-04-09", 1)]);
    world.registered(1..=9);
    let (first, second) =
        (world.centre.slot(schemas::ids::SlotId(1)), world.centre.slot(schemas::ids::SlotId(2)));
    let hours = second.unwrap().start_at.millis_since(first.unwrap().start_at) / HOUR;
    assert_eq!(hours, 21 * 24 - 1, "the night has an hour less");
    world.done(place(1, 1, Some(2)));
    world.refused_by("IntervalTooShort", place(2, 1, Some(3)));
}

#[test]
fn the_interval_ends_with_its_last_day() {
    let world = World::offering(vec![
        first("2021-01-19", (1, 0, 0)),
        second("2021-02-09", 1),
        second("2021-03-02", 1),
        second("2021-03-03", 1),
    ]);
    world.clone().done(place(1, 1, Some(3)));
    world.refused_by("IntervalTooLong", place(1, 1, Some(4)));
}

#[test]
fn a_slot_keeps_the_interval_it_was_released_with() {
    let mut world = World::offering(vec![first("2021-01-19", (2, 0, 0)), second("2021-02-09", 2)]);
    let mut set = rules();
    set.vaccines[0].interval_min_days = 28;
    let effective_at = world.now;
    world.done(crate::command::CentreCommand::SetRules { rules: id(2), effective_at, set });
    world.done(place(1, 1, Some(2)));
    world.refused_by(
        "SecondPlacesMissing",
        release(2, vec![first("2021-01-19", (1, 0, 0)), second("2021-02-09", 1)]),
    );
}
