//! The path that most people take.

use schemas::vocabulary::{CancelDoses, Contingent};

use super::harness::*;
use super::words::*;

#[test]
fn a_hold_takes_a_first_place_with_its_second_and_becomes_a_booking_of_the_same_id() {
    let mut world = World::offering(vec![first("2021-01-19", (2, 1, 1)), second("2021-02-09", 4)]);
    assert_eq!(world.seconds(2), (0, 0, 4, 0));
    assert_eq!(names(&world.done(place(1, 1, None))), ["HoldPlaced"]);
    assert_eq!((world.counts(1, Contingent::Web), world.seconds(2)), ((1, 1, 0, 0), (0, 1, 3, 0)));
    assert_eq!(names(&world.done(confirm(1))), ["BookingConfirmed"]);
    assert_eq!((world.counts(1, Contingent::Web), world.seconds(2)), ((1, 0, 0, 1), (0, 0, 3, 1)));
}

#[test]
fn cancelling_gives_the_first_place_back_with_its_second() {
    let mut world = World::offering(vec![first("2021-01-19", (2, 1, 1)), second("2021-02-09", 4)]);
    world.done(place(1, 1, None));
    world.done(confirm(1));
    assert_eq!(names(&world.done(cancel(1, CancelDoses::Both))), ["BookingCancelled"]);
    assert_eq!((world.counts(1, Contingent::Web), world.seconds(2)), ((2, 0, 0, 0), (0, 0, 4, 0)));
}

#[test]
fn a_hold_lapses_exactly_at_its_deadline() {
    let mut world = World::offering(vec![first("2021-01-19", (2, 1, 1)), second("2021-02-09", 4)]);
    world.done(place(1, 1, None));
    assert!(world.wait(10 * MINUTE - 1).is_empty());
    assert_eq!(world.centre.next_due_at(), Some(world.now.plus_millis(1)));
    assert_eq!(names(&world.wait(1)), ["HoldExpired"]);
    world.refused_by("HoldLapsed", confirm(1));
    assert_eq!((world.counts(1, Contingent::Web), world.seconds(2)), ((2, 0, 0, 0), (0, 0, 4, 0)));
}

#[test]
fn at_its_deadline_a_hold_is_over_even_before_its_expiry_is_recorded() {
    let mut world = World::offering(vec![first("2021-01-19", (2, 1, 1)), second("2021-02-09", 4)]);
    world.done(place(1, 1, None));
    world.now = world.now.plus_millis(10 * MINUTE - 1);
    world.clone().done(confirm(1));
    world.now = world.now.plus_millis(1);
    for command in [confirm(1), extend(1), give_up(1)] {
        world.refused_by("HoldLapsed", command);
    }
}
