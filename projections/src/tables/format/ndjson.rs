//! One JSON object a line, members in the order of the columns; what is not there is left out.

use std::io::{self, Write as _};

use serde::Serializer as _;
use serde_json::Value;

use super::{Hashed, Sheet};
use crate::tables::column::{Cell, TableName};

pub(super) struct Lines {
    table: TableName,
    file: Hashed,
}

impl Lines {
    pub(super) fn new(table: TableName, file: Hashed) -> Self {
        Self { table, file }
    }
}

impl Sheet for Lines {
    fn row(&mut self, cells: Vec<Cell>) -> io::Result<()> {
        let named = self.table.columns().iter().zip(cells);
        let members = named.filter_map(|(column, cell)| Some((column.name, value(column.name, cell)?)));
        serde_json::Serializer::new(&mut self.file).collect_map(members)?;
        self.file.write_all(b"\n")
    }

    fn finish(self: Box<Self>) -> io::Result<Hashed> {
        Ok(self.file)
    }
}

fn value(column: &str, cell: Cell) -> Option<Value> {
    Some(match cell {
        Cell::Empty => return None,
        // The one text that is JSON already.
        Cell::Text(text) if column == "data" => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        Cell::Text(text) => Value::from(text),
        Cell::Word(word) => Value::from(word),
        Cell::Number(number) => Value::from(number),
        Cell::Instant(at) => Value::from(at.to_string()),
        Cell::Date(date) => Value::from(date.to_string()),
    })
}
