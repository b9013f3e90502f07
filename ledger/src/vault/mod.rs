//! The vault: personal data and hashes of secrets, beside the ledger, where they can be forgotten.

mod entry;
mod error;
mod handle;
mod index;
mod key_file;
mod keys;
mod lookup;
mod normalize;
mod open;
mod person;
mod purge;
mod renormalize;
mod row;
mod secret;
mod staged;
mod store;
mod sweep;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::Mutex;

use schemas::ids::LedgerId;

use index::Index;
use keys::Keys;
use store::Store;

pub use error::VaultError;
pub use handle::{Put, Stored, Vault};
pub use person::{MAX_PERSON_BYTES, Person};
pub use secret::{Secret, SecretError};

/// What all threads use.
pub(crate) struct Shared {
    store: Store,
    keys: Keys,
    index: Mutex<Index>,
    ledger: LedgerId,
}
