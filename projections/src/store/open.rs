//! Opening the store, and telling at the door whose it is.

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, RwLock};

use rocksdb::{BlockBasedOptions, Cache, DB, DBCompressionType, IteratorMode, Options};

use super::bulk::Incoming;
use super::{ReadRows, Store, StoreError, harm, read_row};
use crate::keys::{Key, Table};
use crate::rows::{Meta, Row, VIEW_FORMAT, encode};

const CACHE_BYTES: usize = 64 << 20;
const MEMTABLE_BYTES: usize = 32 << 20;
/// What a store that is soon thrown away may take of each of the two.
const SCRATCH_BYTES: usize = 8 << 20;

impl Store {
    /// Opens the views in a folder, which is made when it is not there.
    ///
    /// # Errors
    /// When they have an unknown format or belong to another ledger, a read had found them damaged, or the storage fails.
    pub(crate) fn open(views_dir: &Path, expected: Meta) -> Result<Self, StoreError> {
        harm::check(views_dir)?;
        Self::open_with(options(), views_dir, expected, true)
    }

    /// Opens views that last no longer than the process, in a folder that is not there yet.
    ///
    /// # Errors
    /// When the storage fails.
    pub(crate) fn scratch(dir: &Path, expected: Meta) -> Result<Self, StoreError> {
        Self::open_with(options_with(SCRATCH_BYTES, SCRATCH_BYTES), dir, expected, false)
    }

    fn open_with(
        mut options: Options,
        dir: &Path,
        expected: Meta,
        lasting: bool,
    ) -> Result<Self, StoreError> {
        options.create_if_missing(true);
        let db = RwLock::new(Some(DB::open(&options, dir)?));
        let store = Self {
            views_dir: dir.to_owned(),
            db,
            incoming: Incoming::beside(dir)?,
            lasting,
            failure: Mutex::default(),
            opened: AtomicU64::new(0),
        };
        store.check_meta(expected)?;
        Ok(store)
    }

    /// Deletes the views in a folder, if there are any.
    ///
    /// # Errors
    /// When somebody has them open, or the folder cannot be deleted.
    pub(crate) fn destroy(views_dir: &Path) -> Result<(), StoreError> {
        if views_dir.exists() {
            Incoming::clear(views_dir)?;
            DB::destroy(&options(), views_dir)?;
            harm::forget(views_dir)?;
        }
        Ok(())
    }

    /// Deletes all that lies in a folder of views which can no longer be read.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub(crate) fn clear(views_dir: &Path) -> Result<(), StoreError> {
        Incoming::clear(views_dir)?;
        let failed = |source| StoreError::Folder { folder: views_dir.to_owned(), source };
        let note = harm::note(views_dir);
        for entry in std::fs::read_dir(views_dir).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path != note {
                std::fs::remove_file(path).map_err(failed)?;
            }
        }
        harm::forget(views_dir)
    }

    fn check_meta(&self, expected: Meta) -> Result<(), StoreError> {
        let key = Key::table(Table::Meta);
        let Some(bytes) = self.bytes(&key)? else {
            return self.begin(&key, expected);
        };
        check_format(&bytes)?;
        let found: Meta = read_row(&bytes)?;
        if found == expected {
            return Ok(());
        }
        Err(StoreError::ForeignLedger {
            found: found.ledger,
            found_partitions: found.partitions,
            expected: expected.ledger,
            expected_partitions: expected.partitions,
        })
    }

    /// Rows without a word whose they are can be anybody's.
    fn begin(&self, key: &Key, expected: Meta) -> Result<(), StoreError> {
        let store = self.open_now()?;
        let db = store.db()?;
        if db.iterator(IteratorMode::Start).next().is_some() {
            return Err(StoreError::UnknownFormat { found: 0, known: VIEW_FORMAT });
        }
        Ok(db.put(key.as_bytes(), encoded(&expected)?)?)
    }
}

/// The format stands in the first byte of every row, so that it can be told before anything else is read.
pub(super) fn check_format(meta: &[u8]) -> Result<(), StoreError> {
    match meta.first() {
        Some(&VIEW_FORMAT) => Ok(()),
        found => Err(StoreError::UnknownFormat { found: found.copied().unwrap_or(0), known: VIEW_FORMAT }),
    }
}

/// The bytes of a row.
pub(super) fn encoded<R: Row>(row: &R) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    encode(row, &mut bytes).map_err(|source| StoreError::Row { table: R::TABLE.as_str(), source })?;
    Ok(bytes)
}

pub(super) fn options() -> Options {
    options_with(CACHE_BYTES, MEMTABLE_BYTES)
}

fn options_with(cache_bytes: usize, memtable_bytes: usize) -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(&Cache::new_lru_cache(cache_bytes));
    blocks.set_bloom_filter(10.0, false);
    blocks.set_cache_index_and_filter_blocks(true);
    let mut options = Options::default();
    options.set_block_based_table_factory(&blocks);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(memtable_bytes);
    options.set_max_open_files(256);
    options.set_keep_log_file_num(4);
    options
}
