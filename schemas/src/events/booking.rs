//! Events about holds and bookings.

use bincode::{Decode, Encode};

use crate::events::supply::event_type;
use crate::ids::{BookingId, ChangeId, ContentHash, HoldId, RegistrationId, SlotId};
use crate::time::{CivilDate, Instant};
use crate::vocabulary::{CancelDoses, CancelReason, ChangeCause, Contingent, ReleaseReason};

event_type! {
    /// A first place and its second were set aside for a registration.
    pub struct HoldPlaced {
        /// The hold's id.
        pub hold: HoldId,
        /// For whom.
        pub registration: RegistrationId,
        /// The first-dose slot.
        pub first: SlotId,
        /// The second-dose slot; absent for a single-dose vaccine.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub second: Option<SlotId>,
        /// The second-dose slot whose reserved place became free; absent: the backing itself was taken.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub frees: Option<SlotId>,
        /// The contingent that the first place came from.
        pub contingent: Contingent,
        /// The civil day at the centre when it was asked for.
        pub asked_on: CivilDate,
        /// When it lapses.
        pub deadline_at: Instant,
        /// The hold that it replaces in the same record.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub instead_of: Option<HoldId>,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// A hold got its one extension.
    pub struct HoldExtended {
        /// The hold's id.
        pub hold: HoldId,
        /// When it lapses now.
        pub deadline_at: Instant,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// A hold was given back. Its second place backs the first one again.
    pub struct HoldReleased {
        /// The hold's id.
        pub hold: HoldId,
        /// Why.
        pub reason: ReleaseReason,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// A hold lapsed. Its second place backs the first one again.
    pub struct HoldExpired {
        /// The hold's id.
        pub hold: HoldId,
    }

    /// A hold became a booking of the same id.
    pub struct BookingConfirmed {
        /// The booking's id.
        pub booking: BookingId,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// A booking moved to other places.
    pub struct BookingRescheduled {
        /// The booking's id.
        pub booking: BookingId,
        /// 2 at the first change, then counted on.
        pub revision: u32,
        /// The id of this change.
        pub change: ChangeId,
        /// The new first-dose slot; absent: it stays.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub first: Option<SlotId>,
        /// The new second-dose slot; absent: it stays.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub second: Option<SlotId>,
        /// The contingent of the new first place; present exactly when `first` is.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub contingent: Option<Contingent>,
        /// The second-dose slot whose place, reserved for the new first place, became free; absent: the backing itself was taken, or `first` stays.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub frees: Option<SlotId>,
        /// The second-dose slot that backs the first place given back; absent: it rests (or needs none, or `first` stays).
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub backed_by: Option<SlotId>,
        /// The civil day at the centre when it was asked for.
        pub asked_on: CivilDate,
        /// Why.
        pub cause: ChangeCause,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// Places of a booking were given back.
    pub struct BookingCancelled {
        /// The booking's id.
        pub booking: BookingId,
        /// Which.
        pub doses: CancelDoses,
        /// Why.
        pub reason: CancelReason,
        /// The second-dose slot that backs the first place given back (its own second, while it has one); absent: it rests, needs none or stays.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub backed_by: Option<SlotId>,
        /// Hash of the command.
        pub content: ContentHash,
    }
}
