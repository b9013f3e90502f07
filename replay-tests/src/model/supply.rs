//! What a centre offers: itself, its rules, deliveries and shrinks.

use ledger::command::{CentreDescription, ShrinkPlan};
use ledger::{Asked, CentreCommand, Decision, Rejection};
use schemas::events::{
    CentreDescribed, DeliveryAnnounced, DeliveryReceived, RulesSet, SlotPlaces, SlotShrunk, SlotsShrunk,
};
use schemas::ids::{ContentHash, ShrinkId};
use schemas::rules::{BasisPoints, VaccineRule};
use schemas::vocabulary::{Contingent, Dose, ShrinkReason};
use schemas::{Instant, RuleSet};

use super::lists::{Model, State, Told};
use super::{Draft, not_found, single};

impl Model {
    pub(super) fn decide_supply(
        &self,
        command: &CentreCommand,
        asked: &Asked,
    ) -> Result<Decision, Rejection> {
        let content = command.content();
        match command {
            CentreCommand::DescribeCentre(description) => self.describe(description, content),
            CentreCommand::SetRules { rules, effective_at, set } => {
                let known = self.rules.iter().find(|told| told.event.rules == *rules);
                if let Some(repeat) = repeated(known, |event| event.content == content)? {
                    return Ok(repeat);
                }
                self.acceptable(*effective_at, set, asked.now)?;
                let number = self.rules.last().map_or(0, |told| told.event.number) + 1;
                single(RulesSet {
                    rules: *rules,
                    number,
                    effective_at: *effective_at,
                    set: set.clone(),
                    content,
                })
            }
            CentreCommand::AnnounceDelivery { delivery, vaccine, doses, due_on } => {
                let known = self.announced.iter().find(|told| told.event.delivery == *delivery);
                if let Some(repeat) = repeated(known, |event| event.content == content)? {
                    return Ok(repeat);
                }
                single(DeliveryAnnounced {
                    delivery: *delivery,
                    vaccine: *vaccine,
                    doses: *doses,
                    due_on: *due_on,
                    content,
                })
            }
            CentreCommand::ReceiveDelivery { delivery, lot, doses, received_on } => {
                if !self.announced.iter().any(|told| told.event.delivery == *delivery) {
                    return Err(not_found("delivery"));
                }
                match self.received.iter().find(|told| told.event.delivery == *delivery) {
                    Some(told) if told.event.content == content => Ok(Decision::Repeat(told.mark)),
                    Some(_) => Err(Rejection::AlreadyReceived),
                    None => single(DeliveryReceived {
                        delivery: *delivery,
                        lot: lot.clone(),
                        doses: *doses,
                        received_on: *received_on,
                        content,
                    }),
                }
            }
            CentreCommand::ReleaseSlots { release, delivery, vaccine, slots } => {
                let known = self.releases.iter().find(|told| told.event.release == *release);
                if let Some(repeat) = repeated(known, |event| event.content == content)? {
                    return Ok(repeat);
                }
                self.release(*release, *delivery, *vaccine, slots, content, asked)
            }
            CentreCommand::ShrinkSlots { shrink, reason, slots } => {
                let known = self.shrinks.iter().find(|told| told.event.shrink == *shrink);
                if let Some(repeat) = repeated(known, |event| event.content == content)? {
                    return Ok(repeat);
                }
                self.shrink(*shrink, *reason, slots, content, asked)
            }
            _ => Err(not_found("command")),
        }
    }

    fn describe(&self, wanted: &CentreDescription, content: ContentHash) -> Result<Decision, Rejection> {
        if self.described.last().is_some_and(|told| told.event.id != wanted.id) {
            return Err(Rejection::ContentDiffers);
        }
        if let Some(told) = self.described.last().filter(|told| told.event.content == content) {
            return Ok(Decision::Repeat(told.mark));
        }
        single(CentreDescribed {
            revision: self.described.last().map_or(0, |told| told.event.revision) + 1,
            number: self.number,
            id: wanted.id.clone(),
            reference_prefix: wanted.reference_prefix,
            name: wanted.name.clone(),
            address: wanted.address.clone(),
            phone: wanted.phone.clone(),
            time_zone: wanted.time_zone.clone(),
            opens_on: wanted.opens_on,
            catchment: wanted.catchment.clone(),
            content,
        })
    }

    fn acceptable(&self, effective_at: Instant, set: &RuleSet, now: Instant) -> Result<(), Rejection> {
        if !self.rules.is_empty() && effective_at < now {
            return Err(Rejection::RulesInThePast);
        }
        if complete(set) { Ok(()) } else { Err(Rejection::RulesIncomplete { what: String::new() }) }
    }

    fn shrink(
        &self,
        id: ShrinkId,
        reason: ShrinkReason,
        plans: &[ShrinkPlan],
        content: ContentHash,
        asked: &Asked,
    ) -> Result<Decision, Rejection> {
        if plans.iter().any(|plan| self.slot(plan.slot).is_none()) {
            return Err(not_found("slot"));
        }
        // Each entry of the plan sees what the ones before it have left.
        let mut scratch = self.clone();
        let mut event = SlotsShrunk { shrink: id, reason, slots: Vec::new(), content };
        for plan in plans {
            scratch.plan_shrink(plan, &mut event.slots)?;
        }
        let mut draft = Draft::new(self, asked.now);
        draft.push(event);
        Ok(draft.finish())
    }

    fn plan_shrink(&mut self, plan: &ShrinkPlan, parts: &mut Vec<SlotShrunk>) -> Result<(), Rejection> {
        let second = self.slot(plan.slot).is_some_and(|slot| slot.dose == Dose::Second);
        if second && plan.contingent.is_some() {
            return Err(Rejection::PlacesTaken { slot: plan.slot, free: 0 });
        }
        let from = match (second, plan.contingent) {
            (true, _) => vec![None],
            (false, Some(contingent)) => vec![Some(contingent)],
            (false, None) => [Contingent::Open, Contingent::Hotline, Contingent::Web].map(Some).to_vec(),
        };
        let free_in = |contingent| self.tally(plan.slot, contingent).free;
        let free: u32 = from.iter().map(|&contingent| free_in(contingent)).sum();
        if free < plan.places {
            return Err(Rejection::PlacesTaken { slot: plan.slot, free });
        }
        let mut left = plan.places;
        for contingent in from {
            let removed = left.min(self.tally(plan.slot, contingent).free);
            left -= removed;
            if removed > 0 {
                let frees = (0..removed).filter_map(|_| self.remove_one(plan, contingent)).collect();
                merge(parts, SlotShrunk { slot: plan.slot, contingent, removed, frees: counted(frees) });
            }
        }
        Ok(())
    }

    /// Takes a free place away; of the backings the one that begins last becomes free.
    fn remove_one(
        &mut self,
        plan: &ShrinkPlan,
        contingent: Option<Contingent>,
    ) -> Option<schemas::ids::SlotId> {
        let at = self.places.iter().position(|place| {
            (place.slot, place.contingent, place.state) == (plan.slot, contingent, State::Free)
        })?;
        self.places.remove(at);
        let frees = self.latest_backing(plan.slot)?;
        self.turn(frees, None, State::Reserved(plan.slot), State::Free);
        Some(frees)
    }
}

/// Whether a set of rules says all it must and does not contradict itself.
fn complete(set: &RuleSet) -> bool {
    let shares = [set.contingents.web, set.contingents.hotline, set.contingents.open];
    let whole = shares.iter().map(|share| u32::from(share.0)).sum::<u32>() == 10_000;
    let rests = set.rest_min_s > 0 || set.rest_max_s > 0;
    let doses = set.vaccines.iter().all(|vaccine| match vaccine.doses {
        1 => (vaccine.interval_min_days, vaccine.interval_max_days) == (0, 0),
        2 => vaccine.interval_min_days >= 1 && vaccine.interval_min_days <= vaccine.interval_max_days,
        _ => false,
    });
    let once = set.vaccines.iter().all(|vaccine| {
        let same = |other: &&VaccineRule| other.cvx == vaccine.cvx || other.name == vaccine.name;
        set.vaccines.iter().filter(same).count() == 1
    });
    let holds = &set.holds;
    let some =
        ![holds.web_s, holds.hotline_s, holds.extension_s, holds.per_registration_and_day].contains(&0);
    let share = holds.held_share <= BasisPoints::ONE;
    let grid = set.slot.length_min > 0
        && set.slot.opens_min + set.slot.length_min <= set.slot.closes_min
        && set.slot.closes_min <= 24 * 60;
    let groups = set
        .cohorts
        .iter()
        .all(|cohort| set.cohorts.iter().filter(|other| other.group == cohort.group).count() == 1);
    let zone = !set.time_zone.is_empty();
    let any = !set.vaccines.is_empty();
    whole && !rests && doses && once && some && share && grid && groups && zone && any
}

/// A thing of the same id: with the same content it is the answer, with other content a refusal.
fn repeated<T>(known: Option<&Told<T>>, same: impl Fn(&T) -> bool) -> Result<Option<Decision>, Rejection> {
    match known {
        Some(told) if same(&told.event) => Ok(Some(Decision::Repeat(told.mark))),
        Some(_) => Err(Rejection::ContentDiffers),
        None => Ok(None),
    }
}

fn counted(slots: Vec<schemas::ids::SlotId>) -> Vec<SlotPlaces> {
    let mut counted: Vec<SlotPlaces> = Vec::new();
    for slot in slots {
        match counted.iter_mut().find(|places| places.slot == slot) {
            Some(places) => places.places += 1,
            None => counted.push(SlotPlaces { slot, places: 1 }),
        }
    }
    counted
}

/// One entry a slot and contingent.
fn merge(parts: &mut Vec<SlotShrunk>, part: SlotShrunk) {
    let same = |other: &&mut SlotShrunk| (other.slot, other.contingent) == (part.slot, part.contingent);
    let Some(other) = parts.iter_mut().find(same) else { return parts.push(part) };
    other.removed += part.removed;
    let all = other.frees.drain(..).chain(part.frees);
    let one_by_one = all.flat_map(|freed| (0..freed.places).map(move |_| freed.slot)).collect();
    other.frees = counted(one_by_one);
}
