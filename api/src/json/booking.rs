//! Holds and bookings.

use schemas::CivilDate;
use schemas::ids::{HoldId, RegistrationId, SlotId};
use schemas::vocabulary::Contingent;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A pair to be set aside.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldBody {
    #[schema(value_type = uuid::Uuid)]
    pub(crate) registration: RegistrationId,
    #[schema(value_type = u32)]
    pub(crate) first: SlotId,
    /// Absent: one that fits is picked.
    #[schema(value_type = Option<u32>)]
    pub(crate) second: Option<SlotId>,
    /// A hold of the same registration that this one replaces.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub(crate) instead_of: Option<HoldId>,
}

/// Where a booking is to be moved; at least one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeBody {
    #[schema(value_type = Option<u32>)]
    pub(crate) first: Option<SlotId>,
    #[schema(value_type = Option<u32>)]
    pub(crate) second: Option<SlotId>,
}

/// A place in a slot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceJson {
    #[schema(value_type = u32)]
    pub(crate) slot: SlotId,
    #[schema(format = DateTime)]
    pub(crate) start_at: String,
    #[schema(value_type = String, format = Date)]
    pub(crate) local_date: CivilDate,
    pub(crate) length_min: u32,
    /// `booked` or `cancelled`; only in bookings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<&'static str>,
}

/// A hold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoldJson {
    #[schema(value_type = uuid::Uuid)]
    pub(crate) hold: HoldId,
    #[schema(value_type = uuid::Uuid)]
    pub(crate) registration: RegistrationId,
    /// `live`, `booked`, `lapsed`, `released` or `replaced`.
    pub(crate) state: &'static str,
    #[schema(value_type = String)]
    pub(crate) contingent: Contingent,
    pub(crate) vaccine: String,
    pub(crate) first: PlaceJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) second: Option<PlaceJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) deadline_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remaining_s: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) extensions_left: Option<u8>,
    /// The path of the booking that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) booking: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) ended_at: Option<String>,
}

/// A booking.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BookingJson {
    #[schema(value_type = uuid::Uuid)]
    pub(crate) booking: HoldId,
    #[schema(value_type = uuid::Uuid)]
    pub(crate) registration: RegistrationId,
    pub(crate) revision: u32,
    /// `booked` or `cancelled`.
    pub(crate) state: &'static str,
    pub(crate) vaccine: String,
    pub(crate) first: PlaceJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) second: Option<PlaceJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) ended_at: Option<String>,
}
