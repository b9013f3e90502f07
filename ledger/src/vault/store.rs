//! The vault's RocksDB: rows by key, one synced batch for each commit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use rocksdb::{
    BlockBasedOptions, DB, DBCompressionType, DBRecoveryMode, Direction, IteratorMode, LogLevel, Options,
    WriteBatch, WriteOptions,
};

use super::high_water::HighWater;
use super::{VaultError, key_file};

const MIB: usize = 1 << 20;
/// Small files, so that an erasure rewrites little.
const FILE_BYTES: u64 = 16 << 20;

/// Rows to be written, or to be deleted where there is no value.
pub(crate) type Rows = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The vault's rows.
pub(crate) struct Store {
    /// None while it is opened anew, and for good when that failed.
    db: RwLock<Option<DB>>,
    high_water: HighWater,
    pub(crate) folder: PathBuf,
    batches: AtomicU64,
    #[cfg(test)]
    pub(crate) fault: std::sync::Mutex<Option<Fault>>,
}

/// How the next commit is to fail.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is written.
    NotWritten,
    /// It is written all the same.
    Written,
}

impl Store {
    /// Opens the store in a folder, or makes it.
    pub(crate) fn open(folder: &Path) -> Result<Self, VaultError> {
        key_file::private_folder(folder)?;
        if !folder.join("CURRENT").exists() && holds_data(folder)? {
            // RocksDB would make a new database and delete what it has lost sight of.
            let what =
                "CURRENT is missing beside its data. Nothing was touched: restore the folder from a copy";
            return Err(VaultError::Damaged { entry: folder.display().to_string(), what: what.to_owned() });
        }
        let db = DB::open(&options(), folder)?;
        let high_water = HighWater::open(folder, db.latest_sequence_number())?;
        Ok(Self {
            db: RwLock::new(Some(db)),
            high_water,
            folder: folder.to_owned(),
            batches: AtomicU64::new(0),
            #[cfg(test)]
            fault: std::sync::Mutex::default(),
        })
    }

    /// Closes the store and opens it again: after a failed write RocksDB takes no more of them.
    pub(crate) fn reopen(&self) -> Result<(), VaultError> {
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        // The old one must have let go of the folder before the new one takes it.
        *db = None;
        *db = Some(DB::open(&options(), &self.folder)?);
        Ok(())
    }

    /// Uses the database, which stays open meanwhile.
    pub(crate) fn with<T>(&self, ask: impl FnOnce(&DB) -> Result<T, VaultError>) -> Result<T, VaultError> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        ask(db.as_ref().ok_or_else(|| VaultError::Storage("it could not be opened again".into()))?)
    }

    /// The value of a row.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        self.with(|db| Ok(db.get(key)?))
    }

    /// Shows all rows of a kind, by key.
    pub(crate) fn scan(
        &self,
        kind: u8,
        mut show: impl FnMut(&[u8], &[u8]) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        self.with(|db| {
            for row in db.iterator(IteratorMode::From(&[kind], Direction::Forward)) {
                let (key, value) = row?;
                if key.first() != Some(&kind) {
                    break;
                }
                show(&key, &value)?;
            }
            Ok(())
        })
    }

    /// Writes rows, all or none. When this returns, they are durable; when it fails, they may be.
    pub(crate) fn commit(&self, rows: &Rows) -> Result<(), VaultError> {
        #[cfg(test)]
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner).take();
        #[cfg(test)]
        if fault == Some(Fault::NotWritten) {
            return Err(VaultError::Storage("a fault for a test".into()));
        }
        let mut batch = WriteBatch::default();
        for (key, value) in rows {
            match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
        }
        let mut synced = WriteOptions::default();
        synced.set_sync(true);
        self.with(|db| {
            db.write_opt(batch, &synced)?;
            self.high_water.write(db.latest_sequence_number());
            Ok(())
        })?;
        #[cfg(test)]
        if fault == Some(Fault::Written) {
            return Err(VaultError::Storage("a fault for a test".into()));
        }
        self.batches.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// How many batches were committed since the start.
    pub(crate) fn batches(&self) -> u64 {
        self.batches.load(Ordering::Relaxed)
    }
}

/// Whether there is a file that may hold rows.
fn holds_data(folder: &Path) -> Result<bool, VaultError> {
    let failed = |error: std::io::Error| VaultError::Storage(format!("{}: {error}", folder.display()));
    for file in std::fs::read_dir(folder).map_err(failed)? {
        let path = file.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "sst" || extension == "log") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// For who reads beside whoever writes: all files stay open, so that none is missed when it is put away.
pub(crate) fn to_read() -> Options {
    let mut options = options();
    options.create_if_missing(false);
    options.set_max_open_files(-1);
    options
}

fn options() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    // What is erased must be gone from the files: none is used again, none is archived, and none is compressed, so
    // that a search through them tells the truth.
    options.set_recycle_log_file_num(0);
    options.set_wal_ttl_seconds(0);
    options.set_wal_size_limit_mb(0);
    options.set_compression_type(DBCompressionType::None);
    options.set_bottommost_compression_type(DBCompressionType::None);
    // The default mode drops synced records behind a flipped byte without a word.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_write_buffer_size(16 * MIB);
    options.set_target_file_size_base(FILE_BYTES);
    options.set_max_open_files(256);
    options.set_log_level(LogLevel::Warn);
    options.set_keep_log_file_num(2);
    let mut table = BlockBasedOptions::default();
    table.set_bloom_filter(10.0, false);
    options.set_block_based_table_factory(&table);
    options
}
