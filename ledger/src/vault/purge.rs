//! Erasing from the files what was deleted from the rows.
//!
//! Deleting only hides a row: its bytes stand on in the write-ahead log and in table files. [`Store::purge`] flushes, so
//! that the log files before are needed no more; has every table file that may hold the rows written anew without them;
//! and returns only when the old files are gone from the folder.

use std::collections::BTreeSet;
use std::fs::read_dir;
use std::time::{Duration, Instant};

use rocksdb::{BottommostLevelCompaction, CompactOptions};

use super::VaultError;
use super::row::{META, PENDING, Place, REGISTRATIONS};
use super::store::{Rows, Store};

/// Above this, one pass over all files is cheaper than one over each registration's.
const SINGLE_PASSES: usize = 16;
/// Readers let go of old files within milliseconds; only a scan may hold them for seconds.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(2);

impl Store {
    /// Erases from the files what was deleted of these registrations, then takes their marks away.
    ///
    /// # Errors
    /// When a file that may hold erased bytes is still there. The marks stay, and the next start tries again.
    pub(crate) fn purge(&self, places: &[Place]) -> Result<(), VaultError> {
        let ranges = ranges(places);
        let old = self.files()?;
        // With nothing in memory a flush would do nothing, and the current log file would stay.
        if let Some(meta) = self.get(META)? {
            self.commit(&Rows::from([(META.to_vec(), Some(meta))]))?;
        }
        self.db.flush()?;
        for (from, to) in &ranges {
            self.rewrite(from, to);
        }
        self.await_old_files(&old, &ranges)?;
        self.commit(&places.iter().map(|place| (place.key(PENDING), None)).collect())
    }

    fn rewrite(&self, from: &[u8], to: &[u8]) {
        let mut options = CompactOptions::default();
        options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        options.set_exclusive_manual_compaction(true);
        self.db.compact_range_opt(Some(from), Some(to), &options);
    }

    /// Waits until no old log file is there, no table file that the store has given up, and no old one in the ranges.
    fn await_old_files(
        &self,
        old: &BTreeSet<String>,
        ranges: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<(), VaultError> {
        let begun = Instant::now();
        loop {
            let left = self.old_files_left(old, ranges)?;
            let Some(first) = left.first() else { return Ok(()) };
            if begun.elapsed() > PATIENCE {
                return Err(VaultError::Storage(format!("{first} still holds what is to be erased")));
            }
            // Asks RocksDB to look for files that it needs no more.
            self.db.disable_file_deletions()?;
            self.db.enable_file_deletions()?;
            std::thread::sleep(PAUSE);
        }
    }

    fn old_files_left(
        &self,
        old: &BTreeSet<String>,
        ranges: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<Vec<String>, VaultError> {
        let (mut live, mut left) = (BTreeSet::new(), Vec::new());
        for file in self.db.live_files()? {
            let name = file.name.trim_start_matches('/').to_owned();
            let (start, end) = (file.start_key.unwrap_or_default(), file.end_key.unwrap_or_default());
            if old.contains(&name) && ranges.iter().any(|(from, to)| start <= *to && *from <= end) {
                left.push(name.clone());
            }
            live.insert(name);
        }
        let is_left = |name: &String| {
            if name.ends_with(".sst") { !live.contains(name) } else { old.contains(name) }
        };
        left.extend(self.files()?.into_iter().filter(is_left));
        Ok(left)
    }

    /// The names of all log and table files in the folder.
    fn files(&self) -> Result<BTreeSet<String>, VaultError> {
        let failed = |error: std::io::Error| VaultError::Storage(error.to_string());
        let mut names = BTreeSet::new();
        for file in read_dir(&self.folder).map_err(failed)? {
            let name = file.map_err(failed)?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".sst") || name.ends_with(".log") {
                names.insert(name);
            }
        }
        Ok(names)
    }
}

/// The first and the last key of what may hold bytes of these registrations.
fn ranges(places: &[Place]) -> Vec<(Vec<u8>, Vec<u8>)> {
    if places.len() > SINGLE_PASSES {
        return vec![(vec![0], vec![u8::MAX])];
    }
    let of_place = |place: &Place| {
        let row = place.key(REGISTRATIONS);
        [(place.entry_key(0), place.entry_key(u32::MAX)), (row.clone(), row)]
    };
    places.iter().flat_map(of_place).collect()
}
