//! Reading, for projections and answers. Nothing here decides.

use schemas::events::CentreDescribed;
use schemas::ids::{CentreNumber, DeliveryId, HoldId, RegistrationId, ReleaseId, ShrinkId, SlotId};
use schemas::{CivilDate, Instant, Reference, RuleSet};

use super::Centre;
use super::holds::{Hold, HoldState};
use super::known::Known;
use super::people::{Erasure, Registration};
use super::slot::Slot;
use super::stock::Slots;
use super::supply::Delivery;
use crate::rejection::Mark;

/// How many there are of what is live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Registrations that were not withdrawn.
    pub registrations: u64,
    /// Holds before their deadline.
    pub holds: u64,
    /// Bookings with both their places, or with the first alone.
    pub bookings: u64,
}

impl Centre {
    /// What is live. Counts everything anew.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for _ in self.people.all().filter(|person| person.ended.is_none()) {
            totals.registrations += 1;
        }
        for hold in self.holds.all() {
            match hold.state() {
                HoldState::Live => totals.holds += 1,
                HoldState::Booked => totals.bookings += 1,
                HoldState::Released(_) | HoldState::Expired | HoldState::Cancelled(_) => {}
            }
        }
        totals
    }

    /// Its number in the partition.
    pub fn number(&self) -> CentreNumber {
        self.number
    }

    /// How it was last described; none before it came into being.
    pub fn description(&self) -> Option<&CentreDescribed> {
        self.described.as_ref().map(|described| &described.centre)
    }

    /// IANA name of its time zone; `Etc/UTC` before it came into being.
    pub fn time_zone(&self) -> &str {
        self.description().map_or("Etc/UTC", |centre| &centre.time_zone)
    }

    /// The rules in force at an instant; none before the first set.
    pub fn rules_at(&self, now: Instant) -> Option<&RuleSet> {
        self.supply.rules_at(now)
    }

    /// All slots in order of number.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.stock.slots()
    }

    /// A slot.
    pub fn slot(&self, id: SlotId) -> Option<&Slot> {
        self.stock.slot(id)
    }

    /// The slots of a civil day, first and second doses, in order of start.
    pub fn slots_on(&self, date: CivilDate) -> impl Iterator<Item = &Slot> {
        self.stock.slots_on(date)
    }

    /// The civil days that have slots, ascending.
    pub fn dates(&self) -> impl Iterator<Item = CivilDate> {
        self.stock.dates()
    }

    /// A registration, live or ended less than seven days ago.
    pub fn registration(&self, id: RegistrationId) -> Option<&Registration> {
        let gone =
            |person: &Registration| person.ended.as_ref().is_some_and(|end| self.is_past(end.mark.time));
        self.people.get(id).filter(|person| !gone(person))
    }

    /// Whose a hold or booking is. A booking whose doses have begun outlives its registration and is then nobody's,
    /// also when the id is used anew.
    pub(super) fn owner(&self, hold: &Hold) -> Option<&Registration> {
        self.registration(hold.registration).filter(|person| person.owns(hold))
    }

    /// The registration with a reference.
    pub fn registration_of(&self, reference: &Reference) -> Option<&Registration> {
        self.people.by_reference(reference).and_then(|id| self.registration(id))
    }

    /// A hold or booking, live or ended less than seven days ago.
    pub fn hold(&self, id: HoldId) -> Option<&Hold> {
        let gone = |hold: &Hold| hold.ended.as_ref().is_some_and(|end| self.is_past(end.mark.time));
        self.holds.get(id).filter(|hold| !gone(hold))
    }

    /// An erasure that was ordered, until seven days after it was done.
    pub fn erasure(&self, id: RegistrationId) -> Option<&Erasure> {
        let gone = |erasure: &Erasure| erasure.done.is_some_and(|done| self.is_past(done.time));
        self.people.erasure(id).filter(|erasure| !gone(erasure))
    }

    /// A delivery.
    pub fn delivery(&self, id: DeliveryId) -> Option<&Delivery> {
        self.supply.delivery(id)
    }

    /// All deliveries.
    pub fn deliveries(&self) -> impl Iterator<Item = &Delivery> {
        self.supply.deliveries()
    }

    /// The command and the record of a release.
    pub fn release(&self, id: ReleaseId) -> Option<&Known> {
        self.supply.release(id)
    }

    /// The command and the record of a shrink.
    pub fn shrink(&self, id: ShrinkId) -> Option<&Known> {
        self.supply.shrink(id)
    }

    /// The centre's last record.
    pub fn last_change(&self) -> Option<Mark> {
        self.last
    }
}
