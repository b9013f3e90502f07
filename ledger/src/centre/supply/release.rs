//! `ReleaseSlots`: at most one day of first doses, backed by second ones.

use std::collections::BTreeSet;

use schemas::events::{Backing, ReleasedSlot, SlotsReleased};
use schemas::ids::{Cvx, DeliveryId, ReleaseId, SlotId};
use schemas::rules::VaccineRule;
use schemas::vocabulary::Dose;
use schemas::{CivilDate, Event, Instant};

use super::fits_a_record;
use crate::answer::Decision;
use crate::centre::stock::{Draft, effects, settle};
use crate::centre::{Ask, Centre};
use crate::command::SlotPlan;
use crate::rejection::Rejection;

/// More slots than any record could name: 37 bytes each.
const MOST_SLOTS: usize = schemas::codec::MAX_RECORD_BYTES / 37;

/// Free second places that may back.
struct Spare {
    start_at: Instant,
    slot: SlotId,
    date: CivilDate,
    free: u32,
}

impl Centre {
    pub(in crate::centre) fn release_slots(
        &self,
        ask: &Ask<'_>,
        release: ReleaseId,
        delivery: DeliveryId,
        vaccine: Cvx,
        plans: &[SlotPlan],
    ) -> Result<Decision, Rejection> {
        if let Some(before) = self.supply.release(release) {
            return before.repeat(ask.content);
        }
        let rules = self.rules_in_force(ask.now())?;
        let unknown =
            || Rejection::RulesIncomplete { what: format!("the rules do not know vaccine {vaccine}") };
        let rule = rules.vaccine(vaccine).ok_or_else(unknown)?;
        let source = self.delivery(delivery).ok_or(Rejection::NotFound { what: "delivery" })?;
        let single_with_second = rule.doses < 2 && plans.iter().any(|plan| plan.dose == Dose::Second);
        if source.vaccine != vaccine || single_with_second {
            return Err(Rejection::VaccineMismatch);
        }
        refuse_sums(plans)?;
        let flows_back_at = rules.contingents_flow_back_at.filter(|at| *at > ask.now());
        let flowed = rules.contingents_flow_back_at.is_some() && flows_back_at.is_none();
        let slots = self.numbered(plans, flowed)?;
        let (backing, missing) = self.backing(ask, vaccine, rule, &slots);
        let event = SlotsReleased {
            release,
            delivery,
            vaccine,
            doses: rule.doses,
            interval_min_days: rule.interval_min_days,
            interval_max_days: rule.interval_max_days,
            flows_back_at,
            slots,
            backing,
            content: ask.content,
        };
        let events = self.released(ask, event)?;
        if plans.iter().any(|plan| plan.start_at <= ask.now()) {
            return Err(Rejection::SlotInThePast);
        }
        self.refuse_doses(delivery, rule, plans)?;
        if missing > 0 {
            return Err(Rejection::SecondPlacesMissing { missing: small(missing) });
        }
        Ok(Decision::Events(events))
    }

    /// The slots numbered on; released after the contingents have flowed together, all places are open.
    fn numbered(&self, plans: &[SlotPlan], flowed: bool) -> Result<Vec<ReleasedSlot>, Rejection> {
        let none_left = || Rejection::TooManySlots { what: "no slot numbers are left".to_owned() };
        let mut next = self.stock.next_id().ok_or_else(none_left)?;
        let mut slots = Vec::with_capacity(plans.len());
        for plan in plans {
            let open_only = flowed && plan.dose == Dose::First;
            slots.push(ReleasedSlot {
                slot: next,
                start_at: plan.start_at,
                local_date: plan.local_date,
                length_min: plan.length_min,
                dose: plan.dose,
                capacity: plan.capacity,
                web: if open_only { 0 } else { plan.web },
                hotline: if open_only { 0 } else { plan.hotline },
                open: if open_only { plan.capacity } else { plan.open },
            });
            next = next.0.checked_add(1).map(SlotId).ok_or_else(none_left)?;
        }
        Ok(slots)
    }

    /// First places in order of start take free second places of earliest start; how many found none.
    fn backing(
        &self,
        ask: &Ask<'_>,
        vaccine: Cvx,
        rule: &VaccineRule,
        slots: &[ReleasedSlot],
    ) -> (Vec<Backing>, u64) {
        let (mut backing, mut missing) = (Vec::new(), 0);
        if rule.doses < 2 {
            return (backing, missing);
        }
        let mut spares = self.spares(ask, vaccine, slots);
        let mut firsts: Vec<_> = slots.iter().filter(|slot| slot.dose == Dose::First).collect();
        firsts.sort_by_key(|slot| slot.start_at);
        for first in firsts {
            let mut open = first.capacity;
            for spare in &mut spares {
                let days = spare.date.days_since(first.local_date);
                let inside =
                    (i64::from(rule.interval_min_days)..=i64::from(rule.interval_max_days)).contains(&days);
                let places = if inside { open.min(spare.free) } else { 0 };
                if places > 0 {
                    open -= places;
                    spare.free -= places;
                    backing.push(Backing { first: first.slot, second: spare.slot, places });
                }
            }
            missing += u64::from(open);
        }
        (backing, missing)
    }

    /// Free second places of this and earlier releases, in order of start.
    fn spares(&self, ask: &Ask<'_>, vaccine: Cvx, slots: &[ReleasedSlot]) -> Vec<Spare> {
        let earlier = self.stock.seconds_after(vaccine, ask.now()).map(|slot| Spare {
            start_at: slot.start_at,
            slot: slot.id,
            date: slot.local_date,
            free: slot.second().map_or(0, |places| places.free),
        });
        let new = slots.iter().filter(|slot| slot.dose == Dose::Second).map(|slot| Spare {
            start_at: slot.start_at,
            slot: slot.slot,
            date: slot.local_date,
            free: slot.capacity,
        });
        let mut spares: Vec<_> = earlier.chain(new).filter(|spare| spare.free > 0).collect();
        spares.sort_by_key(|spare| (spare.start_at, spare.slot));
        spares
    }

    /// The record: the release, and who waited for second places like these.
    fn released(&self, ask: &Ask<'_>, event: SlotsReleased) -> Result<Vec<Event>, Rejection> {
        let mut draft = Draft::new(&self.stock);
        effects::released(&mut draft, &event).ok();
        let returned = settle::settle(&mut draft, ask.now());
        let events: Vec<Event> = std::iter::once(event.into()).chain(returned.map(Into::into)).collect();
        if fits_a_record(&events) {
            return Ok(events);
        }
        Err(Rejection::TooManySlots { what: "the release does not fit into one record".to_owned() })
    }

    fn refuse_doses(
        &self,
        delivery: DeliveryId,
        rule: &VaccineRule,
        plans: &[SlotPlan],
    ) -> Result<(), Rejection> {
        let Some(source) = self.delivery(delivery) else { return Ok(()) };
        let firsts = plans.iter().filter(|plan| plan.dose == Dose::First);
        let needed = firsts.map(|plan| u64::from(plan.capacity) * u64::from(rule.doses)).sum::<u64>();
        let doses = u64::from(source.doses());
        if source.bound.saturating_add(needed) <= doses {
            return Ok(());
        }
        Err(Rejection::DosesExceeded {
            left: small(doses.saturating_sub(source.bound)),
            needed: small(needed),
        })
    }
}

fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn refuse_sums(plans: &[SlotPlan]) -> Result<(), Rejection> {
    let dates: BTreeSet<_> =
        plans.iter().filter(|plan| plan.dose == Dose::First).map(|plan| plan.local_date).collect();
    let add_up = |plan: &SlotPlan| {
        let sum = u64::from(plan.web) + u64::from(plan.hotline) + u64::from(plan.open);
        sum == if plan.dose == Dose::First { u64::from(plan.capacity) } else { 0 }
    };
    let what = if plans.is_empty() {
        "it names no slot"
    } else if plans.len() > MOST_SLOTS {
        "the release does not fit into one record"
    } else if dates.len() > 1 {
        "it has more than one day of first doses"
    } else if !plans.iter().all(add_up) {
        "a slot's contingents do not add up"
    } else {
        return Ok(());
    };
    Err(Rejection::TooManySlots { what: what.to_owned() })
}
