//! Places: taken, given back, backed, resting, flowing together.

use std::collections::BTreeSet;

use schemas::events::{ContingentReturn, ContingentsReturned, PlaceReturn, PlacesReturned};
use schemas::ids::SlotId;
use schemas::vocabulary::Contingent;

use super::super::wrong::Wrong;
use super::slots::{First, Taken};
use super::{Recount, Stamp, may_take};

impl Recount {
    /// Keeps free places of a second-dose slot for first ones.
    pub(super) fn reserve(&mut self, stamp: &Stamp, first: SlotId, second: SlotId, places: i64) {
        let free = self.slots.second(second).map_or(0, |second| second.free());
        self.expect(free >= places, Wrong::WrongBacking, || {
            format!("{places} places of slot {second} are to back slot {first}, {free} are free")
        });
        self.expect(self.slots.fit(first, second), Wrong::WrongInterval, || {
            format!("slot {second} backs slot {first} outside its interval")
        });
        let begun = self.begun(second, stamp.time);
        self.expect(!begun, Wrong::TooLate, || format!("slot {second} has begun and can back nothing"));
        self.slots.back(first, second, places);
    }

    /// Frees places of a second-dose slot that were kept for first ones.
    pub(super) fn unreserve(&mut self, first: SlotId, second: SlotId, places: i64) {
        let backed = self.slots.backing(first, second);
        self.expect(backed >= places, Wrong::WrongBacking, || {
            format!("{places} places of slot {second} are freed by slot {first}, {backed} back it")
        });
        self.slots.back(first, second, -places);
    }

    /// Takes a first place for a channel.
    pub(super) fn take_first(&mut self, stamp: &Stamp, id: SlotId, contingent: Contingent, by: Taken) {
        self.expect(may_take(stamp.channel, contingent), Wrong::WrongContingent, || {
            format!("a {contingent} place of slot {id} goes to {}", stamp.channel)
        });
        let Some(first) = self.slots.first_mut(id) else {
            return self.wrong(Wrong::WrongSlot, format!("slot {id} is no first-dose slot"));
        };
        let lane = first.lane_mut(contingent);
        let free = lane.free();
        *lane.taken(by) += 1;
        let capacity = first.sum(|lane| lane.capacity);
        let taken = first.sum(|lane| lane.held + lane.booked);
        self.expect(free > 0, Wrong::NotFree, || format!("slot {id} has no free {contingent} place"));
        self.oversold += u64::from(taken > capacity);
    }

    /// Takes the second place that goes with a first one just taken: its backing, or a free one while a backing becomes
    /// free.
    pub(super) fn take_second(&mut self, first: SlotId, second: SlotId, frees: Option<SlotId>, by: Taken) {
        let backed = self.slots.backing(first, second) > 0;
        match frees {
            None => {
                self.expect(backed, Wrong::WrongBacking, || {
                    format!("slot {second} does not back slot {first}")
                });
                self.slots.back(first, second, -1);
            }
            Some(freed) => {
                self.expect(!backed, Wrong::WrongBacking, || {
                    format!("slot {second} backs slot {first}, and yet slot {freed} is freed")
                });
                self.expect_free_second(second);
                self.expect_freed(first, freed);
                self.unreserve(first, freed, 1);
            }
        }
        self.occupy_second(second, by);
    }

    pub(super) fn expect_free_second(&mut self, second: SlotId) {
        let free = self.slots.second(second).map_or(0, |second| second.free());
        self.expect(free > 0, Wrong::NotFree, || format!("slot {second} has no free second place"));
    }

    pub(super) fn occupy_second(&mut self, id: SlotId, by: Taken) {
        let Some(second) = self.slots.second_mut(id) else {
            return self.wrong(Wrong::WrongSlot, format!("slot {id} is no second-dose slot"));
        };
        *second.taken(by) += 1;
        let beyond = second.held + second.booked > second.capacity;
        self.oversold += u64::from(beyond);
    }

    pub(super) fn vacate_second(&mut self, id: SlotId, by: Taken) {
        if let Some(second) = self.slots.second_mut(id) {
            *second.taken(by) -= 1;
        }
    }

    /// Gives a first place back alone. Of a two-dose vaccine it is free when something backs it, and else rests.
    pub(super) fn give_first_back(
        &mut self,
        stamp: &Stamp,
        id: SlotId,
        contingent: Contingent,
        by: Taken,
        backed_by: Option<SlotId>,
    ) {
        let Some((first, home)) = self.bring_home(id, contingent, by) else { return };
        match (first.doses > 1, backed_by) {
            (true, Some(second)) => {
                self.expect_found(stamp, id, backed_by);
                self.reserve(stamp, id, second, 1);
            }
            (true, None) => first.lane_mut(home).resting += 1,
            (false, None) => {}
            (false, Some(second)) => {
                self.wrong(Wrong::WrongBacking, format!("slot {id} needs no backing by {second}"));
            }
        }
    }

    /// Gives a first place and its second back together: the second backs the first from now on.
    pub(super) fn give_pair_back(
        &mut self,
        (first, second): (SlotId, Option<SlotId>),
        contingent: Contingent,
        by: Taken,
    ) {
        self.bring_home(first, contingent, by);
        if let Some(second) = second {
            self.vacate_second(second, by);
            self.slots.back(first, second, 1);
        }
    }

    /// Frees a first place where it belongs: in its contingent, or with its capacity in `open` once all flowed together.
    fn bring_home(
        &mut self,
        id: SlotId,
        contingent: Contingent,
        by: Taken,
    ) -> Option<(&mut First, Contingent)> {
        let first = self.slots.first_mut(id)?;
        let home = if first.flowed { Contingent::Open } else { contingent };
        let lane = first.lane_mut(contingent);
        *lane.taken(by) -= 1;
        lane.capacity -= 1;
        first.lane_mut(home).capacity += 1;
        Some((first, home))
    }

    pub(super) fn flowed(&mut self, stamp: &Stamp, event: &ContingentsReturned) {
        self.expect_flows_next(stamp, event);
        let mut named = BTreeSet::new();
        for returned in &event.returned {
            self.flow(stamp, returned, named.insert(returned.slot));
        }
        for id in named {
            let Some(first) = self.slots.first_mut(id) else { continue };
            first.flowed = true;
            let at = first.flows_back_at;
            let left = [Contingent::Web, Contingent::Hotline].map(|contingent| first.lane(contingent));
            let left: i64 = left.iter().map(|lane| lane.free() + lane.resting).sum();
            self.expect(left == 0, Wrong::SumsDiffer, || {
                format!("{left} places of slot {id} stay behind when its contingents flow together")
            });
            if let Some(at) = at {
                self.flow_backs.remove(&(at, id));
            }
        }
    }

    fn flow(&mut self, stamp: &Stamp, returned: &ContingentReturn, first_entry: bool) {
        let (id, contingent, places) = (returned.slot, returned.contingent, i64::from(returned.places));
        let Some(first) = self.slots.first_mut(id) else {
            return self.wrong(Wrong::WrongSlot, format!("slot {id} has no contingents"));
        };
        let (again, at) = (first.flowed && first_entry, first.flows_back_at);
        let lane = first.lane_mut(contingent);
        let (free, resting) = (lane.free(), lane.resting);
        lane.capacity -= places;
        lane.resting = 0;
        let open = first.lane_mut(Contingent::Open);
        open.capacity += places;
        open.resting += resting;
        self.expect(contingent != Contingent::Open, Wrong::WrongContingent, || {
            format!("the open places of slot {id} flow nowhere")
        });
        self.expect(free + resting == places, Wrong::SumsDiffer, || {
            format!("{places} {contingent} places of slot {id} flow, {free} are free and {resting} rest")
        });
        self.expect(!again, Wrong::UsedAgain, || format!("the contingents of slot {id} flow together again"));
        self.expect(at.is_some_and(|at| at <= stamp.time), Wrong::TooEarly, || {
            format!("the contingents of slot {id} flow together before {at:?}")
        });
    }

    pub(super) fn returned(&mut self, stamp: &Stamp, event: &PlacesReturned) {
        self.expect_served_in_order(stamp, &event.returned);
        for returned in &event.returned {
            self.wake(stamp, returned);
        }
    }

    fn wake(&mut self, stamp: &Stamp, returned: &PlaceReturn) {
        let (id, contingent, places) = (returned.slot, returned.contingent, i64::from(returned.places));
        let Some(first) = self.slots.first_mut(id) else {
            return self.wrong(Wrong::WrongSlot, format!("slot {id} is no first-dose slot"));
        };
        let lane = first.lane_mut(contingent);
        let resting = lane.resting;
        lane.resting -= places;
        self.expect(resting >= places, Wrong::NotFree, || {
            format!("{places} {contingent} places of slot {id} return, {resting} rest")
        });
        let begun = self.begun(id, stamp.time);
        self.expect(!begun, Wrong::TooLate, || format!("places of slot {id} return after it has begun"));
        if let Some(second) = returned.backed_by {
            self.reserve(stamp, id, second, places);
        }
    }
}
