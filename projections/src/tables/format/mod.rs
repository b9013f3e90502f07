//! The three formats of a file: rows go in, bytes come out.

mod csv;
mod ndjson;
mod parquet;

use std::fs::File;
use std::io::{self, BufWriter, Write};

use schemas::ids::LedgerId;
use sha2::{Digest as _, Sha256};

use super::column::{Cell, TABLES_VERSION, TableName};

/// What an export's files are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line.
    Ndjson,
    /// RFC 4180, with a line of names.
    Csv,
    /// Apache Parquet, compressed by zstd.
    Parquet,
}

impl Format {
    /// What a file's name ends with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

impl std::str::FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Ndjson, Self::Csv, Self::Parquet]
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| format!("there is no format {text:?}: it must be ndjson, csv or parquet"))
    }
}

/// What stands in the metadata of a file that has such.
#[derive(Debug, Clone)]
pub(super) struct About {
    pub(super) ledger: LedgerId,
    pub(super) purpose: String,
    pub(super) raw: bool,
}

impl About {
    fn pairs(&self, table: TableName) -> [(&'static str, String); 5] {
        [
            ("terminbuch.schema_version", TABLES_VERSION.to_string()),
            ("terminbuch.ledger", self.ledger.to_string()),
            ("terminbuch.table", table.to_string()),
            ("terminbuch.purpose", self.purpose.clone()),
            ("terminbuch.subjects", if self.raw { "raw" } else { "keyed" }.to_owned()),
        ]
    }
}

/// A file that takes rows.
pub(super) trait Sheet {
    /// Adds a row: a cell for each column.
    fn row(&mut self, cells: Vec<Cell>) -> io::Result<()>;
    /// Writes what is left.
    fn finish(self: Box<Self>) -> io::Result<Hashed>;
}

/// A sheet of this format.
pub(super) fn sheet(
    format: Format,
    table: TableName,
    about: &About,
    file: Hashed,
) -> io::Result<Box<dyn Sheet>> {
    Ok(match format {
        Format::Ndjson => Box::new(ndjson::Lines::new(table, file)),
        Format::Csv => Box::new(csv::Comma::new(table, file)?),
        Format::Parquet => Box::new(parquet::Columnar::new(table, about, file)?),
    })
}

/// A file whose SHA-256 is known when it has been written.
pub(super) struct Hashed {
    file: BufWriter<File>,
    digest: Sha256,
    bytes: u64,
}

impl Hashed {
    pub(super) fn new(file: File) -> Self {
        Self { file: BufWriter::with_capacity(1 << 16, file), digest: Sha256::new(), bytes: 0 }
    }

    /// The file, durable, with its length and SHA-256.
    pub(super) fn end(mut self) -> io::Result<(u64, [u8; 32])> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok((self.bytes, self.digest.finalize().into()))
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or(bytes));
        self.bytes += u64::try_from(written).unwrap_or(0);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
