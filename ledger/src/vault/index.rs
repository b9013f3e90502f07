//! Who is who: from a person's index to the entries that hold this person, as a set.
//!
//! It lives in memory and is read from the headers of the entries at the start. So no row of the store has it in its
//! key, where the manifest would repeat it, and erasing an entry erases all there is of it on the disk.

use std::collections::{BTreeSet, HashMap};

use schemas::ids::{CentreId, Pseudonym, RegistrationId};

use super::entry::Digest;
use super::row::Place;

/// All entries of the vault by person.
#[derive(Default)]
pub(crate) struct Index(HashMap<Digest, Vec<Named>>);

/// An entry, and the pseudonym it has.
struct Named {
    place: Place,
    revision: u32,
    pseudonym: Pseudonym,
}

impl Index {
    /// An entry came to stand in the vault.
    pub(crate) fn insert(&mut self, digest: Digest, place: Place, revision: u32, pseudonym: Pseudonym) {
        self.remove(&digest, &place, revision);
        self.0.entry(digest).or_default().push(Named { place, revision, pseudonym });
    }

    /// An entry is gone.
    pub(crate) fn remove(&mut self, digest: &Digest, place: &Place, revision: u32) {
        let Some(named) = self.0.get_mut(digest) else { return };
        named.retain(|other| other.place != *place || other.revision != revision);
        if named.is_empty() {
            self.0.remove(digest);
        }
    }

    /// The pseudonyms of a person, ascending.
    pub(crate) fn pseudonyms(&self, digest: &Digest) -> Vec<Pseudonym> {
        let pseudonyms: BTreeSet<_> = self.of(digest).map(|named| named.pseudonym).collect();
        pseudonyms.into_iter().collect()
    }

    /// The registrations that have an entry of a person, ascending.
    pub(crate) fn places(&self, digest: &Digest) -> Vec<(CentreId, RegistrationId)> {
        let places: BTreeSet<_> = self.of(digest).map(|named| &named.place).collect();
        places.into_iter().map(|place| (place.centre.clone(), place.registration)).collect()
    }

    fn of(&self, digest: &Digest) -> impl Iterator<Item = &Named> {
        self.0.get(digest).into_iter().flatten()
    }
}
