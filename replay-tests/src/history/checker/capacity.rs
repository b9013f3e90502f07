//! How many places are taken, counted from the events alone.

use std::collections::BTreeMap;

use schemas::Event;
use schemas::ids::{HoldId, SlotId};
use schemas::vocabulary::{CancelDoses, Contingent, Dose};

use super::violation::Room;

/// The places of one centre.
#[derive(Debug, Default)]
pub(super) struct Capacity {
    rooms: BTreeMap<(SlotId, Option<Contingent>), Places>,
    holds: BTreeMap<HoldId, Taken>,
    flowed: BTreeMap<SlotId, ()>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Places {
    capacity: u32,
    taken: u32,
}

#[derive(Debug, Clone, Copy)]
struct Taken {
    first: Option<(SlotId, Contingent)>,
    second: Option<SlotId>,
}

impl Capacity {
    /// Counts these events; rooms in which more is taken then than there is.
    pub(super) fn count(&mut self, events: &[Event]) -> Vec<(Room, u32, u32)> {
        let mut touched = Vec::new();
        events.iter().for_each(|event| self.event(event, &mut touched));
        touched.sort_unstable();
        touched.dedup();
        let over = touched.into_iter().filter_map(|(slot, contingent)| {
            let places = self.rooms.get(&(slot, contingent)).copied().unwrap_or_default();
            let room = Room { slot, contingent };
            (places.taken > places.capacity).then_some((room, places.taken, places.capacity))
        });
        over.collect()
    }

    fn event(&mut self, event: &Event, touched: &mut Vec<(SlotId, Option<Contingent>)>) {
        match event {
            Event::SlotsReleased(event) => {
                for slot in &event.slots {
                    let parts: &[(Option<Contingent>, u32)] = match slot.dose {
                        Dose::Second => &[(None, slot.capacity)],
                        Dose::First => &[
                            (Some(Contingent::Web), slot.web),
                            (Some(Contingent::Hotline), slot.hotline),
                            (Some(Contingent::Open), slot.open),
                        ],
                    };
                    for &(contingent, capacity) in parts {
                        self.room(slot.slot, contingent).capacity += capacity;
                    }
                }
            }
            Event::ContingentsReturned(event) => {
                for part in &event.returned {
                    self.flowed.insert(part.slot, ());
                    self.flow(part.slot, part.contingent, part.places);
                    touched.push((part.slot, Some(part.contingent)));
                }
            }
            Event::SlotsShrunk(event) => {
                for part in &event.slots {
                    let room = self.room(part.slot, part.contingent);
                    room.capacity = room.capacity.saturating_sub(part.removed);
                    touched.push((part.slot, part.contingent));
                }
            }
            Event::HoldPlaced(event) => {
                let taken = Taken { first: Some((event.first, event.contingent)), second: event.second };
                self.take(event.hold, taken, touched);
            }
            Event::HoldReleased(event) => self.give_back(event.hold, true, true),
            Event::HoldExpired(event) => self.give_back(event.hold, true, true),
            Event::BookingCancelled(event) => {
                self.give_back(event.booking, event.doses == CancelDoses::Both, true);
            }
            Event::BookingRescheduled(event) => {
                let first = event.first.zip(event.contingent);
                self.give_back(event.booking, first.is_some(), event.second.is_some());
                self.take(event.booking, Taken { first, second: event.second }, touched);
            }
            _ => {}
        }
    }

    fn room(&mut self, slot: SlotId, contingent: Option<Contingent>) -> &mut Places {
        self.rooms.entry((slot, contingent)).or_default()
    }

    fn flow(&mut self, slot: SlotId, from: Contingent, places: u32) {
        let room = self.room(slot, Some(from));
        let moved = room.capacity.min(places);
        room.capacity -= moved;
        self.room(slot, Some(Contingent::Open)).capacity += moved;
    }

    fn take(&mut self, hold: HoldId, taken: Taken, touched: &mut Vec<(SlotId, Option<Contingent>)>) {
        let has = self.holds.entry(hold).or_insert(Taken { first: None, second: None });
        has.first = taken.first.or(has.first);
        has.second = taken.second.or(has.second);
        let first = taken.first.map(|(slot, contingent)| (slot, Some(contingent)));
        for (slot, contingent) in first.into_iter().chain(taken.second.map(|slot| (slot, None))) {
            self.room(slot, contingent).taken += 1;
            touched.push((slot, contingent));
        }
    }

    fn give_back(&mut self, hold: HoldId, first: bool, second: bool) {
        let Some(mut has) = self.holds.get(&hold).copied() else { return };
        if let Some((slot, contingent)) = has.first.filter(|_| first) {
            let room = self.room(slot, Some(contingent));
            room.taken = room.taken.saturating_sub(1);
            // What comes back after the contingents flowed together is open, with its capacity.
            if self.flowed.contains_key(&slot) && contingent != Contingent::Open {
                self.flow(slot, contingent, 1);
            }
            has.first = None;
        }
        if let Some(slot) = has.second.filter(|_| second) {
            let room = self.room(slot, None);
            room.taken = room.taken.saturating_sub(1);
            has.second = None;
        }
        if has.first.is_none() && has.second.is_none() {
            self.holds.remove(&hold);
        } else {
            self.holds.insert(hold, has);
        }
    }
}
