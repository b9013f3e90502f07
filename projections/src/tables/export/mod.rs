//! An export: a log is read to where it ends now, and a folder is written.

mod partition;
mod sheets;
mod snapshot;

use std::path::Path;

use ledger::log::{Log, LogError, ledger_of};
use schemas::ids::{LedgerId, Partition};

use self::partition::Pass;
use super::column::{TABLES_VERSION, TableName};
use super::error::ExportError;
use super::folder::{Begun, Folder};
use super::format::About;
use super::manifest::{Manifest, Noted};
use super::order::Order;
use super::veil::Veil;
use crate::rows::Meta;
use crate::store::Store;

/// An export that is going to be made.
pub struct Export<'a> {
    /// What it is made from.
    pub log: &'a dyn Log,
    /// What is asked for.
    pub order: Order,
    /// Where the reading is noted; the manifest tells it.
    pub noted: Noted,
    /// How subjects are shown; it agrees with the order.
    pub veil: Veil,
    /// The folder, which is made when it is not there.
    pub out: &'a Path,
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportProgress {
    /// Values of the log that were read.
    pub values: u64,
    /// Values that are going to be read.
    pub of: u64,
}

/// An export that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// What it holds.
    pub manifest: Manifest,
    /// How many of its files an earlier start had finished.
    pub kept: usize,
}

/// What all partitions share.
struct Job<'a> {
    log: &'a dyn Log,
    order: &'a Order,
    veil: &'a Veil,
    about: About,
    folder: Folder,
    /// The views as of the end of the period; none when no table asks for them.
    store: Option<Store>,
    ledger: LedgerId,
}

impl Export<'_> {
    /// Makes the export. `progress` is told after each batch, and stops it by answering false.
    ///
    /// # Errors
    /// When the log cannot be read, the folder cannot be used, or it was stopped. The same export goes on afterwards.
    pub fn run(self, progress: &mut dyn FnMut(&ExportProgress) -> bool) -> Result<Exported, ExportError> {
        if self.order.to < self.order.from {
            return Err(ExportError::EmptyPeriod);
        }
        let partitions: Vec<Partition> = (0..self.log.partitions()).map(Partition).collect();
        let no_genesis = || LogError::Damaged("the office does not begin with genesis".to_owned());
        let ledger = ledger_of(self.log, Partition::OFFICE)?.ok_or_else(no_genesis)?;
        let ends = partitions.iter().map(|&partition| self.log.end(partition)).collect::<Result<_, _>>()?;
        let begin = Begun { order: self.order.clone(), ledger: ledger.to_string(), ends };
        if let Some(manifest) = Folder::made(self.out, &begin)? {
            let kept = manifest.files.len();
            return Ok(Exported { manifest, kept });
        }
        let (folder, begun) = Folder::open(self.out, begin)?;
        let kept = folder.kept();
        let snapshots = self.order.tables.iter().any(|&table| table != TableName::Events);
        let meta = Meta { ledger, partitions: self.log.partitions() };
        let store = snapshots.then(|| Store::open(&folder.work(), meta)).transpose()?;
        let (purpose, raw) = (self.order.purpose.clone(), self.veil.is_raw());
        let about = About { ledger, purpose, raw };
        let mut job =
            Job { log: self.log, order: &self.order, veil: &self.veil, about, folder, store, ledger };
        let mut told = ExportProgress { values: 0, of: begun.ends.iter().sum() };
        let mut ranges = Vec::new();
        for (partition, end) in partitions.into_iter().zip(begun.ends) {
            let before = told.values;
            let range = Pass::new(&mut job, partition).run(end, &mut |values| {
                told.values = before + values;
                progress(&told)
            })?;
            told.values = before + end;
            ranges.push(range);
        }
        let Job { folder, store, .. } = job;
        drop(store);
        let closed = ranges.iter().all(|range| range.closed);
        let manifest = Manifest {
            schema_version: TABLES_VERSION,
            ledger,
            order: self.order.clone(),
            noted: Some(self.noted),
            names: self.veil.names(),
            closed,
            partitions: ranges,
            files: Vec::new(),
        };
        Ok(Exported { manifest: folder.finish(manifest)?, kept })
    }
}
