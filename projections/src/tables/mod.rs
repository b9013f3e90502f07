//! Streams and tables for analysts: what stands in the log as CloudEvents, and as typed rows in files.
//!
//! The middle is pure: `veil` and `veiled` hide subjects, `cloud_event` and `rows` say an event or a thing, `column` is
//! the list of all columns, `order` what is asked. Around it stand the files: `format`, `folder`, `manifest`, and `export`, which reads a log and
//! writes a folder. What each column means stands in `TABLES.md`.

mod cloud_event;
mod column;
mod day;
mod error;
mod export;
mod folder;
mod format;
mod manifest;
mod order;
mod rows;
#[cfg(test)]
mod tests;
mod veil;
mod veiled;

pub use cloud_event::{EventAt, cloud_event};
pub use column::{TABLES_VERSION, TableName};
pub use error::ExportError;
pub use export::{Export, ExportProgress, Exported};
pub use folder::hash_of;
pub use format::Format;
pub use manifest::{FileEntry, MANIFEST, Manifest, Noted, PartitionRange};
pub use order::{Order, Unfit, Wish};
pub use veil::{KEY_BYTES, Veil, check_value};
