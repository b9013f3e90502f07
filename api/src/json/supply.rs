//! Deliveries, releases and shrinks.

use ledger::command::ShrinkPlan;
use schemas::CivilDate;
use schemas::ids::{DeliveryId, SlotId, VaccineName};
use schemas::vocabulary::{Contingent, ShrinkReason};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{BodyError, check_text, object};
use crate::layout::Day;

/// Doses that are promised.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveryBody {
    /// As the rules name it.
    #[schema(value_type = String, example = "comirnaty")]
    pub(crate) vaccine: VaccineName,
    pub(crate) doses: u32,
    #[schema(value_type = String, format = Date)]
    pub(crate) due_on: CivilDate,
}

/// Doses that came.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceiptBody {
    /// The manufacturer's lot.
    pub(crate) lot: String,
    pub(crate) doses: u32,
    #[schema(value_type = String, format = Date)]
    pub(crate) received_on: CivilDate,
}

impl ReceiptBody {
    /// Refuses a lot that cannot be shown.
    pub(crate) fn check(&self) -> Result<(), BodyError> {
        check_text("lot", &self.lot)
    }
}

/// A day of first doses to be put on offer, and the day of the second doses that belong to them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseBody {
    #[schema(value_type = uuid::Uuid)]
    pub(crate) delivery: DeliveryId,
    /// As the rules name it.
    #[schema(value_type = String, example = "comirnaty")]
    pub(crate) vaccine: VaccineName,
    #[serde(deserialize_with = "object::one")]
    pub(crate) first: DayBody,
    /// Exactly when the vaccine has two doses.
    #[serde(default, deserialize_with = "object::optional")]
    pub(crate) second: Option<DayBody>,
}

/// So many places on a day.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DayBody {
    #[schema(value_type = String, format = Date)]
    date: CivilDate,
    places: u32,
}

/// More than any centre has on one day; keeps the layout short.
const MAX_PLACES_A_DAY: u32 = 100_000;

impl DayBody {
    /// As the layout takes it.
    pub(crate) fn into_day(self, place: &str) -> Result<Day, BodyError> {
        if !(1..=MAX_PLACES_A_DAY).contains(&self.places) {
            return Err(BodyError::at(place, format!("places must be 1 to {MAX_PLACES_A_DAY}")));
        }
        Ok(Day { date: self.date, places: self.places })
    }
}

/// Free places to be removed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShrinkBody {
    #[schema(value_type = String, example = "delivery")]
    pub(crate) reason: ShrinkReason,
    #[serde(deserialize_with = "object::list")]
    slots: Vec<ShrinkSlotBody>,
}

/// Free places of one slot to be removed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ShrinkSlotBody {
    #[schema(value_type = u32)]
    slot: SlotId,
    /// Absent: from open, then hotline, then web.
    #[schema(value_type = Option<String>)]
    contingent: Option<Contingent>,
    places: u32,
}

impl ShrinkBody {
    /// As the command has it.
    pub(crate) fn into_plans(self) -> Result<Vec<ShrinkPlan>, BodyError> {
        if self.slots.is_empty() {
            return Err(BodyError::at("slots", "it must name at least one slot"));
        }
        if let Some(at) = self.slots.iter().position(|slot| slot.places == 0) {
            return Err(BodyError::at(&format!("slots[{at}].places"), "it must be at least 1"));
        }
        let plan = |body: ShrinkSlotBody| ShrinkPlan {
            slot: body.slot,
            contingent: body.contingent,
            places: body.places,
        };
        Ok(self.slots.into_iter().map(plan).collect())
    }
}
