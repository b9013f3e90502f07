//! What each event does to the slots. `apply` runs these on the stock, `decide` on a draft; they choose nothing.

use std::collections::BTreeMap;

use schemas::events::{
    BookingCancelled, BookingRescheduled, ContingentsReturned, HoldPlaced, PlacesReturned, SlotsReleased,
    SlotsShrunk,
};
use schemas::ids::SlotId;
use schemas::vocabulary::{CancelDoses, Contingent, Dose};

use super::Slots;
use super::moves::{
    FirstIs, SecondIs, back, first_of, remove_first, remove_second, shift_first, shift_second, unback,
};
use crate::centre::breach::{Breach, Moved};
use crate::centre::holds::Hold;
use crate::centre::slot::{Counts, FirstPlaces, Places, SecondCounts, Slot};

pub(in crate::centre) fn released(slots: &mut impl Slots, event: &SlotsReleased) -> Moved {
    for planned in &event.slots {
        let full = |places: u32| Counts { capacity: places, free: places, ..Counts::default() };
        let places = match planned.dose {
            Dose::Second => Places::Second(SecondCounts {
                capacity: planned.capacity,
                free: planned.capacity,
                ..SecondCounts::default()
            }),
            Dose::First => Places::First(FirstPlaces {
                delivery: event.delivery,
                doses: event.doses,
                interval_min_days: event.interval_min_days,
                interval_max_days: event.interval_max_days,
                flows_back_at: event.flows_back_at,
                flowed: false,
                web: full(planned.web),
                hotline: full(planned.hotline),
                open: full(planned.open),
                backing: BTreeMap::new(),
            }),
        };
        slots.insert(Slot {
            id: planned.slot,
            start_at: planned.start_at,
            local_date: planned.local_date,
            length_min: planned.length_min,
            vaccine: event.vaccine,
            places,
        })?;
    }
    event
        .backing
        .iter()
        .try_for_each(|entry| back(slots, entry.first, entry.second, SecondIs::Free, entry.places))
}

/// Entries are merged by slot, so all that is freed becomes free before anything is taken away.
pub(in crate::centre) fn shrunk(slots: &mut impl Slots, event: &SlotsShrunk) -> Moved {
    for entry in &event.slots {
        for freed in &entry.frees {
            unback(slots, entry.slot, freed.slot, SecondIs::Free, freed.places)?;
        }
    }
    event.slots.iter().try_for_each(|entry| match entry.contingent {
        Some(contingent) => remove_first(slots, entry.slot, contingent, entry.removed),
        None => remove_second(slots, entry.slot, entry.removed),
    })
}

pub(in crate::centre) fn contingents_returned(slots: &mut impl Slots, event: &ContingentsReturned) -> Moved {
    for entry in &event.returned {
        let (slot, contingent) = (entry.slot, entry.contingent);
        let left = counts(slots, slot, contingent)?;
        let sum = u64::from(left.free) + u64::from(left.resting);
        if sum != u64::from(entry.places) || contingent == Contingent::Open {
            return Err(Breach::FlowBack { slot, contingent, named: entry.places, left: sum });
        }
        for (is, places) in [(FirstIs::Free, left.free), (FirstIs::Resting, left.resting)] {
            shift_first(slots, slot, (contingent, is), (Contingent::Open, is), places)?;
        }
        slots.edit(slot, |slot| {
            first_of(slot)?.flowed = true;
            Ok(())
        })?;
    }
    Ok(())
}

pub(in crate::centre) fn places_returned(slots: &mut impl Slots, event: &PlacesReturned) -> Moved {
    for entry in &event.returned {
        let seat = |is| (entry.contingent, is);
        shift_first(slots, entry.slot, seat(FirstIs::Resting), seat(FirstIs::Free), entry.places)?;
        if let Some(second) = entry.backed_by {
            back(slots, entry.slot, second, SecondIs::Free, entry.places)?;
        }
    }
    Ok(())
}

pub(in crate::centre) fn hold_placed(slots: &mut impl Slots, event: &HoldPlaced) -> Moved {
    take_first(slots, event.first, event.contingent, FirstIs::Held)?;
    let Some(second) = event.second else { return Ok(()) };
    take_second(slots, event.first, second, event.frees, SecondIs::Held)
}

/// A hold was released or expired: what it held comes back together.
pub(in crate::centre) fn hold_returned(slots: &mut impl Slots, hold: &Hold) -> Moved {
    let backing = hold.second.map(|second| (second, SecondIs::Held));
    give_back(slots, hold, FirstIs::Held, backing)
}

pub(in crate::centre) fn confirmed(slots: &mut impl Slots, hold: &Hold) -> Moved {
    let seat = |is| (hold.contingent, is);
    shift_first(slots, hold.first, seat(FirstIs::Held), seat(FirstIs::Booked), 1)?;
    match hold.second {
        Some(second) => shift_second(slots, second, SecondIs::Held, SecondIs::Booked, 1),
        None => Ok(()),
    }
}

pub(in crate::centre) fn cancelled(slots: &mut impl Slots, hold: &Hold, event: &BookingCancelled) -> Moved {
    let kept = hold.second_kept();
    match (event.doses, kept) {
        (CancelDoses::Second, Some(second)) => {
            shift_second(slots, second, SecondIs::Booked, SecondIs::Free, 1)
        }
        (CancelDoses::Second, None) => Err(Breach::HoldState { hold: hold.id, event: "BookingCancelled" }),
        (CancelDoses::Both, kept) => return_booked(slots, hold, kept, event.backed_by),
    }
}

pub(in crate::centre) fn rescheduled(
    slots: &mut impl Slots,
    hold: &Hold,
    event: &BookingRescheduled,
) -> Moved {
    let old_second = event.second.and(hold.second_kept());
    if let Some(first) = event.first {
        take_first(slots, first, event.contingent.unwrap_or(Contingent::Open), FirstIs::Booked)?;
    }
    match (event.first, event.second, event.frees) {
        (Some(first), Some(second), frees) => {
            take_second(slots, first, second, frees, SecondIs::Booked)?;
        }
        (Some(first), None, Some(freed)) => unback(slots, first, freed, SecondIs::Free, 1)?,
        (None, Some(second), _) => shift_second(slots, second, SecondIs::Free, SecondIs::Booked, 1)?,
        (_, None, _) => {}
    }
    if event.first.is_some() {
        return_booked(slots, hold, old_second, event.backed_by)
    } else if let Some(second) = old_second {
        shift_second(slots, second, SecondIs::Booked, SecondIs::Free, 1)
    } else {
        Ok(())
    }
}

/// The first place of a booking comes back, with `second` when that comes back too. `backed_by` is what the event says.
fn return_booked(
    slots: &mut impl Slots,
    hold: &Hold,
    second: Option<SlotId>,
    backed_by: Option<SlotId>,
) -> Moved {
    if second.is_some() && second == backed_by {
        return give_back(slots, hold, FirstIs::Booked, second.map(|slot| (slot, SecondIs::Booked)));
    }
    if let Some(second) = second {
        shift_second(slots, second, SecondIs::Booked, SecondIs::Free, 1)?;
    }
    give_back(slots, hold, FirstIs::Booked, backed_by.map(|slot| (slot, SecondIs::Free)))
}

fn take_first(slots: &mut impl Slots, first: SlotId, contingent: Contingent, to: FirstIs) -> Moved {
    shift_first(slots, first, (contingent, FirstIs::Free), (contingent, to), 1)
}

/// Takes the second place: the backing itself, or a free one while a backing place becomes free.
fn take_second(
    slots: &mut impl Slots,
    first: SlotId,
    second: SlotId,
    frees: Option<SlotId>,
    to: SecondIs,
) -> Moved {
    match frees {
        None => unback(slots, first, second, to, 1),
        Some(freed) => {
            unback(slots, first, freed, SecondIs::Free, 1)?;
            shift_second(slots, second, SecondIs::Free, to, 1)
        }
    }
}

/// The first place goes home: free with its backing (or needing none), else resting.
fn give_back(
    slots: &mut impl Slots,
    hold: &Hold,
    from: FirstIs,
    backing: Option<(SlotId, SecondIs)>,
) -> Moved {
    let id = hold.first;
    let slot = slots.slot(id).ok_or(Breach::UnknownSlot { slot: id })?;
    let first = slot.first().ok_or(Breach::WrongDose { slot: id })?;
    let home = first.home(hold.contingent);
    let to = if first.doses < 2 || backing.is_some() { FirstIs::Free } else { FirstIs::Resting };
    shift_first(slots, id, (hold.contingent, from), (home, to), 1)?;
    match backing {
        Some((second, is)) => back(slots, id, second, is, 1),
        None => Ok(()),
    }
}

fn counts(slots: &impl Slots, id: SlotId, contingent: Contingent) -> Result<Counts, Breach> {
    let slot = slots.slot(id).ok_or(Breach::UnknownSlot { slot: id })?;
    let first = slot.first().ok_or(Breach::WrongDose { slot: id })?;
    Ok(*first.counts(contingent))
}
