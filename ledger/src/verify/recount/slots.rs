//! Slots as they are recounted: what is taken is counted, and what is free is what is left of the capacity.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use schemas::ids::{Cvx, DeliveryId, SlotId};
use schemas::vocabulary::Contingent;
use schemas::{CivilDate, Instant};

/// A slot, and where its places are. Counts may go below zero: that is what is looked for.
#[derive(Debug, Clone, Encode, Decode)]
pub(super) struct Slot {
    pub(super) start_at: Instant,
    pub(super) date: CivilDate,
    pub(super) vaccine: Cvx,
    pub(super) delivery: DeliveryId,
    pub(super) dose: Dose,
}

#[derive(Debug, Clone, Encode, Decode)]
pub(super) enum Dose {
    First(First),
    Second(Second),
}

/// The places of a first-dose slot.
#[derive(Debug, Clone, Encode, Decode)]
pub(super) struct First {
    pub(super) doses: u8,
    pub(super) interval_days: (u32, u32),
    pub(super) flows_back_at: Option<Instant>,
    pub(super) flowed: bool,
    lanes: [Lane; 3],
    /// Places of second-dose slots that back its free (and resting) ones.
    pub(super) backing: BTreeMap<SlotId, i64>,
}

/// The places of one contingent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Lane {
    pub(super) capacity: i64,
    pub(super) held: i64,
    pub(super) resting: i64,
    pub(super) booked: i64,
}

/// The places of a second-dose slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Second {
    pub(super) capacity: i64,
    pub(super) held: i64,
    pub(super) reserved: i64,
    pub(super) booked: i64,
}

/// What a place is taken by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Held,
    Booked,
}

impl Lane {
    pub(super) fn free(&self) -> i64 {
        self.capacity - self.held - self.resting - self.booked
    }

    pub(super) fn taken(&mut self, by: Taken) -> &mut i64 {
        match by {
            Taken::Held => &mut self.held,
            Taken::Booked => &mut self.booked,
        }
    }
}

impl Second {
    pub(super) fn free(&self) -> i64 {
        self.capacity - self.held - self.reserved - self.booked
    }

    pub(super) fn taken(&mut self, by: Taken) -> &mut i64 {
        match by {
            Taken::Held => &mut self.held,
            Taken::Booked => &mut self.booked,
        }
    }
}

impl First {
    pub(super) fn new(doses: u8, interval_days: (u32, u32), flows_back_at: Option<Instant>) -> Self {
        let (lanes, backing) = Default::default();
        // With no instant to come everything is open from the beginning, or the contingents never flow together.
        Self { doses, interval_days, flows_back_at, flowed: false, lanes, backing }
    }

    pub(super) fn lane(&self, contingent: Contingent) -> &Lane {
        let [web, hotline, open] = &self.lanes;
        match contingent {
            Contingent::Web => web,
            Contingent::Hotline => hotline,
            Contingent::Open => open,
        }
    }

    pub(super) fn lane_mut(&mut self, contingent: Contingent) -> &mut Lane {
        let [web, hotline, open] = &mut self.lanes;
        match contingent {
            Contingent::Web => web,
            Contingent::Hotline => hotline,
            Contingent::Open => open,
        }
    }

    /// The sum of something over the three contingents.
    pub(super) fn sum(&self, of: impl Fn(&Lane) -> i64) -> i64 {
        self.lanes.iter().map(of).sum()
    }

    pub(super) fn backed(&self) -> i64 {
        self.backing.values().sum()
    }

    pub(super) fn fits(&self, first: CivilDate, second: CivilDate) -> bool {
        let (least, most) = self.interval_days;
        (i64::from(least)..=i64::from(most)).contains(&second.days_since(first))
    }
}

/// All slots of a centre, and those that the current record touches.
#[derive(Debug, Default, Encode, Decode)]
pub(super) struct Slots {
    all: BTreeMap<SlotId, Slot>,
    firsts_of: BTreeMap<CivilDate, Vec<SlotId>>,
    touched: BTreeSet<SlotId>,
    resting: BTreeSet<SlotId>,
}

impl Slots {
    pub(super) fn get(&self, id: SlotId) -> Option<&Slot> {
        self.all.get(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (SlotId, &Slot)> {
        self.all.iter().map(|(id, slot)| (*id, slot))
    }

    /// The number of the next slot to be released.
    pub(super) fn next(&self) -> SlotId {
        SlotId(self.all.last_key_value().map_or(1, |(last, _)| last.0.saturating_add(1)))
    }

    pub(super) fn insert(&mut self, id: SlotId, slot: Slot) {
        if let Dose::First(_) = slot.dose {
            self.firsts_of.entry(slot.date).or_default().push(id);
        }
        self.all.insert(id, slot);
        self.touched.insert(id);
    }

    pub(super) fn first(&self, id: SlotId) -> Option<&First> {
        match &self.all.get(&id)?.dose {
            Dose::First(first) => Some(first),
            Dose::Second(_) => None,
        }
    }

    pub(super) fn first_mut(&mut self, id: SlotId) -> Option<&mut First> {
        self.touched.insert(id);
        match &mut self.all.get_mut(&id)?.dose {
            Dose::First(first) => Some(first),
            Dose::Second(_) => None,
        }
    }

    pub(super) fn second(&self, id: SlotId) -> Option<&Second> {
        match &self.all.get(&id)?.dose {
            Dose::First(_) => None,
            Dose::Second(second) => Some(second),
        }
    }

    pub(super) fn second_mut(&mut self, id: SlotId) -> Option<&mut Second> {
        self.touched.insert(id);
        match &mut self.all.get_mut(&id)?.dose {
            Dose::First(_) => None,
            Dose::Second(second) => Some(second),
        }
    }

    /// The first-dose slots of a day.
    pub(super) fn firsts_of(&self, date: CivilDate) -> impl Iterator<Item = &First> {
        let ids = self.firsts_of.get(&date).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.first(*id))
    }

    /// Adds (or takes away) places of `second` that back `first`.
    pub(super) fn back(&mut self, first: SlotId, second: SlotId, places: i64) {
        if let Some(first) = self.first_mut(first) {
            let backed = first.backing.entry(second).or_default();
            *backed += places;
            if *backed == 0 {
                first.backing.remove(&second);
            }
        }
        if let Some(second) = self.second_mut(second) {
            second.reserved += places;
        }
    }

    /// How many places of `second` back `first`.
    pub(super) fn backing(&self, first: SlotId, second: SlotId) -> i64 {
        self.first(first).and_then(|first| first.backing.get(&second)).copied().unwrap_or(0)
    }

    /// Whether the second slot lies inside the interval of the first, and is of its vaccine.
    pub(super) fn fit(&self, first: SlotId, second: SlotId) -> bool {
        match (self.get(first), self.first(first), self.get(second)) {
            (Some(slot), Some(places), Some(other)) => {
                slot.vaccine == other.vaccine && places.fits(slot.date, other.date)
            }
            _ => false,
        }
    }

    /// What the current record touched; the next one begins with nothing.
    pub(super) fn take_touched(&mut self) -> BTreeSet<SlotId> {
        let touched = std::mem::take(&mut self.touched);
        for id in &touched {
            match self.first(*id) {
                Some(first) if first.sum(|lane| lane.resting) > 0 => _ = self.resting.insert(*id),
                _ => _ = self.resting.remove(id),
            }
        }
        touched
    }

    /// The same, with those that the current record has touched.
    pub(super) fn resting_now(&self) -> BTreeSet<SlotId> {
        let rest = |id: &&SlotId| self.first(**id).is_some_and(|first| first.sum(|lane| lane.resting) > 0);
        self.resting.iter().chain(&self.touched).filter(rest).copied().collect()
    }

    /// The first-dose slots with places that rest, when the record before was taken in.
    pub(super) fn resting(&self) -> &BTreeSet<SlotId> {
        &self.resting
    }
}
