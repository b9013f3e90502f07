//! The few ways in which places move. Each keeps the sums of a slot; what would leave its range is a breach.

use schemas::ids::SlotId;
use schemas::vocabulary::Contingent;

use super::Slots;
use crate::centre::breach::{Breach, Moved};
use crate::centre::slot::{Counts, FirstPlaces, Places, SecondCounts, Slot};

/// Where a first place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::centre) enum FirstIs {
    Free,
    Held,
    Resting,
    Booked,
}

/// Where a second place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::centre) enum SecondIs {
    Free,
    Held,
    Reserved,
    Booked,
}

impl FirstIs {
    fn of(self, counts: &mut Counts) -> (&mut u32, &'static str) {
        match self {
            Self::Free => (&mut counts.free, "free places"),
            Self::Held => (&mut counts.held, "held places"),
            Self::Resting => (&mut counts.resting, "resting places"),
            Self::Booked => (&mut counts.booked, "booked places"),
        }
    }
}

impl SecondIs {
    fn of(self, counts: &mut SecondCounts) -> (&mut u32, &'static str) {
        match self {
            Self::Free => (&mut counts.free, "free places"),
            Self::Held => (&mut counts.held, "held places"),
            Self::Reserved => (&mut counts.reserved, "reserved places"),
            Self::Booked => (&mut counts.booked, "booked places"),
        }
    }
}

fn add(slot: SlotId, (count, what): (&mut u32, &'static str), places: u32) -> Moved {
    *count = count.checked_add(places).ok_or(Breach::Count { slot, what })?;
    Ok(())
}

fn take(slot: SlotId, (count, what): (&mut u32, &'static str), places: u32) -> Moved {
    *count = count.checked_sub(places).ok_or(Breach::Count { slot, what })?;
    Ok(())
}

/// The first places of a slot, to be changed.
pub(super) fn first_of(slot: &mut Slot) -> Result<&mut FirstPlaces, Breach> {
    match &mut slot.places {
        Places::First(first) => Ok(first),
        Places::Second(_) => Err(Breach::WrongDose { slot: slot.id }),
    }
}

fn second_of(slot: &mut Slot) -> Result<&mut SecondCounts, Breach> {
    match &mut slot.places {
        Places::First(_) => Err(Breach::WrongDose { slot: slot.id }),
        Places::Second(second) => Ok(second),
    }
}

/// Moves first places; from one contingent to another they take their capacity with them.
pub(super) fn shift_first(
    slots: &mut impl Slots,
    id: SlotId,
    from: (Contingent, FirstIs),
    to: (Contingent, FirstIs),
    places: u32,
) -> Moved {
    slots.edit(id, |slot| {
        let first = first_of(slot)?;
        take(id, from.1.of(first.counts_mut(from.0)), places)?;
        add(id, to.1.of(first.counts_mut(to.0)), places)?;
        if from.0 != to.0 {
            take(id, (&mut first.counts_mut(from.0).capacity, "capacity"), places)?;
            add(id, (&mut first.counts_mut(to.0).capacity, "capacity"), places)?;
        }
        Ok(())
    })
}

/// Moves second places.
pub(super) fn shift_second(
    slots: &mut impl Slots,
    id: SlotId,
    from: SecondIs,
    to: SecondIs,
    places: u32,
) -> Moved {
    slots.edit(id, |slot| {
        let second = second_of(slot)?;
        take(id, from.of(second), places)?;
        add(id, to.of(second), places)
    })
}

/// Takes free first places away for good.
pub(super) fn remove_first(slots: &mut impl Slots, id: SlotId, contingent: Contingent, places: u32) -> Moved {
    slots.edit(id, |slot| {
        let counts = first_of(slot)?.counts_mut(contingent);
        take(id, (&mut counts.free, "free places"), places)?;
        take(id, (&mut counts.capacity, "capacity"), places)
    })
}

/// Takes free second places away for good.
pub(super) fn remove_second(slots: &mut impl Slots, id: SlotId, places: u32) -> Moved {
    slots.edit(id, |slot| {
        let second = second_of(slot)?;
        take(id, (&mut second.free, "free places"), places)?;
        take(id, (&mut second.capacity, "capacity"), places)
    })
}

/// Lets second places that are `from` back first places.
pub(super) fn back(
    slots: &mut impl Slots,
    first: SlotId,
    second: SlotId,
    from: SecondIs,
    places: u32,
) -> Moved {
    if places == 0 {
        return Ok(());
    }
    slots.edit(first, |slot| {
        let backing = &mut first_of(slot)?.backing;
        add(first, (backing.entry(second).or_default(), "backing places"), places)
    })?;
    slots.count_backing(second, places, 0)?;
    shift_second(slots, second, from, SecondIs::Reserved, places)
}

/// Ends the backing of first places; the second ones go `to`.
pub(super) fn unback(
    slots: &mut impl Slots,
    first: SlotId,
    second: SlotId,
    to: SecondIs,
    places: u32,
) -> Moved {
    if places == 0 {
        return Ok(());
    }
    slots.edit(first, |slot| {
        let backing = &mut first_of(slot)?.backing;
        let count = backing.get_mut(&second).ok_or(Breach::Count { slot: first, what: "backing places" })?;
        take(first, (count, "backing places"), places)?;
        if *count == 0 {
            backing.remove(&second);
        }
        Ok(())
    })?;
    slots.count_backing(second, 0, places)?;
    shift_second(slots, second, SecondIs::Reserved, to, places)
}
