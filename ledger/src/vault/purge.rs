//! Erasing from the files what was deleted from the rows.
//!
//! Deleting only hides a row: its bytes stand on in the write-ahead log and in table files. [`Store::purge`] flushes, so
//! that the log files before are needed no more; has every table file that may hold the rows written anew without them;
//! and returns only when the old files are gone from the folder.

use std::collections::BTreeSet;
use std::fs::read_dir;
use std::time::{Duration, Instant};

use rocksdb::{BottommostLevelCompaction, CompactOptions, DB};

use super::VaultError;
use super::row::{ENTRIES, META, PENDING, Place, REGISTRATIONS};
use super::store::{Rows, Store};
use crate::fault_point;

/// Above this, one pass over all files is cheaper than one over each registration's.
const SINGLE_PASSES: usize = 16;
/// How often the files are written anew before it is called a failure.
const ATTEMPTS: usize = 3;
/// Readers let go of old files within milliseconds; only a scan may hold them for seconds.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(2);

/// The first and the last key of rows whose bytes are to go.
#[derive(Debug, Clone)]
struct Range {
    from: Vec<u8>,
    to: Vec<u8>,
}

impl Store {
    /// Erases from the files what was deleted of these registrations, then takes their marks away.
    ///
    /// # Errors
    /// When a file that may hold erased bytes is still there. The marks stay, and the next start tries again.
    pub(crate) fn purge(&self, places: &[Place]) -> Result<(), VaultError> {
        fault_point::reach("erasure-deleted");
        let ranges = ranges(places);
        let old = self.files()?;
        let mut attempts = 0;
        while self.with(|db| overlapping(db, &old, &ranges))?.is_some() || attempts == 0 {
            if attempts == ATTEMPTS {
                return Err(VaultError::Storage(
                    "the files could not be written anew without the erased".into(),
                ));
            }
            self.rewrite(&ranges)?;
            attempts += 1;
        }
        self.await_removal(&old)?;
        fault_point::reach("erasure-purged");
        self.commit(&places.iter().map(|place| (place.key(PENDING), None)).collect())
    }

    fn rewrite(&self, ranges: &[Range]) -> Result<(), VaultError> {
        // Each range gets a deletion of a key that no row has, for RocksDB rewrites only what overlaps with newer keys;
        // and with nothing at all in memory a flush would do nothing, and the current log file would stay.
        let mut rows: Rows =
            ranges.iter().map(|range| ([range.from.as_slice(), &[0]].concat(), None)).collect();
        rows.extend(self.get(META)?.map(|meta| (META.to_vec(), Some(meta))));
        self.commit(&rows)?;
        let mut options = CompactOptions::default();
        options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        options.set_exclusive_manual_compaction(true);
        self.with(|db| {
            db.flush()?;
            for range in ranges {
                db.compact_range_opt(Some(&range.from), Some(&range.to), &options);
            }
            Ok(())
        })
    }

    /// Waits until no old log file is there, and no table file that the store has given up.
    fn await_removal(&self, old: &BTreeSet<String>) -> Result<(), VaultError> {
        let begun = Instant::now();
        loop {
            let live: BTreeSet<String> =
                self.with(|db| Ok(db.live_files()?.iter().map(|file| name_of(&file.name)).collect()))?;
            let is_left = |name: &String| {
                if name.ends_with(".sst") { !live.contains(name) } else { old.contains(name) }
            };
            let Some(left) = self.files()?.into_iter().find(is_left) else { return Ok(()) };
            if begun.elapsed() > PATIENCE {
                return Err(VaultError::Storage(format!("{left} still holds what is to be erased")));
            }
            // Asks RocksDB to look for files that it needs no more.
            self.with(|db| Ok(db.disable_file_deletions().and_then(|()| db.enable_file_deletions())?))?;
            std::thread::sleep(PAUSE);
        }
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

/// A table file that was there before, is still in use, and may hold rows of the ranges.
fn overlapping(db: &DB, old: &BTreeSet<String>, ranges: &[Range]) -> Result<Option<String>, VaultError> {
    for file in db.live_files()? {
        let name = name_of(&file.name);
        let (start, end) = (file.start_key.unwrap_or_default(), file.end_key.unwrap_or_default());
        let overlaps = ranges.iter().any(|range| start <= range.to && range.from <= end);
        if overlaps && old.contains(&name) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// As it stands in the folder.
fn name_of(live_file: &str) -> String {
    live_file.trim_start_matches('/').to_owned()
}

/// Where bytes of these registrations may stand.
fn ranges(places: &[Place]) -> Vec<Range> {
    if places.len() > SINGLE_PASSES {
        return vec![Range { from: vec![0], to: vec![u8::MAX] }];
    }
    let of_kind = |place: &Place, kind| {
        let from = place.key(kind);
        // Behind the key stand at most the four bytes of a revision.
        Range { to: [from.as_slice(), &[u8::MAX; 5]].concat(), from }
    };
    places.iter().flat_map(|place| [ENTRIES, REGISTRATIONS].map(|kind| of_kind(place, kind))).collect()
}
