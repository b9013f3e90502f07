//! Events: what happened, in the past tense. Kinds and versions are never reused.

mod booking;
mod json;
mod office;
mod people;
mod retired;
mod supply;

pub use booking::{
    BookingCancelled, BookingConfirmed, BookingRescheduled, HoldExpired, HoldExtended, HoldPlaced,
    HoldReleased,
};
pub use office::{ChannelSet, RecordsRead};
pub use people::{
    AccessReissued, ErasureDone, ErasureOrdered, RegistrationAccepted, RegistrationAmended,
    RegistrationWithdrawn,
};
pub use retired::CentreDescribedV1;
pub use supply::{
    Backing, CentreDescribed, ContingentReturn, ContingentsReturned, DeliveryAnnounced, DeliveryReceived,
    PlaceReturn, PlacesReturned, ReleasedSlot, RulesSet, SlotPlaces, SlotShrunk, SlotsReleased, SlotsShrunk,
};

use crate::codec::{CodecError, append_bytes, from_bytes, to_bytes};

/// Why a framed event cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// A newer program wrote it.
    #[error("event kind {kind} version {version} is unknown to this program: a newer one is needed")]
    Unknown {
        /// The kind.
        kind: u16,
        /// The version.
        version: u8,
    },
    /// The payload is damaged.
    #[error("event kind {kind} version {version}: {source}")]
    Payload {
        /// The kind.
        kind: u16,
        /// The version.
        version: u8,
        /// What is wrong.
        source: CodecError,
    },
}

macro_rules! events {
    ($($kind:literal @ $version:literal $name:ident $slug:literal $(, retired $old:literal $old_type:ident)*;)*) => {
        /// Any event, in its newest version.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each variant is documented at its type")]
        #[allow(clippy::large_enum_variant, reason = "events are moved, not stored in bulk")]
        pub enum Event {
            $($name($name),)*
        }

        impl Event {
            /// Kind, newest version, name and slug of every event.
            pub const CATALOGUE: &'static [(u16, u8, &'static str, &'static str)] =
                &[$(($kind, $version, stringify!($name), $slug),)*];

            /// The written number.
            pub const fn kind(&self) -> u16 {
                match self { $(Self::$name(_) => $kind,)* }
            }

            /// The version that is written.
            pub const fn version(&self) -> u8 {
                match self { $(Self::$name(_) => $version,)* }
            }

            /// The name, for example `HoldPlaced`.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)* }
            }

            /// The name in CloudEvents types, for example `hold-placed`.
            pub const fn slug(&self) -> &'static str {
                match self { $(Self::$name(_) => $slug,)* }
            }

            /// The payload as written.
            ///
            /// # Errors
            /// When it is more than a record may have.
            pub fn payload(&self) -> Result<Vec<u8>, CodecError> {
                match self { $(Self::$name(event) => to_bytes(event),)* }
            }

            /// Puts the payload as written behind what stands there; how many bytes it has.
            ///
            /// # Errors
            /// When it is more than a record may have.
            pub fn append_payload(&self, bytes: &mut Vec<u8>) -> Result<usize, CodecError> {
                match self { $(Self::$name(event) => append_bytes(event, bytes),)* }
            }

            /// Reads a payload of any version that was ever written and brings it to the newest one.
            ///
            /// # Errors
            /// When kind or version is unknown or the payload is damaged.
            pub fn read(kind: u16, version: u8, payload: &[u8]) -> Result<Self, EventError> {
                let damaged = |source| EventError::Payload { kind, version, source };
                match (kind, version) {
                    $(
                        ($kind, $version) => from_bytes(payload).map(Self::$name).map_err(damaged),
                        $(($kind, $old) => from_bytes::<$old_type>(payload)
                            .map(|old| Self::$name(old.into())).map_err(damaged),)*
                    )*
                    _ => Err(EventError::Unknown { kind, version }),
                }
            }

            /// The data as JSON, in snake case.
            ///
            /// # Errors
            /// Never in practice: nothing in an event has no JSON.
            pub fn to_json(&self) -> Result<serde_json::Value, serde_json::Error> {
                serde_json::to_value(self)
            }

            /// The JSON Schema of every event's data, by slug.
            pub fn json_schemas() -> Vec<(&'static str, schemars::Schema)> {
                vec![$(($slug, json::schema_of::<$name>($slug, $version, stringify!($name))),)*]
            }

            /// The address of the JSON Schema of this event's data.
            pub fn schema_id(&self) -> String {
                json::schema_id(self.slug(), self.version())
            }
        }

        /// The data alone, in the order of its fields: an envelope around it names the event.
        impl serde::Serialize for Event {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$name(event) => event.serialize(serializer),)* }
            }
        }

        $(impl From<$name> for Event {
            fn from(event: $name) -> Self {
                Self::$name(event)
            }
        })*
    };
}

// 11 and 12 (suspended, reinstated) are set aside for several nodes.
events! {
    1 @ 2 CentreDescribed "centre-described", retired 1 CentreDescribedV1;
    2 @ 1 RulesSet "rules-set";
    3 @ 1 DeliveryAnnounced "delivery-announced";
    4 @ 1 DeliveryReceived "delivery-received";
    5 @ 1 SlotsReleased "slots-released";
    6 @ 1 ContingentsReturned "contingents-returned";
    7 @ 1 SlotsShrunk "slots-shrunk";
    8 @ 1 RegistrationAccepted "registration-accepted";
    9 @ 1 RegistrationAmended "registration-amended";
    10 @ 1 RegistrationWithdrawn "registration-withdrawn";
    13 @ 1 AccessReissued "access-reissued";
    14 @ 1 ErasureOrdered "erasure-ordered";
    15 @ 1 ErasureDone "erasure-done";
    16 @ 1 HoldPlaced "hold-placed";
    17 @ 1 HoldExtended "hold-extended";
    18 @ 1 HoldReleased "hold-released";
    19 @ 1 HoldExpired "hold-expired";
    20 @ 1 PlacesReturned "places-returned";
    21 @ 1 BookingConfirmed "booking-confirmed";
    22 @ 1 BookingRescheduled "booking-rescheduled";
    23 @ 1 BookingCancelled "booking-cancelled";
    24 @ 1 ChannelSet "channel-set";
    25 @ 1 RecordsRead "records-read";
}
