//! How far the views have come, read beside a running program.

use std::path::Path;

use rocksdb::DB;
use schemas::ids::Partition;

use super::open::{check_format, options};
use super::{StoreError, read_row};
use crate::keys::{Key, Table};
use crate::rows::{Checkpoint, Meta};

/// The program beside may put files away while they are looked for.
const TRIES: u32 = 10;

/// Whose views these are, and where they stand in each partition that they follow.
pub type Stand = (Meta, Vec<(Partition, Checkpoint)>);

/// Whose the views in a folder are, and where they stand in each partition; none when there are none. Nothing is written.
///
/// # Errors
/// When they have an unknown format, or cannot be read.
pub fn checkpoints(views_dir: &Path) -> Result<Option<Stand>, StoreError> {
    if !views_dir.join("CURRENT").exists() {
        return Ok(None);
    }
    // What fails because of the other program works a moment later; damage stays.
    let read = || read(views_dir);
    (1..TRIES).find_map(|_| read().ok()).map_or_else(read, Ok)
}

fn read(views_dir: &Path) -> Result<Option<Stand>, StoreError> {
    let db = DB::open_for_read_only(&options(), views_dir, false)?;
    let Some(meta) = db.get(Key::table(Table::Meta).as_bytes())? else { return Ok(None) };
    check_format(&meta)?;
    let meta: Meta = read_row(&meta)?;
    let mut checkpoints = Vec::new();
    for partition in (0..meta.partitions).map(Partition) {
        if let Some(row) = db.get(Key::partition(Table::Checkpoints, partition).as_bytes())? {
            checkpoints.push((partition, read_row(&row)?));
        }
    }
    Ok(Some((meta, checkpoints)))
}
