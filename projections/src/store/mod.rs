//! The store: rows in one RocksDB under `views/`. The only module here that knows it.
//!
//! One column family with a table byte in front of each key, so that one batch, one write-ahead log and one snapshot
//! hold all that belongs together. The write-ahead log is written and not synced: what a power cut takes away is read
//! from the log again, because the checkpoint goes with it.

mod beside;
mod bulk;
mod dump;
mod harm;
mod mend;
mod open;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use ledger::fault_point;
use rocksdb::{DB, Direction, IteratorMode, SnapshotWithThreadMode, WriteBatch, WriteOptions};
use schemas::codec::CodecError;
use schemas::ids::{LedgerId, Partition};

pub use beside::{Stand, checkpoints};
pub use dump::{DumpedRow, dump};

use crate::draft::Draft;
use crate::keys::{Key, Table};
use crate::rows::{Checkpoint, Row, decode};
use bulk::Incoming;

/// Why the store could not do something. All but `Storage` are mended by rebuilding the views.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk, or RocksDB.
    #[error("the views' storage failed: {0}")]
    Storage(#[from] rocksdb::Error),
    /// Another version of the program wrote them.
    #[error("the views have format {found}, and this program reads {known}: rebuild them")]
    UnknownFormat {
        /// As found; 0: none is written.
        found: u8,
        /// What this program reads and writes.
        known: u8,
    },
    /// They follow from another ledger.
    #[error(
        "the views are of ledger {found} with {found_partitions} partitions, not of {expected} with {expected_partitions}: rebuild them"
    )]
    ForeignLedger {
        /// The ledger of the views.
        found: LedgerId,
        /// Its partitions.
        found_partitions: u32,
        /// The ledger that was opened.
        expected: LedgerId,
        /// Its partitions.
        expected_partitions: u32,
    },
    /// A folder of the views cannot be used.
    #[error("{} in the views cannot be used: {source}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A write failed, and they could not be opened anew since.
    #[error("the views cannot be written, which is tried again each second: {0}")]
    Failing(String),
    /// A read had come upon damage.
    #[error("an earlier read of the views came upon damage: {0}")]
    Noted(String),
    /// A row cannot be read.
    #[error("a row of {table} in the views cannot be read: {source}")]
    Row {
        /// Of which table.
        table: &'static str,
        /// What is wrong.
        source: CodecError,
    },
    /// The log names something that has no row.
    #[error("{what} has no row in {table}, and the log says it exists")]
    Missing {
        /// In which table.
        table: &'static str,
        /// What.
        what: String,
    },
}

impl StoreError {
    /// Whether bytes are not as they were written: what follows from the log is then made anew.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Storage(error) => {
                // A file that another one names, and that is not there.
                let is_gone = error.as_ref().contains("No such file or directory");
                error.kind() == rocksdb::ErrorKind::Corruption || is_gone
            }
            Self::Row { .. } | Self::Noted(_) => true,
            Self::Folder { .. }
            | Self::Failing(_)
            | Self::UnknownFormat { .. }
            | Self::ForeignLedger { .. }
            | Self::Missing { .. } => false,
        }
    }
}

/// Anything that rows can be read from.
pub(crate) trait ReadRows {
    /// The bytes of a row.
    fn bytes(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError>;

    /// A row.
    fn row<R: Row>(&self, key: &Key) -> Result<Option<R>, StoreError> {
        self.bytes(key)?.map(|bytes| read_row(&bytes)).transpose()
    }
}

/// A row from its bytes.
pub(crate) fn read_row<R: Row>(bytes: &[u8]) -> Result<R, StoreError> {
    decode(bytes).map_err(|source| StoreError::Row { table: R::TABLE.as_str(), source })
}

/// The store: open, but for moments after a write has failed.
pub(crate) struct Store {
    views_dir: PathBuf,
    /// Held to read or write by many; alone only to open it anew.
    db: RwLock<Option<DB>>,
    incoming: Incoming,
    /// Whether what was written outlives the process.
    lasting: bool,
    failure: Mutex<Option<mend::Failure>>,
    /// How often it was opened anew.
    opened: AtomicU64,
}

/// The store while somebody uses it.
pub(crate) struct OpenStore<'a> {
    db: RwLockReadGuard<'a, Option<DB>>,
    store: &'a Store,
}

/// The store as it was at one moment. A snapshot waits for no write and sees whole batches alone.
pub(crate) struct StoreAt<'a> {
    snapshot: SnapshotWithThreadMode<'a, DB>,
    store: &'a Store,
}

impl Store {
    /// The store to read from it.
    ///
    /// # Errors
    /// When it could not be opened anew after a write had failed.
    pub(crate) fn open_now(&self) -> Result<OpenStore<'_>, StoreError> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        if db.is_some() {
            return Ok(OpenStore { db, store: self });
        }
        // Who opens it anew holds the reason, and waits for this.
        drop(db);
        Err(self.failing())
    }

    /// Writes the rows of a draft and the checkpoint that they follow from, whole or not at all. After an error they may
    /// stand there; [`mend`](Self::mend) before anything else is read or written.
    pub(crate) fn commit(
        &self,
        partition: Partition,
        draft: &mut Draft,
        checkpoint: &Checkpoint,
    ) -> Result<(), StoreError> {
        draft.put(Key::partition(Table::Checkpoints, partition), checkpoint)?;
        let mut batch = WriteBatch::default();
        for (key, row) in draft.sorted() {
            match row {
                Some(bytes) => batch.put(key.as_bytes(), bytes),
                None => batch.delete(key.as_bytes()),
            }
        }
        let mut options = WriteOptions::default();
        options.set_sync(false);
        options.disable_wal(!self.lasting);
        fault_point::within("views-batch");
        let written = self.open_now()?.db()?.write_opt(batch, &options);
        self.noting_damage(self.noting(written.map_err(StoreError::from)))?;
        fault_point::reach("views-written");
        Ok(())
    }

    /// The same, as one sorted file that the store takes in as a whole: for many rows much faster.
    pub(crate) fn commit_sorted(
        &self,
        partition: Partition,
        draft: &mut Draft,
        checkpoint: &Checkpoint,
    ) -> Result<(), StoreError> {
        draft.put(Key::partition(Table::Checkpoints, partition), checkpoint)?;
        fault_point::within("views-batch");
        let taken_in = self.incoming.take_in(self.open_now()?.db()?, draft);
        self.noting_damage(self.noting(taken_in))?;
        fault_point::reach("views-written");
        Ok(())
    }

    /// How far a partition has been followed.
    pub(crate) fn checkpoint(&self, partition: Partition) -> Result<Option<Checkpoint>, StoreError> {
        self.row(&Key::partition(Table::Checkpoints, partition))
    }
}

impl ReadRows for Store {
    fn bytes(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.noting_damage(self.open_now()?.db()?.get(key.as_bytes()).map_err(StoreError::from))
    }

    fn row<R: Row>(&self, key: &Key) -> Result<Option<R>, StoreError> {
        self.noting_damage(self.bytes(key)?.map(|bytes| read_row(&bytes)).transpose())
    }
}

impl OpenStore<'_> {
    fn db(&self) -> Result<&DB, StoreError> {
        self.db.as_ref().ok_or_else(|| StoreError::Failing("it is closed".to_owned()))
    }

    /// The store as it is now.
    pub(crate) fn at_once(&self) -> Result<StoreAt<'_>, StoreError> {
        Ok(StoreAt { snapshot: self.db()?.snapshot(), store: self.store })
    }
}

impl ReadRows for StoreAt<'_> {
    fn bytes(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.noting_damage(self.snapshot.get(key.as_bytes()).map_err(StoreError::from))
    }

    fn row<R: Row>(&self, key: &Key) -> Result<Option<R>, StoreError> {
        self.store.noting_damage(self.bytes(key)?.map(|bytes| read_row(&bytes)).transpose())
    }
}

impl StoreAt<'_> {
    /// Every row whose key begins so, with its key, in the order of the keys.
    pub(crate) fn scan<R: Row>(&self, prefix: &Key) -> Result<Vec<(Vec<u8>, R)>, StoreError> {
        let mut rows = Vec::new();
        self.each(prefix, |key, row| {
            rows.push((key.to_vec(), row));
            Ok::<_, StoreError>(())
        })?;
        Ok(rows)
    }

    /// Every row whose key begins so, one after the other, in the order of the keys.
    pub(crate) fn each<R: Row, E: From<StoreError>>(
        &self,
        prefix: &Key,
        mut take: impl FnMut(&[u8], R) -> Result<(), E>,
    ) -> Result<(), E> {
        for row in self.snapshot.iterator(IteratorMode::From(prefix.as_bytes(), Direction::Forward)) {
            let (key, bytes) = self.store.noting_damage(row.map_err(StoreError::from))?;
            if !key.starts_with(prefix.as_bytes()) {
                break;
            }
            take(&key, self.store.noting_damage(read_row(&bytes))?)?;
        }
        Ok(())
    }
}
