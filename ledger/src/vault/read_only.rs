//! The vault for whoever verifies the ledger: opened beside a running process, and asked for commitments alone. Nothing is
//! made, mended or written, and no person's data leave this module.

use std::path::Path;

use rocksdb::DB;
use schemas::ids::{CentreId, Commitment, LedgerId, RegistrationId};
use tempfile::TempDir;

use super::entry::{Envelope, Site};
use super::keys::Keys;
use super::row::{META, Place, REGISTRATIONS, Registration, decode};
use super::{VaultError, open, store};

/// The process beside may put a write-ahead log into a table, or an old table away, while it is looked for.
const TRIES: u32 = 10;

/// A vault as it stood when it was opened.
pub struct VaultReader {
    db: DB,
    keys: Keys,
    ledger: LedgerId,
    /// Takes RocksDB's own notes about this reader.
    _scratch: TempDir,
}

/// What a vault has of one revision of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// The commitment to its data, computed anew.
    To(Commitment),
    /// Its data were erased.
    Erased,
    /// Nothing is known of it.
    Nothing,
}

impl VaultReader {
    /// Opens the vault in a folder beside whoever writes to it; none when there is nothing.
    ///
    /// # Errors
    /// `KeyMissing` where the vault lies without its keys; when it belongs to another ledger, a key is not its own, or it
    /// cannot be read.
    pub fn open(vault_dir: &Path, keys_dir: &Path, ledger: LedgerId) -> Result<Option<Self>, VaultError> {
        if !is_there(vault_dir) {
            return Ok(None);
        }
        let scratch = tempfile::Builder::new().prefix("terminbuch-reader-").tempdir();
        let scratch = scratch.map_err(|error| VaultError::Storage(error.to_string()))?;
        let db = again(|| Ok(DB::open_as_secondary(&store::to_read(), vault_dir, scratch.path())?))?;
        // Beside tables that are gone or cut short RocksDB opens what it has, which may be nothing.
        let meta = db.get(META)?.ok_or_else(|| {
            let what =
                "its first row cannot be found: files of it are gone or cut short. Restore it from a copy";
            VaultError::Damaged { entry: vault_dir.display().to_string(), what: what.to_owned() }
        })?;
        let keys = Keys::open_to_read(keys_dir, ledger)?;
        open::check(&decode(&meta, || "its first row".into())?, ledger, &keys)?;
        Ok(Some(Self { db, keys, ledger, _scratch: scratch }))
    }

    /// What is kept of a revision.
    ///
    /// # Errors
    /// `Damaged`, with the entry's name; when its key is missing, or the storage fails.
    pub fn committed(
        &self,
        centre: &CentreId,
        registration: RegistrationId,
        revision: u32,
    ) -> Result<Committed, VaultError> {
        let place = Place { centre: centre.clone(), registration };
        if let Some(bytes) = self.get(&place.key(REGISTRATIONS))? {
            let known: Registration = decode(&bytes, || place.name(None))?;
            if known.erased {
                return Ok(Committed::Erased);
            }
        }
        let Some(bytes) = self.get(&place.entry_key(revision))? else { return Ok(Committed::Nothing) };
        let envelope: Envelope = decode(&bytes, || place.name(Some(revision)))?;
        let site = Site { ledger: self.ledger, place: &place, revision };
        Ok(Committed::To(envelope.open(&site, &self.keys)?.commitment()))
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        let get = || Ok(self.db.get(key)?);
        get().or_else(|_: VaultError| {
            again(|| {
                self.db.try_catch_up_with_primary()?;
                get()
            })
        })
    }
}

/// Whether anything lies in a vault's folder.
pub(super) fn is_there(vault_dir: &Path) -> bool {
    std::fs::read_dir(vault_dir).is_ok_and(|mut entries| entries.next().is_some())
}

/// Tries what fails a few times; real damage stays.
fn again<T>(attempt: impl Fn() -> Result<T, VaultError>) -> Result<T, VaultError> {
    (1..TRIES).find_map(|_| attempt().ok()).map_or_else(attempt, Ok)
}
