//! The invariants, looked at after every record where it touched something, and everywhere on request.

use std::collections::{BTreeMap, BTreeSet};

use schemas::ids::{HoldId, RegistrationId, SlotId};

use super::breach::{Breach, Moved};
use super::holds::{Hold, HoldState};
use super::slot::{FirstPlaces, Places, SecondCounts, Slot};
use super::stock::{CONTINGENTS, DayCounts, Slots, rests, settle};
use super::{Centre, people::Registration};

impl Centre {
    /// Looks at what was touched since the last check, and at what `apply` noted.
    ///
    /// # Errors
    /// The first breach that was found, now and for ever.
    pub fn check(&mut self) -> Result<(), Breach> {
        let slots = self.stock.take_touched();
        let holds = self.holds.take_touched();
        if self.breach.is_none() {
            let found = slots.into_iter().try_for_each(|id| self.check_slot(id));
            self.breach = found.and_then(|()| holds.into_iter().try_for_each(|id| self.check_hold(id))).err();
        }
        self.breach.clone().map_or(Ok(()), Err)
    }

    /// Recounts everything.
    ///
    /// # Errors
    /// The first breach that was found.
    pub fn check_all(&self) -> Result<(), Breach> {
        self.breach.clone().map_or(Ok(()), Err)?;
        self.stock.slots().try_for_each(|slot| self.check_slot(slot.id))?;
        self.holds.all().try_for_each(|hold| self.check_hold(hold.id))?;
        self.people.all().try_for_each(|person| self.check_person(person))?;
        self.check_index_sizes()?;
        self.check_pseudonyms()?;
        self.check_days()?;
        self.check_backing()?;
        self.check_taken()
    }

    fn check_slot(&self, id: SlotId) -> Moved {
        let slot = self.stock.slot(id).ok_or(Breach::UnknownSlot { slot: id })?;
        match &slot.places {
            Places::First(first) => check_first(id, first),
            Places::Second(second) => check_second(id, second, self.stock.backed(id)),
        }
    }

    /// A hold is in the indexes exactly while it lives, and its registration names it exactly until its end.
    fn check_hold(&self, id: HoldId) -> Moved {
        let Some(hold) = self.holds.get(id) else { return Ok(()) };
        if !self.holds.indexed(hold, self.date_of(hold)?) {
            return Err(Breach::HoldIndex { hold: id, deadline_at: hold.deadline_at });
        }
        let person = self.people.get(hold.registration);
        let named = person.is_some_and(|person| person.current == Some(id));
        // A booking whose doses have begun outlives its registration, whose id may by then be somebody else's.
        let outlives = hold.state() == HoldState::Booked && person.is_none_or(|person| !person.owns(hold));
        if named == hold.ended.is_none() || outlives {
            return Ok(());
        }
        Err(Breach::Person { registration: hold.registration })
    }

    fn check_person(&self, person: &Registration) -> Moved {
        if !self.people.indexed(person) {
            return Err(Breach::PersonIndex { registration: person.id });
        }
        let Some(current) = person.current else { return Ok(()) };
        let live = self
            .holds
            .get(current)
            .is_some_and(|hold| hold.registration == person.id && hold.ended.is_none());
        if live { Ok(()) } else { Err(Breach::Person { registration: person.id }) }
    }

    fn check_index_sizes(&self) -> Moved {
        let mut live = self.holds.all().filter(|hold| hold.state() == HoldState::Live).peekable();
        let first = live.peek().map(|hold| (hold.id, hold.deadline_at));
        let count = live.count();
        match (self.holds.index_sizes() == (count, count), first) {
            (true, _) => Ok(()),
            (false, first) => {
                let (hold, deadline_at) = first.unwrap_or((HoldId::NIL, schemas::Instant::EPOCH));
                Err(Breach::HoldIndex { hold, deadline_at })
            }
        }
    }

    fn check_pseudonyms(&self) -> Moved {
        let live = self.people.all().filter(|person| person.ended.is_none());
        let distinct = live.map(|person| person.pseudonyms.iter().collect::<BTreeSet<_>>().len());
        if distinct.sum::<usize>() == self.people.found_by_pseudonym() {
            return Ok(());
        }
        Err(Breach::PersonIndex { registration: RegistrationId::NIL })
    }

    fn check_days(&self) -> Moved {
        let mut sums: BTreeMap<_, DayCounts> = BTreeMap::new();
        for slot in self.stock.slots() {
            let Some(first) = slot.first() else { continue };
            let index = (slot.start_at, slot.id);
            let flows = first.flows_back_at.filter(|_| !first.flowed).map(|at| (at, slot.id));
            if rests(first) != self.stock.resting().contains(&index)
                || flows.is_some_and(|entry| !self.stock.flow_backs().contains(&entry))
            {
                return Err(Breach::SlotIndex { slot: slot.id });
            }
            for contingent in CONTINGENTS {
                let sum = sums.entry((slot.local_date, contingent)).or_default();
                sum.free += u64::from(first.counts(contingent).free);
                sum.held += u64::from(first.counts(contingent).held);
            }
        }
        for ((date, contingent), sum) in sums {
            if self.stock.day(date, contingent) != sum {
                return Err(Breach::Day { date, contingent });
            }
        }
        Ok(())
    }

    /// Every backing is a second dose inside the interval, and its slot knows of it.
    fn check_backing(&self) -> Moved {
        let mut backed: BTreeMap<SlotId, u64> = BTreeMap::new();
        for slot in self.stock.slots() {
            let Some(first) = slot.first() else { continue };
            for (second, places) in &first.backing {
                let fits = self.stock.slot(*second).is_some_and(|second| settle::fits(slot, second));
                if !fits || *places == 0 {
                    return Err(Breach::BackingUnfit { slot: slot.id, second: *second });
                }
                *backed.entry(*second).or_default() += u64::from(*places);
            }
        }
        for slot in self.stock.slots() {
            let Some(second) = slot.second() else { continue };
            check_second(slot.id, second, backed.get(&slot.id).copied().unwrap_or_default())?;
        }
        Ok(())
    }

    /// `held` and `booked` of every slot are what holds and bookings say.
    fn check_taken(&self) -> Moved {
        let mut taken: BTreeMap<(SlotId, bool), u64> = BTreeMap::new();
        for hold in self.holds.all().filter(|hold| hold.ended.is_none()) {
            let booked = hold.confirmed.is_some();
            for slot in std::iter::once(hold.first).chain(hold.second_kept()) {
                *taken.entry((slot, booked)).or_default() += 1;
            }
        }
        for slot in self.stock.slots() {
            for (what, booked) in [("held", false), ("booked", true)] {
                let found = taken.get(&(slot.id, booked)).copied().unwrap_or_default();
                let counted = counted(slot, booked);
                if counted != found {
                    return Err(Breach::Taken { slot: slot.id, what, counted, found });
                }
            }
        }
        self.holds.all().filter(|hold| hold.ended.is_none()).try_for_each(|hold| self.check_interval(hold))
    }

    fn check_interval(&self, hold: &Hold) -> Moved {
        let Some(second) = hold.second_kept() else { return Ok(()) };
        let pair = self.stock.slot(hold.first).zip(self.stock.slot(second));
        match pair {
            Some((first, second)) if settle::fits(first, second) => Ok(()),
            _ => Err(Breach::BackingUnfit { slot: hold.first, second }),
        }
    }
}

fn counted(slot: &Slot, booked: bool) -> u64 {
    match &slot.places {
        Places::First(first) => CONTINGENTS
            .into_iter()
            .map(|contingent| first.counts(contingent))
            .map(|counts| u64::from(if booked { counts.booked } else { counts.held }))
            .sum(),
        Places::Second(second) => u64::from(if booked { second.booked } else { second.held }),
    }
}

fn sum<const N: usize>(counts: [u32; N]) -> u64 {
    counts.into_iter().map(u64::from).sum()
}

fn check_first(slot: SlotId, first: &FirstPlaces) -> Moved {
    for contingent in CONTINGENTS {
        let counts = *first.counts(contingent);
        if sum([counts.free, counts.held, counts.resting, counts.booked]) != u64::from(counts.capacity) {
            return Err(Breach::FirstSum { slot, contingent, counts });
        }
    }
    let free = sum([first.web.free, first.hotline.free, first.open.free]);
    let backed = first.backing.values().map(|places| u64::from(*places)).sum();
    let expected = if first.doses > 1 { free } else { 0 };
    if backed == expected { Ok(()) } else { Err(Breach::Backing { slot, free, backed }) }
}

fn check_second(slot: SlotId, second: &SecondCounts, backed: u64) -> Moved {
    let counts = *second;
    if sum([counts.free, counts.held, counts.reserved, counts.booked]) != u64::from(counts.capacity) {
        return Err(Breach::SecondSum { slot, counts });
    }
    if u64::from(counts.reserved) != backed {
        return Err(Breach::Reserved { slot, reserved: counts.reserved, backed });
    }
    Ok(())
}
