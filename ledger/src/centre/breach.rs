//! What must never be: found after a record, it stops the partition.

use schemas::ids::{HoldId, RegistrationId, SlotId};
use schemas::vocabulary::Contingent;
use schemas::{CivilDate, Instant};

use super::slot::{Counts, SecondCounts};

/// An invariant that does not hold, or an event that does not fit what went before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each field is named in its variant's sentence")]
pub enum Breach {
    /// `free + held + resting + booked` is not `capacity`.
    #[error("slot {slot}, contingent {contingent}: the places do not add up: {counts:?}")]
    FirstSum { slot: SlotId, contingent: Contingent, counts: Counts },
    /// `free + held + reserved + booked` is not `capacity`.
    #[error("slot {slot}: the second places do not add up: {counts:?}")]
    SecondSum { slot: SlotId, counts: SecondCounts },
    /// Free first places without a second, or more backing than free places.
    #[error("slot {slot}: {free} free first places, but {backed} are backed")]
    Backing { slot: SlotId, free: u64, backed: u64 },
    /// A first place is backed by a second one outside its interval, or of another vaccine.
    #[error("slot {slot} is backed by slot {second}, which is not a second dose inside its interval")]
    BackingUnfit { slot: SlotId, second: SlotId },
    /// `reserved` is not what the first places say.
    #[error("slot {slot}: {reserved} places are reserved, but it backs {backed}")]
    Reserved { slot: SlotId, reserved: u32, backed: u64 },
    /// A count would fall below zero or pass the limit of its type.
    #[error("slot {slot}: the count of {what} would leave its range")]
    Count { slot: SlotId, what: &'static str },
    /// `held` or `booked` is not what holds and bookings say.
    #[error("slot {slot}: {counted} places are {what}, but {found} holds or bookings say so")]
    Taken { slot: SlotId, what: &'static str, counted: u64, found: u64 },
    /// The counters of a day are not the sums of its slots.
    #[error("day {date}, contingent {contingent}: its counters are not the sums of its slots")]
    Day { date: CivilDate, contingent: Contingent },
    /// An index does not have the slot as it is.
    #[error("slot {slot}: an index is off")]
    SlotIndex { slot: SlotId },
    /// Slots are numbered on without a gap.
    #[error("slot {slot} was released where {expected} was next")]
    Numbering { slot: SlotId, expected: SlotId },
    /// An event names a slot of the other dose, or none where one is needed.
    #[error("an event needs slot {slot} to be for the other dose")]
    WrongDose { slot: SlotId },
    /// An event names a slot that was never released.
    #[error("an event names slot {slot}, which does not exist")]
    UnknownSlot { slot: SlotId },
    /// An event names something that does not exist.
    #[error("an event names {what} {id}, which does not exist")]
    Unknown { what: &'static str, id: String },
    /// An event creates what exists already.
    #[error("an event creates {what} {id} a second time")]
    Twice { what: &'static str, id: String },
    /// An event does not fit the state of a hold or booking.
    #[error("{event} does not fit the state of hold {hold}")]
    HoldState { hold: HoldId, event: &'static str },
    /// A hold and the indexes by deadline disagree.
    #[error("hold {hold}: an index of deadlines is off (deadline {deadline_at})")]
    HoldIndex { hold: HoldId, deadline_at: Instant },
    /// A registration does not name its live hold or booking, or names another.
    #[error("registration {registration}: it does not name its one live hold or booking")]
    Person { registration: RegistrationId },
    /// A registration is not found as it should be; nil: the index has entries of nobody.
    #[error("registration {registration}: the index of pseudonyms or references is off")]
    PersonIndex { registration: RegistrationId },
    /// What flows back is not what is left.
    #[error("slot {slot}, contingent {contingent}: {named} places flow back where {left} are left")]
    FlowBack { slot: SlotId, contingent: Contingent, named: u32, left: u64 },
    /// An event that belongs elsewhere.
    #[error("{event} does not belong here")]
    Misplaced { event: &'static str },
}

/// What a change of state ends in.
pub(super) type Moved = Result<(), Breach>;

impl Breach {
    pub(super) fn unknown(what: &'static str, id: impl std::fmt::Display) -> Self {
        Self::Unknown { what, id: id.to_string() }
    }

    pub(super) fn twice(what: &'static str, id: impl std::fmt::Display) -> Self {
        Self::Twice { what, id: id.to_string() }
    }
}
