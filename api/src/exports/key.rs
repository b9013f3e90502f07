//! The key that subjects of exports are hidden under: `keys/export.key`, made at the first export.
//!
//! What it is, is noted beside the exports by a value that tells it from others. A key that is gone or another one would
//! give the same person another name in the next export of the same purpose, and nobody would see it.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ledger::data_dir::DataDir;
use ledger::vault::{VaultError, key_file};
use projections::tables::{KEY_BYTES, check_value};

const HEADER: &[u8] = b"terminbuch export key 1\n";
const FILE: &str = "export.key";
const CHECK: &str = "key-check";

/// Why subjects cannot be hidden.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The key file cannot be made or read.
    #[error(transparent)]
    File(#[from] VaultError),
    /// Exports were made with a key that is gone.
    #[error(
        "{key} is gone, and {check} says that exports were made with it: bring it back from a copy of the keys"
    )]
    Missing { key: PathBuf, check: PathBuf },
    /// Exports were made with another key.
    #[error(
        "{key} is not the key that exports were made with ({check}): bring that one back from a copy of the keys"
    )]
    Other { key: PathBuf, check: PathBuf },
    /// The note beside the exports cannot be made or read.
    #[error("{path}: {source}")]
    Note { path: PathBuf, source: std::io::Error },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(getrandom::Error),
}

/// The key of a data directory's exports, read from the disk once.
pub(crate) struct ExportKey {
    data_dir: DataDir,
    read: OnceLock<[u8; KEY_BYTES]>,
}

impl ExportKey {
    /// Nothing is read before the key is asked for.
    pub(crate) fn of(data_dir: &DataDir) -> Self {
        Self { data_dir: DataDir::beside(data_dir.path()), read: OnceLock::new() }
    }

    /// The key; an error is not kept, so that a key that was brought back is found.
    ///
    /// # Errors
    /// As [`export_key`].
    pub(crate) fn get(&self) -> Result<[u8; KEY_BYTES], KeyError> {
        if let Some(key) = self.read.get() {
            return Ok(*key);
        }
        let key = export_key(&self.data_dir)?;
        Ok(*self.read.get_or_init(|| key))
    }
}

/// The key of a data directory's exports.
///
/// # Errors
/// When it cannot be read, or is not the one that earlier exports were made with.
pub(crate) fn export_key(data_dir: &DataDir) -> Result<[u8; KEY_BYTES], KeyError> {
    let (key_path, check_path) = (data_dir.keys().join(FILE), data_dir.exports().join(CHECK));
    let noted = match fs::read_to_string(&check_path) {
        Ok(noted) => Some(noted),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(source) => return Err(KeyError::Note { path: check_path, source }),
    };
    let key = match read(&key_path)? {
        Some(key) => key,
        None if noted.is_some() => return Err(KeyError::Missing { key: key_path, check: check_path }),
        None => make(data_dir, &key_path)?,
    };
    let check: String = check_value(&key).iter().map(|byte| format!("{byte:02x}")).collect();
    match noted {
        Some(noted) if noted.trim() == check => Ok(key),
        Some(_) => Err(KeyError::Other { key: key_path, check: check_path }),
        None => {
            key_file::private_folder(&data_dir.exports())?;
            note(&check_path, &check).map_err(|source| KeyError::Note { path: check_path, source })?;
            Ok(key)
        }
    }
}

fn read(path: &Path) -> Result<Option<[u8; KEY_BYTES]>, KeyError> {
    let Some(bytes) = key_file::read(path)? else { return Ok(None) };
    let key = bytes.strip_prefix(HEADER).and_then(|key| <[u8; KEY_BYTES]>::try_from(key).ok());
    let unusable =
        || VaultError::KeyUnusable { file: path.to_owned(), why: "it holds no export key".to_owned() };
    Ok(Some(key.ok_or_else(unusable)?))
}

fn make(data_dir: &DataDir, path: &Path) -> Result<[u8; KEY_BYTES], KeyError> {
    key_file::private_folder(&data_dir.keys())?;
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(KeyError::Random)?;
    match key_file::create(path, &[HEADER, &key].concat()) {
        Ok(()) => Ok(key),
        // Another process may have been quicker; its key counts.
        Err(error) => read(path)?.ok_or(KeyError::File(error)),
    }
}

fn note(path: &Path, check: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let draft = path.with_extension("draft");
    let mut file = fs::File::create(&draft)?;
    file.write_all(check.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_one_that_is_gone_or_another_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(dir.path()).unwrap();
        let first = export_key(&data_dir).unwrap();
        assert_eq!(export_key(&data_dir).unwrap(), first);
        let path = data_dir.keys().join(FILE);
        let kept = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(matches!(export_key(&data_dir), Err(KeyError::Missing { .. })));
        key_file::create(&path, &[HEADER, &[7; KEY_BYTES]].concat()).unwrap();
        assert!(matches!(export_key(&data_dir), Err(KeyError::Other { .. })));
        let key = ExportKey::of(&data_dir);
        assert!(key.get().is_err());
        fs::remove_file(&path).unwrap();
        key_file::create(&path, &kept).unwrap();
        assert_eq!(export_key(&data_dir).unwrap(), first);
        assert_eq!(key.get().unwrap(), first);
        fs::remove_file(&path).unwrap();
        assert_eq!(key.get().unwrap(), first, "it was read once");
    }
}
