//! Taking away what no registration came to name.

use std::sync::mpsc::sync_channel;

use schemas::Instant;
use schemas::ids::{CentreId, RegistrationId};

use super::entry::decode_header;
use super::row::{ENTRIES, Place};
use super::writer::{Job, Reply};
use super::{Vault, VaultError};

/// An entry that no registration names goes when it is older than this, in milliseconds of the ledger's time. A registration may name only
/// one that is much younger.
pub const UNNAMED_MS: u64 = 24 * 60 * 60 * 1_000;
/// How many entries one sweep takes away at a time.
const CHUNK: usize = 1_000;

impl Vault {
    /// Erases the entries that are older than a day and named by no registration, and says how many. `is_named` hears when
    /// an entry was made, and must be right about that time. It reads all of the vault and blocks: call it from a thread of its own.
    ///
    /// # Errors
    /// When the storage fails; what was erased until then stays so.
    pub fn sweep(
        &self,
        now: Instant,
        is_named: &dyn Fn(&CentreId, RegistrationId, u32, Instant) -> bool,
    ) -> Result<u64, VaultError> {
        let mut unnamed = Vec::new();
        self.shared().store.scan(ENTRIES, |key, value| {
            let Some((place, revision)) = Place::parse_entry(key) else { return Ok(()) };
            let made_at = decode_header(value, || place.name(Some(revision)))?.made_at;
            let old = now.millis_since(made_at) > UNNAMED_MS;
            if old && !is_named(&place.centre, place.registration, revision, made_at) {
                unnamed.push((place, revision, made_at));
            }
            Ok(())
        })?;
        let mut swept = 0;
        for chunk in unnamed.chunks(CHUNK) {
            let (sender, receiver) = sync_channel(1);
            // Who asked may be gone; then nobody needs the answer.
            let reply: Reply<u64> = Box::new(move |outcome| drop(sender.send(outcome)));
            self.send(Job::Sweep(chunk.to_vec(), reply))?;
            swept += receiver.recv().map_err(|_| VaultError::Closed)??;
        }
        Ok(swept)
    }
}
