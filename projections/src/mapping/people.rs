//! Registrations, the references they are found by, and the pseudonyms they name.

use schemas::events::{
    AccessReissued, ErasureDone, ErasureOrdered, RegistrationAccepted, RegistrationAmended,
    RegistrationWithdrawn,
};
use schemas::ids::{HoldId, Pseudonym, RegistrationId};

use super::Mapping;
use crate::keys::{Key, Table};
use crate::rows::{Access, Erasure, PersonRow, ReferenceRow, RegistrationRow, Withdrawn};
use crate::store::{ReadRows, StoreError};

impl<S: ReadRows> Mapping<'_, S> {
    pub(super) fn registration_accepted(&mut self, event: &RegistrationAccepted) -> Result<(), StoreError> {
        let row = RegistrationRow {
            reference: event.reference,
            revision: 1,
            pseudonyms: event.pseudonyms.clone(),
            commitment: event.commitment,
            group: event.group,
            district: event.district,
            age_band: event.age_band,
            made_by: event.made_by,
            distinct_from: Vec::new(),
            content: event.content,
            registered_at: self.place.mark,
            revised_at: self.place.mark,
            hold: None,
            access: None,
            withdrawn: None,
            erasure: None,
        };
        let key = self.registration_key(event.registration);
        self.draft.put(key, &row)?;
        let reference = ReferenceRow { centre: self.place.centre, registration: event.registration };
        self.draft.put(Key::reference(&event.reference), &reference)?;
        self.name_pseudonyms(event.registration, &row, &event.pseudonyms)
    }

    pub(super) fn registration_amended(&mut self, event: &RegistrationAmended) -> Result<(), StoreError> {
        let key = self.registration_key(event.registration);
        let before: RegistrationRow = self.existing(&key, || named(event.registration))?;
        let gone = before.pseudonyms.iter().filter(|old| !event.pseudonyms.contains(old)).copied();
        self.forget_pseudonyms(event.registration, gone);
        let row = RegistrationRow {
            revision: event.revision,
            pseudonyms: event.pseudonyms.clone(),
            commitment: event.commitment,
            group: event.group,
            district: event.district,
            age_band: event.age_band,
            distinct_from: event.distinct_from.clone(),
            content: event.content,
            revised_at: self.place.mark,
            ..before
        };
        self.draft.put(key, &row)?;
        self.name_pseudonyms(event.registration, &row, &event.pseudonyms)
    }

    pub(super) fn registration_withdrawn(&mut self, event: &RegistrationWithdrawn) -> Result<(), StoreError> {
        let withdrawn =
            Withdrawn { reason: event.reason, content: event.content, withdrawn_at: self.place.mark };
        self.change_registration(event.registration, |row| row.withdrawn = Some(withdrawn)).map(drop)
    }

    pub(super) fn access_reissued(&mut self, event: &AccessReissued) -> Result<(), StoreError> {
        let access = Access {
            access: event.access,
            generation: event.generation,
            content: event.content,
            reissued_at: self.place.mark,
        };
        self.change_registration(event.registration, |row| row.access = Some(access)).map(drop)
    }

    pub(super) fn erasure_ordered(&mut self, event: &ErasureOrdered) -> Result<(), StoreError> {
        let erasure = Erasure { ordered_at: self.place.mark, done_at: None };
        self.change_registration(event.registration, |row| row.erasure = Some(erasure)).map(drop)
    }

    /// Once the vault has forgotten a person, no pseudonym leads to the registration any more. The reference still
    /// does: an agent is to hear that it was erased.
    pub(super) fn erasure_done(&mut self, event: &ErasureDone) -> Result<(), StoreError> {
        let mark = self.place.mark;
        let row = self.change_registration(event.registration, |row| {
            let ordered_at = row.erasure.map_or(mark, |erasure| erasure.ordered_at);
            row.erasure = Some(Erasure { ordered_at, done_at: Some(mark) });
        })?;
        self.forget_pseudonyms(event.registration, row.pseudonyms.into_iter());
        Ok(())
    }

    /// Notes the live hold or booking of a registration.
    pub(super) fn registration_holds(
        &mut self,
        registration: RegistrationId,
        hold: HoldId,
    ) -> Result<(), StoreError> {
        self.change_registration(registration, |row| row.hold = Some(hold)).map(drop)
    }

    /// Notes that a hold or booking of a registration is over.
    pub(super) fn registration_lets_go(
        &mut self,
        registration: RegistrationId,
        hold: HoldId,
    ) -> Result<(), StoreError> {
        self.change_registration(registration, |row| row.hold = row.hold.filter(|&live| live != hold))
            .map(drop)
    }

    fn change_registration(
        &mut self,
        registration: RegistrationId,
        change: impl FnOnce(&mut RegistrationRow),
    ) -> Result<RegistrationRow, StoreError> {
        self.change(self.registration_key(registration), || named(registration), change)
    }

    fn registration_key(&self, registration: RegistrationId) -> Key {
        self.place.centre.row(Table::Registrations, registration.0)
    }

    fn name_pseudonyms(
        &mut self,
        registration: RegistrationId,
        row: &RegistrationRow,
        pseudonyms: &[Pseudonym],
    ) -> Result<(), StoreError> {
        let centre = self.place.centre;
        let person = PersonRow { centre, registration, registered_at: row.registered_at };
        pseudonyms
            .iter()
            .try_for_each(|&pseudonym| self.draft.put(centre.person(pseudonym, registration), &person))
    }

    fn forget_pseudonyms(
        &mut self,
        registration: RegistrationId,
        pseudonyms: impl Iterator<Item = Pseudonym>,
    ) {
        for pseudonym in pseudonyms {
            self.draft.delete(self.place.centre.person(pseudonym, registration));
        }
    }
}

fn named(registration: RegistrationId) -> String {
    format!("registration {registration}")
}
