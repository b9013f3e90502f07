//! Looking into the vault: point reads, beside the threads that write.

use std::sync::PoisonError;

use schemas::CivilDate;
use schemas::ids::{CentreId, RegistrationId};

use super::entry::{self, Envelope, Site};
use super::row::{Place, REGISTRATIONS, Registration, decode};
use super::{Person, Secret, Vault, VaultError};

impl Vault {
    /// Whether this is the registration's newest secret; false also when it has none. Compared in constant time.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn check_secret(
        &self,
        centre: &CentreId,
        registration: RegistrationId,
        secret: &Secret,
    ) -> Result<bool, VaultError> {
        let known = self.registration(&Place { centre: centre.clone(), registration })?;
        let newest = known.and_then(|known| known.secrets.last().map(|stored| stored.hash));
        // Where there is none it is compared all the same.
        let same = secret.is(&newest.unwrap_or_default());
        Ok(same && newest.is_some())
    }

    /// The person of a registration and the latest revision that the vault has of it.
    ///
    /// # Errors
    /// `Damaged`, with the entry's name; or when the storage fails.
    pub fn read(
        &self,
        centre: &CentreId,
        registration: RegistrationId,
    ) -> Result<Option<(Person, u32)>, VaultError> {
        let place = Place { centre: centre.clone(), registration };
        let mut latest = self.latest(&place)?;
        while let Some(revision) = latest {
            if let Some(person) = self.read_revision(centre, registration, revision)? {
                return Ok(Some((person, revision)));
            }
            // It may have been erased between the two look-ups; then it is the latest no more.
            latest = self.latest(&place)?;
            if latest == Some(revision) {
                let site = Site { ledger: self.shared().ledger, place: &place, revision };
                return Err(site.damaged("it is missing"));
            }
        }
        Ok(None)
    }

    /// The person of one revision: that which the ledger names, for instance.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_revision(
        &self,
        centre: &CentreId,
        registration: RegistrationId,
        revision: u32,
    ) -> Result<Option<Person>, VaultError> {
        let place = Place { centre: centre.clone(), registration };
        let Some(bytes) = self.shared().store.get(&place.entry_key(revision))? else { return Ok(None) };
        let envelope: Envelope = decode(&bytes, || place.name(Some(revision)))?;
        let site = Site { ledger: self.shared().ledger, place: &place, revision };
        envelope.open(&site, &self.shared().keys)?.person(&site).map(Some)
    }

    /// The registrations that have an entry of this person, ascending.
    ///
    /// # Errors
    /// `NoName`.
    pub fn find(
        &self,
        family_name: &str,
        given_name: &str,
        born_on: CivilDate,
    ) -> Result<Vec<(CentreId, RegistrationId)>, VaultError> {
        let digest = entry::digest(&self.shared().keys, family_name, given_name, born_on)?;
        let index = self.shared().index.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(index.places(&digest))
    }

    fn latest(&self, place: &Place) -> Result<Option<u32>, VaultError> {
        Ok(self.registration(place)?.and_then(|known| known.revisions.last().copied()))
    }

    fn registration(&self, place: &Place) -> Result<Option<Registration>, VaultError> {
        let row = self.shared().store.get(&place.key(REGISTRATIONS))?;
        row.map(|bytes| decode(&bytes, || place.name(None))).transpose()
    }
}
