//! What an export says of itself: written last, so that a folder with a manifest is whole.

use schemas::ids::{LedgerId, Partition};
use schemas::{CivilDate, Position};
use serde::{Deserialize, Serialize};

use super::column::TableName;
use super::format::Format;

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

/// What is asked of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// In which format.
    pub format: Format,
    /// Which tables.
    pub tables: Vec<TableName>,
    /// The first civil day, in Berlin.
    pub from: CivilDate,
    /// The last one.
    pub to: CivilDate,
    /// What for.
    pub purpose: String,
    /// Whether subjects are shown as they are in the log.
    pub raw: bool,
    /// Where an earlier export ended, by partition: only later events are exported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub since: Vec<Position>,
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

impl Order {
    /// Why an export of this order cannot be read together with an earlier one that it goes on from: the same names for the
    /// same subjects, the same tables, and no day of which neither has the events.
    pub fn differs_from(&self, earlier: &Self) -> Option<String> {
        let tables: Vec<_> = earlier.tables.iter().map(|table| table.as_str()).collect();
        if self.purpose != earlier.purpose || self.raw != earlier.raw {
            Some("it was made for another purpose, and its subjects have other names".to_owned())
        } else if self.tables != earlier.tables {
            Some(format!("it has other tables ({})", tables.join(",")))
        } else if self.from < earlier.from {
            Some(format!("its first day is {}, and what happened before stands in neither", earlier.from))
        } else if self.to < earlier.to {
            Some(format!("its last day is {}, and there is nothing to add before that", earlier.to))
        } else {
            None
        }
    }
}

impl Manifest {
    /// How many rows a table has.
    pub fn rows(&self, table: TableName) -> u64 {
        self.files.iter().filter(|file| file.table == table).map(|file| file.rows).sum()
    }
}
