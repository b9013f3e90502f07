//! Registrations: accepted, amended, one person at a time, withdrawn and erased.

use schemas::Event;
use schemas::ids::Pseudonym;
use schemas::vocabulary::{CancelDoses, Channel, Contingent};

use super::harness::*;
use super::words::*;
use crate::command::{CentreCommand, PersonFacts};
use crate::rejection::Rejection;

const WEB: Contingent = Contingent::Web;

/// Persons 20 and 21 are one person by pseudonym; 20 came first.
fn twice_registered() -> World {
    let mut world = World::offering(vec![first("2021-01-19", (4, 0, 0)), second("2021-02-09", 4)]);
    world.done(register_as(20, facts(99)));
    let both = PersonFacts { pseudonyms: vec![Pseudonym([98; 16]), Pseudonym([99; 16])], ..facts(98) };
    world.done(register_as(21, both));
    world
}

#[test]
fn registering_needs_no_rules_and_no_cohort() {
    let mut world = World::blank();
    world.refused_by("NotFound", register(1));
    world.done(CentreCommand::DescribeCentre(description()));
    world.done(register(1));
    world.repeats("RegistrationAccepted", register(1));
}

#[test]
fn a_registration_is_refused_from_outside_with_a_taken_reference_or_other_content() {
    let mut world = World::offering(vec![second("2021-02-09", 1)]);
    let outside = PersonFacts { district: "06411".parse().unwrap(), ..facts(40) };
    world.refused_by("OutsideCatchment", register_as(40, outside.clone()));
    world.refused_by("ContentDiffers", register_as(1, facts(2)));
    let CentreCommand::Register { reference, .. } = register(1) else { panic!() };
    let mut other = register(40);
    if let CentreCommand::Register { reference: drawn, .. } = &mut other {
        *drawn = reference;
    }
    world.refused_by("ReferenceTaken", other);
    world.refused_by("OutsideCatchment", amend(1, 1, outside, &[]));
    world.done(withdraw(1));
    world.refused_by("ContentDiffers", register_as(1, facts(2)));
}

#[test]
fn an_amendment_keeps_the_time_and_asks_for_the_revision() {
    let mut world = World::offering(vec![second("2021-02-09", 1)]);
    world.done(amend(1, 1, facts(50), &[]));
    world.refused_by("StaleRevision", amend(1, 1, facts(51), &[]));
    assert_eq!(world.refused(amend(1, 3, facts(51), &[])), Rejection::StaleRevision { current: 2 });
    world.done(amend(1, 2, facts(51), &[]));
    world.repeats("RegistrationAmended", amend(1, 1, facts(50), &[]));
    world.repeats("RegistrationAmended", amend(1, 2, facts(51), &[]));
    world.repeats("RegistrationAccepted", register(1));
    world.done(withdraw(1));
    world.refused_by("RegistrationEnded", amend(1, 2, facts(51), &[]));
    world.refused_by("NotFound", amend(77, 1, facts(51), &[]));
}

#[test]
fn the_later_registration_of_a_person_is_sent_to_the_desk() {
    let mut world = twice_registered();
    world.refused_by("NeedsDesk", place(21, 1, None));
    world.done(place(20, 1, None));
}

#[test]
fn the_earlier_one_is_not_in_the_way_once_it_ended() {
    let mut world = twice_registered();
    world.done(withdraw(20));
    world.done(place(21, 1, None));
}

#[test]
fn an_earlier_registration_waits_while_the_later_one_is_ahead() {
    let mut world = twice_registered();
    world.by(Channel::Hotline).done(amend(21, 1, facts(98), &[]));
    world.done(amend(20, 1, facts(60), &[]));
    world.by(Channel::Web);
    world.done(place(21, 1, None));
    world.done(amend(20, 2, facts(98), &[]));
    world.refused_by("NeedsDesk", place(20, 1, None));
    world.refused_by("NeedsDesk", confirm(21));
    world.done(give_up(21));
    world.done(place(20, 1, None));
    world.done(confirm(20));
}

#[test]
fn confirming_looks_for_bookings_of_the_others_not_for_their_holds() {
    let mut world = twice_registered();
    world.by(Channel::Hotline).done(amend(21, 1, facts(70), &[]));
    world.by(Channel::Web);
    world.done(place(20, 1, None));
    world.done(place(21, 1, None));
    world.done(amend(21, 2, facts(99), &[]));
    let mut booked = world.clone();
    world.done(confirm(20));
    world.refused_by("NeedsDesk", confirm(21));
    booked.done(amend(21, 3, facts(70), &[]));
    booked.done(confirm(21));
    booked.done(amend(21, 4, facts(99), &[]));
    booked.refused_by("NeedsDesk", confirm(20));
}

#[test]
fn an_agent_finds_namesakes_to_be_distinct_and_the_web_cannot_undo_it() {
    for who in [20, 21] {
        let mut world = twice_registered();
        world.by(Channel::Hotline).done(amend(who, 1, facts(99), &[41 - who]));
        world.by(Channel::Web).done(amend(who, 2, facts(99), &[]));
        world.done(place(21, 1, None));
        world.done(place(20, 1, None));
    }
}

#[test]
fn the_web_cannot_find_anybody_distinct() {
    let mut world = twice_registered();
    world.done(amend(21, 1, facts(99), &[20]));
    world.refused_by("NeedsDesk", place(21, 1, None));
}

#[test]
fn withdrawing_releases_the_hold_and_ends_the_registration_last() {
    let mut world = twice_registered();
    world.done(place(1, 1, None));
    assert_eq!(names(&world.done(withdraw(1))), ["HoldReleased", "RegistrationWithdrawn"]);
    world.repeats("RegistrationWithdrawn", withdraw(1));
    world.refused_by("HoldEnded", confirm(1));
    world.refused_by("HoldEnded", place(1, 1, None));
    world.refused_by("RegistrationEnded", register(1));
    world.refused_by("RegistrationEnded", place_as(50, 1, 1, None));
    assert_eq!(world.counts(1, WEB), (4, 0, 0, 0));
}

#[test]
fn withdrawing_cancels_what_has_not_begun_of_a_booking() {
    let mut world = twice_registered();
    world.done(place(1, 1, None));
    world.done(confirm(1));
    let doses = |events: &[Event]| match &events[0] {
        Event::BookingCancelled(event) => Some(event.doses),
        _ => None,
    };
    assert_eq!(doses(&world.clone().done(withdraw(1))), Some(CancelDoses::Both));
    world.until(at("2021-01-19T10:00:00+01:00"));
    let mut second_only = world.clone();
    assert_eq!(doses(&second_only.done(withdraw(1))), Some(CancelDoses::Second));
    second_only.repeats("BookingCancelled", cancel(1, CancelDoses::Second));
    second_only.refused_by("SlotTooSoon", cancel(1, CancelDoses::Both));
    world.until(at("2021-02-09T10:00:00+01:00"));
    assert_eq!(names(&world.done(withdraw(1))), ["RegistrationWithdrawn"]);
}

#[test]
fn a_booking_withdrawn_is_ended_but_no_cancellation_of_its_holder() {
    let mut world = twice_registered();
    world.done(place(1, 1, None));
    world.done(confirm(1));
    world.done(withdraw(1));
    world.refused_by("BookingEnded", cancel(1, CancelDoses::Both));
    world.refused_by("BookingEnded", cancel(1, CancelDoses::Second));
}

#[test]
fn erasure_withdraws_and_is_done_once() {
    let mut world = twice_registered();
    world.done(place(1, 1, None));
    world.refused_by("NotFound", CentreCommand::FinishErasure { registration: person(1) });
    let events = world.done(erase(1));
    assert_eq!(names(&events), ["HoldReleased", "RegistrationWithdrawn", "ErasureOrdered"]);
    world.repeats("ErasureOrdered", erase(1));
    world.refused_by("RegistrationEnded", withdraw(1));
    world.done(CentreCommand::FinishErasure { registration: person(1) });
    world.repeats("ErasureDone", CentreCommand::FinishErasure { registration: person(1) });
    world.repeats("ErasureOrdered", erase(1));
}

#[test]
fn an_ended_registration_is_erased_alone_also_when_only_the_views_know_it() {
    let mut world = twice_registered();
    world.done(withdraw(1));
    assert_eq!(names(&world.done(erase(1))), ["ErasureOrdered"]);
    world.refused_by("NotFound", erase(77));
    let forgotten = CentreCommand::Erase { registration: person(77), ended_in_views: true };
    assert_eq!(names(&world.done(forgotten)), ["ErasureOrdered"]);
    world.repeats("ErasureOrdered", erase(77));
    world.done(CentreCommand::FinishErasure { registration: person(77) });
}

#[test]
fn a_new_secret_is_noted_once() {
    let mut world = twice_registered();
    world.done(reissue(1, 5, 1));
    world.repeats("AccessReissued", reissue(1, 5, 1));
    world.refused_by("ContentDiffers", reissue(1, 5, 2));
    world.refused_by("ContentDiffers", reissue(2, 5, 1));
    world.refused_by("NotFound", reissue(77, 5, 1));
    world.done(reissue(1, 6, 3));
    assert_eq!(world.centre.registration(person(1)).unwrap().generation, 2);
    world.done(withdraw(1));
    world.refused_by("RegistrationEnded", reissue(1, 5, 1));
    world.refused_by("ContentDiffers", reissue(1, 5, 2));
}
