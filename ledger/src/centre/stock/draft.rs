//! A trial: slots as they would be after a decision, over the slots as they are.

use std::collections::{BTreeMap, BTreeSet};

use schemas::ids::SlotId;
use schemas::vocabulary::Contingent;
use schemas::{CivilDate, Instant};

use super::{DayCounts, Slots, Stock, rests};
use crate::centre::breach::{Breach, Moved};
use crate::centre::slot::Slot;

/// Changed slots over the stock. What goes wrong here goes wrong in `apply` too and is found there by `check`, so
/// `decide` need not look.
pub(in crate::centre) struct Draft<'a> {
    base: &'a Stock,
    changed: BTreeMap<SlotId, Slot>,
}

impl<'a> Draft<'a> {
    pub(in crate::centre) fn new(base: &'a Stock) -> Self {
        Self { base, changed: BTreeMap::new() }
    }

    /// The counters of a day as they would be.
    pub(in crate::centre) fn day(&self, date: CivilDate, contingent: Contingent) -> DayCounts {
        let mut day = self.base.day(date, contingent);
        for (id, slot) in self.changed.iter().filter(|(_, slot)| slot.local_date == date) {
            let before = self.base.slot(*id).and_then(Slot::first).map(|first| *first.counts(contingent));
            let after = slot.first().map(|first| *first.counts(contingent));
            day = day.moved(&before.unwrap_or_default(), &after.unwrap_or_default()).unwrap_or(day);
        }
        day
    }

    /// The free second place of earliest start (then least number) that fits a first-dose slot.
    pub(in crate::centre) fn earliest_second(&self, first: SlotId, now: Instant) -> Option<SlotId> {
        let first = self.slot(first)?;
        self.base
            .seconds_after(first.vaccine, now)
            .filter(|second| super::settle::fits(first, second))
            .map(|second| second.id)
            .find(|id| self.free_seconds(*id) > 0)
    }

    /// Second-dose slots that were changed and have free places, in order of start.
    pub(super) fn changed_seconds(&self, now: Instant) -> Vec<(Instant, SlotId)> {
        let mut seconds: Vec<_> = self
            .changed
            .values()
            .filter(|slot| !slot.has_begun(now) && self.free_seconds(slot.id) > 0)
            .map(|slot| (slot.start_at, slot.id))
            .collect();
        seconds.sort_unstable();
        seconds
    }

    /// First-dose slots that have not begun and wait for second places, in order of start.
    pub(super) fn waiting(&self, now: Instant) -> BTreeSet<(Instant, SlotId)> {
        let base = self.base.resting().iter().copied();
        let changed = self.changed.values().map(|slot| (slot.start_at, slot.id));
        base.chain(changed)
            .filter(|(start, _)| *start > now)
            .filter(|(_, id)| self.slot(*id).and_then(Slot::first).is_some_and(rests))
            .collect()
    }

    pub(super) fn free_seconds(&self, id: SlotId) -> u32 {
        self.slot(id).and_then(Slot::second).map_or(0, |second| second.free)
    }
}

impl Slots for Draft<'_> {
    fn slot(&self, id: SlotId) -> Option<&Slot> {
        self.changed.get(&id).or_else(|| self.base.slot(id))
    }

    fn edit(&mut self, id: SlotId, change: impl FnOnce(&mut Slot) -> Moved) -> Moved {
        if let Some(slot) = self.changed.get_mut(&id) {
            return change(slot);
        }
        let mut slot = self.base.slot(id).cloned().ok_or(Breach::UnknownSlot { slot: id })?;
        let changed = change(&mut slot);
        self.changed.insert(id, slot);
        changed
    }

    fn insert(&mut self, slot: Slot) -> Moved {
        self.changed.insert(slot.id, slot);
        Ok(())
    }

    fn count_backing(&mut self, _: SlotId, _: u32, _: u32) -> Moved {
        Ok(())
    }
}
