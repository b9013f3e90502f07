//! Files that take rows: named by table, day and centre, opened at their first row.

use ledger::fault_point;
use schemas::CivilDate;
use schemas::ids::CentreId;

use super::super::column::{Cell, TableName};
use super::super::error::ExportError;
use super::super::folder::{Folder, Half};
use super::super::format::{About, Format, Sheet, sheet};
use super::super::manifest::FileEntry;

/// How readers of hive layouts write "none".
const NO_CENTRE: &str = "__HIVE_DEFAULT_PARTITION__";

/// Where a file stands in the hive layout.
#[derive(Debug, Clone)]
pub(super) struct SheetAt {
    pub(super) table: TableName,
    pub(super) date: CivilDate,
    pub(super) centre: Option<CentreId>,
    /// Tells files of one table, day and centre apart.
    pub(super) name: (u32, u64),
}

impl SheetAt {
    fn path(&self, format: Format) -> String {
        let Self { table, date, centre, name: (partition, seq) } = self;
        let centre = centre.as_ref().map_or(NO_CENTRE, CentreId::as_str);
        format!("table={table}/date={date}/centre={centre}/{partition}-{seq}.{}", format.as_str())
    }
}

/// So many rows are put into another order at once: more hide a row better, and take more memory.
const MIXED_ROWS: usize = 16_384;

/// A file that is open. One that was finished before takes rows and writes nothing.
pub(super) struct OpenSheet {
    path: String,
    table: TableName,
    rows: u64,
    file: Option<(Half, Box<dyn Sheet>)>,
    /// Where subjects are keyed: rows that wait to be put in the order of their keyed names. In the order of the log the
    /// number of a row would be its place, the same in the exports of all purposes.
    mixed: Option<Vec<Vec<Cell>>>,
}

impl OpenSheet {
    pub(super) fn open(
        folder: &mut Folder,
        at: &SheetAt,
        format: Format,
        about: &About,
    ) -> Result<Self, ExportError> {
        let path = at.path(format);
        let begun = folder.begin(&path)?;
        let open = |(half, hashed)| Ok((half, sheet(format, at.table, about, hashed)?));
        let file = begun.map(open).transpose().map_err(|source| failed(&path, source))?;
        Ok(Self { path, table: at.table, rows: 0, file, mixed: (!about.raw).then(Vec::new) })
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) -> Result<(), ExportError> {
        self.rows += 1;
        fault_point::reach("export-half");
        let Some((_, sheet)) = &mut self.file else { return Ok(()) };
        let Some(mixed) = &mut self.mixed else {
            return sheet.row(cells).map_err(|source| failed(&self.path, source));
        };
        mixed.push(cells);
        if mixed.len() < MIXED_ROWS { Ok(()) } else { self.write_mixed() }
    }

    /// Tables whose rows have no keyed name keep their order.
    fn write_mixed(&mut self) -> Result<(), ExportError> {
        let (Some((_, sheet)), Some(mixed)) = (&mut self.file, &mut self.mixed) else { return Ok(()) };
        mixed.sort_by(|one, other| name_of(one).cmp(name_of(other)));
        mixed.drain(..).try_for_each(|cells| sheet.row(cells)).map_err(|source| failed(&self.path, source))
    }

    pub(super) fn close(mut self, folder: &mut Folder) -> Result<(), ExportError> {
        self.write_mixed()?;
        let Self { path, table, rows, file, .. } = self;
        let Some((half, sheet)) = file else { return Ok(()) };
        let written = sheet.finish().map_err(|source| failed(&path, source))?;
        folder.end(half, written, FileEntry { path, table, rows, bytes: 0, sha256: String::new() })
    }
}

fn name_of(cells: &[Cell]) -> &str {
    match cells.first() {
        Some(Cell::Text(name)) => name,
        _ => "",
    }
}

fn failed(path: &str, source: std::io::Error) -> ExportError {
    ExportError::file(path.as_ref(), source)
}

/// A file that is opened when it gets its first row.
pub(super) struct LazySheet {
    at: SheetAt,
    open: Option<OpenSheet>,
}

impl LazySheet {
    pub(super) fn new(at: SheetAt) -> Self {
        Self { at, open: None }
    }

    pub(super) fn row(
        &mut self,
        folder: &mut Folder,
        format: Format,
        about: &About,
        cells: Vec<Cell>,
    ) -> Result<(), ExportError> {
        let open = match self.open.take() {
            Some(open) => open,
            None => OpenSheet::open(folder, &self.at, format, about)?,
        };
        self.open.insert(open).row(cells)
    }

    pub(super) fn close(self, folder: &mut Folder) -> Result<(), ExportError> {
        self.open.map_or(Ok(()), |open| open.close(folder))
    }
}
