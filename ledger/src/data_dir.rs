//! The data directory: one outer lock, and a folder for each neighbour of the log.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const LOCK: &str = "lock";

/// A data directory. While it is open for writing no other process can open it so.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: Option<File>,
}

/// Why a data directory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another process works in it.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// There is none, and nothing may be made.
    #[error("there is no data directory at {0}")]
    Missing(PathBuf),
    /// The system refuses.
    #[error("{path} cannot be opened: {source}")]
    Refused {
        /// What could not be made, opened or locked.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl DataDir {
    /// Opens the directory for this process alone; makes it and its folders where they are missing.
    ///
    /// # Errors
    /// When another process has it open, or the system refuses.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        make(path, 0o755)?;
        let lock = lock(&path.join(LOCK)).map_err(|error| match error {
            TryLockError::WouldBlock => DataDirError::InUse(path.to_owned()),
            TryLockError::Error(source) => DataDirError::Refused { path: path.join(LOCK), source },
        })?;
        let dir = Self { path: path.to_owned(), _lock: Some(lock) };
        // What is in them is pseudonymous at best: for the owner's eyes alone.
        for folder in [dir.log(), dir.views(), dir.vault(), dir.snapshots(), dir.keys()] {
            make(&folder, 0o700)?;
        }
        // The folders' names have to be as durable as what will be in them.
        File::open(path)
            .and_then(|opened| opened.sync_all())
            .map_err(|source| DataDirError::Refused { path: path.to_owned(), source })?;
        Ok(dir)
    }

    /// Opens the directory for reading, beside a process that may have it open. Nothing is made or locked.
    ///
    /// # Errors
    /// When there is no log in it.
    pub fn open_read_only(path: &Path) -> Result<Self, DataDirError> {
        let dir = Self { path: path.to_owned(), _lock: None };
        if dir.log().is_dir() { Ok(dir) } else { Err(DataDirError::Missing(path.to_owned())) }
    }

    /// A directory whose folders are only named: nothing is made, looked for or locked.
    pub fn beside(path: &Path) -> Self {
        Self { path: path.to_owned(), _lock: None }
    }

    /// Whether something stands there already, so that a fresh start would meet it.
    ///
    /// # Errors
    /// When the system refuses to look.
    pub fn is_used(path: &Path) -> Result<bool, DataDirError> {
        match fs::read_dir(path) {
            Ok(mut entries) => Ok(entries.next().is_some()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(DataDirError::Refused { path: path.to_owned(), source }),
        }
    }

    /// Whether views or a vault stand there, which belong to some log.
    ///
    /// # Errors
    /// When the system refuses to look.
    pub fn has_neighbours(&self) -> Result<bool, DataDirError> {
        Ok(Self::is_used(&self.views())? || Self::is_used(&self.vault())?)
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The embedded log.
    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// What follows from the log; can be deleted and rebuilt.
    pub fn views(&self) -> PathBuf {
        self.path.join("views")
    }

    /// Personal data and hashes of secrets.
    pub fn vault(&self) -> PathBuf {
        self.path.join("vault")
    }

    /// Folds, to begin from; can be deleted.
    pub fn snapshots(&self) -> PathBuf {
        self.path.join("snapshots")
    }

    /// Views as they were, for as long as somebody looks at them; emptied at each start.
    pub fn past(&self) -> PathBuf {
        self.path.join("past")
    }

    /// Exports that were asked for over HTTP, and a note of the key that exports were made with.
    pub fn exports(&self) -> PathBuf {
        self.path.join("exports")
    }

    /// What the command line read beside `serve`, until that has taken it into the log.
    pub fn reads(&self) -> PathBuf {
        self.path.join("reads")
    }

    /// Keys and credentials: for the owner's eyes alone, and in no backup of the data.
    pub fn keys(&self) -> PathBuf {
        self.path.join("keys")
    }
}

fn make(path: &Path, mode: u32) -> Result<(), DataDirError> {
    let refused = |source| DataDirError::Refused { path: path.to_owned(), source };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        builder.mode(mode);
        builder.create(path).map_err(refused)?;
        // A folder that was there before keeps its mode, so what must be private is made private again.
        if mode == 0o700 {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(refused)?;
        }
    }
    #[cfg(not(unix))]
    builder.create(path).map_err(refused)?;
    Ok(())
}

fn lock(path: &Path) -> Result<File, TryLockError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(TryLockError::Error)?;
    file.try_lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_opens_it_for_writing_and_others_may_read_beside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        assert!(matches!(DataDir::open_read_only(&path), Err(DataDirError::Missing(_))));
        assert!(!DataDir::is_used(&path).unwrap());
        let first = DataDir::open(&path).unwrap();
        assert!(matches!(DataDir::open(&path), Err(DataDirError::InUse(_))));
        assert!(DataDir::is_used(&path).unwrap());
        DataDir::open_read_only(&path).unwrap();
        drop(first);
        DataDir::open(&path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_private_also_in_a_folder_that_was_there_before() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("keys")).unwrap();
        let opened = DataDir::open(dir.path()).unwrap();
        let mode = fs::metadata(opened.keys()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
