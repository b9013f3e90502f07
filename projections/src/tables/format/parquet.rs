//! Apache Parquet: words as dictionaries, instants as UTC milliseconds, zstd, row groups near 122,880 rows (the size
//! that DuckDB reads in parallel).

use std::io;
use std::sync::Arc;

use arrow_array::builder::{
    Date32Builder, Int64Builder, StringBuilder, StringDictionaryBuilder, TimestampMillisecondBuilder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::{About, Hashed, Sheet};
use crate::tables::column::{Cell, Kind, TableName};

const ROW_GROUP_ROWS: usize = 122_880;
/// Rows that are gathered before they become pages.
const BATCH_ROWS: usize = 4_096;

pub(super) struct Columnar {
    schema: Arc<Schema>,
    columns: Vec<Gathered>,
    rows: usize,
    writer: ArrowWriter<Hashed>,
}

enum Gathered {
    Text(StringBuilder),
    Word(StringDictionaryBuilder<Int32Type>),
    Number(Int64Builder),
    Instant(TimestampMillisecondBuilder),
    Date(Date32Builder),
}

impl Columnar {
    pub(super) fn new(table: TableName, about: &About, file: Hashed) -> io::Result<Self> {
        let kinds = table.columns().iter().map(|column| column.kind);
        let fields =
            table.columns().iter().map(|column| Field::new(column.name, data_type(column.kind), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let pairs = about.pairs(table).into_iter();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_created_by("terminbuch".to_owned())
            .set_key_value_metadata(Some(
                pairs.map(|(key, value)| KeyValue::new(key.to_owned(), value)).collect(),
            ))
            .build();
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?;
        Ok(Self { schema, columns: kinds.map(Gathered::new).collect(), rows: 0, writer })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let columns = self.columns.iter_mut().map(Gathered::take).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(io::Error::other)?;
        Ok(self.writer.write(&batch)?)
    }
}

impl Sheet for Columnar {
    fn row(&mut self, cells: Vec<Cell>) -> io::Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.push(cell)?;
        }
        self.rows += 1;
        if self.rows == BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> io::Result<Hashed> {
        self.flush()?;
        Ok(self.writer.into_inner()?)
    }
}

impl Gathered {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Word => Self::Word(StringDictionaryBuilder::new()),
            Kind::Number => Self::Number(Int64Builder::new()),
            Kind::Instant => Self::Instant(TimestampMillisecondBuilder::new().with_timezone("UTC")),
            Kind::Date => Self::Date(Date32Builder::new()),
        }
    }

    fn push(&mut self, cell: Cell) -> io::Result<()> {
        match (self, cell) {
            (Self::Text(column), Cell::Text(text)) => column.append_value(text),
            (Self::Text(column), Cell::Empty) => column.append_null(),
            (Self::Word(column), Cell::Text(text)) => column.append_value(text),
            (Self::Word(column), Cell::Word(word)) => column.append_value(word),
            (Self::Word(column), Cell::Empty) => column.append_null(),
            (Self::Number(column), Cell::Number(number)) => column.append_value(number),
            (Self::Number(column), Cell::Empty) => column.append_null(),
            (Self::Instant(column), Cell::Instant(at)) => column.append_value(at.millis()),
            (Self::Instant(column), Cell::Empty) => column.append_null(),
            (Self::Date(column), Cell::Date(date)) => column.append_value(date.days()),
            (Self::Date(column), Cell::Empty) => column.append_null(),
            (_, cell) => return Err(io::Error::other(format!("{cell:?} is not of its column's kind"))),
        }
        Ok(())
    }

    fn take(&mut self) -> ArrayRef {
        match self {
            Self::Text(column) => Arc::new(column.finish()),
            Self::Word(column) => Arc::new(column.finish()),
            Self::Number(column) => Arc::new(column.finish()),
            Self::Instant(column) => Arc::new(column.finish()),
            Self::Date(column) => Arc::new(column.finish()),
        }
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8,
        Kind::Word => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
        Kind::Number => DataType::Int64,
        Kind::Instant => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        Kind::Date => DataType::Date32,
    }
}
