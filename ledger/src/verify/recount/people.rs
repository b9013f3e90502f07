//! Registrations: who is there, and who may be the same person.

use std::collections::{BTreeSet, HashMap, HashSet};

use bincode::{Decode, Encode};

use schemas::events::{
    AccessReissued, ErasureDone, ErasureOrdered, RegistrationAccepted, RegistrationAmended,
    RegistrationWithdrawn,
};
use schemas::ids::{District, Group, HoldId, Pseudonym, RegistrationId};
use schemas::{CivilDate, Instant, Reference};

use super::super::wrong::Wrong;
use super::{Recount, Stamp};

/// So long after its end a registration is remembered, and its reference with it, as in the fold.
const SEVEN_DAYS_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

#[derive(Debug, Default, Encode, Decode)]
pub(super) struct People {
    all: HashMap<RegistrationId, Registration>,
    by_pseudonym: HashMap<Pseudonym, Vec<RegistrationId>>,
    references: HashSet<Reference>,
    /// Who has ended, by the time of the end.
    ended: BTreeSet<(Instant, RegistrationId)>,
    /// Whose erasure was ordered and is not done.
    ordered: HashSet<RegistrationId>,
}

#[derive(Debug, Encode, Decode)]
pub(super) struct Registration {
    accepted_seq: u64,
    reference: Reference,
    pub(super) group: Group,
    revision: u32,
    generation: u32,
    ended: bool,
    pseudonyms: Vec<Pseudonym>,
    distinct_from: Vec<RegistrationId>,
    /// Its live hold or booking.
    pub(super) live: Option<HoldId>,
    /// Holds placed on the last day that any was.
    pub(super) placed: Option<(CivilDate, u32)>,
}

impl People {
    pub(super) fn get_mut(&mut self, id: RegistrationId) -> Option<&mut Registration> {
        self.all.get_mut(&id)
    }

    pub(super) fn get(&self, id: RegistrationId) -> Option<&Registration> {
        self.all.get(&id)
    }

    fn index(&mut self, id: RegistrationId, pseudonyms: &[Pseudonym]) {
        for pseudonym in pseudonyms {
            self.by_pseudonym.entry(*pseudonym).or_default().push(id);
        }
    }

    /// Nobody is found by the pseudonyms that this registration has.
    fn unlist(&mut self, id: RegistrationId) {
        let Some(registration) = self.all.get(&id) else { return };
        for pseudonym in &registration.pseudonyms {
            if let Some(ids) = self.by_pseudonym.get_mut(pseudonym) {
                ids.retain(|other| *other != id);
                if ids.is_empty() {
                    self.by_pseudonym.remove(pseudonym);
                }
            }
        }
    }

    /// Lets go of who ended seven days before.
    pub(super) fn forget_before(&mut self, time: Instant) {
        while let Some((ended_at, id)) = self.ended.first().copied()
            && ended_at.plus_millis(SEVEN_DAYS_MS) <= time
        {
            self.ended.pop_first();
            if self.all.get(&id).is_some_and(|registration| registration.ended)
                && let Some(registration) = self.all.remove(&id)
            {
                self.references.remove(&registration.reference);
            }
        }
    }

    /// Another live registration that may be the same person's, and is in the way: it was accepted before, or `lives`
    /// says that it has something.
    pub(super) fn rival(&self, id: RegistrationId, lives: impl Fn(HoldId) -> bool) -> Option<RegistrationId> {
        let own = self.all.get(&id)?;
        let others = own.pseudonyms.iter().filter_map(|pseudonym| self.by_pseudonym.get(pseudonym)).flatten();
        others.copied().filter(|other| *other != id).find(|other| {
            self.all.get(other).is_some_and(|rival| {
                let distinct = rival.distinct_from.contains(&id) || own.distinct_from.contains(other);
                let before = rival.accepted_seq < own.accepted_seq;
                !rival.ended && !distinct && (before || rival.live.is_some_and(&lives))
            })
        })
    }
}

impl Recount {
    /// A registration that has not ended.
    pub(super) fn expect_live(&mut self, id: RegistrationId) {
        match self.people.all.get(&id).map(|registration| registration.ended) {
            None => self.wrong(Wrong::Unknown, format!("there is no registration {id}")),
            Some(ended) => self.expect(!ended, Wrong::Unknown, || format!("registration {id} has ended")),
        }
    }

    fn expect_served(&mut self, district: District) {
        self.expect(self.catchment.contains(&district), Wrong::AgainstRules, || {
            format!("district {district} is outside the catchment")
        });
    }

    fn expect_sorted(&mut self, pseudonyms: &[Pseudonym]) {
        self.expect(pseudonyms.is_sorted_by(|one, next| one < next), Wrong::AgainstRules, || {
            "the pseudonyms are not ascending".to_owned()
        });
    }

    pub(super) fn accepted(&mut self, stamp: &Stamp, event: &RegistrationAccepted) {
        let id = event.registration;
        self.expect_served(event.district);
        self.expect_sorted(&event.pseudonyms);
        let new = self.people.references.insert(event.reference);
        self.expect(new, Wrong::UsedAgain, || format!("reference {} was given before", event.reference));
        let registration = Registration {
            accepted_seq: stamp.seq,
            reference: event.reference,
            group: event.group,
            revision: 1,
            generation: 0,
            ended: false,
            pseudonyms: event.pseudonyms.clone(),
            distinct_from: Vec::new(),
            live: None,
            placed: None,
        };
        self.people.unlist(id);
        self.people.all.insert(id, registration);
        self.people.index(id, &event.pseudonyms);
    }

    pub(super) fn amended(&mut self, event: &RegistrationAmended) {
        let id = event.registration;
        self.expect_live(id);
        self.expect_served(event.district);
        self.expect_sorted(&event.pseudonyms);
        self.people.unlist(id);
        let Some(registration) = self.people.get_mut(id) else { return };
        let next = registration.revision.saturating_add(1);
        registration.revision = event.revision;
        registration.group = event.group;
        registration.pseudonyms.clone_from(&event.pseudonyms);
        registration.distinct_from.clone_from(&event.distinct_from);
        self.people.index(id, &event.pseudonyms);
        self.expect(event.revision == next, Wrong::WrongNumber, || {
            format!("revision {} of registration {id}, where {next} is next", event.revision)
        });
    }

    pub(super) fn withdrawn(&mut self, stamp: &Stamp, event: &RegistrationWithdrawn) {
        let id = event.registration;
        self.expect_live(id);
        if let Some(left) = self.people.get(id).and_then(|registration| registration.live) {
            self.expect_over(stamp, left);
        }
        self.people.unlist(id);
        if let Some(registration) = self.people.get_mut(id) {
            registration.ended = true;
            self.people.ended.insert((stamp.time, id));
        }
    }

    /// What a withdrawn registration still has must be a booking whose places cannot be given back any more.
    fn expect_over(&mut self, stamp: &Stamp, left: HoldId) {
        let Some(hold) = self.holds.get(left) else { return };
        let (first, second, confirmed) = (hold.first, hold.second, hold.confirmed);
        let to_come = |slot| self.slots.get(slot).is_some_and(|slot| slot.start_at > stamp.time);
        let over = confirmed && !to_come(first) && !second.is_some_and(to_come);
        self.expect(over, Wrong::LeftOver, || format!("{left} outlives its withdrawn registration"));
    }

    pub(super) fn reissued(&mut self, event: &AccessReissued) {
        let id = event.registration;
        self.expect_live(id);
        let Some(registration) = self.people.get_mut(id) else { return };
        let next = registration.generation.saturating_add(1);
        registration.generation = event.generation;
        self.expect(event.generation == next, Wrong::WrongNumber, || {
            format!("generation {} of registration {id}, where {next} is next", event.generation)
        });
    }

    pub(super) fn erasure_ordered(&mut self, event: &ErasureOrdered) {
        let id = event.registration;
        // Who is not remembered has ended long ago, or never was: that is seen to for the whole partition.
        let ended = self.people.get(id).is_none_or(|registration| registration.ended);
        self.expect(ended, Wrong::LeftOver, || format!("registration {id} is erased alive"));
        self.people.ordered.insert(id);
    }

    pub(super) fn erasure_done(&mut self, event: &ErasureDone) {
        let id = event.registration;
        let ordered = self.people.ordered.remove(&id);
        self.expect(ordered, Wrong::Unknown, || format!("nobody ordered the erasure of {id}"));
    }
}
