//! Finding the newest snapshot that can be gone on from.

use std::path::Path;

use schemas::hashing::next_head;
use schemas::ids::{LedgerId, Partition};

use super::file::{self, Header, Opened, Unusable};
use super::{Snapshot, SnapshotError, Snapshots};
use crate::chain::FOLD_VERSION;
use crate::log::{Log, ledger_of};

impl Snapshots {
    /// The newest snapshot of a partition that is sound and in the log, and that has read no further than before the offset
    /// `up_to`, if one is given; those that know more must be in the log, too. Damaged ones are thrown away with a message;
    /// none at all is no error.
    ///
    /// # Errors
    /// When one is sound and not in the log, or of another ledger, format or fold version; or the log cannot be read.
    pub fn newest(
        &self,
        log: &dyn Log,
        partition: Partition,
        up_to: Option<u64>,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        let files = self.files(partition).unwrap_or_else(|error| {
            tracing::warn!(folder = %self.folder.display(), %error, "snapshots cannot be listed; does without");
            Vec::new()
        });
        for (offset, path) in files {
            match read(&path, log, partition)? {
                Ok(_) if up_to.is_some_and(|up_to| offset >= up_to) => {}
                Ok(snapshot) => return Ok(Some(snapshot)),
                Err(reason) => throw_away(&path, &reason),
            }
        }
        Ok(None)
    }
}

/// A snapshot, or why it is of no use.
fn read(path: &Path, log: &dyn Log, partition: Partition) -> Result<Result<Snapshot, String>, SnapshotError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let opened = match file::open(&bytes) {
        Ok(opened) => opened,
        Err(Unusable::Damaged(reason)) => return Ok(Err(reason)),
        Err(Unusable::Format(found)) => {
            return Err(SnapshotError::UnknownFormat { path: path.to_owned(), found, known: file::FORMAT });
        }
    };
    check_origin(path, &opened.header, log, partition)?;
    check_against_the_log(path, &opened.header, log)?;
    Ok(made_of(&opened, bytes.len()).map_err(|unusable| unusable.to_string()))
}

fn made_of(opened: &Opened<'_>, bytes: usize) -> Result<Snapshot, Unusable> {
    Ok(Snapshot { fold: opened.fold()?, beside: opened.beside.to_vec(), bytes: bytes as u64 })
}

fn check_origin(
    path: &Path,
    header: &Header,
    log: &dyn Log,
    partition: Partition,
) -> Result<(), SnapshotError> {
    // Nil when there is no genesis, which is for its reader to tell.
    let expected = ledger_of(log, partition)?.unwrap_or(LedgerId::NIL);
    if header.ledger != expected || header.partition != partition {
        let (found, found_partition) = (header.ledger, header.partition);
        return Err(SnapshotError::Foreign {
            path: path.to_owned(),
            found,
            found_partition,
            expected,
            partition,
        });
    }
    if header.fold_version > FOLD_VERSION {
        let (found, known) = (header.fold_version, FOLD_VERSION);
        return Err(SnapshotError::UnknownFold { path: path.to_owned(), found, known });
    }
    Ok(())
}

fn check_against_the_log(path: &Path, header: &Header, log: &dyn Log) -> Result<(), SnapshotError> {
    let not_in_the_log = |reason| Err(SnapshotError::NotInTheLog { path: path.to_owned(), reason });
    let Header { partition, offset, .. } = *header;
    let end = log.end(partition)?;
    if offset >= end {
        return not_in_the_log(format!(
            "partition {partition} ends at offset {end}, and it is behind the record at {offset}"
        ));
    }
    let read = log.read(partition, offset, 1)?;
    let value = read.first().filter(|entry| entry.offset == offset).map(|entry| &entry.value);
    match value {
        Some(value) if next_head(&header.prev, value) == header.head => Ok(()),
        _ => not_in_the_log(format!(
            "in partition {partition} another record stands at offset {offset} than the one it is behind"
        )),
    }
}

fn throw_away(path: &Path, reason: &str) {
    tracing::warn!(path = %path.display(), reason, "a snapshot is damaged and thrown away; an older one or the log is read");
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, "it cannot be deleted");
    }
}
