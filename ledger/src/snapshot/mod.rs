//! Snapshots: a partition's fold as it was right after a decision, so that a start reads the log from there on.
//!
//! A snapshot is an aid and never a source: it can be deleted, and is believed only where the log says that the record
//! it stands behind is in it. One that is damaged is thrown away with a message. One that is sound and not in the log
//! says that one of the two is not what it should be, and refuses the start; so does one of another ledger, format or
//! fold version, by name.

mod error;
mod file;
mod find;
mod publish;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use schemas::ids::Partition;

use crate::fold::PartitionFold;

pub use error::SnapshotError;
pub use file::FORMAT;
pub use publish::{Decided, Publisher};

/// After how many records that count a snapshot is taken, unless somebody says otherwise.
pub const EVERY: u64 = 50_000;

/// The folder of snapshots of one ledger.
#[derive(Debug, Clone)]
pub struct Snapshots {
    folder: PathBuf,
    every: u64,
}

/// A fold to go on from.
#[derive(Debug)]
pub struct Snapshot {
    /// The fold.
    pub fold: PartitionFold,
    /// What its maker wrote beside it.
    pub beside: Vec<u8>,
    /// How large its file is, in bytes.
    pub bytes: u64,
}

impl Snapshots {
    /// Those in a folder, which is there; new ones are taken after so many records of a partition (1 at least).
    pub fn new(folder: PathBuf, every: u64) -> Self {
        Self { folder, every: every.max(1) }
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, partition: Partition, offset: u64) -> PathBuf {
        self.folder.join(format!("{:05}-{offset:020}.fold", partition.0))
    }

    /// The files of a partition by the offset of their record, the newest first.
    fn files(&self, partition: Partition) -> std::io::Result<Vec<(u64, PathBuf)>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let parts = name.strip_suffix(".fold").and_then(|name| name.split_once('-'));
            let numbers =
                parts.and_then(|(of, offset)| Some((of.parse::<u32>().ok()?, offset.parse::<u64>().ok()?)));
            if let Some((of, offset)) = numbers
                && of == partition.0
            {
                found.push((offset, path));
            }
        }
        found.sort_by_key(|(offset, _)| std::cmp::Reverse(*offset));
        Ok(found)
    }
}
