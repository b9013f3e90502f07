//! `ShrinkSlots`: free places are taken away.

use schemas::Event;
use schemas::events::{SlotPlaces, SlotShrunk, SlotsShrunk};
use schemas::ids::{ShrinkId, SlotId};
use schemas::vocabulary::{Contingent, ShrinkReason};

use super::fits_a_record;
use crate::answer::Decision;
use crate::centre::stock::choose::latest_backing;
use crate::centre::stock::{Draft, Slots, effects, settle};
use crate::centre::{Ask, Centre};
use crate::command::ShrinkPlan;
use crate::rejection::Rejection;

/// In the order in which they are drawn on when a plan names none.
const FROM_ANY: [Contingent; 3] = [Contingent::Open, Contingent::Hotline, Contingent::Web];

impl Centre {
    pub(in crate::centre) fn shrink_slots(
        &self,
        ask: &Ask<'_>,
        shrink: ShrinkId,
        reason: ShrinkReason,
        plans: &[ShrinkPlan],
    ) -> Result<Decision, Rejection> {
        if let Some(before) = self.supply.shrink(shrink) {
            return before.repeat(ask.content);
        }
        if plans.iter().any(|plan| self.stock.slot(plan.slot).is_none()) {
            return Err(Rejection::NotFound { what: "slot" });
        }
        let mut event = SlotsShrunk { shrink, reason, slots: Vec::new(), content: ask.content };
        let mut draft = Draft::new(&self.stock);
        for plan in plans {
            for entry in entries(&mut draft, plan)? {
                add(&mut event.slots, entry);
            }
        }
        let returned = settle::settle(&mut draft, ask.now());
        let events: Vec<Event> = std::iter::once(event.into()).chain(returned.map(Into::into)).collect();
        if !fits_a_record(&events) {
            let what = "the shrink does not fit into one record".to_owned();
            return Err(Rejection::TooManySlots { what });
        }
        Ok(Decision::Events(events))
    }
}

/// What one plan takes away; moves the draft.
fn entries(draft: &mut Draft<'_>, plan: &ShrinkPlan) -> Result<Vec<SlotShrunk>, Rejection> {
    let mut entries = Vec::new();
    for (contingent, removed) in shares(draft, plan)? {
        let mut entry = SlotShrunk { slot: plan.slot, contingent, removed, frees: Vec::new() };
        if contingent.is_some() {
            entry.frees = freed(draft, plan.slot, removed);
        }
        let event = SlotsShrunk {
            shrink: ShrinkId::NIL,
            reason: ShrinkReason::Closure,
            slots: vec![entry.clone()],
            content: schemas::ids::ContentHash([0; 16]),
        };
        effects::shrunk(draft, &event).ok();
        entries.push(entry);
    }
    Ok(entries)
}

/// From which contingents how many free places go.
fn shares(draft: &Draft<'_>, plan: &ShrinkPlan) -> Result<Vec<(Option<Contingent>, u32)>, Rejection> {
    let slot = draft.slot(plan.slot).ok_or(Rejection::NotFound { what: "slot" })?;
    let taken = |free: u64| {
        let free = u32::try_from(free).unwrap_or(u32::MAX);
        Rejection::PlacesTaken { slot: plan.slot, free }
    };
    let Some(first) = slot.first() else {
        let free = slot.second().filter(|_| plan.contingent.is_none()).map_or(0, |second| second.free);
        let enough = plan.places <= free && plan.contingent.is_none();
        let share = (plan.places > 0).then_some((None, plan.places));
        return if enough { Ok(share.into_iter().collect()) } else { Err(taken(u64::from(free))) };
    };
    let named = plan.contingent.map(|contingent| vec![contingent]);
    let (mut left, mut free, mut shares) = (plan.places, 0, Vec::new());
    for contingent in named.unwrap_or_else(|| FROM_ANY.to_vec()) {
        let here = first.counts(contingent).free;
        free += u64::from(here);
        let removed = left.min(here);
        if removed > 0 {
            left -= removed;
            shares.push((Some(contingent), removed));
        }
    }
    if left > 0 { Err(taken(free)) } else { Ok(shares) }
}

/// The backings of latest start go first.
fn freed(draft: &Draft<'_>, id: SlotId, removed: u32) -> Vec<SlotPlaces> {
    let Some(mut first) = draft.slot(id).and_then(|slot| slot.first()).cloned() else { return Vec::new() };
    let (mut left, mut freed) = (if first.doses > 1 { removed } else { 0 }, Vec::new());
    while left > 0 {
        let Some(slot) = latest_backing(draft, &first) else { break };
        let places = first.backing.remove(&slot).unwrap_or_default().min(left);
        left -= places;
        freed.push(SlotPlaces { slot, places });
    }
    freed
}

/// One entry a slot and contingent.
fn add(entries: &mut Vec<SlotShrunk>, entry: SlotShrunk) {
    let same = |known: &&mut SlotShrunk| known.slot == entry.slot && known.contingent == entry.contingent;
    let Some(known) = entries.iter_mut().find(same) else { return entries.push(entry) };
    known.removed += entry.removed;
    for freed in entry.frees {
        match known.frees.iter_mut().find(|before| before.slot == freed.slot) {
            Some(before) => before.places += freed.places,
            None => known.frees.push(freed),
        }
    }
}
