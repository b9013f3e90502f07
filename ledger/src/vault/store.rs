//! The vault's RocksDB: rows by key, one synced batch for each commit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rocksdb::{
    BlockBasedOptions, DB, DBCompressionType, DBRecoveryMode, Direction, IteratorMode, LogLevel, Options,
    WriteBatch, WriteOptions,
};

use super::{VaultError, key_file};

const MIB: usize = 1 << 20;
/// Small files, so that an erasure rewrites little.
const FILE_BYTES: u64 = 16 << 20;

/// Rows to be written, or to be deleted where there is no value.
pub(crate) type Rows = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The vault's rows.
pub(crate) struct Store {
    pub(crate) db: DB,
    pub(crate) folder: PathBuf,
    batches: AtomicU64,
}

impl Store {
    /// Opens the store in a folder, or makes it.
    pub(crate) fn open(folder: &Path) -> Result<Self, VaultError> {
        key_file::private_folder(folder)?;
        let db = DB::open(&options(), folder)?;
        Ok(Self { db, folder: folder.to_owned(), batches: AtomicU64::new(0) })
    }

    /// The value of a row.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.db.get(key)?)
    }

    /// Shows all rows of a kind, by key.
    pub(crate) fn scan(
        &self,
        kind: u8,
        mut show: impl FnMut(&[u8], &[u8]) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        for row in self.db.iterator(IteratorMode::From(&[kind], Direction::Forward)) {
            let (key, value) = row?;
            if key.first() != Some(&kind) {
                break;
            }
            show(&key, &value)?;
        }
        Ok(())
    }

    /// Writes rows, all or none. When this returns, they are durable.
    pub(crate) fn commit(&self, rows: &Rows) -> Result<(), VaultError> {
        let mut batch = WriteBatch::default();
        for (key, value) in rows {
            match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
        }
        let mut synced = WriteOptions::default();
        synced.set_sync(true);
        self.db.write_opt(batch, &synced)?;
        self.batches.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// How many batches were committed since the start.
    pub(crate) fn batches(&self) -> u64 {
        self.batches.load(Ordering::Relaxed)
    }
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
