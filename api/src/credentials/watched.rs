//! The credentials beside a running `serve`: read again when the file was replaced.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use schemas::ids::ActorId;
use schemas::vocabulary::Role;

use super::file::{list, path_in};
use super::{Credential, CredentialError, split_token};

/// How long a change of the file may go unseen.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// All credentials as of half a second ago at most.
pub(crate) struct Credentials {
    data_dir: PathBuf,
    seen: Mutex<Seen>,
}

struct Seen {
    credentials: Arc<Vec<Credential>>,
    version: Option<Version>,
    looked_at: Instant,
}

/// A replaced file has another inode, whatever its time and length.
#[derive(PartialEq, Eq)]
struct Version {
    inode: u64,
    length: u64,
    modified: Option<SystemTime>,
}

impl Credentials {
    /// Reads the credentials of a data directory.
    ///
    /// # Errors
    /// When the file is there but cannot be read.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, CredentialError> {
        let version = version_of(&path_in(data_dir));
        let credentials = Arc::new(list(data_dir)?);
        let seen = Mutex::new(Seen { credentials, version, looked_at: Instant::now() });
        Ok(Self { data_dir: data_dir.to_owned(), seen })
    }

    /// The credential in force that this token opens.
    pub(crate) fn check(&self, token: &str) -> Option<Credential> {
        let (id, secret) = split_token(token)?;
        let all = self.current();
        all.iter().find(|it| it.id == id).filter(|it| it.opens_with(secret)).cloned()
    }

    /// Whether this credential is still in force.
    pub(crate) fn is_in_force(&self, id: ActorId) -> bool {
        self.current().iter().any(|it| it.id == id && it.revoked_at.is_none())
    }

    /// Whether a credential in force has one of these roles.
    pub(crate) fn any_with(&self, roles: &[Role]) -> bool {
        self.current().iter().any(|it| it.revoked_at.is_none() && roles.contains(&it.role))
    }

    fn current(&self) -> Arc<Vec<Credential>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.looked_at.elapsed() >= LOOK_AGAIN_AFTER {
            seen.looked_at = Instant::now();
            let version = version_of(&path_in(&self.data_dir));
            if version != seen.version {
                match list(&self.data_dir) {
                    Ok(credentials) => (seen.credentials, seen.version) = (Arc::new(credentials), version),
                    // What was read before stays in force until the file can be read again.
                    Err(error) => tracing::error!(%error, "the credentials cannot be read again"),
                }
            }
        }
        Arc::clone(&seen.credentials)
    }
}

fn version_of(path: &Path) -> Option<Version> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(Version { inode: metadata.ino(), length: metadata.len(), modified: metadata.modified().ok() })
}
