//! Which of several lawful choices the rules name: the backing that is taken, freed or found (rules 2, 3, 4, 10, 17 and 21
//! of the crate's page), the contingent (rule 1), and the order of what time brings about (rules 7 and 20).

use std::collections::BTreeMap;

use schemas::Instant;
use schemas::events::{Backing, ContingentsReturned, PlaceReturn, SlotsReleased};
use schemas::ids::{HoldId, SlotId};
use schemas::vocabulary::{Channel, Contingent};

use super::super::wrong::Wrong;
use super::slots::Dose;
use super::sums::CONTINGENTS;
use super::{Recount, Stamp};

/// A second-dose slot with free places, by when it begins.
type Spare = (Instant, SlotId, i64);

impl Recount {
    /// Of a first slot's backings the one that is freed: of latest start, then greatest id.
    fn latest_backing(&self, first: SlotId) -> Option<SlotId> {
        let backing = self.slots.first(first)?.backing.keys();
        let begins = backing.filter_map(|id| self.slots.get(*id).map(|slot| (slot.start_at, *id)));
        begins.max().map(|(_, id)| id)
    }

    /// Second-dose slots to come that have free places, earliest start first, then least id.
    fn spares(&self, time: Instant) -> Vec<Spare> {
        let mut spares: Vec<Spare> = Vec::new();
        for (id, slot) in self.slots.iter().filter(|(_, slot)| slot.start_at > time) {
            if let Dose::Second(second) = &slot.dose
                && second.free() > 0
            {
                spares.push((slot.start_at, id, second.free()));
            }
        }
        spares.sort_unstable();
        spares
    }

    pub(super) fn expect_freed(&mut self, first: SlotId, freed: SlotId) {
        let due = self.latest_backing(first);
        // A slot that backs nothing is told elsewhere.
        let backs = self.slots.backing(first, freed) > 0;
        self.expect(!backs || due == Some(freed), Wrong::BackingOrder, || {
            format!("slot {first} frees a place of slot {freed}, by the rules of {due:?}")
        });
    }

    /// A first place that comes back alone takes the earliest free second inside its interval, or rests.
    pub(super) fn expect_found(&mut self, stamp: &Stamp, first: SlotId, found: Option<SlotId>) {
        let mut spares = self.spares(stamp.time).into_iter();
        let due = spares.find(|(_, second, _)| self.slots.fit(first, *second)).map(|(_, id, _)| id);
        // A second that is not free, or outside the interval, is told elsewhere, and so is a place that rests beside one.
        let lawful = found.is_some_and(|found| {
            self.slots.fit(first, found) && self.slots.second(found).is_some_and(|second| second.free() > 0)
        });
        self.expect(!lawful || found == due, Wrong::BackingOrder, || {
            format!("slot {first} comes back with slot {found:?}, by the rules with {due:?}")
        });
    }

    /// Who waits is served by earliest start, with second places of earliest start.
    pub(super) fn expect_served_in_order(&mut self, stamp: &Stamp, returned: &[PlaceReturn]) {
        let mut spares = self.spares(stamp.time);
        let mut waiting: Vec<(Instant, SlotId)> = Vec::new();
        for id in self.slots.resting_now() {
            waiting.extend(self.slots.get(id).map(|slot| (slot.start_at, id)));
        }
        waiting.retain(|(start, _)| *start > stamp.time);
        waiting.sort_unstable();
        let mut due: Vec<PlaceReturn> = Vec::new();
        for (_, slot) in waiting {
            for contingent in CONTINGENTS {
                let resting = self.slots.first(slot).map_or(0, |first| first.lane(contingent).resting);
                for (second, places) in self.dealt(slot, resting, &mut spares) {
                    due.push(PlaceReturn { slot, contingent, places, backed_by: Some(second) });
                }
            }
        }
        self.expect(returned == due, Wrong::BackingOrder, || {
            format!("{returned:?} return, by the rules {due:?}")
        });
    }

    /// Takes so many places for a first slot from the spares that fit, in their order.
    fn dealt(&self, first: SlotId, places: i64, spares: &mut [Spare]) -> Vec<(SlotId, u32)> {
        let mut left = places;
        let mut dealt = Vec::new();
        for (_, second, free) in spares {
            let taken = left.min(*free);
            if taken > 0 && self.slots.fit(first, *second) {
                left -= taken;
                *free -= taken;
                dealt.push((*second, u32::try_from(taken).unwrap_or(u32::MAX)));
            }
        }
        dealt
    }

    /// At a release first places take free second places, both by earliest start. Its slots are known, its backing is not.
    pub(super) fn expect_backed_in_order(&mut self, stamp: &Stamp, event: &SlotsReleased) {
        let mut firsts: Vec<(Instant, SlotId, i64)> = Vec::new();
        for slot in &event.slots {
            if let Some(first) = self.slots.first(slot.slot).filter(|first| first.doses > 1) {
                firsts.push((slot.start_at, slot.slot, first.sum(|lane| lane.capacity)));
            }
        }
        firsts.sort_by_key(|(start, ..)| *start);
        let mut spares = self.spares(stamp.time);
        let mut due = Vec::new();
        for (_, first, places) in firsts {
            let dealt = self.dealt(first, places, &mut spares).into_iter();
            due.extend(dealt.map(|(second, places)| Backing { first, second, places }));
        }
        self.expect(event.backing == due, Wrong::BackingOrder, || {
            format!("release {} is backed otherwise than by the rules", event.release)
        });
    }

    /// A shrink frees backings of latest start first.
    pub(super) fn expect_freed_in_order(&mut self, first: SlotId, frees: &BTreeMap<SlotId, i64>) {
        let Some(backing) = self.slots.first(first).map(|first| &first.backing) else { return };
        let mut begins: Vec<(Instant, SlotId, i64)> = Vec::new();
        for (second, places) in backing {
            begins.extend(self.slots.get(*second).map(|slot| (slot.start_at, *second, *places)));
        }
        begins.sort_unstable_by(|one, other| other.cmp(one));
        let mut left: i64 = frees.values().sum();
        let mut due = BTreeMap::new();
        for (_, second, places) in begins {
            let freed = left.min(places);
            if freed > 0 {
                left -= freed;
                due.insert(second, freed);
            }
        }
        // More than there are is told elsewhere.
        self.expect(left > 0 || *frees == due, Wrong::BackingOrder, || {
            format!("slot {first} frees {frees:?}, by the rules {due:?}")
        });
    }

    /// The channel's own contingent comes before the open one, where it has a place and (for a hold) room under the cap.
    pub(super) fn expect_own_first(
        &mut self,
        stamp: &Stamp,
        first: SlotId,
        taken: Contingent,
        has_room: impl Fn(&Self, Contingent) -> bool,
    ) {
        let own = match stamp.channel {
            Channel::Web => Contingent::Web,
            Channel::Hotline => Contingent::Hotline,
            _ => return,
        };
        let free = self.slots.first(first).map_or(0, |first| first.lane(own).free());
        let passed_over = taken == Contingent::Open && free > 0 && has_room(self, own);
        self.expect(!passed_over, Wrong::WrongContingent, || {
            format!("slot {first} gives an open place to {}, and has {free} of {own}", stamp.channel)
        });
    }

    /// A hold expires by the writer alone, and only when nothing was due before it.
    pub(super) fn expect_expires_next(&mut self, stamp: &Stamp, id: HoldId, deadline_at: Instant) {
        self.expect_by_writer(stamp, "a hold expires");
        let first = self.holds.first_due();
        let flows = self.flow_backs.first().copied().filter(|(at, _)| *at <= deadline_at);
        self.expect(first == Some((deadline_at, id)) && flows.is_none(), Wrong::OutOfOrder, || {
            format!("hold {id} expires, and due before are {first:?} and {flows:?}")
        });
    }

    /// Contingents flow together by the writer alone: the next slots that are due at one instant, ascending.
    pub(super) fn expect_flows_next(&mut self, stamp: &Stamp, event: &ContingentsReturned) {
        self.expect_by_writer(stamp, "contingents flow together");
        let slots: Vec<SlotId> = event.returned.iter().step_by(2).map(|returned| returned.slot).collect();
        let due: Vec<(Instant, SlotId)> = self.flow_backs.iter().take(slots.len()).copied().collect();
        let at = due.first().map(|(at, _)| *at);
        let one = due.iter().all(|(other, _)| Some(*other) == at);
        let next = slots.iter().eq(due.iter().map(|(_, slot)| slot));
        let rows = event.returned.iter().map(|returned| (returned.slot, returned.contingent));
        let both = slots.iter().flat_map(|slot| [(*slot, Contingent::Web), (*slot, Contingent::Hotline)]);
        let lapsed = self.holds.first_due().filter(|(deadline, _)| at.is_some_and(|at| *deadline < at));
        self.expect(one && next && rows.eq(both) && lapsed.is_none(), Wrong::OutOfOrder, || {
            format!("contingents of slots {slots:?} flow together, due are {due:?} and {lapsed:?}")
        });
    }

    fn expect_by_writer(&mut self, stamp: &Stamp, what: &str) {
        self.expect(stamp.channel == Channel::Writer, Wrong::OutOfPlace, || {
            format!("{what} in a record of {}", stamp.channel)
        });
    }
}
