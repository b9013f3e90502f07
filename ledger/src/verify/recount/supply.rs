//! The centre itself, its deliveries, releases and shrinks.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bincode::{Decode, Encode};
use schemas::Instant;
use schemas::events::{
    CentreDescribed, DeliveryAnnounced, DeliveryReceived, ReleasedSlot, SlotShrunk, SlotsReleased,
    SlotsShrunk,
};
use schemas::ids::{Cvx, DeliveryId, ReleaseId, ShrinkId, SlotId};
use schemas::vocabulary::{Contingent, Dose as DoseNumber};

use super::super::wrong::Wrong;
use super::slots::{Dose, First, Second, Slot};
use super::{Recount, Stamp};

#[derive(Debug, Default, Encode, Decode)]
pub(super) struct Supply {
    deliveries: HashMap<DeliveryId, Delivery>,
    releases: HashSet<ReleaseId>,
    shrinks: HashSet<ShrinkId>,
}

#[derive(Debug, Encode, Decode)]
struct Delivery {
    vaccine: Cvx,
    announced: u32,
    received: Option<u32>,
    /// Doses that its releases bind, less what was shrunk.
    bound: i64,
}

impl Recount {
    pub(super) fn described(&mut self, event: &CentreDescribed) {
        let next = self.revision.saturating_add(1);
        self.expect(event.revision == next, Wrong::WrongNumber, || {
            format!("revision {} of the centre, where {next} is next", event.revision)
        });
        let same = event.id == self.id && event.number == self.number;
        let known = self.id.clone();
        self.expect(same, Wrong::Unknown, || format!("centre {known} is described as {}", event.id));
        self.revision = event.revision;
        self.catchment.clone_from(&event.catchment);
    }

    pub(super) fn announced(&mut self, event: &DeliveryAnnounced) {
        let (vaccine, announced) = (event.vaccine, event.doses);
        let new = Delivery { vaccine, announced, received: None, bound: 0 };
        let before = self.supply.deliveries.insert(event.delivery, new);
        self.expect(before.is_none(), Wrong::UsedAgain, || {
            format!("delivery {} was announced before", event.delivery)
        });
    }

    pub(super) fn received(&mut self, event: &DeliveryReceived) {
        let id = event.delivery;
        match self.supply.deliveries.get_mut(&id) {
            None => self.wrong(Wrong::Unknown, format!("delivery {id} was never announced")),
            Some(delivery) => {
                let before = delivery.received.replace(event.doses);
                self.expect(before.is_none(), Wrong::UsedAgain, || {
                    format!("delivery {id} was received before")
                });
            }
        }
    }

    pub(super) fn released(&mut self, stamp: &Stamp, event: &SlotsReleased) {
        let new = self.supply.releases.insert(event.release);
        self.expect(new, Wrong::UsedAgain, || format!("release {} was made before", event.release));
        self.check_terms(stamp, event);
        for slot in &event.slots {
            self.new_slot(stamp, event, slot);
        }
        let firsts = event.slots.iter().filter(|slot| slot.dose == DoseNumber::First);
        let days: BTreeSet<_> = firsts.map(|slot| slot.local_date).collect();
        self.expect(days.len() <= 1, Wrong::AgainstRules, || {
            "it releases first doses of several days".to_owned()
        });
        self.expect_backed_in_order(stamp, event);
        for backing in &event.backing {
            let (first, second) = (backing.first, backing.second);
            let own = event.slots.iter().any(|slot| slot.slot == first);
            let fits = own && backing.places > 0 && self.slots.fit(first, second);
            self.expect(fits, Wrong::WrongBacking, || format!("slot {second} cannot back slot {first}"));
            self.reserve(stamp, first, second, i64::from(backing.places));
        }
        self.bind(event);
    }

    /// Doses, interval and the instant of flowing back are those of the rules in force.
    fn check_terms(&mut self, stamp: &Stamp, event: &SlotsReleased) {
        let rules = self.rules.in_force(stamp.time);
        let rule = rules.and_then(|rules| rules.vaccine(event.vaccine));
        let to_come = rules.and_then(|rules| rules.contingents_flow_back_at).filter(|at| *at > stamp.time);
        let passed = rules.is_some_and(|rules| rules.contingents_flow_back_at.is_some()) && to_come.is_none();
        let as_ruled = rule.is_some_and(|rule| {
            (rule.doses, rule.interval_min_days, rule.interval_max_days)
                == (event.doses, event.interval_min_days, event.interval_max_days)
        });
        self.expect(as_ruled, Wrong::AgainstRules, || {
            format!("the rules know no vaccine {} with these doses and interval", event.vaccine)
        });
        self.expect(event.flows_back_at == to_come, Wrong::AgainstRules, || {
            format!("its contingents flow back at {:?}, by the rules at {to_come:?}", event.flows_back_at)
        });
        let dealt = event.slots.iter().any(|slot| slot.web > 0 || slot.hotline > 0);
        self.expect(!(passed && dealt), Wrong::AgainstRules, || {
            "it deals contingents after they flowed together".to_owned()
        });
    }

    fn new_slot(&mut self, stamp: &Stamp, event: &SlotsReleased, slot: &ReleasedSlot) {
        let (id, next) = (slot.slot, self.slots.next());
        self.expect(id == next, Wrong::WrongNumber, || format!("slot {id}, where {next} is next"));
        self.expect(self.slots.get(id).is_none(), Wrong::UsedAgain, || format!("slot {id} was there before"));
        self.expect(slot.start_at >= stamp.time, Wrong::TooLate, || {
            format!("slot {id} begins at {}, before it is released", slot.start_at)
        });
        let dealt = u64::from(slot.web) + u64::from(slot.hotline) + u64::from(slot.open);
        let due = if slot.dose == DoseNumber::First { u64::from(slot.capacity) } else { 0 };
        self.expect(dealt == due, Wrong::SumsDiffer, || {
            format!("slot {id} deals {dealt} places of {} to contingents", slot.capacity)
        });
        self.expect(slot.dose == DoseNumber::First || event.doses == 2, Wrong::WrongSlot, || {
            format!("slot {id} is for a second dose of a single-dose vaccine")
        });
        let dose = match slot.dose {
            DoseNumber::First => Dose::First(self.new_first(event, slot)),
            DoseNumber::Second => {
                Dose::Second(Second { capacity: i64::from(slot.capacity), ..Second::default() })
            }
        };
        let (start_at, date, vaccine) = (slot.start_at, slot.local_date, event.vaccine);
        self.slots.insert(id, Slot { start_at, date, vaccine, delivery: event.delivery, dose });
    }

    fn new_first(&mut self, event: &SlotsReleased, slot: &ReleasedSlot) -> First {
        let interval = (event.interval_min_days, event.interval_max_days);
        let mut first = First::new(event.doses, interval, event.flows_back_at);
        first.lane_mut(Contingent::Web).capacity = i64::from(slot.web);
        first.lane_mut(Contingent::Hotline).capacity = i64::from(slot.hotline);
        first.lane_mut(Contingent::Open).capacity = i64::from(slot.open);
        if let Some(at) = event.flows_back_at {
            self.flow_backs.insert((at, slot.slot));
        }
        first
    }

    /// Binds the doses of a release's first places to its delivery.
    fn bind(&mut self, event: &SlotsReleased) {
        let firsts = event.slots.iter().filter(|slot| slot.dose == DoseNumber::First);
        let places: i64 = firsts.map(|slot| i64::from(slot.capacity)).sum();
        let id = event.delivery;
        let Some(delivery) = self.supply.deliveries.get_mut(&id) else {
            return self.wrong(Wrong::Unknown, format!("delivery {id} was never announced"));
        };
        delivery.bound += places * i64::from(event.doses);
        let there = delivery.received.unwrap_or(delivery.announced);
        let (bound, vaccine) = (delivery.bound, delivery.vaccine);
        self.expect(vaccine == event.vaccine, Wrong::WrongSlot, || {
            format!("delivery {id} is of vaccine {vaccine}, the release of {}", event.vaccine)
        });
        self.expect(bound <= i64::from(there), Wrong::DosesExceeded, || {
            format!("{bound} doses of delivery {id} are bound, {there} are there")
        });
    }

    pub(super) fn shrunk(&mut self, event: &SlotsShrunk) {
        let new = self.supply.shrinks.insert(event.shrink);
        self.expect(new, Wrong::UsedAgain, || format!("shrink {} was made before", event.shrink));
        // All that it frees is free before anything is removed.
        for removed in &event.slots {
            let frees = removed.frees.iter().map(|freed| (freed.slot, i64::from(freed.places)));
            self.expect_freed_in_order(removed.slot, &frees.collect());
            for freed in &removed.frees {
                self.unreserve(removed.slot, freed.slot, i64::from(freed.places));
            }
        }
        for removed in &event.slots {
            self.remove(removed);
        }
    }

    fn remove(&mut self, removed: &SlotShrunk) {
        let (id, places) = (removed.slot, i64::from(removed.removed));
        let Some(contingent) = removed.contingent else {
            return self.remove_second(removed);
        };
        let Some(slot) = self.slots.get(id) else {
            return self.wrong(Wrong::Unknown, format!("there is no slot {id}"));
        };
        let delivery = slot.delivery;
        let Some(first) = self.slots.first_mut(id) else {
            return self.wrong(Wrong::WrongSlot, format!("slot {id} has no contingents"));
        };
        let lane = first.lane_mut(contingent);
        let free = lane.free();
        lane.capacity -= places;
        let doses = i64::from(first.doses);
        self.expect(free >= places, Wrong::NotFree, || {
            format!("{places} {contingent} places of slot {id} are removed, {free} are free")
        });
        if let Some(delivery) = self.supply.deliveries.get_mut(&delivery) {
            delivery.bound -= places * doses;
        }
        let freed: i64 = removed.frees.iter().map(|freed| i64::from(freed.places)).sum();
        let due = if doses > 1 { places } else { 0 };
        self.expect(freed == due, Wrong::WrongBacking, || {
            format!("{freed} second places become free for {places} first ones of slot {id}")
        });
    }

    fn remove_second(&mut self, removed: &SlotShrunk) {
        let (id, places) = (removed.slot, i64::from(removed.removed));
        let Some(second) = self.slots.second_mut(id) else {
            return self.wrong(Wrong::WrongSlot, format!("slot {id} is no second-dose slot"));
        };
        let free = second.free();
        second.capacity -= places;
        self.expect(free >= places, Wrong::NotFree, || {
            format!("{places} places of slot {id} are removed, {free} are free")
        });
        self.expect(removed.frees.is_empty(), Wrong::WrongBacking, || {
            format!("places of second-dose slot {id} are backed by none")
        });
    }

    /// Whether a slot has begun.
    pub(super) fn begun(&self, slot: SlotId, time: Instant) -> bool {
        self.slots.get(slot).is_some_and(|slot| slot.start_at < time)
    }

    /// How many places each second-dose slot keeps for first ones, counted from the first ones.
    pub(super) fn kept_by_seconds(&self) -> BTreeMap<SlotId, i64> {
        let mut kept: BTreeMap<SlotId, i64> = BTreeMap::new();
        for first in self.slots.iter().filter_map(|(id, _)| self.slots.first(id)) {
            for (second, places) in &first.backing {
                *kept.entry(*second).or_default() += places;
            }
        }
        kept
    }
}
