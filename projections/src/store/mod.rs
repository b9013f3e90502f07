//! The store: rows in one RocksDB under `views/`. The only module here that knows it.
//!
//! One column family with a table byte in front of each key, so that one batch, one write-ahead log and one snapshot
//! hold all that belongs together. The write-ahead log is written and not synced: what a power cut takes away is read
//! from the log again, because the checkpoint goes with it.

mod dump;
mod open;
#[cfg(test)]
mod tests;

use rocksdb::{DB, Direction, IteratorMode, SnapshotWithThreadMode, WriteBatch, WriteOptions};
use schemas::codec::CodecError;
use schemas::ids::{LedgerId, Partition};

pub use dump::{DumpedRow, dump};

use crate::draft::Draft;
use crate::keys::{Key, Table};
use crate::rows::{Checkpoint, Row, decode};

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

/// The open store.
pub(crate) struct Store {
    db: DB,
}

/// The store as it was at one moment. A snapshot waits for no write and sees whole batches alone.
pub(crate) struct StoreAt<'a> {
    snapshot: SnapshotWithThreadMode<'a, DB>,
}

impl Store {
    /// Writes the rows of a draft and the checkpoint that they follow from, whole or not at all.
    pub(crate) fn commit(
        &self,
        partition: Partition,
        draft: Draft,
        checkpoint: &Checkpoint,
    ) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        for (key, row) in draft.into_rows() {
            match row {
                Some(bytes) => batch.put(key.as_bytes(), bytes),
                None => batch.delete(key.as_bytes()),
            }
        }
        let key = Key::partition(Table::Checkpoints, partition);
        batch.put(key.as_bytes(), open::encoded(checkpoint)?);
        let mut options = WriteOptions::default();
        options.set_sync(false);
        Ok(self.db.write_opt(batch, &options)?)
    }

    /// The store as it is now.
    pub(crate) fn now(&self) -> StoreAt<'_> {
        StoreAt { snapshot: self.db.snapshot() }
    }

    /// How far a partition has been followed.
    pub(crate) fn checkpoint(&self, partition: Partition) -> Result<Option<Checkpoint>, StoreError> {
        self.row(&Key::partition(Table::Checkpoints, partition))
    }
}

impl ReadRows for Store {
    fn bytes(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.db.get(key.as_bytes())?)
    }
}

impl ReadRows for StoreAt<'_> {
    fn bytes(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.snapshot.get(key.as_bytes())?)
    }
}

impl StoreAt<'_> {
    /// Every row whose key begins so, with its key, in the order of the keys.
    pub(crate) fn scan<R: Row>(&self, prefix: &Key) -> Result<Vec<(Vec<u8>, R)>, StoreError> {
        let mut rows = Vec::new();
        for row in self.snapshot.iterator(IteratorMode::From(prefix.as_bytes(), Direction::Forward)) {
            let (key, bytes) = row?;
            if !key.starts_with(prefix.as_bytes()) {
                break;
            }
            rows.push((key.into_vec(), read_row(&bytes)?));
        }
        Ok(rows)
    }
}
