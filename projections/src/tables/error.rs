//! Why there is no export.

use std::io;
use std::path::{Path, PathBuf};

use ledger::fold::FoldError;
use ledger::log::LogError;
use schemas::Position;

use crate::store::StoreError;

/// Why an export was not made. What was finished of it stays, and is gone on with by the same order.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A record cannot be judged, or does not add up.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The rows that the tables are made from cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An event cannot be written.
    #[error("an event cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// A file cannot be written or read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder holds a whole export.
    #[error("{0} holds a finished export: name another folder")]
    Finished(PathBuf),
    /// The folder holds something else.
    #[error("{0} is not empty and holds no export: name another folder")]
    NotEmpty(PathBuf),
    /// Somebody else exports into it.
    #[error("another process exports into {0}")]
    InUse(PathBuf),
    /// An export was begun there with another order.
    #[error(
        "{0} holds an export that was cut off and was asked for otherwise: ask as then, or name another folder"
    )]
    OtherOrder(PathBuf),
    /// The earlier export is of another history.
    #[error("the earlier export ends at {0}, which is not in this log: it is of another ledger or history")]
    ForeignManifest(Position),
    /// What was finished of the export before it was cut off is of another history.
    #[error(
        "{folder} holds an export that was cut off, of a log that had {before}, which this one has not: export into another \
         folder"
    )]
    OtherHistory {
        /// The export's folder.
        folder: PathBuf,
        /// A position that was read then.
        before: Position,
    },
    /// The period is empty.
    #[error("the period ends before it begins")]
    EmptyPeriod,
    /// It was told to stop.
    #[error("the export was stopped; the same command goes on with it")]
    Stopped,
}

impl ExportError {
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}
