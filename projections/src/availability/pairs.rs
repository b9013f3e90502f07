//! First places with the second ones that would come with them, for somebody who looks around.

use std::collections::BTreeMap;

use schemas::ids::SlotId;
use schemas::vocabulary::{Channel, Contingent};
use schemas::{CivilDate, Instant};
use serde::Serialize;

use super::Face;
use super::facts::{DayFacts, FirstFacts, PlaceFacts, SlotFacts, at};

/// A pair that a hold could take now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PairShown {
    /// The first place.
    pub first: SlotShown,
    /// The second place; absent for a single-dose vaccine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second: Option<SlotShown>,
    /// The vaccine's name.
    pub vaccine: String,
    /// Free first places that the channel can take in this slot.
    pub bookable: u32,
}

/// A slot as a pair names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotShown {
    /// Its number.
    pub slot: SlotId,
    /// When it begins, in the centre's zone.
    pub start_at: String,
    /// The civil day at the centre.
    pub local_date: CivilDate,
    /// How long it is, in minutes.
    pub length_min: u32,
}

/// What somebody looks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Where he asks.
    pub(crate) channel: Channel,
    /// The day he would like best; none: the earliest.
    pub(crate) near: Option<CivilDate>,
    /// How many pairs at most.
    pub(crate) limit: usize,
    /// Slots that begin before can no longer be booked.
    pub(crate) not_before: Instant,
}

/// Pairs that the channel could hold, nearest day first, then by start and number.
pub(crate) fn pairs<'a>(
    face: &Face,
    days: impl Iterator<Item = &'a DayFacts> + Clone,
    wanted: Wanted,
) -> Vec<PairShown> {
    let mut by_distance: Vec<&DayFacts> = days.clone().collect();
    if let Some(near) = wanted.near {
        by_distance.sort_by_key(|day| (day.date.days_since(near).unsigned_abs(), day.date));
    }
    // Looked up only for the few pairs that are shown, but among all days.
    let slots: BTreeMap<SlotId, (CivilDate, &SlotFacts)> =
        days.flat_map(|day| day.slots.iter().map(|slot| (slot.id, (day.date, slot)))).collect();
    by_distance
        .into_iter()
        .flat_map(|day| day.slots.iter().filter_map(move |slot| offered(day, slot, wanted)))
        .take(wanted.limit)
        .map(|offer| shown(face, &slots, &offer))
        .collect()
}

struct Offer<'a> {
    date: CivilDate,
    slot: &'a SlotFacts,
    backed_by: Option<SlotId>,
    bookable: u32,
}

fn offered<'a>(day: &DayFacts, slot: &'a SlotFacts, wanted: Wanted) -> Option<Offer<'a>> {
    let PlaceFacts::First(first) = &slot.places else { return None };
    if slot.start_at < wanted.not_before {
        return None;
    }
    let own = match wanted.channel {
        Channel::Web => Some(Contingent::Web),
        Channel::Hotline => Some(Contingent::Hotline),
        _ => None,
    };
    let bookable = own.into_iter().chain([Contingent::Open]).map(|from| takeable(day, first, from)).sum();
    (bookable > 0).then_some(Offer { date: day.date, slot, backed_by: first.backed_by, bookable })
}

/// Free places of a contingent, none when as many are held on this day as may be.
fn takeable(day: &DayFacts, first: &FirstFacts, from: Contingent) -> u32 {
    let held = day.slots.iter().filter_map(|slot| match &slot.places {
        PlaceFacts::First(first) => first.counts.get(at(from)).map(|counts| counts.held),
        PlaceFacts::Second(_) => None,
    });
    let limit = day.hold_limits.get(at(from)).copied().unwrap_or(0);
    let free = first.counts.get(at(from)).map_or(0, |counts| counts.free);
    if free > 0 && held.sum::<u32>() < limit { free } else { 0 }
}

fn shown(face: &Face, slots: &BTreeMap<SlotId, (CivilDate, &SlotFacts)>, offer: &Offer<'_>) -> PairShown {
    let show = |date: CivilDate, slot: &SlotFacts| SlotShown {
        slot: slot.id,
        start_at: face.clock.show(slot.start_at),
        local_date: date,
        length_min: slot.length_min,
    };
    PairShown {
        first: show(offer.date, offer.slot),
        second: offer.backed_by.and_then(|backing| slots.get(&backing)).map(|&(date, slot)| show(date, slot)),
        vaccine: face.vaccine(offer.slot.vaccine),
        bookable: offer.bookable,
    }
}
