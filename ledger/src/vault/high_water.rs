//! The note of how far the vault's rows had come, beside them.
//!
//! RocksDB takes a write-ahead log whose last record cannot be read for one that a crash cut off, and says nothing of what
//! stood there. Its sequence number, which grows with every row that is written, tells. The note is not synced with each
//! commit: a system that loses power may show an older one, which only sees less.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::VaultError;

const NAME: &str = "high-water";

/// See the module's page.
pub(crate) struct HighWater(File);

impl HighWater {
    /// Opens the note in a vault's folder and compares it with what was found there. A vault without rows gets one.
    ///
    /// # Errors
    /// When the rows end before what was noted, the note cannot be understood, or it is gone and there are rows.
    pub(crate) fn open(folder: &Path, found: u64) -> Result<Self, VaultError> {
        let path = folder.join(NAME);
        let damaged = |what: String| VaultError::Damaged { entry: path.display().to_string(), what };
        let failed = |error: std::io::Error| VaultError::Storage(format!("{}: {error}", path.display()));
        if found > 0 && !path.exists() {
            return Err(damaged(format!(
                "it is gone, and it alone tells whether the vault's {found} rows are all that were written: restore the \
                 vault from a copy, with its note"
            )));
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(failed)?;
        let mut bytes = [0; 17];
        let length = file.read_at(&mut bytes, 0).map_err(failed)?;
        let noted = match bytes.get(..length) {
            Some([]) => 0,
            Some(noted) => read(noted).ok_or_else(|| damaged("it cannot be understood".to_owned()))?,
            None => 0,
        };
        if noted > found {
            let what = format!(
                "{noted} rows had been written, and only {found} are there: restore the vault from a copy"
            );
            return Err(damaged(what));
        }
        let note = Self(file);
        note.write(found);
        note.0.sync_all().map_err(failed)?;
        Ok(note)
    }

    /// Notes how far it is.
    pub(crate) fn write(&self, sequence: u64) {
        let number = sequence.to_le_bytes();
        let bytes = [number, checksum(number)].concat();
        if let Err(error) = self.0.write_all_at(&bytes, 0) {
            tracing::warn!(%error, "how far the vault is could not be noted");
        }
    }
}

fn read(bytes: &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    (rest == checksum(*number)).then(|| u64::from_le_bytes(*number))
}

fn checksum(number: [u8; 8]) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::digest(number).into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    [a, b, c, d, e, f, g, h]
}
