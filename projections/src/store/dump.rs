//! The whole content of views, to be compared.

use std::path::Path;

use rocksdb::{DB, DBIteratorWithThreadMode, IteratorMode};

use super::StoreError;
use super::open::{check_format, options};
use crate::keys::{Key, Table};

/// One row of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpedRow {
    /// The table's name; `?` for a number that this program does not know.
    pub table: &'static str,
    /// As stored.
    pub key: Vec<u8>,
    /// As stored.
    pub value: Vec<u8>,
}

/// Every row of the views in a folder, in the order of the keys. It opens them read-only, beside a running program.
///
/// # Errors
/// When there are no views of this format, or they cannot be read.
pub fn dump(views_dir: &Path) -> Result<Vec<DumpedRow>, StoreError> {
    let db = DB::open_for_read_only(&options(), views_dir, false)?;
    check_format(&db.get(Key::table(Table::Meta).as_bytes())?.unwrap_or_default())?;
    let rows: DBIteratorWithThreadMode<'_, DB> = db.iterator(IteratorMode::Start);
    rows.map(|row| {
        let (key, value) = row?;
        let table = key.first().and_then(|&number| Table::from_number(number)).map_or("?", Table::as_str);
        Ok(DumpedRow { table, key: key.into_vec(), value: value.into_vec() })
    })
    .collect()
}
