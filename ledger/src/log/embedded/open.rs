//! Opening: what stands in the folder must be one sound beginning, and agree with what was asked for.

use std::path::Path;
use std::{fs, io};

use rocksdb::WriteBatch;
use schemas::ids::Partition;

use super::super::identity::Identity;
use super::super::{LogError, NewLedger};
use super::high_water::{HighWater, compare};
use super::store::{Store, key};

/// Writes genesis of every partition into an empty store, all in one batch.
pub(super) fn begin(store: &Store, new: &NewLedger, note: &HighWater) -> Result<(), LogError> {
    let (_, geneses) = new.geneses()?;
    let mut batch = WriteBatch::default();
    for (partition, genesis) in (0..).map(Partition).zip(&geneses) {
        batch.put(key(partition, 0), genesis);
    }
    store.write(batch)?;
    note.write(&vec![1; geneses.len()])
}

/// Reads every genesis, and the ends, and compares these with what was noted.
pub(super) fn survey(store: &Store, noted: Option<&[u64]>) -> Result<(Identity, Vec<u64>), LogError> {
    let identity = Identity::of_all(|partition| {
        Ok(store.read(partition, 0, 1, 0)?.first().map(|entry| entry.value.to_vec()))
    })?;
    let partitions = identity.genesis.partitions;
    let ends = (0..partitions).map(Partition).map(|partition| store.end(partition));
    let ends: Vec<u64> = ends.collect::<Result<_, _>>()?;
    if let Some((last, _)) = store.last()?
        && last.0 >= partitions
    {
        return Err(LogError::Damaged(format!("there is a partition {last} of {partitions}")));
    }
    compare(noted, &ends)?;
    Ok((identity, ends))
}

/// Whether a database stands in the folder.
pub(super) fn exists(rocks: &Path) -> bool {
    rocks.join("CURRENT").exists()
}

/// Whether the folder has nothing that could hold a value: RocksDB, asked to make a database, deletes tables that it has
/// lost sight of.
///
/// # Errors
/// When the system refuses to look.
pub(super) fn is_blank(rocks: &Path) -> Result<bool, LogError> {
    let refused = |error: io::Error| LogError::Storage(format!("{}: {error}", rocks.display()));
    let files = match fs::read_dir(rocks) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(refused(error)),
    };
    for file in files {
        let path = file.map_err(refused)?.path();
        if path
            .extension()
            .is_some_and(|extension| ["sst", "log", "blob"].iter().any(|kind| extension == *kind))
        {
            return Ok(false);
        }
    }
    Ok(true)
}
