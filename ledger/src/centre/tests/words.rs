//! Commands in few words. A person and its hold have the same number.

use schemas::ids::SlotId;
use schemas::vocabulary::{CancelDoses, CancelReason, MadeBy, ShrinkReason, WithdrawReason};
use schemas::{Event, Reference};

use super::harness::{COMIRNATY, JOHNSON, facts, hold, id, person};
use crate::command::{CentreCommand, PersonFacts, ShrinkPlan, SlotPlan};

pub(super) fn release(number: u128, slots: Vec<SlotPlan>) -> CentreCommand {
    CentreCommand::ReleaseSlots { release: id(number), delivery: id(1), vaccine: COMIRNATY, slots }
}

pub(super) fn release_single(number: u128, slots: Vec<SlotPlan>) -> CentreCommand {
    CentreCommand::ReleaseSlots { release: id(number), delivery: id(2), vaccine: JOHNSON, slots }
}

/// Person `number` registers, with a pseudonym of its own.
pub(super) fn register(number: u8) -> CentreCommand {
    register_as(number, facts(number))
}

pub(super) fn register_as(number: u8, facts: PersonFacts) -> CentreCommand {
    CentreCommand::Register {
        registration: person(number.into()),
        reference: Reference::new("FRA".parse().unwrap(), number.into()),
        made_by: MadeBy::SelfMade,
        person: facts,
    }
}

/// Person and hold have the same number.
pub(super) fn place(number: u128, first: u32, second: Option<u32>) -> CentreCommand {
    place_as(number, number, first, second)
}

pub(super) fn place_as(hold_number: u128, who: u128, first: u32, second: Option<u32>) -> CentreCommand {
    CentreCommand::PlaceHold {
        hold: hold(hold_number),
        registration: person(who),
        first: SlotId(first),
        second: second.map(SlotId),
        instead_of: None,
    }
}

pub(super) fn swap(new: u128, old: u128, who: u128, first: u32, second: Option<u32>) -> CentreCommand {
    CentreCommand::PlaceHold {
        hold: hold(new),
        registration: person(who),
        first: SlotId(first),
        second: second.map(SlotId),
        instead_of: Some(hold(old)),
    }
}

pub(super) fn confirm(number: u128) -> CentreCommand {
    CentreCommand::ConfirmHold { hold: hold(number) }
}

pub(super) fn extend(number: u128) -> CentreCommand {
    CentreCommand::ExtendHold { hold: hold(number) }
}

pub(super) fn give_up(number: u128) -> CentreCommand {
    CentreCommand::ReleaseHold { hold: hold(number) }
}

pub(super) fn cancel(number: u128, doses: CancelDoses) -> CentreCommand {
    CentreCommand::CancelBooking { booking: hold(number), doses, reason: CancelReason::Person }
}

pub(super) fn reschedule(
    number: u128,
    change: u128,
    first: Option<u32>,
    second: Option<u32>,
) -> CentreCommand {
    CentreCommand::RescheduleBooking {
        booking: hold(number),
        change: id(change),
        first: first.map(SlotId),
        second: second.map(SlotId),
    }
}

pub(super) fn withdraw(number: u128) -> CentreCommand {
    CentreCommand::WithdrawRegistration { registration: person(number), reason: WithdrawReason::Person }
}

pub(super) fn erase(number: u128) -> CentreCommand {
    CentreCommand::Erase { registration: person(number), ended_in_views: false }
}

/// The names of events, in order.
pub(super) fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::name).collect()
}

/// Takes places away: (slot, contingent, places).
pub(super) fn shrink(
    number: u128,
    plans: &[(u32, Option<schemas::vocabulary::Contingent>, u32)],
) -> CentreCommand {
    let plan = |(slot, contingent, places): &(u32, Option<_>, u32)| ShrinkPlan {
        slot: SlotId(*slot),
        contingent: *contingent,
        places: *places,
    };
    let slots = plans.iter().map(plan).collect();
    CentreCommand::ShrinkSlots { shrink: id(number), reason: ShrinkReason::Staffing, slots }
}

pub(super) fn amend(
    number: u128,
    revision: u32,
    facts: PersonFacts,
    distinct_from: &[u128],
) -> CentreCommand {
    let distinct_from = distinct_from.iter().map(|other| person(*other)).collect();
    CentreCommand::AmendRegistration { registration: person(number), revision, person: facts, distinct_from }
}

pub(super) fn reissue(number: u128, access: u128, secret: u8) -> CentreCommand {
    let (registration, access) = (person(number), id(access));
    CentreCommand::ReissueAccess { registration, access, secret_hash: [secret; 32] }
}
