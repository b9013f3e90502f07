//! Questions, each answered by going through the lists.

use std::collections::BTreeMap;

use ledger::Mark;
use schemas::ids::{District, Group, HoldId, Pseudonym, RegistrationId, SlotId};
use schemas::vocabulary::{Contingent, Dose};
use schemas::{CivilDate, Instant, RuleSet};

use super::lists::{Hold, Model, Registration, Slot, State};

/// How many places of a slot, or of one contingent of it, are what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words are those of DESIGN 5")]
pub struct Tally {
    pub capacity: u32,
    pub free: u32,
    pub held: u32,
    pub resting: u32,
    pub reserved: u32,
    pub booked: u32,
}

impl Model {
    /// Counts the places of a slot; of a first-dose slot those of one contingent.
    pub fn tally(&self, slot: SlotId, contingent: Option<Contingent>) -> Tally {
        let mut tally = Tally::default();
        for place in self.places.iter().filter(|place| place.slot == slot && place.contingent == contingent) {
            tally.capacity += 1;
            match place.state {
                State::Free => tally.free += 1,
                State::Resting => tally.resting += 1,
                State::Reserved(_) => tally.reserved += 1,
                State::Held(_) => tally.held += 1,
                State::Booked(_) => tally.booked += 1,
            }
        }
        tally
    }

    /// Which second-dose slots back a first-dose slot, with how many places.
    pub fn backing(&self, first: SlotId) -> BTreeMap<SlotId, u32> {
        let mut backing = BTreeMap::new();
        for place in self.places.iter().filter(|place| place.state == State::Reserved(first)) {
            *backing.entry(place.slot).or_insert(0) += 1;
        }
        backing
    }

    /// A slot by its number.
    pub fn slot(&self, id: SlotId) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.id == id)
    }

    /// A hold or booking by its id.
    pub fn hold(&self, id: HoldId) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.placed.event.hold == id)
    }

    /// A registration by its id.
    pub fn registration(&self, id: RegistrationId) -> Option<&Registration> {
        self.registrations.iter().find(|registration| registration.id() == id)
    }

    /// The rules in force: the latest begun set; the first one begins with its record.
    pub fn rules_at(&self, now: Instant) -> Option<&RuleSet> {
        let begins = |told: &super::Told<schemas::events::RulesSet>| {
            if told.event.number == 1 { told.mark.time } else { told.event.effective_at }
        };
        let begun = self.rules.iter().filter(|told| begins(told) <= now);
        begun.max_by_key(|told| (begins(told), told.event.number)).map(|told| &told.event.set)
    }

    /// Free and held first places of one contingent over all first-dose slots of a civil date.
    pub(super) fn free_and_held(&self, date: CivilDate, contingent: Contingent) -> (u32, u32) {
        let slots = self.slots.iter().filter(|slot| slot.dose == Dose::First && slot.local_date == date);
        slots
            .map(|slot| self.tally(slot.id, Some(contingent)))
            .fold((0, 0), |(free, held), tally| (free + tally.free, held + tally.held))
    }

    /// The registration's live hold that is no booking yet.
    pub(super) fn live_hold_of(&self, registration: RegistrationId) -> Option<&Hold> {
        self.live_of(registration).find(|hold| hold.confirmed.is_none())
    }

    /// The registration's live booking.
    pub(super) fn live_booking_of(&self, registration: RegistrationId) -> Option<&Hold> {
        self.live_of(registration).find(|hold| hold.confirmed.is_some())
    }

    fn live_of(&self, registration: RegistrationId) -> impl Iterator<Item = &Hold> {
        self.holds_of(registration).filter(|hold| hold.ended().is_none())
    }

    /// What the registration placed. An id may be used anew once it is forgotten, and a booking with both doses begun
    /// outlives its registration: that one is not the new one's.
    pub(super) fn holds_of(&self, registration: RegistrationId) -> impl Iterator<Item = &Hold> {
        let since = self.registration(registration).map_or(0, |known| known.accepted.mark.seq);
        self.holds.iter().filter(move |hold| {
            hold.placed.event.registration == registration && hold.placed.mark.seq > since
        })
    }
}

impl Slot {
    /// Whether it has begun.
    pub fn begun(&self, now: Instant) -> bool {
        now >= self.start_at
    }

    /// Whether this first-dose slot and that second-dose slot make a pair.
    pub fn fits(&self, second: &Slot) -> bool {
        let days = second.local_date.days_since(self.local_date);
        self.dose == Dose::First
            && second.dose == Dose::Second
            && self.doses == 2
            && self.vaccine == second.vaccine
            && days >= i64::from(self.interval_min_days)
            && days <= i64::from(self.interval_max_days)
    }
}

impl Hold {
    /// Where its end stands.
    pub fn ended(&self) -> Option<Mark> {
        let released = self.released.as_ref().map(|told| told.mark);
        let cancelled = self.cancelled.as_ref().map(|told| told.mark);
        released.or(self.expired).or(cancelled)
    }
}

impl Registration {
    /// Its id.
    pub fn id(&self) -> RegistrationId {
        self.accepted.event.registration
    }

    /// Where its end stands.
    pub fn ended(&self) -> Option<Mark> {
        self.withdrawn.as_ref().map(|told| told.mark)
    }

    /// 1, and one more with each amendment.
    pub fn revision(&self) -> u32 {
        self.amended.last().map_or(1, |told| told.event.revision)
    }

    /// The person's names in the vault.
    pub fn pseudonyms(&self) -> &[Pseudonym] {
        self.amended.last().map_or(&self.accepted.event.pseudonyms, |told| &told.event.pseudonyms)
    }

    /// The priority group.
    pub fn group(&self) -> Group {
        self.amended.last().map_or(self.accepted.event.group, |told| told.event.group)
    }

    /// Where the person lives.
    pub fn district(&self) -> District {
        self.amended.last().map_or(self.accepted.event.district, |told| told.event.district)
    }

    /// The namesakes that an agent found to be others.
    pub fn distinct_from(&self) -> &[RegistrationId] {
        self.amended.last().map_or(&[], |told| &told.event.distinct_from)
    }
}
