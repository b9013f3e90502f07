//! The row of a hold, which is also that of the booking it may become.

use bincode::{Decode, Encode};
use ledger::rejection::Mark;
use schemas::ids::{ContentHash, HoldId, RegistrationId, SlotId};
use schemas::vocabulary::{CancelReason, Contingent, ReleaseReason};
use schemas::{CivilDate, Instant};

/// A hold or booking.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct HoldRow {
    /// For whom.
    pub registration: RegistrationId,
    /// 1 at first, one more with each change of the booking.
    pub revision: u32,
    /// Where it stands.
    pub state: HoldState,
    /// The first-dose slot.
    pub first: SlotId,
    /// The second-dose slot; none for a single-dose vaccine.
    pub second: Option<SlotId>,
    /// Where the second place was given back while the booking went on.
    pub second_cancelled: Option<Mark>,
    /// The contingent that the first place counts in.
    pub contingent: Contingent,
    /// The civil day at the centre when it was asked for.
    pub asked_on: CivilDate,
    /// When it lapses, or would have lapsed.
    pub deadline_at: Instant,
    /// The hold that it replaced.
    pub instead_of: Option<HoldId>,
    /// Hash of the command that placed it.
    pub content: ContentHash,
    /// Where it was placed.
    pub placed_at: Mark,
    /// Where it got its one extension.
    pub extended_at: Option<Mark>,
    /// Where it became a booking.
    pub confirmed_at: Option<Mark>,
    /// Where its newest revision stands.
    pub revised_at: Mark,
}

/// Where a hold or booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum HoldState {
    /// Its places are held until the deadline.
    Held,
    /// Its places are booked.
    Booked,
    /// It is over.
    Ended {
        /// How.
        how: Ended,
        /// Where.
        at: Mark,
    },
}

/// How a hold or booking ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Ended {
    /// The hold was given back.
    Released(ReleaseReason),
    /// The hold lapsed.
    Expired,
    /// The booking was cancelled.
    Cancelled(CancelReason),
}

impl HoldRow {
    /// Where it ended, if it has.
    pub fn ended_at(&self) -> Option<Mark> {
        match self.state {
            HoldState::Ended { at, .. } => Some(at),
            HoldState::Held | HoldState::Booked => None,
        }
    }
}
