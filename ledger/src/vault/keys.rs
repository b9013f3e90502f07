//! The keys: one for the index, one master key, and one for each district, which is the controller of its people's data.
//!
//! `index.key` and `master.key` are made at the first start. `district-06412-1.key` is made when the district is first
//! named and holds that key, version 1, encrypted under the master key. Each file begins with a line that says what it
//! is, so that neither can stand in for the other.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use schemas::ids::{District, LedgerId};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{VaultError, key_file};

/// The version of every district's key so far.
pub(crate) const KEY_VERSION: u32 = 1;
/// More than there are districts in Germany (401): whoever names districts that do not exist fills no disk.
const MAX_DISTRICTS: usize = 1_000;

/// 32 bytes that are wiped when they go.
pub(crate) type Key = Zeroizing<[u8; 32]>;

const INDEX: &[u8] = b"terminbuch index key 1\n";
const MASTER: &[u8] = b"terminbuch master key 1\n";
const DISTRICT: &[u8] = b"terminbuch district key 1\n";
const NONCE_BYTES: usize = 24;

/// The keys of one ledger's vault.
pub(crate) struct Keys {
    folder: PathBuf,
    ledger: LedgerId,
    index: Key,
    master: Key,
    districts: RwLock<HashMap<(District, u32), Arc<Key>>>,
    making: Mutex<()>,
}

impl Keys {
    /// Opens the keys in a folder. `first_start`: the vault is empty, so keys that are missing are made; afterwards
    /// entries need them.
    pub(crate) fn open(folder: &Path, ledger: LedgerId, first_start: bool) -> Result<Self, VaultError> {
        key_file::private_folder(folder)?;
        Self::from_folder(folder, ledger, first_start)
    }

    /// Opens keys that are there. Nothing is made, and the folder stays as it is.
    pub(crate) fn open_to_read(folder: &Path, ledger: LedgerId) -> Result<Self, VaultError> {
        Self::from_folder(folder, ledger, false)
    }

    fn from_folder(folder: &Path, ledger: LedgerId, first_start: bool) -> Result<Self, VaultError> {
        Ok(Self {
            index: plain_key(&folder.join("index.key"), INDEX, first_start)?,
            master: plain_key(&folder.join("master.key"), MASTER, first_start)?,
            districts: RwLock::default(),
            making: Mutex::default(),
            folder: folder.to_owned(),
            ledger,
        })
    }

    /// HMAC-SHA-256 under the index key; the parts cannot run into one another.
    pub(crate) fn index_hmac(&self, purpose: &str, parts: &[&[u8]]) -> Result<[u8; 32], VaultError> {
        hmac(&self.index, purpose, parts)
    }

    /// Two values that tell in the vault whether the index key and the master key are those it was made with.
    pub(crate) fn check_values(&self) -> Result<[[u8; 32]; 2], VaultError> {
        Ok([hmac(&self.index, "check", &[INDEX])?, hmac(&self.master, "check", &[MASTER])?])
    }

    /// Refuses keys other than those that the vault was made with.
    pub(crate) fn compare(&self, made_with: &[[u8; 32]; 2]) -> Result<(), VaultError> {
        let [index, master] = self.check_values()?;
        let [made_with_index, made_with_master] = made_with;
        for (name, mine, other) in
            [("index.key", index, made_with_index), ("master.key", master, made_with_master)]
        {
            if mine != *other {
                let why = "it is not the key that the vault's entries were made with";
                return Err(key_file::unusable(&self.folder.join(name), why));
            }
        }
        Ok(())
    }

    /// The key of a district, made durable now if there is none yet.
    pub(crate) fn make_district(&self, district: District) -> Result<Arc<Key>, VaultError> {
        // One at a time: two that make the same key would end with two keys.
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        match self.district(district, KEY_VERSION) {
            Err(VaultError::KeyMissing { .. }) => {}
            found => return found,
        }
        if self.count_districts()? >= MAX_DISTRICTS {
            return Err(VaultError::TooMany { what: "districts with keys", limit: MAX_DISTRICTS });
        }
        let key = Zeroizing::new(random()?);
        let wrapped = self.wrap(district, KEY_VERSION, &key)?;
        key_file::create(&self.district_file(district, KEY_VERSION), &wrapped)?;
        Ok(self.remember(district, KEY_VERSION, key))
    }

    /// The key of a district that entries need.
    pub(crate) fn district(&self, district: District, version: u32) -> Result<Arc<Key>, VaultError> {
        let known = self.districts.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(&(district, version)) {
            return Ok(Arc::clone(key));
        }
        drop(known);
        let file = self.district_file(district, version);
        let wrapped = key_file::read(&file)?.ok_or(VaultError::KeyMissing { file })?;
        let key = self.unwrap(district, version, &wrapped)?;
        Ok(self.remember(district, version, key))
    }

    fn remember(&self, district: District, version: u32, key: Key) -> Arc<Key> {
        let mut known = self.districts.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry((district, version)).or_insert_with(|| Arc::new(key)))
    }

    fn district_file(&self, district: District, version: u32) -> PathBuf {
        self.folder.join(format!("district-{district}-{version}.key"))
    }

    /// Whether a district ever had a key: then a vault was there.
    pub(crate) fn have_districts(&self) -> Result<bool, VaultError> {
        Ok(self.count_districts()? > 0)
    }

    fn count_districts(&self) -> Result<usize, VaultError> {
        let failed = |error: std::io::Error| VaultError::Storage(error.to_string());
        let names = std::fs::read_dir(&self.folder).map_err(failed)?;
        Ok(names.flatten().filter(|name| name.file_name().to_string_lossy().starts_with("district-")).count())
    }

    fn wrap(&self, district: District, version: u32, key: &Key) -> Result<Vec<u8>, VaultError> {
        let nonce: [u8; NONCE_BYTES] = random()?;
        let names = self.names(district, version);
        let payload = Payload { msg: key.as_slice(), aad: &names };
        let sealed = XChaCha20Poly1305::new(&(*self.master).into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| VaultError::Storage("a district's key could not be encrypted".into()))?;
        Ok([DISTRICT, &nonce, &sealed].concat())
    }

    fn unwrap(&self, district: District, version: u32, wrapped: &[u8]) -> Result<Key, VaultError> {
        let refuse = |why: &str| key_file::unusable(&self.district_file(district, version), why);
        let body = wrapped.strip_prefix(DISTRICT).ok_or_else(|| refuse("it is no district's key"))?;
        let Some((nonce, sealed)) = body.split_first_chunk::<NONCE_BYTES>() else {
            return Err(refuse("it is cut off"));
        };
        let names = self.names(district, version);
        let opened = XChaCha20Poly1305::new(&(*self.master).into())
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &names })
            .map(Zeroizing::new)
            .map_err(|_| refuse("it is damaged, or not of this ledger, district and master key"))?;
        opened.as_slice().try_into().map(Zeroizing::new).map_err(|_| refuse("it has the wrong length"))
    }

    fn names(&self, district: District, version: u32) -> Vec<u8> {
        let numbers = [district.number().to_le_bytes(), version.to_le_bytes()].concat();
        [b"terminbuch/district-key/1".as_slice(), &self.ledger.0, &numbers].concat()
    }
}

/// Bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| VaultError::Storage(format!("the system gives no random bytes: {error}")))?;
    Ok(bytes)
}

fn plain_key(file: &Path, header: &[u8], first_start: bool) -> Result<Key, VaultError> {
    let Some(content) = key_file::read(file)? else {
        if !first_start {
            return Err(VaultError::KeyMissing { file: file.to_owned() });
        }
        let key = Zeroizing::new(random()?);
        key_file::create(file, &Zeroizing::new([header, key.as_slice()].concat()))?;
        return Ok(key);
    };
    let body = content.strip_prefix(header).ok_or_else(|| key_file::unusable(file, "it is no such key"))?;
    let length = format!("it must have 32 bytes after its first line and has {}", body.len());
    body.try_into().map(Zeroizing::new).map_err(|_| key_file::unusable(file, length))
}

fn hmac(key: &Key, purpose: &str, parts: &[&[u8]]) -> Result<[u8; 32], VaultError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice())
        .map_err(|error| VaultError::Storage(format!("a key has a wrong length: {error}")))?;
    mac.update(b"terminbuch/");
    for part in [purpose.as_bytes()].iter().chain(parts) {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        mac.update(&length.to_le_bytes());
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().into())
}
