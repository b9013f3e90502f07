//! First places with the second ones that would come with them, for somebody who looks around.

use ledger::centre::Counts;
use schemas::ids::SlotId;
use schemas::vocabulary::{Channel, Contingent};
use schemas::{CivilDate, Instant};
use serde::Serialize;

use super::Face;
use super::facts::{DayFacts, PlaceFacts, SlotFacts, at};

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
    by_distance
        .into_iter()
        .flat_map(|day| offers(day, wanted))
        .take(wanted.limit)
        .map(|offer| shown(face, days.clone(), &offer))
        .collect()
}

struct Offer<'a> {
    date: CivilDate,
    slot: &'a SlotFacts,
    backed_by: Option<SlotId>,
    bookable: u32,
}

fn offers(day: &DayFacts, wanted: Wanted) -> impl Iterator<Item = Offer<'_>> {
    let giving = giving(day, wanted.channel);
    let slots = day.slots.iter().filter(move |slot| slot.start_at >= wanted.not_before);
    slots.filter_map(move |slot| {
        let PlaceFacts::First(first) = &slot.places else { return None };
        let free = |(counts, &gives): (&Counts, &bool)| if gives { counts.free } else { 0 };
        let bookable = first.counts.iter().zip(&giving).map(free).sum();
        (bookable > 0).then_some(Offer { date: day.date, slot, backed_by: first.backed_by, bookable })
    })
}

/// The contingents that give the channel a place on this day: its own and the open one, while fewer places of theirs
/// are held than may be.
fn giving(day: &DayFacts, channel: Channel) -> [bool; 3] {
    let own = match channel {
        Channel::Web => Some(Contingent::Web),
        Channel::Hotline => Some(Contingent::Hotline),
        _ => None,
    };
    let mut giving = [false; 3];
    for from in own.into_iter().chain([Contingent::Open]).map(at) {
        let held = day.slots.iter().filter_map(|slot| match &slot.places {
            PlaceFacts::First(first) => first.counts.get(from).map(|counts| counts.held),
            PlaceFacts::Second(_) => None,
        });
        if let (Some(gives), Some(&limit)) = (giving.get_mut(from), day.hold_limits.get(from)) {
            *gives = held.sum::<u32>() < limit;
        }
    }
    giving
}

fn shown<'a>(face: &Face, mut days: impl Iterator<Item = &'a DayFacts>, offer: &Offer<'_>) -> PairShown {
    let show = |date: CivilDate, slot: &SlotFacts| SlotShown {
        slot: slot.id,
        start_at: face.clock.show(slot.start_at),
        local_date: date,
        length_min: slot.length_min,
    };
    let second = offer
        .backed_by
        .and_then(|id| days.find_map(|day| Some((day.date, day.slots.iter().find(|slot| slot.id == id)?))));
    PairShown {
        first: show(offer.date, offer.slot),
        second: second.map(|(date, slot)| show(date, slot)),
        vaccine: face.vaccine(offer.slot.vaccine),
        bookable: offer.bookable,
    }
}
