//! A centre's offer on one day, slot by slot.

use schemas::CivilDate;
use schemas::ids::{CentreId, Cvx, SlotId};
use serde::Serialize;

use super::Face;
use super::day::{Bookable, Contingents, CountsShown, SecondRow, bookable, contingents, second, shown};
use super::facts::{DayFacts, FirstFacts, PlaceFacts, SlotFacts, sum};

#[derive(Serialize)]
struct Document<'a> {
    centre: &'a CentreId,
    time_zone: &'a str,
    date: CivilDate,
    slots: Vec<SlotRow>,
}

#[derive(Serialize)]
struct SlotRow {
    slot: SlotId,
    start_at: String,
    length_min: u32,
    dose: u8,
    vaccine: String,
    cvx: Cvx,
    #[serde(flatten)]
    places: SlotPlaces,
}

#[derive(Serialize)]
#[serde(untagged)]
enum SlotPlaces {
    First(FirstSlot),
    Second(SecondRow),
}

#[derive(Serialize)]
struct FirstSlot {
    #[serde(flatten)]
    counts: CountsShown,
    contingents: Contingents,
    bookable: Bookable,
    #[serde(skip_serializing_if = "Option::is_none")]
    flows_back_at: Option<String>,
}

/// The slots of a day as a whole document.
///
/// # Errors
/// When JSON cannot be made of them, which no fact can cause.
pub(crate) fn day_document(face: &Face, day: &DayFacts) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Document {
        centre: &face.centre,
        time_zone: face.clock.name(),
        date: day.date,
        slots: day.slots.iter().map(|slot| slot_row(face, slot)).collect(),
    })
}

fn slot_row(face: &Face, slot: &SlotFacts) -> SlotRow {
    let (dose, places) = match &slot.places {
        PlaceFacts::First(first) => (1, SlotPlaces::First(first_slot(face, first))),
        PlaceFacts::Second(counts) => (2, SlotPlaces::Second(second(counts))),
    };
    SlotRow {
        slot: slot.id,
        start_at: face.clock.show(slot.start_at),
        length_min: slot.length_min,
        dose,
        vaccine: face.vaccine(slot.vaccine),
        cvx: slot.vaccine,
        places,
    }
}

fn first_slot(face: &Face, first: &FirstFacts) -> FirstSlot {
    FirstSlot {
        counts: shown(&sum(first.counts), None),
        contingents: contingents(&first.counts, None),
        bookable: bookable(&first.counts),
        flows_back_at: first.flows_back_at.map(|at| face.clock.show(at)),
    }
}
