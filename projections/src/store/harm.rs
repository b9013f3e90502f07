//! Whoever comes upon damage leaves a note beside the rows, so that the next start makes them anew.
//! (A write can, too: the storage reads what it merges.)
//!
//! A start reads few rows, and a flipped byte in the others comes to light long after it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{Store, StoreError};

const NOTE: &str = "damaged";

impl Store {
    /// Notes that a read or write came upon damage, if it did. Views that end with the process need no note.
    pub(super) fn noting_damage<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &done
            && error.is_damage()
            && self.lasting
        {
            tracing::error!(
                %error,
                "the views are damaged: whoever asks for this hears of an error until they are made anew, at the next start \
                 or by `terminbuch rebuild`"
            );
            let note = note(&self.views_dir);
            // Once is enough: whoever asks for a damaged row may ask often, and this waits for the disk.
            if !note.exists()
                && let Err(unnoted) = write(&note, &error.to_string())
            {
                tracing::error!(error = %unnoted, "this could not be noted beside them: make them anew by `terminbuch rebuild`");
            }
        }
        done
    }
}

/// Refuses views that a read found damaged.
pub(super) fn check(views_dir: &Path) -> Result<(), StoreError> {
    match fs::read(note(views_dir)) {
        Ok(what) => Err(StoreError::Noted(String::from_utf8_lossy(&what).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(StoreError::Noted(format!("its note cannot be read: {error}"))),
    }
}

fn write(note: &Path, what: &str) -> io::Result<()> {
    let mut file = File::create(note)?;
    file.write_all(what.as_bytes())?;
    file.sync_all()
}

/// The note goes, after what it speaks of.
pub(super) fn forget(views_dir: &Path) -> Result<(), StoreError> {
    match fs::remove_file(note(views_dir)) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::Folder { folder: views_dir.to_owned(), source })
        }
        _ => Ok(()),
    }
}

pub(super) fn note(views_dir: &Path) -> PathBuf {
    views_dir.join(NOTE)
}
