//! What is over, out of the model's lists until somebody names it again, so that a long history costs no more than a short one.

use std::collections::{BTreeMap, BTreeSet};

use ledger::CentreCommand;
use schemas::Event;
use schemas::Reference;
use schemas::ids::{AccessId, ChangeId, HoldId, Pseudonym, RegistrationId};

use crate::model::{Hold, Model, Registration};

/// Holds that have ended, and registrations without a live hold.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    holds: BTreeMap<HoldId, Hold>,
    registrations: BTreeMap<RegistrationId, Registration>,
    holds_of: BTreeMap<RegistrationId, BTreeSet<HoldId>>,
    references: BTreeMap<Reference, RegistrationId>,
    accesses: BTreeMap<AccessId, RegistrationId>,
    changes: BTreeMap<ChangeId, HoldId>,
    /// Of registrations that have not ended.
    people: BTreeMap<Pseudonym, BTreeSet<RegistrationId>>,
}

/// What a command or an event names.
#[derive(Debug, Default)]
pub(super) struct Names {
    registrations: Vec<RegistrationId>,
    holds: Vec<HoldId>,
    references: Vec<Reference>,
    accesses: Vec<AccessId>,
    changes: Vec<ChangeId>,
}

impl Names {
    pub(super) fn of_command(command: &CentreCommand) -> Self {
        use CentreCommand as C;
        let mut names = Self::default();
        match command {
            C::Register { registration, reference, .. } => {
                names.registrations.push(*registration);
                names.references.push(*reference);
            }
            C::AmendRegistration { registration, distinct_from, .. } => {
                names.registrations.push(*registration);
                names.registrations.extend(distinct_from);
            }
            C::WithdrawRegistration { registration, .. }
            | C::Erase { registration, .. }
            | C::FinishErasure { registration } => names.registrations.push(*registration),
            C::ReissueAccess { registration, access, .. } => {
                names.registrations.push(*registration);
                names.accesses.push(*access);
            }
            C::PlaceHold { hold, registration, instead_of, .. } => {
                names.registrations.push(*registration);
                names.holds.push(*hold);
                names.holds.extend(instead_of);
            }
            C::ExtendHold { hold } | C::ReleaseHold { hold } | C::ConfirmHold { hold } => {
                names.holds.push(*hold);
            }
            C::RescheduleBooking { booking, change, .. } => {
                names.holds.push(*booking);
                names.changes.push(*change);
            }
            C::CancelBooking { booking, .. } => names.holds.push(*booking),
            C::DescribeCentre(_)
            | C::SetRules { .. }
            | C::AnnounceDelivery { .. }
            | C::ReceiveDelivery { .. }
            | C::ReleaseSlots { .. }
            | C::ShrinkSlots { .. } => {}
        }
        names
    }

    pub(super) fn of_events(events: &[Event]) -> Self {
        let mut names = Self::default();
        for event in events {
            match event {
                Event::RegistrationAmended(event) => names.registrations.push(event.registration),
                Event::RegistrationWithdrawn(event) => names.registrations.push(event.registration),
                Event::AccessReissued(event) => names.registrations.push(event.registration),
                Event::HoldPlaced(event) => names.registrations.push(event.registration),
                Event::HoldExtended(event) => names.holds.push(event.hold),
                Event::HoldReleased(event) => names.holds.push(event.hold),
                Event::HoldExpired(event) => names.holds.push(event.hold),
                Event::BookingConfirmed(event) => names.holds.push(event.booking),
                Event::BookingRescheduled(event) => names.holds.push(event.booking),
                Event::BookingCancelled(event) => names.holds.push(event.booking),
                _ => {}
            }
        }
        names
    }
}

impl Shelf {
    /// Brings into the model what a decision about these names may have to know.
    pub(super) fn bring(&mut self, model: &mut Model, names: Names) {
        let mut registrations: BTreeSet<RegistrationId> = names.registrations.into_iter().collect();
        registrations.extend(names.references.iter().filter_map(|name| self.references.get(name)));
        registrations.extend(names.accesses.iter().filter_map(|name| self.accesses.get(name)));
        let moved = names.changes.iter().filter_map(|name| self.changes.get(name)).copied();
        let holds: BTreeSet<HoldId> = names.holds.into_iter().chain(moved).collect();
        let owner = |id: &HoldId| {
            let hold = self.holds.get(id).or_else(|| model.hold(*id));
            hold.map(|hold| hold.placed.event.registration)
        };
        registrations.extend(holds.iter().filter_map(owner));
        for id in &registrations {
            self.bring_registration(model, *id);
        }
        // Whoever shares a name with one of them may stand in its way.
        let people: BTreeSet<Pseudonym> = registrations
            .iter()
            .filter_map(|&id| model.registration(id))
            .flat_map(|known| known.pseudonyms().iter().copied())
            .collect();
        let rivals: BTreeSet<RegistrationId> =
            people.iter().filter_map(|name| self.people.get(name)).flatten().copied().collect();
        rivals.into_iter().for_each(|id| self.bring_registration(model, id));
        holds.into_iter().for_each(|id| self.bring_hold(model, id));
        for id in registrations {
            let of_it = self.holds_of.get(&id).cloned().unwrap_or_default();
            of_it.into_iter().for_each(|hold| self.bring_hold(model, hold));
        }
        model.registrations.sort_by_key(|known| known.accepted.mark.seq);
        model.holds.sort_by_key(|hold| hold.placed.mark.seq);
    }

    /// Brings everything back.
    pub(super) fn bring_all(&mut self, model: &mut Model) {
        model.registrations.extend(std::mem::take(&mut self.registrations).into_values());
        model.holds.extend(std::mem::take(&mut self.holds).into_values());
        model.registrations.sort_by_key(|known| known.accepted.mark.seq);
        model.holds.sort_by_key(|hold| hold.placed.mark.seq);
    }

    fn bring_registration(&mut self, model: &mut Model, id: RegistrationId) {
        model.registrations.extend(self.registrations.remove(&id));
    }

    fn bring_hold(&mut self, model: &mut Model, id: HoldId) {
        model.holds.extend(self.holds.remove(&id));
    }

    /// Puts away what is over.
    pub(super) fn put_away(&mut self, model: &mut Model) {
        for hold in model.holds.extract_if(.., |hold| hold.ended().is_some()) {
            let id = hold.placed.event.hold;
            self.holds_of.entry(hold.placed.event.registration).or_default().insert(id);
            self.changes.extend(hold.changes.iter().map(|told| (told.event.change, id)));
            self.holds.insert(id, hold);
        }
        let live: BTreeSet<RegistrationId> =
            model.holds.iter().map(|hold| hold.placed.event.registration).collect();
        for known in model.registrations.extract_if(.., |known| !live.contains(&known.id())) {
            let id = known.id();
            self.references.insert(known.accepted.event.reference, id);
            self.accesses.extend(known.reissued.iter().map(|told| (told.event.access, id)));
            for name in known.pseudonyms() {
                let sharing = self.people.entry(*name).or_default();
                if known.ended().is_none() {
                    sharing.insert(id)
                } else {
                    sharing.remove(&id)
                };
            }
            self.registrations.insert(id, known);
        }
    }
}
