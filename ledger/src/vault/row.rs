//! The rows of the vault's store, and their keys.
//!
//! | key | value |
//! |---|---|
//! | `m` | what the vault was made for and with: [`Meta`] |
//! | `r` centre, registration | what is known of a registration: [`Registration`] |
//! | `e` centre, registration, revision | a sealed entry: [`Envelope`](super::entry::Envelope) |
//! | `p` centre, registration | nothing: its erased rows may still stand in the files |
//!
//! Keys hold ids that stand in the ledger too and nothing of a person, for RocksDB repeats keys in its manifest.

use bincode::{Decode, Encode};
use schemas::codec::{from_bytes, to_bytes};
use schemas::ids::{AccessId, CentreId, LedgerId, RegistrationId};

use super::VaultError;

/// Key of the one row that says what the vault is.
pub(crate) const META: &[u8] = b"m";
/// The first byte of the keys of entries.
pub(crate) const ENTRIES: u8 = b'e';
/// The first byte of the keys of registrations.
pub(crate) const REGISTRATIONS: u8 = b'r';
/// The first byte of the keys of pending marks.
pub(crate) const PENDING: u8 = b'p';

/// What the vault was made for and with.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Meta {
    /// 1.
    pub(crate) format: u16,
    pub(crate) ledger: LedgerId,
    /// Of the index key and the master key.
    pub(crate) checks: [[u8; 32]; 2],
}

/// A registration at its centre.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub(crate) struct Place {
    pub(crate) centre: CentreId,
    pub(crate) registration: RegistrationId,
}

/// What is known of a registration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Registration {
    /// For ever: its id never begins again.
    pub(crate) erased: bool,
    /// Those that have entries, ascending.
    pub(crate) revisions: Vec<u32>,
    /// Oldest first; the last one counts.
    pub(crate) secrets: Vec<StoredSecret>,
}

/// A secret's hash.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct StoredSecret {
    /// Nil: it came with the registration.
    pub(crate) access: AccessId,
    pub(crate) hash: [u8; 32],
}

impl Place {
    /// The key of its row, or of its mark.
    pub(crate) fn key(&self, kind: u8) -> Vec<u8> {
        let centre = self.centre.as_str().as_bytes();
        // A centre's id has at most 40 characters.
        let length = u8::try_from(centre.len()).unwrap_or(u8::MAX);
        [&[kind, length], centre, &self.registration.0].concat()
    }

    /// The key of an entry.
    pub(crate) fn entry_key(&self, revision: u32) -> Vec<u8> {
        [self.key(ENTRIES), revision.to_be_bytes().to_vec()].concat()
    }

    /// The place in a key, and what stands behind it.
    pub(crate) fn parse(key: &[u8]) -> Option<(Self, &[u8])> {
        let [_kind, length, rest @ ..] = key else { return None };
        let (centre, rest) = rest.split_at_checked(usize::from(*length))?;
        let (registration, rest) = rest.split_first_chunk()?;
        let centre = std::str::from_utf8(centre).ok()?.parse().ok()?;
        Some((Self { centre, registration: RegistrationId(*registration) }, rest))
    }

    /// The place and the revision in the key of an entry.
    pub(crate) fn parse_entry(key: &[u8]) -> Option<(Self, u32)> {
        let (place, revision) = Self::parse(key)?;
        Some((place, u32::from_be_bytes(revision.try_into().ok()?)))
    }

    /// As an error names it.
    pub(crate) fn name(&self, revision: Option<u32>) -> String {
        let place = format!("registration {} at {}", self.registration, self.centre);
        revision.map_or(place.clone(), |revision| format!("revision {revision} of {place}"))
    }
}

/// The bytes of a row.
pub(crate) fn encode<T: Encode>(row: &T) -> Result<Vec<u8>, VaultError> {
    to_bytes(row).map_err(|error| VaultError::Storage(error.to_string()))
}

/// The row that these bytes are.
pub(crate) fn decode<T: Decode<()>>(bytes: &[u8], entry: impl FnOnce() -> String) -> Result<T, VaultError> {
    from_bytes(bytes).map_err(|error| VaultError::Damaged { entry: entry(), what: error.to_string() })
}
