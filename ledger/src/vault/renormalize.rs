//! Making the index anew when the rules by which names are normalized have changed.

use super::entry::{Envelope, Header, Site, digest};
use super::normalize::NORMALIZATION;
use super::row::{PENDING, Place, decode, encode};
use super::store::Rows;
use super::{Shared, VaultError};

/// How many entries are written at a time.
const CHUNK: usize = 1_000;

impl Shared {
    /// Seals entries of older rules again, with the index that today's rules give. Salt, pseudonym, age and so the
    /// commitment stay. They are marked, so that the old index goes from the files too.
    pub(crate) fn renormalize(&self, entries: &[(Place, u32)]) -> Result<(), VaultError> {
        entries.chunks(CHUNK).try_for_each(|chunk| self.renormalize_chunk(chunk))
    }

    fn renormalize_chunk(&self, entries: &[(Place, u32)]) -> Result<(), VaultError> {
        let mut rows = Rows::new();
        for (place, revision) in entries {
            let site = Site { ledger: self.ledger, place, revision: *revision };
            let key = place.entry_key(*revision);
            let Some(bytes) = self.store.get(&key)? else { continue };
            let envelope: Envelope = decode(&bytes, || place.name(Some(*revision)))?;
            let plain = envelope.open(&site, &self.keys)?;
            let person = plain.person(&site)?;
            let digest = digest(&self.keys, &person.family_name, &person.given_name, person.born_on)?;
            let header = Header { normalization: NORMALIZATION, digest, ..envelope.header };
            let again = Envelope::seal(&site, &self.keys, header, &plain)?;
            rows.insert(key, Some(encode(&again)?));
            rows.insert(place.key(PENDING), Some(Vec::new()));
        }
        self.store.commit(&rows)
    }
}
