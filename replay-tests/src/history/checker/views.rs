//! Views beside the model: the published numbers, and the rows of registrations and holds.

use projections::Views;
use projections::rows::{HoldState, RegistrationRow};
use schemas::ids::{CentreId, SlotId};
use schemas::vocabulary::{Contingent, Dose};
use serde_json::Value;

use super::End;
use super::violation::Violation;
use crate::model::{Hold, Model, Registration, Slot, Tally};

/// How the views differ from where the checker ended. They must stand at the same positions, availability drawn as of there:
/// see [`Views::wait_for_availability`].
pub fn compare(views: &Views, ends: &[End]) -> Vec<Violation> {
    let mut differences = Vec::new();
    for end in ends {
        let stands = views.position(end.partition).map(|(position, _)| position);
        if stands != end.position {
            let (partition, position) = (end.partition, end.position);
            differences
                .push(format!("partition {partition} is followed to {stands:?}, and ends at {position:?}"));
            continue;
        }
        for (centre, model) in &end.centres {
            slots(views, centre, model, &mut differences);
            people(views, centre, model, &mut differences);
            holds(views, centre, model, &mut differences);
        }
    }
    differences.into_iter().map(|what| Violation::ViewsDiffer { what }).collect()
}

fn slots(views: &Views, centre: &CentreId, model: &Model, differences: &mut Vec<String>) {
    let mut dates: Vec<_> = model.slots.iter().map(|slot| slot.local_date).collect();
    dates.sort_unstable();
    dates.dedup();
    for date in dates {
        let shown = views.day(centre, date).and_then(|day| serde_json::from_slice::<Value>(&day.bytes).ok());
        let shown = shown.unwrap_or_default();
        let shown = shown.get("slots").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let expected: Vec<&Slot> = model.slots.iter().filter(|slot| slot.local_date == date).collect();
        if shown.len() != expected.len() {
            differences.push(format!(
                "{centre}, {date}: {} slots are shown of {}",
                shown.len(),
                expected.len()
            ));
        }
        for slot in expected {
            let row = shown.iter().find(|row| number(row, "slot") == Some(slot.id.0));
            let Some(row) = row else {
                differences.push(format!("{centre}: slot {} is not shown on {date}", slot.id));
                continue;
            };
            if let Some(difference) = slot_differs(model, slot, row) {
                differences.push(format!("{centre}, slot {}: {difference}", slot.id));
            }
        }
    }
}

fn slot_differs(model: &Model, slot: &Slot, row: &Value) -> Option<String> {
    let differs = |row: &Value, tally: Tally, of: &str| {
        let words = [
            ("capacity", tally.capacity),
            ("free", tally.free),
            ("held", tally.held),
            ("resting", tally.resting),
            ("reserved", tally.reserved),
            ("booked", tally.booked),
        ];
        let wrong = words.into_iter().find(|&(word, count)| number(row, word).unwrap_or(0) != count);
        wrong.map(|(word, count)| format!("{of}{word} is {count}, shown is {row}"))
    };
    match slot.dose {
        Dose::Second => differs(row, model.tally(slot.id, None), ""),
        Dose::First => Contingent::ALL.iter().find_map(|&contingent| {
            let shown = row.get("contingents").and_then(|all| all.get(contingent.as_str()));
            let tally = model.tally(slot.id, Some(contingent));
            differs(shown.unwrap_or(&Value::Null), tally, &format!("{contingent} "))
        }),
    }
}

fn number(row: &Value, word: &str) -> Option<u32> {
    row.get(word).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok())
}

fn people(views: &Views, centre: &CentreId, model: &Model, differences: &mut Vec<String>) {
    for known in &model.registrations {
        let row = match views.registration(centre, known.id()) {
            Ok(row) => row.value,
            Err(error) => return differences.push(error.to_string()),
        };
        if !row.as_ref().is_some_and(|row| is_same_registration(model, known, row)) {
            differences.push(format!("{centre}: registration {} is {known:?}, the row {row:?}", known.id()));
        }
    }
}

fn is_same_registration(model: &Model, known: &Registration, row: &RegistrationRow) -> bool {
    let live = |hold: &&Hold| hold.placed.event.registration == known.id() && hold.ended().is_none();
    let live = model.holds.iter().find(live).map(|hold| hold.placed.event.hold);
    row.registered_at == known.accepted.mark
        && row.revision == known.revision()
        && row.pseudonyms == known.pseudonyms()
        && row.withdrawn.map(|end| end.withdrawn_at) == known.ended()
        && row.hold == live
}

fn holds(views: &Views, centre: &CentreId, model: &Model, differences: &mut Vec<String>) {
    for hold in &model.holds {
        let id = hold.placed.event.hold;
        let row = match views.hold(centre, id) {
            Ok(row) => row.value.map(|found| found.hold),
            Err(error) => return differences.push(error.to_string()),
        };
        let state = |state: HoldState| match state {
            HoldState::Held => (None, false),
            HoldState::Booked => (None, true),
            HoldState::Ended { at, .. } => (Some(at), hold.confirmed.is_some()),
        };
        let same = row.as_ref().is_some_and(|row| {
            row.placed_at == hold.placed.mark
                && row.first == hold.first
                && second_is_same(row.second, hold)
                && row.confirmed_at == hold.confirmed.as_ref().map(|told| told.mark)
                && state(row.state) == (hold.ended(), hold.confirmed.is_some())
        });
        if !same {
            differences.push(format!("{centre}: hold {id} is {hold:?}, the row {row:?}"));
        }
    }
}

/// The row keeps the second that it had when that was given back.
fn second_is_same(row: Option<SlotId>, hold: &Hold) -> bool {
    row == hold.second || hold.second_cancelled.is_some() || hold.cancelled.is_some()
}
