//! What is asked of an export: what somebody wishes, made whole by an earlier export that it goes on from.

use schemas::{CivilDate, Position};
use serde::{Deserialize, Serialize};

use super::column::TableName;
use super::format::Format;

/// What is asked of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// In which format.
    pub format: Format,
    /// Which tables.
    pub tables: Vec<TableName>,
    /// The first civil day, in Berlin.
    pub from: CivilDate,
    /// The last one.
    pub to: CivilDate,
    /// What for.
    pub purpose: String,
    /// Whether subjects are shown as they are in the log.
    pub raw: bool,
    /// Where an earlier export ended, by partition: only later events are exported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub since: Vec<Position>,
}

/// What somebody says of an export. What may be left out is as in the earlier export, if there is one, or as usual.
#[derive(Debug, Clone)]
pub struct Wish {
    /// In which format; usually Parquet.
    pub format: Option<Format>,
    /// Which tables, in any order; usually all.
    pub tables: Option<Vec<TableName>>,
    /// The first civil day, in Berlin.
    pub from: Option<CivilDate>,
    /// The last one.
    pub to: CivilDate,
    /// What for.
    pub purpose: String,
    /// Whether subjects are shown as they are in the log.
    pub raw: bool,
}

/// Why there is no order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Unfit {
    /// Of which field of the wish.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: String,
}

impl Unfit {
    fn new(field: &'static str, why: impl Into<String>) -> Self {
        Self { field, why: why.into() }
    }
}

impl Wish {
    /// The order, of all events so far; what was left out is taken from an earlier order.
    ///
    /// # Errors
    /// When there is no first day, the last one is before it, or no table is wanted.
    pub fn order(self, earlier: Option<&Order>) -> Result<Order, Unfit> {
        let Self { format, tables, from, to, purpose, raw } = self;
        let from = from.or(earlier.map(|earlier| earlier.from));
        let from = from.ok_or_else(|| {
            Unfit::new(
                "from",
                "name the first day; only an export that goes on from another takes that one's",
            )
        })?;
        if to < from {
            return Err(Unfit::new("to", "it must not be before from"));
        }
        let tables = tables.map(sorted).or_else(|| Some(earlier?.tables.clone()));
        let tables = tables.unwrap_or_else(|| TableName::ALL.to_vec());
        if tables.is_empty() {
            return Err(Unfit::new("tables", "name one at least, or leave it out for all"));
        }
        let format = format.or(earlier.map(|earlier| earlier.format)).unwrap_or(Format::Parquet);
        Ok(Order { format, tables, from, to, purpose, raw, since: Vec::new() })
    }
}

fn sorted(mut tables: Vec<TableName>) -> Vec<TableName> {
    tables.sort_unstable();
    tables.dedup();
    tables
}

impl Order {
    /// Says why an export of this order cannot be read together with an earlier one that it goes on from: that takes the
    /// same names for the same subjects, the same tables, and no day of which neither has the events.
    ///
    /// # Errors
    /// The first thing that differs.
    pub fn goes_on_from(&self, earlier: &Self) -> Result<(), Unfit> {
        let tables: Vec<_> = earlier.tables.iter().map(|table| table.as_str()).collect();
        let other_names =
            "the earlier export was made for another purpose, and its subjects have other names";
        let why = if self.purpose != earlier.purpose {
            ("purpose", other_names.to_owned())
        } else if self.raw != earlier.raw {
            ("raw", other_names.to_owned())
        } else if self.tables != earlier.tables {
            ("tables", format!("the earlier export has other tables ({})", tables.join(",")))
        } else if self.from < earlier.from {
            let first = earlier.from;
            (
                "from",
                format!(
                    "the earlier export's first day is {first}, and what happened before stands in neither"
                ),
            )
        } else if self.to < earlier.to {
            let last = earlier.to;
            (
                "to",
                format!("the earlier export's last day is {last}, and there is nothing to add before that"),
            )
        } else {
            return Ok(());
        };
        Err(Unfit::new(why.0, why.1))
    }
}
