//! Exports.

use projections::tables::{Format, TableName};
use schemas::CivilDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An export as it is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportBody {
    /// `ndjson`, `csv` or `parquet`, which it is when absent and there is no `since`.
    #[schema(value_type = Option<String>, example = "parquet")]
    pub(crate) format: Option<Format>,
    /// Among `events`, `registrations`, `bookings`, `slots`, `days`; all of them when absent and there is no
    /// `since`.
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) tables: Option<Vec<TableName>>,
    /// The first civil day, in Berlin; it can be absent with `since` alone.
    #[schema(value_type = Option<String>, format = Date)]
    pub(crate) from: Option<CivilDate>,
    /// The last one.
    #[schema(value_type = String, format = Date)]
    pub(crate) to: CivilDate,
    /// What for; noted. Ids of one purpose stay the same, those of two are not alike.
    pub(crate) purpose: String,
    /// Ids as they stand in the log; for auditors.
    #[serde(default)]
    pub(crate) raw: bool,
    /// The id of an earlier export that is done: of the events only those that came after it are exported. It must have
    /// the same purpose and tables.
    pub(crate) since: Option<Uuid>,
}

/// An export as it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportJson {
    pub(crate) export: Uuid,
    /// `waiting`, `running`, `done` or `failed`.
    pub(crate) state: &'static str,
    /// The format.
    #[schema(value_type = String)]
    pub(crate) format: Format,
    /// The tables.
    #[schema(value_type = Vec<String>)]
    pub(crate) tables: Vec<TableName>,
    /// The first civil day.
    #[schema(value_type = String, format = Date)]
    pub(crate) from: CivilDate,
    /// The last one.
    #[schema(value_type = String, format = Date)]
    pub(crate) to: CivilDate,
    /// What for.
    pub(crate) purpose: String,
    /// `keyed` or `raw`.
    pub(crate) subjects: &'static str,
    /// The earlier export that it goes on from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Uuid>,
    /// While it runs: values of the log that were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) values_read: Option<u64>,
    /// While it runs: values that are going to be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) values_of: Option<u64>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// Whether the period is over, so that nothing can be added to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) closed: Option<bool>,
    /// Where the manifest is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) manifest: Option<String>,
    /// The files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) files: Option<Vec<ExportFileJson>>,
}

/// A file of an export.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportFileJson {
    /// Its path in the export.
    pub(crate) name: String,
    /// Rows.
    pub(crate) rows: u64,
    /// Bytes.
    pub(crate) bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub(crate) sha256: String,
    /// Where it is.
    pub(crate) href: String,
}
