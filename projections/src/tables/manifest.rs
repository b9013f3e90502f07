//! What an export says of itself: written last, so that a folder with a manifest is whole.

use schemas::Position;
use schemas::ids::{LedgerId, Partition};
use serde::{Deserialize, Serialize};

use super::column::TableName;
use super::order::Order;

/// The manifest's file in the export's folder.
pub const MANIFEST: &str = "manifest.json";

/// What an export holds. Nothing in it comes from a clock: the same export of closed days has the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of the columns: [`TABLES_VERSION`](super::TABLES_VERSION).
    pub schema_version: u32,
    /// The ledger.
    pub ledger: LedgerId,
    /// What was asked for.
    #[serde(flatten)]
    pub order: Order,
    /// Where it is noted that this was read, and what for; absent in exports that were made before it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noted: Option<Noted>,
    /// Which names subjects have: equal in exports that can be read together; absent where they are shown as they are, and
    /// in exports that were made before it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<String>,
    /// Whether every day is over in every partition. What is not closed can grow.
    pub closed: bool,
    /// How far the export goes, by partition.
    pub partitions: Vec<PartitionRange>,
    /// The files, by path.
    pub files: Vec<FileEntry>,
}

/// Where it is noted that an export was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noted {
    /// In the office's partition of the log, before anything was read.
    InTheLog,
    /// In the data directory, from where `serve` takes it into the log while it runs or when it next starts.
    InTheDataDirectory,
    /// Nowhere: the ledger does not know of this export.
    Nowhere,
}

/// How far an export goes in a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionRange {
    /// The partition.
    pub partition: Partition,
    /// The first record of the period; absent: there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Position>,
    /// The last record that does not lie after the period.
    pub last: Position,
    /// Whether a later record shows that the period is over here.
    pub closed: bool,
}

/// A file of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Below the folder, with `/` between names.
    pub path: String,
    /// Of which table.
    pub table: TableName,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// Where the export ends, by partition: one that goes on from it begins there.
    pub fn ends(&self) -> Vec<Position> {
        self.partitions.iter().map(|range| range.last).collect()
    }

    /// How many rows a table has.
    pub fn rows(&self, table: TableName) -> u64 {
        self.files.iter().filter(|file| file.table == table).map(|file| file.rows).sum()
    }
}
