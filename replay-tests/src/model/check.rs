//! What must hold in the lists themselves.

use schemas::vocabulary::{Contingent, Dose};

use super::lists::{Model, Place, State};

impl Model {
    /// What of DESIGN 3.7 does not hold, and what the lists say that cannot be; empty as long as all is well.
    pub fn breaches(&self) -> Vec<String> {
        let mut breaches = self.faults.clone();
        for slot in self.slots.iter().filter(|slot| slot.dose == Dose::First && slot.doses == 2) {
            let backing = self.backing(slot.id);
            let tallies = Contingent::ALL.iter().map(|&contingent| self.tally(slot.id, Some(contingent)));
            let free: u32 = tallies.map(|tally| tally.free).sum();
            if backing.values().sum::<u32>() != free {
                breaches.push(format!("slot {}: {free} free places are backed by {backing:?}", slot.id));
            }
            for second in backing.keys() {
                if !self.slot(*second).is_some_and(|second| slot.fits(second)) {
                    breaches.push(format!("slot {} cannot be backed by slot {second}", slot.id));
                }
            }
        }
        for hold in &self.holds {
            let id = hold.placed.event.hold;
            let state = if hold.confirmed.is_some() { State::Booked(id) } else { State::Held(id) };
            let mut wanted: Vec<_> = [Some(hold.first), hold.second].into_iter().flatten().collect();
            if hold.ended().is_some() {
                wanted.clear();
            }
            let has = |place: &&Place| matches!(place.state, State::Held(by) | State::Booked(by) if by == id);
            let mut places: Vec<&Place> = self.places.iter().filter(has).collect();
            places.sort_by_key(|place| place.contingent.is_none());
            let slots: Vec<_> = places.iter().map(|place| place.slot).collect();
            if slots != wanted || places.iter().any(|place| place.state != state) {
                breaches.push(format!("hold {id} should have {wanted:?} and has {places:?}"));
            }
        }
        breaches
    }
}
