//! What each event changes in the lists.

use ledger::Mark;
use schemas::events::{ContingentsReturned, PlacesReturned, SlotsReleased, SlotsShrunk};
use schemas::ids::{HoldId, RegistrationId};
use schemas::vocabulary::{Contingent, Dose};
use schemas::{Event, Instant};

use super::lists::{Hold, Model, Place, Registration, Slot, State, Told};

const MEMORY_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

impl Model {
    pub(super) fn apply(&mut self, event: &Event, mark: &Mark) {
        use Event as E;
        match event.clone() {
            E::CentreDescribed(event) => self.described.push(told(event, mark)),
            E::RulesSet(event) => self.rules.push(told(event, mark)),
            E::DeliveryAnnounced(event) => self.announced.push(told(event, mark)),
            E::DeliveryReceived(event) => self.received.push(told(event, mark)),
            E::SlotsReleased(event) => self.released(event, mark),
            E::ContingentsReturned(event) => self.flowed_back(&event),
            E::SlotsShrunk(event) => self.shrunk(event, mark),
            E::PlacesReturned(event) => self.returned(&event),
            E::HoldPlaced(event) => self.placed(event, mark),
            E::BookingRescheduled(event) => self.rescheduled(event, mark),
            E::BookingCancelled(event) => self.cancelled(event, mark),
            E::HoldExpired(event) => {
                self.given_back(event.hold);
                self.change_hold(event.hold, |hold| hold.expired = Some(*mark));
            }
            E::HoldReleased(event) => {
                self.given_back(event.hold);
                self.change_hold(event.hold, |hold| hold.released = Some(told(event, mark)));
            }
            E::HoldExtended(event) => self.change_hold(event.hold, |hold| {
                hold.deadline_at = event.deadline_at;
                hold.extended = Some(told(event, mark));
            }),
            E::BookingConfirmed(event) => {
                let id = event.booking;
                for place in self.places.iter_mut().filter(|place| place.state == State::Held(id)) {
                    place.state = State::Booked(id);
                }
                self.change_hold(id, |hold| hold.confirmed = Some(told(event, mark)));
            }
            E::RegistrationAccepted(event) => self.registrations.push(Registration {
                accepted: told(event, mark),
                amended: Vec::new(),
                reissued: Vec::new(),
                withdrawn: None,
            }),
            E::RegistrationAmended(event) => {
                self.change(event.registration, |registration| registration.amended.push(told(event, mark)));
            }
            E::AccessReissued(event) => {
                self.change(event.registration, |registration| registration.reissued.push(told(event, mark)));
            }
            E::RegistrationWithdrawn(event) => self.change(event.registration, |registration| {
                registration.withdrawn = Some(told(event, mark));
            }),
            E::ErasureOrdered(event) => self.erasures.push(told(event, mark)),
            E::ErasureDone(event) => self.erased.push(told(event, mark)),
            E::ChannelSet(_) | E::RecordsRead(_) => self.faults.push(format!("{event:?} is the office's")),
        }
    }

    /// Seven days after their end, holds, bookings, registrations and erasures are forgotten.
    pub(super) fn forget(&mut self, now: Instant) {
        let kept = |ended: Option<Mark>| ended.is_none_or(|mark| mark.time.plus_millis(MEMORY_MS) > now);
        self.holds.retain(|hold| kept(hold.ended()));
        let done = self.erased.iter().filter(|told| !kept(Some(told.mark)));
        let done: Vec<_> = done.map(|told| told.event.registration).collect();
        self.erasures.retain(|told| !done.contains(&told.event.registration));
        self.erased.retain(|told| !done.contains(&told.event.registration));
        self.registrations.retain(|registration| kept(registration.ended()));
    }

    fn released(&mut self, event: SlotsReleased, mark: &Mark) {
        for slot in &event.slots {
            self.slots.push(Slot {
                id: slot.slot,
                start_at: slot.start_at,
                local_date: slot.local_date,
                length_min: slot.length_min,
                dose: slot.dose,
                vaccine: event.vaccine,
                delivery: event.delivery,
                doses: event.doses,
                interval_min_days: event.interval_min_days,
                interval_max_days: event.interval_max_days,
                flows_back_at: event.flows_back_at.filter(|_| slot.dose == Dose::First),
                flowed: false,
            });
            let parts = match slot.dose {
                Dose::Second => vec![(None, slot.capacity)],
                Dose::First => vec![
                    (Some(Contingent::Web), slot.web),
                    (Some(Contingent::Hotline), slot.hotline),
                    (Some(Contingent::Open), slot.open),
                ],
            };
            for (contingent, places) in parts {
                let place = Place { slot: slot.slot, contingent, state: State::Free };
                self.places.extend((0..places).map(|_| place));
            }
        }
        for backing in &event.backing {
            for _ in 0..backing.places {
                self.turn(backing.second, None, State::Free, State::Reserved(backing.first));
            }
        }
        self.releases.push(told(event, mark));
    }

    fn flowed_back(&mut self, event: &ContingentsReturned) {
        for part in &event.returned {
            let counted = Some(part.contingent);
            let idle = [State::Free, State::Resting];
            let mut moved = 0;
            for place in self.places.iter_mut().filter(|place| place.slot == part.slot) {
                if place.contingent == counted && idle.contains(&place.state) {
                    place.contingent = Some(Contingent::Open);
                    moved += 1;
                }
            }
            if moved != part.places {
                self.faults.push(format!("{part:?}, but {moved} places were left"));
            }
            for slot in self.slots.iter_mut().filter(|slot| slot.id == part.slot) {
                slot.flowed = true;
            }
        }
    }

    fn shrunk(&mut self, event: SlotsShrunk, mark: &Mark) {
        // Entries of one slot are one, so a place that is removed may be freed by an entry further down.
        for part in &event.slots {
            for frees in &part.frees {
                for _ in 0..frees.places {
                    self.turn(frees.slot, None, State::Reserved(part.slot), State::Free);
                }
            }
        }
        for part in &event.slots {
            for _ in 0..part.removed {
                let gone = Place { slot: part.slot, contingent: part.contingent, state: State::Free };
                match self.places.iter().position(|place| *place == gone) {
                    Some(at) => drop(self.places.remove(at)),
                    None => self.faults.push(format!("{gone:?} is to be removed, but there is none")),
                }
            }
        }
        self.shrinks.push(told(event, mark));
    }

    fn returned(&mut self, event: &PlacesReturned) {
        for part in &event.returned {
            for _ in 0..part.places {
                self.turn(part.slot, Some(part.contingent), State::Resting, State::Free);
                if let Some(second) = part.backed_by {
                    self.turn(second, None, State::Free, State::Reserved(part.slot));
                }
            }
        }
    }

    pub(super) fn change_hold(&mut self, id: HoldId, change: impl FnOnce(&mut Hold)) {
        match self.holds.iter_mut().find(|hold| hold.placed.event.hold == id) {
            Some(hold) => change(hold),
            None => self.faults.push(format!("{id} is changed, but is not there")),
        }
    }

    fn change(&mut self, id: RegistrationId, change: impl FnOnce(&mut Registration)) {
        match self.registrations.iter_mut().find(|registration| registration.id() == id) {
            Some(registration) => change(registration),
            None => self.faults.push(format!("registration {id} is changed, but is not there")),
        }
    }
}

pub(super) fn told<T>(event: T, mark: &Mark) -> Told<T> {
    Told { event, mark: *mark }
}
