//! The vault: personal data and hashes of secrets, beside the ledger, where they can be forgotten.
//!
//! The ledger is for ever and so holds no names. What names a person stands here, in a RocksDB of its own under `vault/`,
//! encrypted; the keys stand in `keys/` and never travel with a backup of the data. No replay needs the vault.
//!
//! # Where is what
//! | file | its one question |
//! |---|---|
//! | `handle`, `lookup`, `sweep` | what can be asked: [`Vault`] |
//! | `staged` | what does a job make of the rows? (the rules: idempotence, secrets, erasure) |
//! | `writer` | in which order, and in which batch? Two threads: one writes, one erases from the files |
//! | `row`, `entry` | what stands in a row, and how is it sealed? |
//! | `index`, `normalize`, `renormalize` | who is who? |
//! | `keys`, `key_file` | which key, and who can read it? |
//! | `read_only` | what was committed to, for whoever verifies the ledger: [`VaultReader`] |
//! | `store`, `purge`, `open` | RocksDB; erasing from its files; what a start has to finish |
//!
//! # The path of a registration
//! 1. The edge finds the district in the centre's catchment and calls [`Vault::put`]. Canonical bytes and index are computed
//!    in the caller's thread; the job goes into a bounded queue (`Full`: surely not done).
//! 2. The writing thread takes all that is queued (up to 1,024 jobs), stages it and writes one synced batch: one fsync for
//!    all of them, and no waiting for more to come.
//! 3. Then the index is read back: the answer has *all* pseudonyms that live under the person's index, also those of
//!    others in the same batch. So of two that register one person at once, at least one names both pseudonyms.
//! 4. The edge appends the registration to the ledger. An entry whose append never came is found by the repeat of the same
//!    request (the same salt, so the same commitment), or goes with [`Vault::sweep`] after a day. A caller refuses an entry
//!    with an `age_ms` above 12 hours that the ledger does not name: the sweep must not overtake the append.
//!
//! # What holds
//! - **One entry for each (centre, registration, revision).** A second put compares the data in constant time: the same give
//!   the first one's commitment, others `Differs`. The secret is looked at before: who has another learns `SecretDiffers`
//!   and nothing about the data. A registration that has entries but no secret (an agent made it) takes none from a put.
//! - **Pseudonyms.** 16 random bytes for each person in each registration. An amendment that leaves the person (by the
//!   index) the same keeps the pseudonym; one that names somebody else draws another, or two persons would be one.
//! - **Which entries are live.** All that stand in the vault, whatever their revision, since only the ledger knows which
//!   revision counts: an amendment that it refuses must not hide the person under the old name. What `is_named` of
//!   [`Vault::sweep`] does not name goes after a day. Name every revision that ever counted, until the registration is
//!   erased: a repeat of an old request needs its entry, or its commitment would be another.
//! - **Secrets.** Only SHA-256 of a secret is stored. Order of a new one: [`Vault::reissue`] durable, then the append of
//!   `AccessReissued`. The new secret counts, and the old one stops, when the vault has it; a crash before the append is
//!   mended by the repeat with the same access id. Nothing has to be switched over afterwards.
//! - **Sealing.** XChaCha20-Poly1305, 24 random bytes of nonce, the district's key. Associated data: ledger, district, key
//!   version, pseudonym, index, age, and the place of the entry (centre, registration, revision): an entry that was
//!   changed or moved does not open, and the error names it.
//! - **Erasure.** [`Vault::erase`] deletes all revisions with salts, the index and the secrets, in one batch with a mark;
//!   then flushes, rewrites every table file that may hold the rows, waits until the old files and logs are gone, and takes
//!   the mark away. Only then it answers. A start finds marks and finishes. What stays is a row that says "erased", under
//!   ids that the ledger has too: the registration never begins again here. All erasures that wait share one pass, which
//!   may rewrite the whole vault (0.2 GB for 400,000 people, some seconds). Blocks that the file system has given free,
//!   and copies that somebody made of the folder, are beyond its reach.
//! - **Nothing of a person is in a key.** RocksDB repeats keys in its manifest, where nothing erases them. So the index
//!   lives in memory (a few hundred bytes a person) and is read from the entries' headers at the start.
//! - **Failed writes.** All of the group hear `Storage`: unknown, ask again. Before the next group the store is closed,
//!   opened anew and the index read again.
//! - **Keys.** Index key and master key are made at the first start, a district's key (encrypted under the master key) when
//!   it is first named, durable before anything is sealed with it. Afterwards a missing, truncated, foreign or readable
//!   key refuses to start, with the file's name. The vault's first row has check values of both plain keys.

mod entry;
mod error;
mod handle;
mod high_water;
mod index;
pub mod key_file;
mod keys;
mod lookup;
mod normalize;
mod open;
mod person;
mod purge;
mod read_only;
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
pub use read_only::{Committed, VaultReader};
pub use secret::{Secret, SecretError};
pub use sweep::UNNAMED_MS;

/// What all threads use.
pub(crate) struct Shared {
    store: Store,
    keys: Keys,
    index: Mutex<Index>,
    ledger: LedgerId,
}
