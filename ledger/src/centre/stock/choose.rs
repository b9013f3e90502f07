//! Which place is taken: the contingent of a first place and the second place that goes with it.

use schemas::Instant;
use schemas::ids::SlotId;
use schemas::rules::BasisPoints;
use schemas::vocabulary::{Channel, Contingent};

use super::{CONTINGENTS, DayCounts, Slots};
use crate::centre::slot::{FirstPlaces, Slot};

/// Why no contingent of a first-dose slot gives a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::centre) enum FirstRefusal {
    Full,
    ForOthers,
    Budget,
}

/// Why a second place cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::centre) enum SecondRefusal {
    Full,
    Reserved,
}

/// A second place, and the one that becomes free because it is not the backing itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::centre) struct SecondChoice {
    pub(in crate::centre) second: SlotId,
    pub(in crate::centre) frees: Option<SlotId>,
}

/// The contingents that a channel draws on, in this order.
pub(in crate::centre) fn contingents_of(channel: Channel) -> &'static [Contingent] {
    match channel {
        Channel::Web => &[Contingent::Web, Contingent::Open],
        Channel::Hotline => &[Contingent::Hotline, Contingent::Open],
        _ => &[Contingent::Open],
    }
}

/// The most places that may be held: `max(1, ⌈share × (free + held)⌉)`.
pub(in crate::centre) fn hold_limit(share: BasisPoints, day: DayCounts) -> u64 {
    let whole = u64::from(BasisPoints::ONE.0);
    (u64::from(share.0) * (day.free + day.held)).div_ceil(whole).max(1)
}

/// The first of the channel's contingents that has a free place here and whose day has room under the cap.
pub(in crate::centre) fn first_place(
    first: &FirstPlaces,
    channel: Channel,
    has_room: impl Fn(Contingent) -> bool,
) -> Result<Contingent, FirstRefusal> {
    let free = |contingent: &Contingent| first.counts(*contingent).free > 0;
    let own = contingents_of(channel);
    match own.iter().find(|contingent| free(contingent) && has_room(**contingent)) {
        Some(contingent) => Ok(*contingent),
        None if own.iter().any(free) => Err(FirstRefusal::Budget),
        None if CONTINGENTS.iter().any(free) => Err(FirstRefusal::ForOthers),
        None => Err(FirstRefusal::Full),
    }
}

/// The second place of a two-dose pair: the named one, or the backing of earliest start.
pub(in crate::centre) fn second_place(
    slots: &impl Slots,
    first: &FirstPlaces,
    named: Option<&Slot>,
) -> Result<SecondChoice, SecondRefusal> {
    let Some(named) = named else {
        let second = earliest_backing(slots, first).ok_or(SecondRefusal::Full)?;
        return Ok(SecondChoice { second, frees: None });
    };
    if first.backing.contains_key(&named.id) {
        return Ok(SecondChoice { second: named.id, frees: None });
    }
    free_second(named)?;
    Ok(SecondChoice { second: named.id, frees: latest_backing(slots, first) })
}

/// That a second-dose slot has a free place.
pub(in crate::centre) fn free_second(second: &Slot) -> Result<(), SecondRefusal> {
    match second.second() {
        Some(places) if places.free > 0 => Ok(()),
        Some(places) if places.reserved > 0 => Err(SecondRefusal::Reserved),
        _ => Err(SecondRefusal::Full),
    }
}

fn backing<'a>(
    slots: &'a impl Slots,
    first: &'a FirstPlaces,
) -> impl Iterator<Item = (Instant, SlotId)> + 'a {
    first.backing.keys().filter_map(|id| slots.slot(*id)).map(|slot| (slot.start_at, slot.id))
}

/// The backing of earliest start, then least number.
pub(in crate::centre) fn earliest_backing(slots: &impl Slots, first: &FirstPlaces) -> Option<SlotId> {
    backing(slots, first).min().map(|(_, id)| id)
}

/// The backing of latest start, then greatest number.
pub(in crate::centre) fn latest_backing(slots: &impl Slots, first: &FirstPlaces) -> Option<SlotId> {
    backing(slots, first).max().map(|(_, id)| id)
}
