//! Second places that have become free back first places that rest.

use schemas::Instant;
use schemas::events::{PlaceReturn, PlacesReturned};
use schemas::ids::SlotId;

use super::{CONTINGENTS, Draft, Slots, effects};
use crate::centre::slot::{Fit, Slot};

/// Whether a second-dose slot lies inside the interval of a first-dose one of the same vaccine.
pub(in crate::centre) fn fits(first: &Slot, second: &Slot) -> bool {
    let inside = |places: &super::FirstPlaces| places.fit(first.local_date, second.local_date) == Fit::Inside;
    first.vaccine == second.vaccine && second.second().is_some() && first.first().is_some_and(inside)
}

/// Who waits takes what has become free in this draft, earliest start first; what was free before fits nobody who
/// waited, or he would not have waited. The draft is moved on.
pub(in crate::centre) fn settle(draft: &mut Draft<'_>, now: Instant) -> Option<PlacesReturned> {
    let mut freed: Vec<(SlotId, u32)> =
        draft.changed_seconds(now).into_iter().map(|(_, id)| (id, draft.free_seconds(id))).collect();
    if freed.is_empty() {
        return None;
    }
    let mut returned = Vec::new();
    for (_, first) in draft.waiting(now) {
        returned.extend(served(draft, first, &mut freed));
    }
    let event = PlacesReturned { returned };
    if event.returned.is_empty() {
        return None;
    }
    effects::places_returned(draft, &event).ok();
    Some(event)
}

fn served(draft: &Draft<'_>, id: SlotId, freed: &mut [(SlotId, u32)]) -> Vec<PlaceReturn> {
    let Some(slot) = draft.slot(id) else { return Vec::new() };
    let Some(first) = slot.first() else { return Vec::new() };
    let mut returned = Vec::new();
    for contingent in CONTINGENTS {
        let mut waiting = first.counts(contingent).resting;
        for (second, free) in freed.iter_mut() {
            let places = waiting.min(*free);
            if places > 0 && draft.slot(*second).is_some_and(|second| fits(slot, second)) {
                waiting -= places;
                *free -= places;
                returned.push(PlaceReturn { slot: id, contingent, places, backed_by: Some(*second) });
            }
        }
    }
    returned
}
