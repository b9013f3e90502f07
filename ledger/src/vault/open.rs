//! Opening a vault: keys, what it was made for, what a crash left undone, the index.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use schemas::ids::LedgerId;

use super::entry::decode_header;
use super::index::Index;
use super::keys::Keys;
use super::normalize::NORMALIZATION;
use super::row::{ENTRIES, META, Meta, PENDING, Place, REGISTRATIONS, decode, encode};
use super::store::{Rows, Store};
use super::{Shared, VaultError};

const FORMAT: u16 = 1;

impl Shared {
    /// Opens a vault and its keys, or makes both.
    pub(crate) fn open(vault: &Path, keys: &Path, ledger: LedgerId) -> Result<Self, VaultError> {
        let store = Store::open(vault)?;
        let meta = store.get(META)?;
        let keys = Keys::open(keys, ledger, meta.is_none())?;
        match meta {
            Some(bytes) => check(&decode(&bytes, || "its first row".into())?, ledger, &keys)?,
            None if keys.have_districts()? => return Err(lost(vault)),
            None => begin(&store, ledger, &keys)?,
        }
        let shared = Self { store, keys, index: Mutex::default(), ledger };
        shared.begin_sound()?;
        Ok(shared)
    }

    /// After a failed write: what it was to write may be there or not, so everything is read again.
    pub(crate) fn recover(&self) -> Result<(), VaultError> {
        tracing::warn!("the vault is opened again after a failed write");
        self.store.reopen()?;
        self.begin_sound()
    }

    fn begin_sound(&self) -> Result<(), VaultError> {
        finish_erasures(&self.store)?;
        let (mut index, older) = self.read_index()?;
        if !older.is_empty() {
            self.renormalize(&older)?;
            finish_erasures(&self.store)?;
            (index, _) = self.read_index()?;
        }
        *self.index.lock().unwrap_or_else(PoisonError::into_inner) = index;
        Ok(())
    }

    /// Reads the index from the headers, with a list of those that were normalized by older rules. Refuses when the key
    /// of one of them is missing.
    fn read_index(&self) -> Result<(Index, Vec<(Place, u32)>), VaultError> {
        let (mut index, mut older, mut known) = (Index::default(), Vec::new(), BTreeSet::new());
        self.store.scan(ENTRIES, |key, value| {
            let (place, revision) = Place::parse_entry(key).ok_or_else(foreign_key)?;
            let name = || place.name(Some(revision));
            let header = decode_header(value, name)?;
            if known.insert((header.district, header.key_version)) {
                self.keys.district(header.district, header.key_version)?;
            }
            if header.normalization > NORMALIZATION {
                let version = header.normalization;
                let what = format!("its name is normalized by version {version}: a newer program is needed");
                return Err(VaultError::Damaged { entry: name(), what });
            }
            if header.normalization < NORMALIZATION {
                older.push((place.clone(), revision));
            }
            index.insert(header.digest, place, revision, header.pseudonym);
            Ok(())
        })?;
        Ok((index, older))
    }
}

/// Districts get their keys after the vault was begun, so where they have some a vault was there.
fn lost(vault: &Path) -> VaultError {
    let what = "it is empty, and there are keys of districts whose people it held. Restore it from a copy";
    VaultError::Damaged { entry: vault.display().to_string(), what: what.to_owned() }
}

fn foreign_key() -> VaultError {
    VaultError::Damaged { entry: "an entry".into(), what: "its key is none of ours".into() }
}

fn begin(store: &Store, ledger: LedgerId, keys: &Keys) -> Result<(), VaultError> {
    for kind in [ENTRIES, REGISTRATIONS, PENDING] {
        let name = |key: &[u8]| Place::parse(key).map_or("a row".into(), |(place, _)| place.name(None));
        let what = "the vault's first row is missing, so nothing should be here".to_owned();
        store.scan(kind, |key, _| Err(VaultError::Damaged { entry: name(key), what: what.clone() }))?;
    }
    let meta = Meta { format: FORMAT, ledger, checks: keys.check_values()? };
    store.commit(&Rows::from([(META.to_vec(), Some(encode(&meta)?))]))
}

pub(crate) fn check(meta: &Meta, ledger: LedgerId, keys: &Keys) -> Result<(), VaultError> {
    if meta.format != FORMAT {
        let format = meta.format;
        return Err(VaultError::Mismatch(format!("the vault has format {format}: a newer program made it")));
    }
    if meta.ledger != ledger {
        let other = meta.ledger;
        return Err(VaultError::Mismatch(format!("the vault belongs to ledger {other}, not to {ledger}")));
    }
    keys.compare(&meta.checks)
}

/// Erases from the files what was deleted before the last end.
fn finish_erasures(store: &Store) -> Result<(), VaultError> {
    let mut pending = Vec::new();
    store.scan(PENDING, |key, _| {
        pending.extend(Place::parse(key).map(|(place, _)| place));
        Ok(())
    })?;
    if pending.is_empty() { Ok(()) } else { store.purge(&pending) }
}
