//! What the jobs of one group make of the rows, before any of it is written.

use schemas::Instant;
use schemas::ids::{AccessId, Commitment, District, Pseudonym};
use zeroize::Zeroizing;

use super::entry::{Digest, Envelope, Header, Opened, Site};
use super::keys::random;
use super::row::{PENDING, Place, REGISTRATIONS, Registration, StoredSecret, decode, encode};
use super::store::Rows;
use super::{Secret, Shared, VaultError};

const MAX_REVISIONS: usize = 1_000;
const MAX_SECRETS: usize = 100;

/// A person's data on their way into the vault, with what can be computed beforehand.
pub(crate) struct ReadyPut {
    pub(crate) place: Place,
    pub(crate) revision: u32,
    pub(crate) district: District,
    pub(crate) canonical: Zeroizing<Vec<u8>>,
    pub(crate) digest: Digest,
    pub(crate) secret: Option<Secret>,
    pub(crate) must_be_known: bool,
    pub(crate) now: Instant,
}

/// What a put came to.
pub(crate) struct Kept {
    pub(crate) commitment: Commitment,
    pub(crate) age_ms: u64,
    pub(crate) existed: bool,
}

/// What an erasure came to.
pub(crate) struct Erased {
    /// Whether there were entries.
    pub(crate) any: bool,
    /// Whether bytes of it may stand in the files.
    pub(crate) to_purge: bool,
}

/// A change of the index, to be made once the rows are durable.
pub(crate) enum IndexChange {
    Insert(Digest, Place, u32, Pseudonym),
    Remove(Digest, Place, u32),
}

/// Rows and changes of the index that are to be made together. A job that is refused leaves nothing here.
pub(crate) struct Staged<'a> {
    shared: &'a Shared,
    pub(crate) rows: Rows,
    pub(crate) index: Vec<IndexChange>,
}

impl<'a> Staged<'a> {
    /// Nothing yet.
    pub(crate) fn new(shared: &'a Shared) -> Self {
        Self { shared, rows: Rows::new(), index: Vec::new() }
    }

    /// Keeps a person's data, or finds them kept.
    pub(crate) fn put(&mut self, put: &ReadyPut) -> Result<Kept, VaultError> {
        let mut registration = self.registration(&put.place)?.unwrap_or_default();
        if registration.erased {
            return Err(VaultError::Erased);
        }
        let begins = registration.revisions.is_empty();
        if begins && put.must_be_known {
            return Err(VaultError::NotFound);
        }
        if let Some(secret) = put.secret.filter(|_| !begins) {
            let newest = registration.secrets.last().ok_or(VaultError::SecretDiffers)?;
            if !secret.is(&newest.hash) {
                return Err(VaultError::SecretDiffers);
            }
        }
        if let Some(envelope) = self.envelope(&put.place, put.revision)? {
            return self.find_again(put, &envelope);
        }
        if registration.revisions.len() >= MAX_REVISIONS {
            return Err(VaultError::TooMany { what: "revisions of the registration", limit: MAX_REVISIONS });
        }
        if let Some(secret) = put.secret.filter(|_| begins) {
            registration.secrets = vec![StoredSecret { access: AccessId::NIL, hash: secret.hash() }];
        }
        self.keep(put, registration)
    }

    fn find_again(&self, put: &ReadyPut, envelope: &Envelope) -> Result<Kept, VaultError> {
        let opened = envelope.open(&self.site(&put.place, put.revision), &self.shared.keys)?;
        if !opened.holds(&put.canonical) {
            return Err(VaultError::Differs);
        }
        let age_ms = put.now.millis_since(envelope.header.made_at);
        Ok(Kept { commitment: opened.commitment(), age_ms, existed: true })
    }

    fn keep(&mut self, put: &ReadyPut, mut registration: Registration) -> Result<Kept, VaultError> {
        self.shared.keys.make_district(put.district)?;
        let pseudonym = self.pseudonym(put, &registration)?;
        let header = Header::new(put.district, pseudonym, put.digest, put.now);
        let site = self.site(&put.place, put.revision);
        let plain = Opened::salted(&put.canonical)?;
        let envelope = Envelope::seal(&site, &self.shared.keys, header, &plain)?;
        registration.revisions.push(put.revision);
        registration.revisions.sort_unstable();
        let rows = [
            (put.place.entry_key(put.revision), Some(encode(&envelope)?)),
            (put.place.key(REGISTRATIONS), Some(encode(&registration)?)),
        ];
        self.rows.extend(rows);
        self.index.push(IndexChange::Insert(put.digest, put.place.clone(), put.revision, pseudonym));
        Ok(Kept { commitment: plain.commitment(), age_ms: 0, existed: false })
    }

    /// The one that this registration has for the person already, or a new one: another person gets another.
    fn pseudonym(&self, put: &ReadyPut, registration: &Registration) -> Result<Pseudonym, VaultError> {
        for &revision in registration.revisions.iter().rev() {
            let header = self.kept_envelope(&put.place, revision)?.header;
            if header.digest == put.digest {
                return Ok(header.pseudonym);
            }
        }
        random().map(Pseudonym)
    }

    /// Brings a new secret, or finds it brought. Gives its generation.
    pub(crate) fn reissue(
        &mut self,
        place: &Place,
        access: AccessId,
        secret: &Secret,
    ) -> Result<u32, VaultError> {
        let mut registration = self.registration(place)?.ok_or(VaultError::NotFound)?;
        if registration.erased {
            return Err(VaultError::Erased);
        }
        let reissued = || registration.secrets.iter().filter(|stored| !stored.access.is_nil());
        if let Some((known, generation)) = reissued().zip(1..).find(|(stored, _)| stored.access == access) {
            return if secret.is(&known.hash) { Ok(generation) } else { Err(VaultError::SecretDiffers) };
        }
        let generation = reissued().zip(2..).last().map_or(1, |(_, next)| next);
        if registration.secrets.len() >= MAX_SECRETS {
            return Err(VaultError::TooMany { what: "secrets of the registration", limit: MAX_SECRETS });
        }
        registration.secrets.push(StoredSecret { access, hash: secret.hash() });
        self.rows.insert(place.key(REGISTRATIONS), Some(encode(&registration)?));
        Ok(generation)
    }

    /// Deletes all of a registration for ever, and marks that its bytes may still stand in the files.
    pub(crate) fn erase(&mut self, place: &Place) -> Result<Erased, VaultError> {
        let registration = self.registration(place)?.unwrap_or_default();
        let marked = self.row(&place.key(PENDING))?.is_some();
        let known = registration.erased;
        let erased = Registration { erased: true, ..Registration::default() };
        let row = encode(&erased)?;
        let any = !registration.revisions.is_empty();
        for revision in registration.revisions {
            self.delete_entry(place, revision)?;
        }
        if !known {
            self.rows.insert(place.key(REGISTRATIONS), Some(row));
            self.rows.insert(place.key(PENDING), Some(Vec::new()));
        }
        Ok(Erased { any, to_purge: marked || !known })
    }

    /// Deletes one entry, if it is still the one that was made then, and with the last one the registration.
    pub(crate) fn sweep(
        &mut self,
        place: &Place,
        revision: u32,
        made_at: Instant,
    ) -> Result<bool, VaultError> {
        let still = self.envelope(place, revision)?.is_some_and(|found| found.header.made_at == made_at);
        let Some(mut registration) = self.registration(place)?.filter(|_| still) else { return Ok(false) };
        registration.revisions.retain(|&other| other != revision);
        let row = if registration.revisions.is_empty() { None } else { Some(encode(&registration)?) };
        self.delete_entry(place, revision)?;
        self.rows.insert(place.key(REGISTRATIONS), row);
        self.rows.insert(place.key(PENDING), Some(Vec::new()));
        Ok(true)
    }

    fn delete_entry(&mut self, place: &Place, revision: u32) -> Result<(), VaultError> {
        if let Some(envelope) = self.envelope(place, revision)? {
            self.index.push(IndexChange::Remove(envelope.header.digest, place.clone(), revision));
        }
        self.rows.insert(place.entry_key(revision), None);
        Ok(())
    }

    fn site<'b>(&self, place: &'b Place, revision: u32) -> Site<'b> {
        Site { ledger: self.shared.ledger, place, revision }
    }

    fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        match self.rows.get(key) {
            Some(staged) => Ok(staged.clone()),
            None => self.shared.store.get(key),
        }
    }

    fn registration(&self, place: &Place) -> Result<Option<Registration>, VaultError> {
        let row = self.row(&place.key(REGISTRATIONS))?;
        row.map(|bytes| decode(&bytes, || place.name(None))).transpose()
    }

    fn envelope(&self, place: &Place, revision: u32) -> Result<Option<Envelope>, VaultError> {
        let row = self.row(&place.entry_key(revision))?;
        row.map(|bytes| decode(&bytes, || place.name(Some(revision)))).transpose()
    }

    fn kept_envelope(&self, place: &Place, revision: u32) -> Result<Envelope, VaultError> {
        let missing = || self.site(place, revision).damaged("it is missing");
        self.envelope(place, revision)?.ok_or_else(missing)
    }
}
