//! Whoever breaks several rules hears of the first in the order of DOMAIN 3.

use schemas::ids::Group;
use schemas::rules::BasisPoints;
use schemas::vocabulary::{CancelDoses, Channel, Dose};

use super::harness::*;
use super::words::*;
use crate::command::PersonFacts;

/// Breaks everything at once; the fixes below take one breach away after the other.
#[test]
fn place_hold_is_refused_by_the_first_rule_in_order() {
    let mut set = rules();
    set.holds.held_share = BasisPoints(0);
    set.holds.per_registration_and_day = 1;
    let mut world = World::with_rules(set);
    // First slots: 1 (soon), 3 and 4 (20 Jan); second ones: 2 (5 Feb), 5 (9 Feb: too early for 20 Jan), 6 and 7.
    world.release(1, vec![slot("2021-01-12", "08:30", Dose::First, (2, 0, 0)), second("2021-02-05", 2)]);
    world.release(
        2,
        vec![
            first("2021-01-20", (2, 1, 0)),
            slot("2021-01-20", "11:00", Dose::First, (1, 0, 0)),
            second("2021-02-09", 1),
            second("2021-02-10", 4),
            second("2021-02-11", 1),
        ],
    );
    world.registered(1..=9);
    let young = PersonFacts { group: Group(2), ..facts(1) };
    world.done(register_as(40, young.clone()));
    world.refused_by("NotFound", place(41, 99, Some(99)));
    world.refused_by("NotFound", place(40, 1, Some(99)));
    world.refused_by("NeedsDesk", place(40, 1, Some(1)));
    world.by(Channel::Hotline);
    world.done(amend(40, 1, PersonFacts { group: Group(1), ..facts(40) }, &[]));
    world.by(Channel::Web);
    world.done(place(40, 3, None));
    world.done(amend(40, 2, PersonFacts { group: Group(2), ..facts(40) }, &[]));
    world.refused_by("AlreadyHolding", place_as(42, 40, 1, Some(1)));
    world.done(give_up(40));
    world.refused_by("HoldsSpentToday", place_as(42, 40, 1, Some(1)));
    world.done(register_as(43, PersonFacts { group: Group(2), ..facts(43) }));
    world.refused_by("CohortNotOpen", place(43, 1, Some(1)));
    world.refused_by("SlotTooSoon", place(1, 1, Some(1)));
    world.refused_by("VaccineMismatch", place(1, 3, Some(4)));
    world.done(place(2, 4, None));
    world.refused_by("IntervalTooShort", place(1, 4, Some(5)));
    world.refused_by("SlotFull", place(1, 4, Some(6)));
    world.refused_by("HoldBudgetSpent", place(1, 3, Some(6)));
}

#[test]
fn the_end_of_a_registration_comes_before_the_desk_and_after_what_is_not_found() {
    let mut world = World::offering(vec![first("2021-01-20", (2, 1, 0)), second("2021-02-10", 4)]);
    world.done(register_as(40, facts(1)));
    world.done(withdraw(40));
    world.refused_by("NotFound", place(40, 99, None));
    world.refused_by("RegistrationEnded", place(40, 1, None));
}

#[test]
fn a_full_second_comes_before_a_spent_contingent_and_a_reserved_one_last() {
    let mut world = World::offering(vec![first("2021-01-20", (1, 1, 0)), second("2021-02-10", 2)]);
    world.release(2, vec![first("2021-01-19", (1, 0, 0)), second("2021-02-09", 1)]);
    world.release(3, vec![first("2021-01-21", (1, 0, 0)), second("2021-02-11", 1)]);
    world.done(place(1, 1, None));
    world.refused_by("ContentDiffers", place(1, 1, Some(6)));
    world.refused_by("ContingentSpent", place(2, 1, Some(6)));
    world.done(place(3, 5, None));
    world.refused_by("SlotFull", place(2, 1, Some(6)));
    world.refused_by("ContingentSpent", place(2, 1, None));
}

#[test]
fn the_hold_of_somebody_else_is_taken_whatever_else_is_wrong() {
    let mut world = World::offering(vec![first("2021-01-20", (1, 1, 0)), second("2021-02-10", 2)]);
    world.done(place(1, 1, None));
    world.refused_by("IdTaken", place_as(1, 2, 99, None));
    world.repeats("HoldPlaced", place(1, 1, None));
    world.done(confirm(1));
    world.repeats("HoldPlaced", place(1, 1, None));
    world.repeats("BookingConfirmed", confirm(1));
    world.done(cancel(1, CancelDoses::Both));
    world.refused_by("BookingEnded", place(1, 1, None));
    world.refused_by("IdTaken", place_as(1, 2, 1, None));
}

#[test]
fn a_change_is_the_bookings_own_and_its_end_comes_before_its_repeat() {
    let mut world = World::offering(vec![first("2021-01-20", (2, 0, 0)), second("2021-02-10", 4)]);
    world.release(2, vec![first("2021-01-19", (2, 0, 0))]);
    for number in [1, 2] {
        world.done(place(number, 1, None));
        world.done(confirm(number));
    }
    world.done(reschedule(1, 1, Some(3), None));
    world.repeats("BookingRescheduled", reschedule(1, 1, Some(3), None));
    world.refused_by("ContentDiffers", reschedule(1, 1, Some(99), None));
    world.refused_by("ContentDiffers", reschedule(2, 1, Some(3), None));
    world.done(cancel(1, CancelDoses::Both));
    world.refused_by("ContentDiffers", reschedule(1, 1, Some(99), None));
    world.refused_by("BookingEnded", reschedule(1, 1, Some(3), None));
    world.refused_by("BookingEnded", reschedule(1, 2, Some(99), None));
}
