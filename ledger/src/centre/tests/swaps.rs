//! `instead_of`: a hold is replaced in one decision.

use schemas::ids::SlotId;
use schemas::rules::BasisPoints;
use schemas::vocabulary::Contingent;

use super::harness::*;
use super::words::*;

const WEB: Contingent = Contingent::Web;

fn two_days() -> World {
    let mut world = World::offering(vec![first("2021-01-19", (1, 0, 0)), second("2021-02-09", 1)]);
    world.release(2, vec![first("2021-01-20", (1, 0, 0)), second("2021-02-10", 1)]);
    world.done(place_as(1, 1, 1, None));
    world
}

#[test]
fn the_old_hold_ends_and_the_new_one_begins_in_one_record() {
    let mut world = two_days();
    assert_eq!(names(&world.done(swap(2, 1, 1, 3, None))), ["HoldReleased", "HoldPlaced"]);
    assert_eq!((world.counts(1, WEB), world.counts(3, WEB)), ((1, 0, 0, 0), (0, 1, 0, 0)));
    world.refused_by("HoldEnded", confirm(1));
    world.refused_by("HoldEnded", give_up(1));
    world.repeats("HoldPlaced", swap(2, 1, 1, 3, None));
    world.refused_by("ContentDiffers", place_as(2, 1, 3, None));
}

#[test]
fn the_old_places_stay_when_the_new_ones_are_not_to_be_had() {
    let mut world = two_days();
    world.done(place(2, 3, None));
    world.refused_by("SlotFull", swap(3, 1, 1, 3, None));
    world.done(confirm(1));
}

#[test]
fn the_place_given_back_may_be_the_one_taken() {
    let mut set = rules();
    set.holds.held_share = BasisPoints(0);
    let mut world = World::with_rules(set);
    world.release(1, vec![first("2021-01-19", (1, 0, 0)), second("2021-02-09", 1)]);
    world.registered(1..=2);
    world.done(place(1, 1, None));
    world.done(swap(2, 1, 1, 1, Some(2)));
    assert_eq!(world.centre.hold(hold(2)).unwrap().first, SlotId(1));
}

#[test]
fn the_cap_is_judged_as_if_the_old_place_had_come_back() {
    let mut set = rules();
    set.holds.held_share = BasisPoints(0);
    let mut world = World::with_rules(set);
    let later = slot("2021-01-19", "11:00", schemas::vocabulary::Dose::First, (1, 0, 0));
    world.release(1, vec![first("2021-01-19", (1, 0, 0)), later, second("2021-02-09", 2)]);
    world.registered(1..=2);
    world.done(place(1, 1, None));
    world.refused_by("HoldBudgetSpent", place(2, 2, None));
    world.done(swap(3, 1, 1, 2, None));
}

#[test]
fn only_ones_own_live_hold_can_be_replaced() {
    let mut world = two_days();
    world.refused_by("NotFound", swap(3, 1, 2, 3, None));
    world.refused_by("NotFound", swap(3, 77, 2, 3, None));
    world.refused_by("NotFound", swap(3, 3, 2, 3, None));
    world.refused_by("AlreadyHolding", place_as(3, 1, 3, None));
    let mut lapsed = world.clone();
    lapsed.wait(10 * MINUTE);
    lapsed.refused_by("HoldLapsed", swap(3, 1, 1, 3, None));
    world.done(confirm(1));
    world.refused_by("AlreadyBooked", swap(3, 1, 1, 3, None));
    world.refused_by("AlreadyBooked", place_as(3, 1, 3, None));
}
