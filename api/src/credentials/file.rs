//! The file `keys/credentials`: read whole, replaced whole, by one writer at a time.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use schemas::Instant;
use schemas::ids::ActorId;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Credential;

/// Why credentials could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The role `centre` names its centres, and no other role does.
    #[error("the role centre needs at least one --centre, and no other role takes one")]
    CentresMismatch,
    /// Whose a credential is has to be readable in a list.
    #[error("a name has 1 to 100 characters and no control characters")]
    BadName,
    /// Others than its owner can read or change the file.
    #[error("{path} can be read or changed by others (mode {mode:04o}): it must have mode 0600")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    NoRandomness,
    /// There is no such credential, or it was revoked before.
    #[error("there is no credential in force with the id {0}")]
    Unknown(ActorId),
    /// The file is not what it should be.
    #[error("{path} cannot be read: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    credentials: Vec<Credential>,
    /// Of the credentials, so that none means somebody else after a flipped byte. Files of before have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<String>,
}

impl Contents {
    fn checksum(&self) -> serde_json::Result<String> {
        Ok(super::hex(&Sha256::digest(serde_json::to_vec(&self.credentials)?)))
    }
}

/// Where the credentials of a data directory are.
pub(super) fn path_in(data_dir: &Path) -> PathBuf {
    data_dir.join("keys").join("credentials")
}

/// All credentials of this data directory, revoked ones too, in the order they were made.
///
/// # Errors
/// When the file is there but cannot be read.
pub fn list(data_dir: &Path) -> Result<Vec<Credential>, CredentialError> {
    read(&path_in(data_dir)).map(|contents| contents.credentials)
}

/// Takes a credential out of force; a running `serve` hears of it within a second.
///
/// # Errors
/// When there is none in force with this id, or the file cannot be written.
pub fn revoke(data_dir: &Path, id: ActorId, now: Instant) -> Result<(), CredentialError> {
    change(data_dir, |contents| {
        let found = contents.credentials.iter_mut().find(|it| it.id == id && it.revoked_at.is_none());
        found.map(|credential| credential.revoked_at = Some(now)).ok_or(CredentialError::Unknown(id))
    })
}

pub(super) fn add(data_dir: &Path, new: Vec<Credential>) -> Result<(), CredentialError> {
    change(data_dir, |contents| {
        contents.credentials.extend(new);
        Ok(())
    })
}

fn read(path: &Path) -> Result<Contents, CredentialError> {
    if let Ok(metadata) = fs::metadata(path) {
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(CredentialError::Exposed { path: path.to_owned(), mode });
        }
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::default()),
        Err(source) => return Err(CredentialError::Io { path: path.to_owned(), source }),
    };
    let malformed = |reason: String| CredentialError::Malformed { path: path.to_owned(), reason };
    let contents: Contents = serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
    let check = contents.checksum().map_err(|error| malformed(error.to_string()))?;
    match &contents.check {
        Some(noted) if *noted != check => Err(malformed(
            "it was changed otherwise than by the command credentials, or damaged: restore it from a copy"
                .to_owned(),
        )),
        _ => Ok(contents),
    }
}

fn change(
    data_dir: &Path,
    edit: impl FnOnce(&mut Contents) -> Result<(), CredentialError>,
) -> Result<(), CredentialError> {
    let path = path_in(data_dir);
    let _one_at_a_time = lock(&path)?;
    let mut contents = read(&path)?;
    edit(&mut contents)?;
    let text = |contents: &mut Contents| {
        contents.check = Some(contents.checksum()?);
        serde_json::to_vec_pretty(contents)
    };
    let text = text(&mut contents)
        .map_err(|error| CredentialError::Malformed { path: path.clone(), reason: error.to_string() })?;
    replace(&path, &text).map_err(|source| CredentialError::Io { path, source })
}

/// Held until the file is dropped.
fn lock(path: &Path) -> Result<File, CredentialError> {
    let lock_path = path.with_extension("lock");
    let open = || {
        if let Some(room) = path.parent() {
            make_private(room)?;
        }
        let file =
            OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(&lock_path)?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(|source| CredentialError::Io { path: lock_path, source })
}

fn make_private(room: &Path) -> io::Result<()> {
    if !room.is_dir() {
        fs::create_dir_all(room)?;
        fs::set_permissions(room, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Readers see the old file or the new one, and after a crash one of them is there whole.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    match path.parent() {
        Some(room) => File::open(room)?.sync_all(),
        None => Ok(()),
    }
}
