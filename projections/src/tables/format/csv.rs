//! CSV by RFC 4180: a line of names, CRLF, quotes where they are needed. An empty field is none.

use std::io;

use super::{Hashed, Sheet};
use crate::tables::column::{Cell, TableName};

pub(super) struct Comma(csv::Writer<Hashed>);

impl Comma {
    pub(super) fn new(table: TableName, file: Hashed) -> io::Result<Self> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
        writer.write_record(table.columns().iter().map(|column| column.name))?;
        Ok(Self(writer))
    }
}

impl Sheet for Comma {
    fn row(&mut self, cells: Vec<Cell>) -> io::Result<()> {
        let fields = cells.into_iter().map(|cell| match cell {
            Cell::Empty => String::new(),
            Cell::Text(text) => text,
            Cell::Word(word) => word.to_owned(),
            Cell::Number(number) => number.to_string(),
            Cell::Instant(at) => at.to_string(),
            Cell::Date(date) => date.to_string(),
        });
        Ok(self.0.write_record(fields)?)
    }

    fn finish(self: Box<Self>) -> io::Result<Hashed> {
        self.0.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}
