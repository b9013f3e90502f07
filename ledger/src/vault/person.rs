//! A person's data, and the commitment to them.

use std::fmt;

use bincode::{Decode, Encode};
use schemas::CivilDate;
use schemas::codec::to_bytes;
use schemas::ids::Commitment;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::VaultError;

/// The most bytes that a person's data may have when encoded.
pub const MAX_PERSON_BYTES: usize = 4_096;

/// What is known of a person. It is wiped when it goes, and prints as nothing.
#[derive(Clone, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the words are the usual ones of a form")]
pub struct Person {
    pub family_name: String,
    pub given_name: String,
    pub born_on: CivilDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl Person {
    /// The bytes that are sealed, committed to and compared: the fields in their order, as the codec writes them.
    pub(crate) fn canonical(&self) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let too_large = |bytes| VaultError::TooLarge { bytes, limit: MAX_PERSON_BYTES };
        let texts = [&self.street, &self.postal_code, &self.city, &self.phone, &self.email];
        let names = self.family_name.len() + self.given_name.len();
        let rough = names + texts.iter().map(|text| text.as_ref().map_or(0, String::len)).sum::<usize>();
        if rough > MAX_PERSON_BYTES {
            return Err(too_large(rough));
        }
        let bytes = Zeroizing::new(to_bytes(self).map_err(|_| too_large(rough))?);
        if bytes.len() > MAX_PERSON_BYTES { Err(too_large(bytes.len())) } else { Ok(bytes) }
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

/// In constant time over the canonical bytes; data over the bound are equal to nothing.
impl PartialEq for Person {
    fn eq(&self, other: &Self) -> bool {
        match (self.canonical(), other.canonical()) {
            (Ok(mine), Ok(other)) => bool::from(mine.ct_eq(&other)),
            _ => false,
        }
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.family_name.zeroize();
        self.given_name.zeroize();
        for text in
            [&mut self.street, &mut self.postal_code, &mut self.city, &mut self.phone, &mut self.email]
        {
            text.zeroize();
        }
    }
}

/// SHA-256 over a tag, the salt and the canonical bytes: without the salt, which only the vault has, it tells nothing.
pub(crate) fn commitment(salt: &[u8; 32], canonical: &[u8]) -> Commitment {
    let hash = Sha256::new().chain_update(b"terminbuch/person/1").chain_update(salt).chain_update(canonical);
    Commitment(hash.finalize().into())
}
