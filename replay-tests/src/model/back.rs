//! Which second place backs which first one.

use schemas::Instant;
use schemas::events::{PlaceReturn, PlacesReturned};
use schemas::ids::SlotId;
use schemas::vocabulary::{Contingent, Dose};

use super::lists::{Model, Slot, State};

impl Model {
    /// The backing of a first-dose slot that begins last (then the greatest id).
    pub(super) fn latest_backing(&self, first: SlotId) -> Option<SlotId> {
        self.backing_slots(first).max_by_key(|slot| (slot.start_at, slot.id)).map(|slot| slot.id)
    }

    /// The backing of a first-dose slot that begins first (then the least id).
    pub(super) fn earliest_backing(&self, first: SlotId) -> Option<SlotId> {
        self.backing_slots(first).min_by_key(|slot| (slot.start_at, slot.id)).map(|slot| slot.id)
    }

    fn backing_slots(&self, first: SlotId) -> impl Iterator<Item = &Slot> {
        self.backing(first).into_keys().filter_map(|second| self.slot(second))
    }

    /// The free second place that begins first (then the least id) inside the interval of a first-dose slot; slots that
    /// have begun neither wait nor back.
    pub(super) fn second_for(&self, first: SlotId, now: Instant) -> Option<SlotId> {
        let first = self.slot(first).filter(|first| !first.begun(now))?;
        let free = self.slots.iter().filter(|second| {
            first.fits(second) && !second.begun(now) && self.tally(second.id, None).free > 0
        });
        free.min_by_key(|slot| (slot.start_at, slot.id)).map(|slot| slot.id)
    }

    /// Resting first places, earliest start (then least id; contingents in the order web, hotline, open) first.
    fn resting(&self) -> Vec<(SlotId, Contingent)> {
        let mut slots: Vec<&Slot> = self.slots.iter().filter(|slot| slot.dose == Dose::First).collect();
        slots.sort_by_key(|slot| (slot.start_at, slot.id));
        let mut resting = Vec::new();
        for slot in slots {
            for contingent in [Contingent::Web, Contingent::Hotline, Contingent::Open] {
                let places = self.tally(slot.id, Some(contingent)).resting;
                resting.extend((0..places).map(|_| (slot.id, contingent)));
            }
        }
        resting
    }

    /// Gives every resting first place the second place that it can have, until none fits.
    pub(super) fn places_returned(&self, now: Instant) -> Option<PlacesReturned> {
        let mut scratch = self.clone();
        let mut returned: Vec<PlaceReturn> = Vec::new();
        for (slot, contingent) in self.resting() {
            let Some(second) = scratch.second_for(slot, now) else { continue };
            scratch.turn(second, None, State::Free, State::Reserved(slot));
            let same = |part: &&mut PlaceReturn| {
                (part.slot, part.contingent, part.backed_by) == (slot, contingent, Some(second))
            };
            match returned.iter_mut().find(same) {
                Some(part) => part.places += 1,
                None => returned.push(PlaceReturn { slot, contingent, places: 1, backed_by: Some(second) }),
            }
        }
        (!returned.is_empty()).then_some(PlacesReturned { returned })
    }
}
