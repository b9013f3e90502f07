//! Entries: a person's data and salt, sealed; around them what may be seen without the key.

use bincode::{Decode, Encode};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use schemas::codec::{from_bytes, from_bytes_prefix};
use schemas::ids::{Commitment, District, LedgerId, Pseudonym};
use schemas::{CivilDate, Instant};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::VaultError;
use super::keys::{KEY_VERSION, Keys, random};
use super::normalize::{NORMALIZATION, normalize};
use super::person::{Person, commitment};
use super::row::{Place, encode};

const SALT_BYTES: usize = 32;

/// A person's index: HMAC-SHA-256 over the normalised names and the birth date.
pub(crate) type Digest = [u8; 32];

/// What stands before the sealed bytes. It is associated data, so none of it can be changed or moved.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Header {
    pub(crate) district: District,
    pub(crate) key_version: u32,
    pub(crate) normalization: u16,
    pub(crate) pseudonym: Pseudonym,
    pub(crate) digest: Digest,
    pub(crate) made_at: Instant,
}

/// An entry as stored.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Envelope {
    pub(crate) header: Header,
    pub(crate) nonce: [u8; 24],
    /// Salt and canonical bytes, encrypted, with the tag.
    pub(crate) sealed: Vec<u8>,
}

/// What is sealed, open: the salt, and behind it the canonical bytes.
pub(crate) struct Opened(pub(crate) Zeroizing<Vec<u8>>);

/// Where an entry stands: bound into it.
pub(crate) struct Site<'a> {
    pub(crate) ledger: LedgerId,
    pub(crate) place: &'a Place,
    pub(crate) revision: u32,
}

/// The index of a person.
pub(crate) fn digest(
    keys: &Keys,
    family_name: &str,
    given_name: &str,
    born_on: CivilDate,
) -> Result<Digest, VaultError> {
    let (family, given) = (normalize(family_name), normalize(given_name));
    if family.is_empty() && given.is_empty() {
        return Err(VaultError::NoName);
    }
    let days = born_on.days().to_le_bytes();
    let parts: [&[u8]; 4] = [&NORMALIZATION.to_le_bytes(), family.as_bytes(), given.as_bytes(), &days];
    keys.index_hmac("person", &parts)
}

/// The header of an entry as stored, without a look at the rest.
pub(crate) fn decode_header(bytes: &[u8], entry: impl FnOnce() -> String) -> Result<Header, VaultError> {
    match from_bytes_prefix(bytes) {
        Ok((header, _rest)) => Ok(header),
        Err(error) => Err(VaultError::Damaged { entry: entry(), what: error.to_string() }),
    }
}

impl Header {
    /// The header of an entry made now.
    pub(crate) fn new(district: District, pseudonym: Pseudonym, digest: Digest, made_at: Instant) -> Self {
        let normalization = NORMALIZATION;
        Self { district, key_version: KEY_VERSION, normalization, pseudonym, digest, made_at }
    }
}

impl Envelope {
    /// Seals salt and canonical bytes under a fresh nonce.
    pub(crate) fn seal(
        site: &Site<'_>,
        keys: &Keys,
        header: Header,
        plain: &Opened,
    ) -> Result<Self, VaultError> {
        let key = keys.district(header.district, header.key_version)?;
        let nonce: [u8; 24] = random()?;
        let payload = Payload { msg: &plain.0, aad: &site.bound(&header)? };
        let sealed = XChaCha20Poly1305::new(&(**key).into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| VaultError::Storage("an entry could not be encrypted".into()))?;
        Ok(Self { header, nonce, sealed })
    }

    /// Opens the sealed bytes.
    ///
    /// # Errors
    /// When the key is missing, or anything of the entry or its place was changed.
    pub(crate) fn open(&self, site: &Site<'_>, keys: &Keys) -> Result<Opened, VaultError> {
        let key = keys.district(self.header.district, self.header.key_version)?;
        let payload = Payload { msg: self.sealed.as_slice(), aad: &site.bound(&self.header)? };
        let plain = XChaCha20Poly1305::new(&(**key).into()).decrypt(&XNonce::from(self.nonce), payload);
        match plain.map(Zeroizing::new) {
            Ok(plain) if plain.len() >= SALT_BYTES => Ok(Opened(plain)),
            _ => Err(site.damaged("its bytes are not those that were written, or not under this key")),
        }
    }
}

impl Opened {
    /// Canonical bytes with a salt drawn for them.
    pub(crate) fn salted(canonical: &[u8]) -> Result<Self, VaultError> {
        let salt: Zeroizing<[u8; SALT_BYTES]> = Zeroizing::new(random()?);
        Ok(Self(Zeroizing::new([salt.as_slice(), canonical].concat())))
    }

    /// The commitment to it.
    pub(crate) fn commitment(&self) -> Commitment {
        let (salt, canonical) = self.parts();
        commitment(salt, canonical)
    }

    /// Whether it holds these canonical bytes, in constant time.
    pub(crate) fn holds(&self, canonical: &[u8]) -> bool {
        bool::from(self.parts().1.ct_eq(canonical))
    }

    /// The person.
    pub(crate) fn person(&self, site: &Site<'_>) -> Result<Person, VaultError> {
        from_bytes(self.parts().1).map_err(|error| site.damaged(&error.to_string()))
    }

    fn parts(&self) -> (&[u8; SALT_BYTES], &[u8]) {
        // `open` gives none that is shorter.
        self.0.split_first_chunk().unwrap_or((&[0; SALT_BYTES], &[]))
    }
}

impl Site<'_> {
    /// An error that names the entry.
    pub(crate) fn damaged(&self, what: &str) -> VaultError {
        VaultError::Damaged { entry: self.place.name(Some(self.revision)), what: what.into() }
    }

    fn bound(&self, header: &Header) -> Result<Vec<u8>, VaultError> {
        let site = [encode(self.place)?, self.revision.to_le_bytes().to_vec()].concat();
        Ok([b"terminbuch/entry/1".as_slice(), &self.ledger.0, &encode(header)?, &site].concat())
    }
}
