//! Holds: where the place comes from, how long it lives, and who refuses.

use schemas::ids::{Group, SlotId};
use schemas::rules::BasisPoints;
use schemas::vocabulary::{Channel, Contingent};
use schemas::{Event, RuleSet};

use super::harness::*;
use super::words::*;
use crate::rejection::{Pair, Rejection};

const WEB: Contingent = Contingent::Web;

fn with_share(basis_points: u16, slots: Vec<crate::command::SlotPlan>) -> World {
    let mut set: RuleSet = rules();
    set.holds.held_share = BasisPoints(basis_points);
    let mut world = World::with_rules(set);
    world.release(1, slots);
    world.registered(1..=30);
    world
}

fn contingent_of(events: &[Event]) -> Contingent {
    match &events[0] {
        Event::HoldPlaced(placed) => placed.contingent,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_channel_draws_on_its_own_contingent_first_and_then_on_open() {
    for (channel, own) in [(Channel::Web, WEB), (Channel::Hotline, Contingent::Hotline)] {
        let mut world = World::offering(vec![first("2021-01-19", (1, 1, 1)), second("2021-02-09", 3)]);
        world.by(channel);
        assert_eq!(contingent_of(&world.done(place(1, 1, None))), own);
        assert_eq!(contingent_of(&world.done(place(2, 1, None))), Contingent::Open);
        world.refused_by("ContingentSpent", place(3, 1, None));
    }
}

#[test]
fn other_channels_draw_on_open_alone() {
    let mut world = World::offering(vec![first("2021-01-19", (1, 1, 1)), second("2021-02-09", 3)]);
    world.by(Channel::Partner);
    assert_eq!(contingent_of(&world.done(place(1, 1, None))), Contingent::Open);
    world.refused_by("ContingentSpent", place(2, 1, None));
}

#[test]
fn the_last_place_gone_the_slot_is_full_and_says_what_else_there_is_and_when_one_may_come_back() {
    let mut world = World::offering(vec![
        first("2021-01-19", (1, 0, 0)),
        slot("2021-01-19", "10:15", schemas::vocabulary::Dose::First, (1, 0, 0)),
        second("2021-02-09", 2),
    ]);
    world.wait(1);
    world.done(place(1, 1, None));
    let Rejection::SlotFull { alternatives, earliest_back_at } = world.refused(place(2, 1, None)) else {
        panic!("the slot is full")
    };
    assert_eq!(alternatives, [Pair { first: SlotId(2), second: Some(SlotId(3)) }]);
    assert_eq!(earliest_back_at, Some(at("2021-01-12T08:15:00+01:00")), "08:10:00.001, rounded up");
    world.done(confirm(1));
    let Rejection::SlotFull { earliest_back_at, .. } = world.refused(place(2, 1, None)) else {
        panic!("the slot is full")
    };
    assert_eq!(earliest_back_at, None, "a booking has no deadline");
}

#[test]
fn what_is_left_for_others_says_when_it_flows_back() {
    let world = World::offering(vec![first("2021-01-19", (0, 1, 0)), second("2021-02-09", 1)]);
    let Rejection::ContingentSpent { flows_back_at, .. } = world.refused(place(1, 1, None)) else {
        panic!("the place is the hotline's")
    };
    assert_eq!(flows_back_at, Some(at("2021-01-15T12:00:00+01:00")));
}

#[test]
fn no_more_than_the_held_share_rounded_up_may_be_held_on_a_day() {
    for (places, share, limit) in
        [(9, 2_500, 3), (8, 2_500, 2), (4, 2_500, 1), (3, 2_500, 1), (3, 0, 1), (9, 10_000, 9), (7, 1, 1)]
    {
        let mut world =
            with_share(share, vec![first("2021-01-19", (places, 0, 0)), second("2021-02-09", places)]);
        assert_eq!(world.centre.hold_limit(date("2021-01-19"), WEB), limit);
        (1..=limit).for_each(|number| {
            world.done(place(number.into(), 1, None));
        });
        let rule = if limit == places { "SlotFull" } else { "HoldBudgetSpent" };
        world.refused_by(rule, place(u128::from(limit) + 1, 1, None));
    }
}

#[test]
fn the_cap_counts_a_contingent_over_all_slots_of_the_day_and_no_other_day() {
    let mut world = with_share(
        5_000,
        vec![
            first("2021-01-19", (1, 0, 0)),
            slot("2021-01-19", "11:00", schemas::vocabulary::Dose::First, (2, 0, 0)),
            second("2021-02-09", 6),
        ],
    );
    world.release(2, vec![first("2021-01-20", (1, 0, 0)), second("2021-02-10", 3)]);
    world.done(place(1, 1, None));
    world.done(place(2, 2, None));
    let Rejection::HoldBudgetSpent { earliest_back_at, alternatives } = world.refused(place(3, 2, None))
    else {
        panic!("two of three are held where at most two may be")
    };
    assert_eq!(earliest_back_at, Some(at("2021-01-12T08:10:00+01:00")));
    assert_eq!(alternatives, [Pair { first: SlotId(4), second: Some(SlotId(5)) }]);
    world.done(place(3, 4, None));
}

#[test]
fn a_spent_cap_sends_the_web_to_open_and_bookings_do_not_count_as_held() {
    let mut world = with_share(1, vec![first("2021-01-19", (3, 0, 2)), second("2021-02-09", 5)]);
    assert_eq!(contingent_of(&world.done(place(1, 1, None))), WEB);
    assert_eq!(contingent_of(&world.done(place(2, 1, None))), Contingent::Open);
    world.refused_by("HoldBudgetSpent", place(3, 1, None));
    world.done(confirm(1));
    assert_eq!(contingent_of(&world.done(place(3, 1, None))), WEB);
}

#[test]
fn a_hold_lives_as_long_as_its_channel_is_given_and_is_extended_once() {
    let mut world = World::offering(vec![first("2021-01-19", (2, 2, 0)), second("2021-02-09", 4)]);
    world.done(place(1, 1, None));
    world.by(Channel::Hotline).done(place(2, 1, None));
    let deadline = |world: &World, number| world.centre.hold(hold(number)).unwrap().deadline_at;
    assert_eq!(deadline(&world, 1), at("2021-01-12T08:10:00+01:00"));
    assert_eq!(deadline(&world, 2), at("2021-01-12T08:15:00+01:00"));
    world.wait(9 * MINUTE);
    world.done(extend(1));
    world.repeats("HoldExtended", extend(1));
    assert_eq!(deadline(&world, 1), at("2021-01-12T08:15:00+01:00"), "added to the deadline it had");
    assert_eq!(world.wait(6 * MINUTE).len(), 2);
    world.refused_by("HoldLapsed", extend(1));
}

#[test]
fn a_confirmed_hold_can_neither_be_given_up_nor_extended_for_the_first_time() {
    let mut world = World::offering(vec![first("2021-01-19", (2, 0, 0)), second("2021-02-09", 2)]);
    world.done(place(1, 1, None));
    world.done(confirm(1));
    world.refused_by("AlreadyConfirmed", give_up(1));
    world.refused_by("AlreadyConfirmed", extend(1));
    world.done(place(2, 1, None));
    world.done(extend(2));
    world.done(confirm(2));
    world.repeats("HoldExtended", extend(2));
}

#[test]
fn a_hold_given_up_comes_back_and_never_begins_again() {
    let mut world = World::offering(vec![first("2021-01-19", (1, 0, 0)), second("2021-02-09", 1)]);
    world.done(place(1, 1, None));
    world.done(give_up(1));
    assert_eq!((world.counts(1, WEB), world.seconds(2)), ((1, 0, 0, 0), (0, 0, 1, 0)));
    for command in [place(1, 1, None), confirm(1), extend(1)] {
        world.refused_by("HoldEnded", command);
    }
    world.done(place(2, 1, None));
}

#[test]
fn a_single_dose_takes_one_place_and_no_second() {
    let mut world = World::opened();
    world.done(release_single(1, vec![first("2021-01-19", (1, 0, 0))]));
    world.release(2, vec![second("2021-02-09", 1)]);
    world.registered(1..=2);
    world.refused_by("VaccineMismatch", place(1, 1, Some(2)));
    world.done(place(1, 1, None));
    assert_eq!(world.centre.hold(hold(1)).unwrap().second, None);
    world.wait(10 * MINUTE);
    assert_eq!(world.counts(1, WEB), (1, 0, 0, 0));
    world.done(place(2, 1, None));
    world.done(confirm(2));
    world.refused_by("NotFound", cancel(2, schemas::vocabulary::CancelDoses::Second));
    world.done(cancel(2, schemas::vocabulary::CancelDoses::Both));
    assert_eq!(world.counts(1, WEB), (1, 0, 0, 0), "nothing rests for want of a second");
}

#[test]
fn who_may_hold_is_asked_of_the_rules_in_force() {
    let mut world = World::offering(vec![first("2021-01-19", (2, 0, 0)), second("2021-02-09", 2)]);
    let mut young = facts(30);
    young.group = Group(2);
    world.done(register_as(30, young));
    assert_eq!(world.refused(place(30, 1, None)), Rejection::CohortNotOpen { opens_at: None });
    let mut set = rules();
    let opens_at = world.now.plus_millis(2 * HOUR);
    set.cohorts.push(schemas::rules::Cohort { group: Group(2), opens_at });
    let effective_at = world.now.plus_millis(HOUR);
    world.done(crate::command::CentreCommand::SetRules { rules: id(2), effective_at, set });
    assert_eq!(world.refused(place(30, 1, None)), Rejection::CohortNotOpen { opens_at: None });
    world.wait(HOUR);
    assert_eq!(world.refused(place(30, 1, None)), Rejection::CohortNotOpen { opens_at: Some(opens_at) });
    world.wait(HOUR);
    world.done(place(30, 1, None));
}

#[test]
fn a_place_can_be_held_until_an_hour_before_and_not_a_millisecond_later() {
    let mut world = World::offering(vec![first("2021-01-19", (2, 0, 0)), second("2021-02-09", 2)]);
    world.until(at("2021-01-19T09:00:00+01:00"));
    world.done(place(1, 1, None));
    world.wait(1);
    world.refused_by("SlotTooSoon", place(2, 1, None));
}

#[test]
fn so_many_holds_a_day_and_the_next_day_again() {
    let mut world = World::offering(vec![first("2021-01-19", (2, 0, 0)), second("2021-02-09", 2)]);
    for number in 0..10 {
        world.done(place_as(100 + number, 1, 1, None));
        world.done(give_up(100 + number));
    }
    assert_eq!(world.refused(place(1, 1, None)), Rejection::HoldsSpentToday { limit: 10 });
    world.done(place(2, 1, None));
    world.until(at("2021-01-13T00:00:00+01:00"));
    world.done(place(1, 1, None));
}
