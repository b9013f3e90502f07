//! The slots of a centre and the counters beside them. Everything that changes a slot goes through [`Slots`], so that
//! the trial of `decide` ([`Draft`]) and the truth of `apply` ([`Stock`]) are changed by the same functions.

pub(super) mod choose;
mod draft;
pub(super) mod effects;
pub(super) mod moves;
pub(super) mod settle;
mod stored;

use std::collections::{BTreeMap, BTreeSet};

use schemas::ids::{Cvx, SlotId};
use schemas::vocabulary::Contingent;
use schemas::{CivilDate, Instant};

use super::breach::{Breach, Moved};
use super::slot::{Counts, FirstPlaces, Places, Slot};

pub(super) use draft::Draft;

/// In the order in which resting places of a slot are served.
pub(super) const CONTINGENTS: [Contingent; 3] = [Contingent::Web, Contingent::Hotline, Contingent::Open];

/// Slots that can be looked at and changed.
pub(super) trait Slots {
    /// A slot as it is now.
    fn slot(&self, id: SlotId) -> Option<&Slot>;
    /// Changes a slot.
    fn edit(&mut self, id: SlotId, change: impl FnOnce(&mut Slot) -> Moved) -> Moved;
    /// Adds a slot.
    fn insert(&mut self, slot: Slot) -> Moved;
    /// Counts first places that `second` backs from now on, or no longer.
    fn count_backing(&mut self, second: SlotId, added: u32, removed: u32) -> Moved;
}

/// Places of one contingent on one day, over all its first-dose slots: what the cap on held places is counted from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct DayCounts {
    pub(super) free: u64,
    pub(super) held: u64,
}

impl DayCounts {
    fn moved(self, before: &Counts, after: &Counts) -> Option<Self> {
        Some(Self {
            free: (self.free + u64::from(after.free)).checked_sub(u64::from(before.free))?,
            held: (self.held + u64::from(after.held)).checked_sub(u64::from(before.held))?,
        })
    }
}

/// The slots as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stock {
    /// The slot numbered `n` is at `n - 1`.
    slots: Vec<Slot>,
    /// For each slot, how many first places it backs, counted from the first places' side.
    backed: Vec<u64>,
    dates: BTreeMap<CivilDate, BTreeSet<(Instant, SlotId)>>,
    days: BTreeMap<(CivilDate, Contingent), DayCounts>,
    seconds: BTreeSet<(Cvx, Instant, SlotId)>,
    /// First-dose slots with resting places.
    resting: BTreeSet<(Instant, SlotId)>,
    /// First-dose slots whose contingents have not yet flowed together.
    flow_backs: BTreeSet<(Instant, SlotId)>,
    /// Changed since the last check; a set, so that it is bounded also where nobody checks.
    touched: BTreeSet<SlotId>,
}

impl Stock {
    fn at(id: SlotId) -> Option<usize> {
        usize::try_from(id.0).ok()?.checked_sub(1)
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter()
    }

    pub(super) fn dates(&self) -> impl Iterator<Item = CivilDate> {
        self.dates.keys().copied()
    }

    /// The slots of a day in order of start.
    pub(super) fn slots_on(&self, date: CivilDate) -> impl Iterator<Item = &Slot> {
        self.dates.get(&date).into_iter().flatten().filter_map(|(_, id)| self.slot(*id))
    }

    pub(super) fn day(&self, date: CivilDate, contingent: Contingent) -> DayCounts {
        self.days.get(&(date, contingent)).copied().unwrap_or_default()
    }

    /// The second-dose slots of a vaccine that have not begun, in order of start.
    pub(super) fn seconds_after(&self, vaccine: Cvx, now: Instant) -> impl Iterator<Item = &Slot> {
        let from = (vaccine, now.plus_millis(1), SlotId(0));
        self.seconds
            .range(from..)
            .take_while(move |(cvx, ..)| *cvx == vaccine)
            .filter_map(|(_, _, id)| self.slot(*id))
    }

    /// First-dose slots that wait for second places, in order of start.
    pub(super) fn resting(&self) -> &BTreeSet<(Instant, SlotId)> {
        &self.resting
    }

    /// What flows back when.
    pub(super) fn flow_backs(&self) -> &BTreeSet<(Instant, SlotId)> {
        &self.flow_backs
    }

    /// How many first places a slot backs, counted from their side.
    pub(super) fn backed(&self, second: SlotId) -> u64 {
        Self::at(second).and_then(|at| self.backed.get(at)).copied().unwrap_or_default()
    }

    /// The number that the next released slot gets; none when all are used up.
    pub(super) fn next_id(&self) -> Option<SlotId> {
        u32::try_from(self.slots.len()).ok()?.checked_add(1).map(SlotId)
    }

    /// What was changed since the last time this was asked.
    pub(super) fn take_touched(&mut self) -> BTreeSet<SlotId> {
        std::mem::take(&mut self.touched)
    }

    fn index(&mut self, id: SlotId, before: &Before) -> Moved {
        self.touched.insert(id);
        let Some(slot) = Self::at(id).and_then(|at| self.slots.get(at)) else {
            return Err(Breach::UnknownSlot { slot: id });
        };
        let Places::First(first) = &slot.places else { return Ok(()) };
        let (start, date) = (slot.start_at, slot.local_date);
        for (contingent, old) in CONTINGENTS.into_iter().zip(&before.counts) {
            let new = first.counts(contingent);
            if new == old {
                continue;
            }
            let key = (date, contingent);
            match self.day(date, contingent).moved(old, new) {
                // A day without any has no entry, so that the same slots always have the same entries.
                Some(DayCounts { free: 0, held: 0 }) => drop(self.days.remove(&key)),
                Some(moved) => drop(self.days.insert(key, moved)),
                None => return Err(Breach::Day { date, contingent }),
            }
        }
        match (before.rests(), rests(first)) {
            (false, true) => drop(self.resting.insert((start, id))),
            (true, false) => drop(self.resting.remove(&(start, id))),
            (false, false) | (true, true) => {}
        }
        if let Some(at) = first.flows_back_at
            && first.flowed
        {
            self.flow_backs.remove(&(at, id));
        }
        Ok(())
    }
}

/// Whether any place of a slot rests.
pub(super) fn rests(first: &FirstPlaces) -> bool {
    CONTINGENTS.into_iter().any(|contingent| first.counts(contingent).resting > 0)
}

/// What the counters of a slot were before a change.
struct Before {
    counts: [Counts; 3],
}

impl Before {
    fn of(slot: &Slot) -> Self {
        let counts = slot.first().map(|first| CONTINGENTS.map(|contingent| *first.counts(contingent)));
        Self { counts: counts.unwrap_or_default() }
    }

    fn rests(&self) -> bool {
        self.counts.iter().any(|counts| counts.resting > 0)
    }
}

impl Slots for Stock {
    fn slot(&self, id: SlotId) -> Option<&Slot> {
        Self::at(id).and_then(|at| self.slots.get(at))
    }

    fn edit(&mut self, id: SlotId, change: impl FnOnce(&mut Slot) -> Moved) -> Moved {
        let slot = Self::at(id).and_then(|at| self.slots.get_mut(at));
        let slot = slot.ok_or(Breach::UnknownSlot { slot: id })?;
        let before = Before::of(slot);
        let changed = change(slot);
        changed.and(self.index(id, &before))
    }

    fn insert(&mut self, slot: Slot) -> Moved {
        let id = slot.id;
        let expected = self.next_id().unwrap_or(SlotId(u32::MAX));
        if id != expected {
            return Err(Breach::Numbering { slot: id, expected });
        }
        self.dates.entry(slot.local_date).or_default().insert((slot.start_at, id));
        match &slot.places {
            Places::First(FirstPlaces { flows_back_at: Some(at), .. }) => {
                self.flow_backs.insert((*at, id));
            }
            Places::First(_) => {}
            Places::Second(_) => {
                self.seconds.insert((slot.vaccine, slot.start_at, id));
            }
        }
        self.slots.push(slot);
        self.backed.push(0);
        self.index(id, &Before { counts: Default::default() })
    }

    fn count_backing(&mut self, second: SlotId, added: u32, removed: u32) -> Moved {
        let count = Self::at(second).and_then(|at| self.backed.get_mut(at));
        let count = count.ok_or(Breach::UnknownSlot { slot: second })?;
        let moved = (*count + u64::from(added)).checked_sub(u64::from(removed));
        *count = moved.ok_or(Breach::Count { slot: second, what: "backed first places" })?;
        Ok(())
    }
}
