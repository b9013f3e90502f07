//! RocksDB as the embedded log uses it: keys are partition and offset, big-endian, so that they sort as they are read.

use std::path::Path;
use std::sync::Arc;

use rocksdb::{
    DB, DBRecoveryMode, Direction, IteratorMode, LogLevel, Options, ReadOptions, WriteBatch, WriteOptions,
};
use schemas::ids::Partition;

use super::super::{Entry, LogError};
use crate::fault_point;

const KEY_BYTES: usize = 12;
/// Small in tests, so that tables are written, and old write-ahead logs go, while they run.
const WRITE_BUFFER_BYTES: usize = if cfg!(test) { 64 * 1024 } else { 64 * 1024 * 1024 };
const READ_AHEAD_BYTES: usize = 2 * 1024 * 1024;

/// An open database.
pub(super) struct Store {
    db: DB,
    /// What RocksDB counts.
    #[cfg(test)]
    counted: Options,
}

/// The partition and offset of the first and last entry of something.
type Place = (Partition, u64);

impl Store {
    /// Opens for writing. Only one process, and one handle in it, can.
    pub(super) fn open(path: &Path, create: bool) -> Result<Self, LogError> {
        let mut options = options();
        options.create_if_missing(create);
        Ok(Self::around(DB::open(&options, path).map_err(failed)?, options))
    }

    /// Opens for reading beside a process that writes. `scratch` takes RocksDB's own notes.
    pub(super) fn open_beside(path: &Path, scratch: &Path) -> Result<Self, LogError> {
        let options = options();
        Ok(Self::around(DB::open_as_secondary(&options, path, scratch).map_err(failed)?, options))
    }

    #[cfg(test)]
    fn around(db: DB, counted: Options) -> Self {
        Self { db, counted }
    }

    #[cfg(not(test))]
    fn around(db: DB, _: Options) -> Self {
        Self { db }
    }

    /// How often the write-ahead log was synced since it was opened.
    #[cfg(test)]
    pub(super) fn syncs(&self) -> u64 {
        self.counted.get_ticker_count(rocksdb::statistics::Ticker::WalFileSynced)
    }

    /// Takes in what the writer beside has written since.
    pub(super) fn catch_up(&self) -> Result<(), LogError> {
        self.db.try_catch_up_with_primary().map_err(failed)
    }

    /// Writes all of these and returns when they are durable.
    pub(super) fn write(&self, batch: WriteBatch) -> Result<(), LogError> {
        if fault_point::is_time("log-written") {
            // Written and not synced: what dies between append and fsync leaves just this.
            drop(self.db.write_opt(batch, &WriteOptions::default()));
            fault_point::die("log-written");
        }
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.db.write_opt(batch, &options).map_err(failed)
    }

    /// The offset after the last entry of a partition.
    pub(super) fn end(&self, partition: Partition) -> Result<u64, LogError> {
        let last = self.first_of(IteratorMode::From(&key(partition, u64::MAX), Direction::Reverse))?;
        Ok(last.filter(|(found, _)| *found == partition).map_or(0, |(_, offset)| offset + 1))
    }

    /// The last entry of all, by partition and offset.
    pub(super) fn last(&self) -> Result<Option<Place>, LogError> {
        self.first_of(IteratorMode::End)
    }

    fn first_of(&self, mode: IteratorMode<'_>) -> Result<Option<Place>, LogError> {
        match self.db.iterator(mode).next() {
            None => Ok(None),
            Some(entry) => place(&entry.map_err(failed)?.0).map(Some),
        }
    }

    /// The entries from `from` on and before `end`, until they reach `max_bytes`: one at least.
    pub(super) fn read(
        &self,
        partition: Partition,
        from: u64,
        end: u64,
        max_bytes: usize,
    ) -> Result<Vec<Entry>, LogError> {
        let mut options = ReadOptions::default();
        options.set_iterate_upper_bound(key(partition, end));
        options.fill_cache(false);
        options.set_readahead_size(max_bytes.min(READ_AHEAD_BYTES));
        let start = key(partition, from);
        let iterator = self.db.iterator_opt(IteratorMode::From(&start, Direction::Forward), options);
        let mut bytes = 0_usize;
        let mut entries = Vec::new();
        for (offset, entry) in (from..end).zip(iterator) {
            let (found, value) = entry.map_err(failed)?;
            if place(&found)? != (partition, offset) {
                return Err(missing(partition, offset));
            }
            bytes = bytes.saturating_add(value.len());
            if bytes > max_bytes && !entries.is_empty() {
                return Ok(entries);
            }
            entries.push(Entry::new(offset, Arc::from(value)));
        }
        let reached = from + entries.len() as u64;
        if reached < end { Err(missing(partition, reached)) } else { Ok(entries) }
    }
}

fn missing(partition: Partition, offset: u64) -> LogError {
    LogError::Damaged(format!("partition {partition} has nothing at offset {offset}, before its end"))
}

fn options() -> Options {
    let mut options = Options::default();
    // The default mode drops synced records behind a flipped byte and says nothing.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_recycle_log_file_num(0);
    options.set_write_buffer_size(WRITE_BUFFER_BYTES);
    options.set_bytes_per_sync(1 << 20);
    options.set_compression_type(rocksdb::DBCompressionType::Lz4);
    options.set_log_level(LogLevel::Warn);
    options.set_keep_log_file_num(4);
    #[cfg(test)]
    options.enable_statistics();
    options
}

/// Where an entry stands.
pub(super) fn key(partition: Partition, offset: u64) -> [u8; KEY_BYTES] {
    let number = (u128::from(partition.0) << 64) | u128::from(offset);
    let [_, _, _, _, key @ ..] = number.to_be_bytes();
    key
}

fn place(key: &[u8]) -> Result<Place, LogError> {
    let parts = key.split_first_chunk::<4>().and_then(|(partition, offset)| {
        let offset = <[u8; 8]>::try_from(offset).ok()?;
        Some((Partition(u32::from_be_bytes(*partition)), u64::from_be_bytes(offset)))
    });
    parts.ok_or_else(|| LogError::Damaged(format!("a key has {} bytes where {KEY_BYTES} are due", key.len())))
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn failed(error: rocksdb::Error) -> LogError {
    match error.kind() {
        rocksdb::ErrorKind::Corruption => LogError::Damaged(error.to_string()),
        _ => LogError::Storage(error.to_string()),
    }
}
