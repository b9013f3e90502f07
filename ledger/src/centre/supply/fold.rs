//! Events about supply, folded.

use schemas::events::{
    CentreDescribed, DeliveryAnnounced, DeliveryReceived, RulesSet, SlotsReleased, SlotsShrunk,
};
use schemas::ids::{DeliveryId, SlotId};
use schemas::vocabulary::Dose;

use super::{Arrival, Delivery, InForce};
use crate::centre::breach::{Breach, Moved};
use crate::centre::known::Known;
use crate::centre::stock::{Slots, effects};
use crate::centre::{Centre, Described};
use crate::rejection::Mark;

impl Centre {
    pub(in crate::centre) fn fold_described(&mut self, event: &CentreDescribed, mark: &Mark) -> Moved {
        let known = Known { content: event.content, mark: *mark };
        self.described = Some(Box::new(Described { centre: event.clone(), known }));
        Ok(())
    }

    pub(in crate::centre) fn fold_rules(&mut self, event: &RulesSet, mark: &Mark) -> Moved {
        let from = if self.supply.sets.is_empty() { mark.time } else { event.effective_at };
        let sets = &mut self.supply.sets;
        sets.push(InForce { from, number: event.number, set: event.set.clone() });
        sets.sort_by_key(|rules| (rules.from, rules.number));
        let known = Known { content: event.content, mark: *mark };
        match self.supply.rules.insert(event.rules, known) {
            None => Ok(()),
            Some(_) => Err(Breach::twice("rules", event.rules)),
        }
    }

    pub(in crate::centre) fn fold_announced(&mut self, event: &DeliveryAnnounced, mark: &Mark) -> Moved {
        let delivery = Delivery {
            id: event.delivery,
            vaccine: event.vaccine,
            announced: event.doses,
            due_on: event.due_on,
            known: Known { content: event.content, mark: *mark },
            received: None,
            bound: 0,
        };
        match self.supply.deliveries.insert(event.delivery, delivery) {
            None => Ok(()),
            Some(_) => Err(Breach::twice("delivery", event.delivery)),
        }
    }

    pub(in crate::centre) fn fold_received(&mut self, event: &DeliveryReceived, mark: &Mark) -> Moved {
        let arrival = Arrival {
            lot: event.lot.clone(),
            doses: event.doses,
            received_on: event.received_on,
            known: Known { content: event.content, mark: *mark },
        };
        match self.delivery_mut(event.delivery)?.received.replace(arrival) {
            None => Ok(()),
            Some(_) => Err(Breach::twice("the receipt of delivery", event.delivery)),
        }
    }

    pub(in crate::centre) fn fold_released(&mut self, event: &SlotsReleased, mark: &Mark) -> Moved {
        let known = Known { content: event.content, mark: *mark };
        if self.supply.releases.insert(event.release, known).is_some() {
            return Err(Breach::twice("release", event.release));
        }
        let firsts = event.slots.iter().filter(|slot| slot.dose == Dose::First);
        let places: u64 = firsts.map(|slot| u64::from(slot.capacity)).sum();
        let delivery = self.delivery_mut(event.delivery)?;
        delivery.bound = delivery.bound.saturating_add(places.saturating_mul(u64::from(event.doses)));
        effects::released(&mut self.stock, event)
    }

    pub(in crate::centre) fn fold_shrunk(&mut self, event: &SlotsShrunk, mark: &Mark) -> Moved {
        let known = Known { content: event.content, mark: *mark };
        if self.supply.shrinks.insert(event.shrink, known).is_some() {
            return Err(Breach::twice("shrink", event.shrink));
        }
        effects::shrunk(&mut self.stock, event)?;
        for entry in event.slots.iter().filter(|entry| entry.contingent.is_some()) {
            let (delivery, doses) = self.dose_source(entry.slot)?;
            let delivery = self.delivery_mut(delivery)?;
            let freed = u64::from(entry.removed) * u64::from(doses);
            let left = delivery.bound.checked_sub(freed);
            delivery.bound = left.ok_or(Breach::Count { slot: entry.slot, what: "bound doses" })?;
        }
        Ok(())
    }

    fn dose_source(&self, slot: SlotId) -> Result<(DeliveryId, u8), Breach> {
        let found = self.stock.slot(slot).ok_or(Breach::UnknownSlot { slot })?;
        let first = found.first().ok_or(Breach::WrongDose { slot })?;
        Ok((first.delivery, first.doses))
    }

    fn delivery_mut(&mut self, id: DeliveryId) -> Result<&mut Delivery, Breach> {
        self.supply.deliveries.get_mut(&id).ok_or_else(|| Breach::unknown("delivery", id))
    }
}
