//! Rules, deliveries, releases and shrinks.

use schemas::events::SlotShrunk;
use schemas::ids::{Cvx, SlotId};
use schemas::vocabulary::{Channel, Contingent, Dose};
use schemas::{Event, RuleSet};

use super::harness::*;
use super::words::*;
use crate::command::{CentreCommand, CentreDescription, SlotPlan};
use crate::rejection::Rejection;

const WEB: Contingent = Contingent::Web;

fn set_rules(number: u128, world: &World, set: RuleSet) -> CentreCommand {
    CentreCommand::SetRules { rules: id(number), effective_at: world.now, set }
}

fn receive(doses: u32, lot: &str) -> CentreCommand {
    let received_on = date("2021-01-18");
    CentreCommand::ReceiveDelivery { delivery: id(1), lot: lot.into(), doses, received_on }
}

#[test]
fn a_blank_centre_takes_nothing_but_its_description() {
    let mut world = World::blank();
    assert_eq!(world.refused(register(1)), Rejection::NotFound { what: "centre" });
    world.done(CentreCommand::DescribeCentre(description()));
    world.repeats("CentreDescribed", CentreCommand::DescribeCentre(description()));
    let mut other = description();
    other.phone = "115".into();
    world.done(CentreCommand::DescribeCentre(other));
    assert_eq!(world.centre.description().unwrap().revision, 2);
    world.done(CentreCommand::DescribeCentre(description()));
    assert_eq!(world.centre.description().unwrap().revision, 3);
}

#[test]
fn the_first_rules_are_in_force_from_their_record_and_later_ones_from_their_instant() {
    let mut world = World::blank();
    world.done(CentreCommand::DescribeCentre(description()));
    let past = at("2020-01-01T00:00:00+01:00");
    world.done(CentreCommand::SetRules { rules: id(1), effective_at: past, set: rules() });
    assert!(world.centre.rules_at(world.now).is_some());
    world.refused_by(
        "RulesInThePast",
        CentreCommand::SetRules { rules: id(2), effective_at: past, set: rules() },
    );
    let (mut third, mut fourth) = (rules(), rules());
    (third.changes_per_day, fourth.changes_per_day) = (30, 40);
    let effective_at = world.now.plus_millis(HOUR);
    world.done(CentreCommand::SetRules { rules: id(3), effective_at, set: third.clone() });
    world.done(CentreCommand::SetRules { rules: id(4), effective_at, set: fourth });
    world.repeats("RulesSet", CentreCommand::SetRules { rules: id(3), effective_at, set: third.clone() });
    world.refused_by("ContentDiffers", set_rules(3, &world, third));
    let changes = |world: &World, at| world.centre.rules_at(at).unwrap().changes_per_day;
    assert_eq!(changes(&world, world.now), 3);
    assert_eq!(changes(&world, effective_at), 40, "the greater number wins at one instant");
}

#[test]
fn rules_that_contradict_themselves_are_refused() {
    let world = World::opened();
    let wrong: [fn(&mut RuleSet); 14] = [
        |set| set.time_zone.clear(),
        |set| set.vaccines.clear(),
        |set| set.vaccines[1].cvx = COMIRNATY,
        |set| set.vaccines[1].name = set.vaccines[0].name.clone(),
        |set| set.vaccines[0].doses = 3,
        |set| set.vaccines[0].interval_min_days = 43,
        |set| set.vaccines[2].interval_max_days = 1,
        |set| set.holds.web_s = 0,
        |set| set.holds.held_share.0 = 10_001,
        |set| set.contingents.web.0 = 6_001,
        |set| set.rest_max_s = 1,
        |set| set.slot.length_min = 0,
        |set| set.slot.closes_min = 430,
        |set| set.cohorts.push(set.cohorts[0].clone()),
    ];
    for (number, break_it) in wrong.into_iter().enumerate() {
        let mut set = rules();
        break_it(&mut set);
        let rejection = world.refused(set_rules(9, &world, set));
        assert_eq!(rejection.rule(), "RulesIncomplete", "case {number}");
    }
    world.clone().done(set_rules(9, &world, rules()));
}

#[test]
fn a_release_is_checked_in_the_order_that_is_written() {
    let mut world = World::blank();
    world.done(CentreCommand::DescribeCentre(description()));
    let bad = |vaccine, delivery, slots| CentreCommand::ReleaseSlots {
        release: id(1),
        delivery: id(delivery),
        vaccine,
        slots,
    };
    world.refused_by("RulesIncomplete", bad(COMIRNATY, 9, vec![]));
    let mut world = World::opened();
    world.refused_by("RulesIncomplete", bad(Cvx(1), 9, vec![]));
    world.refused_by("NotFound", bad(COMIRNATY, 9, vec![]));
    world.refused_by("VaccineMismatch", bad(COMIRNATY, 2, vec![]));
    world.refused_by("VaccineMismatch", bad(JOHNSON, 2, vec![second("2021-02-09", 1)]));
    let past = || first("2021-01-11", (0, 0, 501));
    let broken = SlotPlan { web: 1, ..past() };
    for slots in [
        vec![],
        vec![broken],
        vec![past(), first("2021-01-19", (1, 0, 0))],
        vec![SlotPlan { open: 1, ..second("2021-02-09", 1) }],
        (0..1_640).map(|_| past()).collect(),
        (0..1_620).map(|_| past()).collect(),
    ] {
        world.refused_by("TooManySlots", bad(COMIRNATY, 1, slots));
    }
    world.refused_by("SlotInThePast", bad(COMIRNATY, 1, vec![past()]));
    let too_many = vec![first("2021-01-19", (0, 0, 501))];
    assert_eq!(
        world.refused(bad(COMIRNATY, 1, too_many)),
        Rejection::DosesExceeded { left: 1_000, needed: 1_002 }
    );
    let without = vec![first("2021-01-19", (0, 0, 500)), second("2021-02-09", 498)];
    assert_eq!(world.refused(bad(COMIRNATY, 1, without)), Rejection::SecondPlacesMissing { missing: 2 });
    world.done(bad(COMIRNATY, 1, vec![first("2021-01-19", (0, 0, 500)), second("2021-02-09", 500)]));
}

#[test]
fn doses_bind_two_a_first_place_one_of_a_single_dose_and_none_for_second_places() {
    let mut world = World::opened();
    world.release(1, vec![first("2021-01-19", (0, 0, 400)), second("2021-02-09", 900)]);
    let more = |places| release(2, vec![first("2021-01-19", (0, 0, places))]);
    assert_eq!(world.refused(more(101)), Rejection::DosesExceeded { left: 200, needed: 202 });
    world.clone().done(more(100));
    world.done(shrink(1, &[(1, None, 10)]));
    world.done(more(110));
    world.done(release_single(3, vec![first("2021-01-19", (0, 0, 1_000))]));
    world.refused_by("DosesExceeded", release_single(4, vec![first("2021-01-19", (0, 0, 1))]));
}

#[test]
fn a_receipt_below_what_is_released_is_accepted_and_refuses_further_releases() {
    let mut world = World::opened();
    world.release(1, vec![first("2021-01-19", (0, 0, 100)), second("2021-02-09", 200)]);
    world.done(receive(150, "EJ6796"));
    world.repeats("DeliveryReceived", receive(150, "EJ6796"));
    world.refused_by("AlreadyReceived", receive(150, "EJ6797"));
    let seconds_only = vec![second("2021-02-10", 1)];
    assert_eq!(world.refused(release(2, seconds_only)), Rejection::DosesExceeded { left: 0, needed: 0 });
    let more = CentreCommand::ReceiveDelivery {
        delivery: id(7),
        lot: "A".into(),
        doses: 1,
        received_on: date("2021-01-18"),
    };
    world.refused_by("NotFound", more);
}

#[test]
fn a_release_that_is_repeated_with_other_content_is_refused() {
    let mut world = World::opened();
    let one = || release(1, vec![second("2021-02-09", 1)]);
    world.done(one());
    world.repeats("SlotsReleased", one());
    world.refused_by("ContentDiffers", release(1, vec![second("2021-02-09", 2)]));
    let announce = |doses| CentreCommand::AnnounceDelivery {
        delivery: id(1),
        vaccine: COMIRNATY,
        doses,
        due_on: date("2021-01-18"),
    };
    world.repeats("DeliveryAnnounced", announce(1_000));
    world.refused_by("ContentDiffers", announce(1_001));
}

#[test]
fn first_places_are_backed_in_order_of_start_from_this_and_earlier_releases() {
    let mut world = World::opened();
    world.release(1, vec![second("2021-02-10", 1)]);
    let late = slot("2021-01-19", "11:00", Dose::First, (1, 0, 0));
    world.release(2, vec![late, first("2021-01-19", (1, 0, 0)), second("2021-02-09", 1)]);
    assert_eq!((world.backing(3), world.backing(2)), (vec![(4, 1)], vec![(1, 1)]));
}

fn shrunk(events: &[Event]) -> &[SlotShrunk] {
    match &events[0] {
        Event::SlotsShrunk(event) => &event.slots,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_shrink_takes_open_then_hotline_then_web_and_frees_the_latest_backings() {
    let mut world = World::offering(vec![
        first("2021-01-19", (2, 1, 1)),
        second("2021-02-09", 2),
        second("2021-02-10", 2),
    ]);
    let events = world.done(shrink(1, &[(1, None, 3)]));
    let rows: Vec<_> = shrunk(&events)
        .iter()
        .map(|row| (row.contingent.unwrap(), row.removed, row.frees[0].slot.0, row.frees[0].places))
        .collect();
    assert_eq!(rows, [(Contingent::Open, 1, 3, 1), (Contingent::Hotline, 1, 3, 1), (WEB, 1, 2, 1)]);
    assert_eq!((world.counts(1, WEB), world.backing(1)), ((1, 0, 0, 0), vec![(2, 1)]));
    assert_eq!((world.seconds(2), world.seconds(3)), ((1, 0, 1, 0), (2, 0, 0, 0)));
    world.repeats("SlotsShrunk", shrink(1, &[(1, None, 3)]));
    world.refused_by("ContentDiffers", shrink(1, &[(1, None, 1)]));
}

#[test]
fn a_shrink_takes_free_places_only() {
    let mut world = World::offering(vec![first("2021-01-19", (2, 1, 0)), second("2021-02-09", 4)]);
    world.done(place(1, 1, None));
    for (plan, free) in [((1, Some(WEB), 2), 1), ((1, None, 3), 2), ((1, Some(Contingent::Open), 1), 0)] {
        assert_eq!(world.refused(shrink(1, &[plan])), Rejection::PlacesTaken { slot: SlotId(1), free });
    }
    assert_eq!(
        world.refused(shrink(1, &[(2, None, 2)])),
        Rejection::PlacesTaken { slot: SlotId(2), free: 1 }
    );
    assert_eq!(
        world.refused(shrink(1, &[(2, Some(WEB), 1)])),
        Rejection::PlacesTaken { slot: SlotId(2), free: 0 }
    );
    world.refused_by("NotFound", shrink(1, &[(1, Some(WEB), 2), (9, None, 1)]));
    world.done(shrink(1, &[(2, None, 1)]));
    assert_eq!(world.seconds(2), (0, 1, 2, 0));
}

#[test]
fn plans_for_one_slot_are_one_entry_and_what_they_free_may_go_with_them() {
    let mut world = World::offering(vec![first("2021-01-19", (3, 0, 0)), second("2021-02-09", 3)]);
    let events = world.done(shrink(1, &[(1, Some(WEB), 1), (1, None, 1), (1, None, 0), (2, None, 2)]));
    let rows = shrunk(&events);
    assert_eq!((rows.len(), rows[0].removed, rows[0].frees[0].places, rows[1].removed), (2, 2, 2, 2));
    assert_eq!((world.counts(1, WEB), world.seconds(2)), ((1, 0, 0, 0), (0, 0, 1, 0)));
}

#[test]
fn what_a_plan_frees_may_go_with_an_entry_that_was_begun_before() {
    let mut world = World::offering(vec![first("2021-01-19", (1, 0, 0)), second("2021-02-09", 2)]);
    world.done(shrink(1, &[(2, None, 1), (1, Some(WEB), 1), (2, None, 1)]));
    assert_eq!((world.counts(1, WEB), world.seconds(2)), ((0, 0, 0, 0), (0, 0, 0, 0)));
}

#[test]
fn what_does_not_fit_into_a_record_is_refused() {
    let mut world = World::blank();
    let endless = CentreDescription { address: "a".repeat(60_000), ..description() };
    world.refused_by("TooManySlots", CentreCommand::DescribeCentre(endless));
    world.done(CentreCommand::DescribeCentre(description()));
    let mut many = facts(1);
    many.pseudonyms = vec![many.pseudonyms[0]; 4_000];
    world.refused_by("TooManySlots", register_as(1, many));
    world.done(register(1));
    world.by(Channel::Hotline).refused_by("TooManySlots", amend(1, 1, facts(1), &[0; 4_000]));
}
