//! Why a snapshot cannot be passed over in silence.

use std::path::PathBuf;

use schemas::ids::{LedgerId, Partition};

use crate::log::LogError;

/// Why nothing can be started beside a snapshot. Each is mended by deleting the snapshot, once it is clear that the log
/// is the right one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// It is sound, and what it follows from is not in the log.
    #[error(
        "snapshot {path} is sound and not in the log: {reason}. One of the two is damaged or of another time. If the log is \
         the right one, delete the snapshot; if not, restore the log from a copy"
    )]
    NotInTheLog {
        /// The file.
        path: PathBuf,
        /// How it shows.
        reason: String,
    },
    /// It is of another ledger or partition.
    #[error(
        "snapshot {path} is of partition {found_partition} of ledger {found}, not of partition {partition} of {expected}: \
         delete it, or restore what belongs together"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Its ledger.
        found: LedgerId,
        /// Its partition.
        found_partition: Partition,
        /// The ledger that was opened.
        expected: LedgerId,
        /// The partition that was looked for.
        partition: Partition,
    },
    /// Another version of the program wrote it.
    #[error(
        "snapshot {path} has format {found}, and this program knows {known}: delete it, or start the newer program"
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// As found.
        found: u16,
        /// What this program reads and writes.
        known: u16,
    },
    /// It was folded by rules that this program does not have.
    #[error(
        "snapshot {path} was folded under fold version {found}, and this program knows {known}: start the newer program"
    )]
    UnknownFold {
        /// The file.
        path: PathBuf,
        /// As found.
        found: u16,
        /// What this program knows.
        known: u16,
    },
}
