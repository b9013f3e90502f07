//! Putting slots on offer.

use ledger::command::SlotPlan;
use ledger::{Asked, Decision, Rejection};
use schemas::codec::MAX_RECORD_BYTES;
use schemas::events::{Backing, ReleasedSlot, SlotsReleased};
use schemas::ids::{ContentHash, Cvx, DeliveryId, ReleaseId, SlotId};
use schemas::record::PREFIX_BYTES;
use schemas::rules::VaccineRule;
use schemas::vocabulary::Dose;
use schemas::{Body, CivilDate, Event, Instant, RuleSet};

use super::lists::{Model, State};
use super::{Draft, not_found};

/// A single second place that may back something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct FreeSecond {
    start_at: Instant,
    slot: SlotId,
    date: CivilDate,
}

impl Model {
    pub(super) fn release(
        &self,
        id: ReleaseId,
        delivery: DeliveryId,
        vaccine: Cvx,
        plans: &[SlotPlan],
        content: ContentHash,
        asked: &Asked,
    ) -> Result<Decision, Rejection> {
        let incomplete = Rejection::RulesIncomplete { what: String::new() };
        let rules = self.rules_at(asked.now).ok_or(incomplete.clone())?;
        let rule = rules.vaccine(vaccine).ok_or(incomplete)?;
        let announced = self.announced.iter().find(|told| told.event.delivery == delivery);
        if announced.ok_or(not_found("delivery"))?.event.vaccine != vaccine {
            return Err(Rejection::VaccineMismatch);
        }
        if rule.doses == 1 && plans.iter().any(|plan| plan.dose == Dose::Second) {
            return Err(Rejection::VaccineMismatch);
        }
        let slots = self.numbered(plans, rules, asked.now);
        let (backing, missing) = self.backing_for(rule, &slots, asked.now);
        let event = SlotsReleased {
            release: id,
            delivery,
            vaccine,
            doses: rule.doses,
            interval_min_days: rule.interval_min_days,
            interval_max_days: rule.interval_max_days,
            flows_back_at: rules.contingents_flow_back_at.filter(|&at| at > asked.now),
            slots,
            backing,
            content,
        };
        one_day(plans, &event)?;
        if plans.iter().any(|plan| plan.start_at <= asked.now) {
            return Err(Rejection::SlotInThePast);
        }
        self.doses_left(&event)?;
        if missing > 0 {
            return Err(Rejection::SecondPlacesMissing { missing });
        }
        let mut draft = Draft::new(self, asked.now);
        draft.push(event);
        Ok(draft.finish())
    }

    /// The slots with their numbers; once the contingents have flowed together, all is open.
    fn numbered(&self, plans: &[SlotPlan], rules: &RuleSet, now: Instant) -> Vec<ReleasedSlot> {
        let all_open = rules.contingents_flow_back_at.is_some_and(|at| at <= now);
        let last = self.slots.iter().map(|slot| slot.id.0).max().unwrap_or(0);
        let number = |(number, plan): (u32, &SlotPlan)| ReleasedSlot {
            slot: SlotId(number),
            start_at: plan.start_at,
            local_date: plan.local_date,
            length_min: plan.length_min,
            dose: plan.dose,
            capacity: plan.capacity,
            web: if all_open { 0 } else { plan.web },
            hotline: if all_open { 0 } else { plan.hotline },
            open: if all_open { plan.web + plan.hotline + plan.open } else { plan.open },
        };
        (last + 1..).zip(plans).map(number).collect()
    }

    /// First places in order of start (then of the command) take the free second places of earliest start inside their
    /// interval; also how many found none.
    fn backing_for(&self, rule: &VaccineRule, slots: &[ReleasedSlot], now: Instant) -> (Vec<Backing>, u32) {
        if rule.doses == 1 {
            return (Vec::new(), 0);
        }
        let mut free = self.free_seconds(rule.cvx, slots, now);
        let mut firsts: Vec<&ReleasedSlot> = slots.iter().filter(|slot| slot.dose == Dose::First).collect();
        firsts.sort_by_key(|slot| slot.start_at);
        let mut backing: Vec<Backing> = Vec::new();
        let mut missing = 0;
        for first in firsts {
            for _ in 0..first.capacity {
                let fits = |second: &FreeSecond| {
                    let days = second.date.days_since(first.local_date);
                    days >= i64::from(rule.interval_min_days) && days <= i64::from(rule.interval_max_days)
                };
                let Some(at) = free.iter().position(fits) else {
                    missing += 1;
                    continue;
                };
                let second = free.remove(at).slot;
                match backing.last_mut().filter(|last| (last.first, last.second) == (first.slot, second)) {
                    Some(last) => last.places += 1,
                    None => backing.push(Backing { first: first.slot, second, places: 1 }),
                }
            }
        }
        (backing, missing)
    }

    /// Free second places of the vaccine, of earlier releases and of this one, in order.
    fn free_seconds(&self, vaccine: Cvx, new: &[ReleasedSlot], now: Instant) -> Vec<FreeSecond> {
        let mut free = Vec::new();
        for place in self.places.iter().filter(|place| place.state == State::Free) {
            if let Some(slot) = self.slot(place.slot)
                && slot.dose == Dose::Second
                && slot.vaccine == vaccine
                && !slot.begun(now)
            {
                free.push(FreeSecond { start_at: slot.start_at, slot: slot.id, date: slot.local_date });
            }
        }
        for slot in new.iter().filter(|slot| slot.dose == Dose::Second && slot.start_at > now) {
            let one = FreeSecond { start_at: slot.start_at, slot: slot.slot, date: slot.local_date };
            free.extend((0..slot.capacity).map(|_| one));
        }
        free.sort();
        free
    }

    /// Releases bind two doses a first place, one of a single-dose vaccine, less what was shrunk.
    fn doses_left(&self, event: &SlotsReleased) -> Result<(), Rejection> {
        let firsts = |slots: &[ReleasedSlot]| {
            let first = slots.iter().filter(|slot| slot.dose == Dose::First);
            first.map(|slot| slot.capacity).sum::<u32>()
        };
        let needed = firsts(&event.slots) * u32::from(event.doses);
        let mut bound = 0;
        for place in self.places.iter().filter(|place| place.contingent.is_some()) {
            let slot = self.slot(place.slot).filter(|slot| slot.delivery == event.delivery);
            bound += slot.map_or(0, |slot| u32::from(slot.doses));
        }
        let announced = self.announced.iter().find(|told| told.event.delivery == event.delivery);
        let received = self.received.iter().find(|told| told.event.delivery == event.delivery);
        let has =
            received.map(|told| told.event.doses).or(announced.map(|told| told.event.doses)).unwrap_or(0);
        if bound + needed > has {
            return Err(Rejection::DosesExceeded { left: has.saturating_sub(bound), needed });
        }
        Ok(())
    }
}

/// At least one slot, at most one day of first doses, right sums, and all of it in one record.
fn one_day(plans: &[SlotPlan], event: &SlotsReleased) -> Result<(), Rejection> {
    let first = |plan: &&SlotPlan| plan.dose == Dose::First;
    let mut dates: Vec<CivilDate> = plans.iter().filter(first).map(|plan| plan.local_date).collect();
    dates.sort();
    dates.dedup();
    let sums = plans.iter().all(|plan| {
        let sum = u64::from(plan.web) + u64::from(plan.hotline) + u64::from(plan.open);
        sum == if plan.dose == Dose::First { u64::from(plan.capacity) } else { 0 }
    });
    let body = Body::Decision(vec![Event::from(event.clone())]).to_bytes();
    let fits = body.is_ok_and(|body| PREFIX_BYTES + body.len() <= MAX_RECORD_BYTES);
    if plans.is_empty() || dates.len() > 1 || !sums || !fits {
        return Err(Rejection::TooManySlots { what: String::new() });
    }
    Ok(())
}
