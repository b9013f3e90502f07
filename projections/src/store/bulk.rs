//! Many rows at once: written as one sorted file beside the database, which then takes the file in as a whole.
//!
//! The checkpoint stands in the same file as the rows that follow up to it, so the store has both or neither. A file that
//! a crash left behind belongs to nobody and is deleted at the next start.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rocksdb::{DB, IngestExternalFileOptions, Options, SstFileWriter};

use super::{StoreError, open};
use crate::draft::Draft;

/// Where files wait to be taken in.
pub(super) struct Incoming {
    folder: PathBuf,
    /// As the database's own files are written.
    options: Options,
    files: AtomicU64,
}

impl Incoming {
    /// In an empty folder of its own. The database must be open, so that nobody else uses it.
    pub(super) fn beside(views_dir: &Path) -> Result<Self, StoreError> {
        Self::clear(views_dir)?;
        let folder = folder_in(views_dir);
        fs::create_dir(&folder).map_err(|source| StoreError::Folder { folder: folder.clone(), source })?;
        Ok(Self { folder, options: open::options(), files: AtomicU64::new(0) })
    }

    /// Deletes the folder with what a crash left there.
    pub(super) fn clear(views_dir: &Path) -> Result<(), StoreError> {
        let folder = folder_in(views_dir);
        match fs::remove_dir_all(&folder) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(StoreError::Folder { folder, source }),
            _ => Ok(()),
        }
    }

    /// Deletes what could not be taken in. What cannot be deleted now is at the next start.
    pub(super) fn empty(&self) {
        for file in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if let Err(error) = fs::remove_file(file.path()) {
                tracing::warn!(%error, "{} is left over", file.path().display());
            }
        }
    }

    /// Puts these rows into the database, all of them or, if it fails or is killed, none.
    pub(super) fn take_in(&self, db: &DB, draft: &Draft) -> Result<(), StoreError> {
        let name = format!("{}.sst", self.files.fetch_add(1, Ordering::Relaxed));
        let path = self.folder.join(name);
        let mut file = SstFileWriter::create(&self.options);
        file.open(&path)?;
        for (key, row) in draft.sorted() {
            match row {
                Some(bytes) => file.put(key.as_bytes(), bytes)?,
                None => file.delete(key.as_bytes())?,
            }
        }
        file.finish()?;
        // The file survives a power cut, and the write-ahead log, which nobody syncs, need not: what these rows build upon
        // must not be lost under them.
        db.flush_wal(true)?;
        let mut options = IngestExternalFileOptions::default();
        options.set_move_files(true);
        Ok(db.ingest_external_file_opts(&options, vec![path])?)
    }
}

fn folder_in(views_dir: &Path) -> PathBuf {
    views_dir.join("incoming")
}
