//! Registrations: who has a claim at this centre.

mod fold;
mod register;
mod stored;
mod withdraw;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::ids::{AccessId, ContentHash, District, Group, HoldId, Pseudonym, RegistrationId};
use schemas::vocabulary::{AgeBand, MadeBy, WithdrawReason};
use schemas::{CivilDate, Reference};
use smallvec::SmallVec;

use super::by_id::ById;
use super::holds::Hold;
use super::known::Known;
use crate::rejection::{Mark, Rejection};

/// A person's claim at this centre. What has ended stays for seven days.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Registration {
    /// Its id.
    pub id: RegistrationId,
    /// What people say on the phone.
    pub reference: Reference,
    /// The person, as far as the ledger knows.
    pub pseudonyms: Box<[Pseudonym]>,
    /// Priority group.
    pub group: Group,
    /// Where the person lives.
    pub district: District,
    /// How old, in five years.
    pub age_band: AgeBand,
    /// Who filled it in.
    pub made_by: MadeBy,
    /// 1 at first, one more with each amendment.
    pub revision: u32,
    /// Namesakes that an agent found to be other people.
    pub distinct_from: Box<[RegistrationId]>,
    /// Hash of the command that made it.
    pub content: ContentHash,
    /// The record that accepted it.
    pub accepted: Mark,
    /// Its amendments, in order.
    pub amendments: Vec<Known>,
    /// How many new secrets it got.
    pub generation: u32,
    /// Its live hold or booking.
    pub current: Option<HoldId>,
    /// How it ended.
    pub ended: Option<Box<Withdrawal>>,
    /// Holds placed by civil day, the newest last; only the last few days are kept.
    pub(super) held: Vec<(CivilDate, u32)>,
    pub(super) accesses: Vec<AccessId>,
}

/// How a registration ended.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Withdrawal {
    /// The record.
    pub mark: Mark,
    /// Why.
    pub reason: WithdrawReason,
    /// Hash of the command.
    pub content: ContentHash,
}

/// That a person's data are to be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Erasure {
    /// The record of the order.
    pub ordered: Mark,
    /// The record that says that it was done.
    pub done: Option<Mark>,
}

impl Registration {
    /// How many holds it has placed on a civil day.
    pub fn holds_on(&self, day: CivilDate) -> u32 {
        self.held.iter().find(|(on, _)| *on == day).map_or(0, |(_, count)| *count)
    }

    /// Whether a hold or booking with its id is its own, and not of one that had the id before.
    pub(super) fn owns(&self, hold: &Hold) -> bool {
        self.id == hold.registration && self.accepted.seq <= hold.placed.seq
    }

    pub(super) fn refuse_ended(&self) -> Result<(), Rejection> {
        match &self.ended {
            Some(end) => Err(Rejection::RegistrationEnded { ended: end.mark }),
            None => Ok(()),
        }
    }
}

/// A new secret for a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
struct Access {
    registration: RegistrationId,
    known: Known,
}

/// All registrations in the fold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct People {
    /// Shared with the copies of the fold, until one of them changes it.
    by_id: ById<RegistrationId, Arc<Registration>>,
    references: ById<Reference, RegistrationId>,
    /// Live registrations by pseudonym, ascending: nearly always one.
    pseudonyms: ById<Pseudonym, SmallVec<[RegistrationId; 1]>>,
    accesses: BTreeMap<AccessId, Access>,
    erasures: BTreeMap<RegistrationId, Erasure>,
}

impl People {
    pub(super) fn get(&self, id: RegistrationId) -> Option<&Registration> {
        self.by_id.get(id).map(AsRef::as_ref)
    }

    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = &Registration> {
        self.by_id.in_order().map(AsRef::as_ref)
    }

    pub(super) fn erasure(&self, id: RegistrationId) -> Option<&Erasure> {
        self.erasures.get(&id)
    }

    pub(super) fn erasures(&self) -> impl Iterator<Item = (&RegistrationId, &Erasure)> {
        self.erasures.iter()
    }

    pub(super) fn by_reference(&self, reference: &Reference) -> Option<RegistrationId> {
        self.references.get(*reference).copied()
    }

    /// Whether a registration is found by its pseudonyms exactly while it lives, and by its reference.
    pub(super) fn indexed(&self, person: &Registration) -> bool {
        let found = |pseudonym: &Pseudonym| self.with_pseudonym(*pseudonym).contains(&person.id);
        let live = person.ended.is_none();
        person.pseudonyms.iter().all(|pseudonym| found(pseudonym) == live)
            && (!live || self.references.get(person.reference) == Some(&person.id))
    }

    /// How many entries the index of pseudonyms has.
    pub(super) fn found_by_pseudonym(&self) -> usize {
        self.pseudonyms.in_order().map(|found| found.len()).sum()
    }

    fn with_pseudonym(&self, pseudonym: Pseudonym) -> &[RegistrationId] {
        self.pseudonyms.get(pseudonym).map_or(&[], |found| found.as_slice())
    }

    /// The other live registrations that share a pseudonym with this one.
    pub(super) fn same_person<'a>(
        &'a self,
        person: &'a Registration,
    ) -> impl Iterator<Item = &'a Registration> {
        let found = person.pseudonyms.iter().flat_map(|pseudonym| self.with_pseudonym(*pseudonym));
        found.filter(|&&id| id != person.id).filter_map(|&id| self.get(id))
    }
}
