//! Bookings: cancelled, and moved in one decision.

use schemas::Event;
use schemas::events::BookingRescheduled;
use schemas::vocabulary::{CancelDoses, CancelReason, Channel, Contingent, Dose};

use super::harness::*;
use super::words::*;
use crate::command::CentreCommand;
use crate::rejection::Rejection;

const WEB: Contingent = Contingent::Web;

fn moved(events: &[Event]) -> &BookingRescheduled {
    match &events[0] {
        Event::BookingRescheduled(moved) => moved,
        other => panic!("{other:?}"),
    }
}

/// First slots 1 (10:00) and 4 (11:00) of 19 January, second ones 2 (9 Feb) and 3 (10 Feb); person 1 has booked (1, 2).
fn booked() -> World {
    let mut world = World::offering(vec![
        first("2021-01-19", (1, 0, 0)),
        second("2021-02-09", 1),
        second("2021-02-10", 2),
    ]);
    world.release(2, vec![slot("2021-01-19", "11:00", Dose::First, (1, 1, 0))]);
    assert_eq!(world.backing(4), [(3, 2)]);
    world.done(place(1, 1, None));
    world.done(confirm(1));
    world
}

#[test]
fn a_moved_first_keeps_its_second_and_the_old_first_takes_what_became_free() {
    let mut world = booked();
    let events = world.done(reschedule(1, 1, Some(4), None));
    let event = moved(&events);
    assert_eq!((event.first.unwrap().0, event.second, event.contingent), (4, None, Some(WEB)));
    assert_eq!((event.frees.unwrap().0, event.backed_by.unwrap().0), (3, 3));
    assert_eq!((world.counts(1, WEB), world.backing(1)), ((1, 0, 0, 0), vec![(3, 1)]));
    assert_eq!((world.counts(4, WEB), world.seconds(2)), ((0, 0, 0, 1), (0, 0, 0, 1)));
    assert_eq!(world.centre.hold(hold(1)).unwrap().revision(), 2);
}

#[test]
fn a_moved_second_leaves_the_first_and_needs_a_free_place() {
    let mut world = booked();
    world.refused_by("SecondPlaceReserved", reschedule(1, 1, None, Some(3)));
    world.release(3, vec![second("2021-02-12", 1)]);
    let events = world.done(reschedule(1, 1, None, Some(5)));
    let event = moved(&events);
    assert_eq!((event.first, event.contingent, event.frees, event.backed_by), (None, None, None, None));
    assert_eq!((world.seconds(2), world.seconds(5)), ((1, 0, 0, 0), (0, 0, 0, 1)));
    world.done(place(2, 4, None));
    world.done(confirm(2));
    world.refused_by("SlotFull", reschedule(2, 2, None, Some(5)));
}

#[test]
fn both_moved_the_old_first_comes_back_with_the_old_second() {
    let mut world = booked();
    let events = world.done(reschedule(1, 1, Some(4), Some(3)));
    let event = moved(&events);
    assert_eq!((event.frees, event.backed_by.unwrap().0), (None, 2));
    assert_eq!((world.counts(1, WEB), world.backing(1)), ((1, 0, 0, 0), vec![(2, 1)]));
    assert_eq!((world.counts(4, WEB), world.seconds(3)), ((0, 0, 0, 1), (0, 0, 1, 1)));
}

#[test]
fn a_kept_second_outside_the_new_interval_has_to_be_named_too() {
    let mut world = booked();
    world.release(3, vec![first("2021-01-21", (1, 0, 0)), second("2021-02-11", 1)]);
    assert_eq!(world.refused(reschedule(1, 1, Some(5), None)), Rejection::IntervalTooShort { min_days: 21 });
    world.done(reschedule(1, 1, Some(5), Some(6)));
}

#[test]
fn a_new_first_needs_the_channels_contingent_but_the_cap_does_not_apply() {
    let mut world = booked();
    world.done(place(2, 4, None));
    world.refused_by("ContingentSpent", reschedule(1, 1, Some(4), None));
    world.by(Channel::Hotline).done(reschedule(1, 1, Some(4), None));
    assert_eq!(world.counts(4, Contingent::Hotline), (0, 0, 0, 1));
    world.refused_by("ContingentSpent", reschedule(1, 2, Some(1), None));
    world.by(Channel::Web).done(place(3, 1, None));
    world.refused_by("SlotFull", reschedule(1, 2, Some(1), None));
}

#[test]
fn to_name_what_the_booking_has_is_to_change_nothing() {
    let mut world = booked();
    for (first, second) in [(None, None), (Some(1), None), (None, Some(2)), (Some(1), Some(2))] {
        assert_eq!(world.refused(reschedule(1, 1, first, second)), Rejection::NothingToChange);
    }
    let events = world.done(reschedule(1, 1, Some(4), Some(2)));
    assert_eq!(moved(&events).second, None, "the second stays");
}

#[test]
fn so_many_changes_a_day_and_the_next_day_again() {
    let mut world = booked();
    for (change, first) in [(1, 4), (2, 1), (3, 4)] {
        world.done(reschedule(1, change, Some(first), None));
    }
    assert_eq!(world.refused(reschedule(1, 4, Some(1), None)), Rejection::ChangesSpentToday { limit: 3 });
    world.wait(DAY);
    world.done(reschedule(1, 4, Some(1), None));
}

#[test]
fn after_the_first_only_the_second_can_be_moved_and_after_the_second_neither() {
    let mut world = booked();
    world.release(3, vec![second("2021-02-12", 1)]);
    world.until(at("2021-01-19T10:00:00+01:00"));
    world.refused_by("SlotTooSoon", reschedule(1, 1, Some(4), None));
    world.refused_by("SlotTooSoon", cancel(1, CancelDoses::Both));
    world.done(reschedule(1, 2, None, Some(5)));
    world.until(at("2021-02-12T10:00:00+01:00"));
    world.refused_by("SlotTooSoon", reschedule(1, 3, None, Some(2)));
    world.refused_by("SlotTooSoon", cancel(1, CancelDoses::Second));
}

#[test]
fn after_the_second_was_cancelled_nothing_can_be_moved() {
    let mut world = booked();
    world.done(cancel(1, CancelDoses::Second));
    world.refused_by("SlotTooSoon", reschedule(1, 1, Some(4), None));
    world.refused_by("SlotTooSoon", reschedule(1, 1, None, Some(2)));
}

#[test]
fn a_single_dose_booking_moves_its_only_place() {
    let mut world = booked();
    world.done(release_single(8, vec![first("2021-01-19", (1, 0, 0))]));
    world.done(release_single(9, vec![first("2021-01-21", (1, 0, 0))]));
    world.done(place(2, 5, None));
    world.done(confirm(2));
    world.refused_by("VaccineMismatch", reschedule(2, 1, None, Some(3)));
    world.refused_by("VaccineMismatch", reschedule(2, 1, Some(4), None));
    let events = world.done(reschedule(2, 1, Some(6), None));
    assert_eq!((moved(&events).frees, moved(&events).backed_by), (None, None));
    assert_eq!((world.counts(5, WEB), world.counts(6, WEB)), ((1, 0, 0, 0), (0, 0, 0, 1)));
}

#[test]
fn both_after_second_gives_the_first_back() {
    let mut world = booked();
    world.done(cancel(1, CancelDoses::Second));
    assert_eq!((world.counts(1, WEB), world.seconds(2)), ((0, 0, 0, 1), (1, 0, 0, 0)));
    world.repeats("BookingCancelled", cancel(1, CancelDoses::Second));
    world.done(cancel(1, CancelDoses::Both));
    assert_eq!((world.counts(1, WEB), world.seconds(2)), ((1, 0, 0, 0), (0, 0, 1, 0)));
    world.refused_by("BookingEnded", cancel(1, CancelDoses::Second));
}

#[test]
fn a_place_given_back_goes_to_its_own_contingent() {
    let mut world = World::offering(vec![first("2021-01-19", (1, 1, 1)), second("2021-02-09", 3)]);
    world.done(place(1, 1, None));
    world.done(place(2, 1, None));
    for number in [1, 2] {
        world.done(confirm(number));
        world.done(cancel(number, CancelDoses::Both));
    }
    assert_eq!((world.counts(1, WEB), world.counts(1, Contingent::Open)), ((1, 0, 0, 0), (1, 0, 0, 0)));
}

#[test]
fn a_cancellation_with_another_reason_is_another_command() {
    let mut world = booked();
    world.done(cancel(1, CancelDoses::Both));
    world.repeats("BookingCancelled", cancel(1, CancelDoses::Both));
    let (booking, doses) = (hold(1), CancelDoses::Both);
    world.refused_by(
        "ContentDiffers",
        CentreCommand::CancelBooking { booking, doses, reason: CancelReason::Ill },
    );
    world.refused_by("BookingEnded", reschedule(1, 1, Some(4), None));
    world.refused_by("BookingEnded", confirm(1));
}

#[test]
fn what_is_no_booking_cannot_be_cancelled_or_moved() {
    let mut world = booked();
    world.done(place(2, 4, None));
    for number in [2, 77] {
        world.refused_by("NotFound", cancel(number, CancelDoses::Both));
        world.refused_by("NotFound", reschedule(number, 1, Some(1), None));
    }
}

#[test]
fn alternatives_of_a_refused_change_are_what_the_booking_could_have() {
    let mut world = booked();
    world.done(release_single(8, vec![first("2021-01-19", (1, 0, 0))]));
    let Rejection::SecondPlaceReserved { alternatives } = world.refused(reschedule(1, 1, None, Some(3)))
    else {
        panic!("the places are reserved")
    };
    let pairs: Vec<_> =
        alternatives.iter().map(|pair| (pair.first.0, pair.second.map(|slot| slot.0))).collect();
    assert_eq!(pairs, [(4, Some(3))], "neither its own place nor a single dose");
    world.until(at("2021-01-19T10:00:00+01:00"));
    world.release(9, vec![second("2021-02-12", 1)]);
    let Rejection::SecondPlaceReserved { alternatives } = world.refused(reschedule(1, 1, None, Some(3)))
    else {
        panic!("the places are reserved")
    };
    let pairs: Vec<_> =
        alternatives.iter().map(|pair| (pair.first.0, pair.second.map(|slot| slot.0))).collect();
    assert_eq!(pairs, [(1, Some(6))], "only the second can be moved");
}
