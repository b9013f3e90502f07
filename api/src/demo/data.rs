//! The tables that the demo is made of, as they are embedded in the program.

use std::str::FromStr;

use schemas::ids::{CentreId, District, ReferencePrefix};
use schemas::{CivilDate, Instant};

const CENTRES: &str = include_str!("../../data/centres.tsv");
const DISTRICTS: &str = include_str!("../../data/districts.tsv");
const ALLOCATIONS: &str = include_str!("../../data/allocations.tsv");
const RELEASES: &str = include_str!("../../data/releases.tsv");

/// The rule set in force on that morning, as it is sent to the admin edge.
pub const RULES: &str = include_str!("../../data/rules_2021-01-12.json");

/// Why an embedded table cannot be used. It is a fault of the program's own data.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A row has not the cells that it should have.
    #[error("{table}, row {row}: {what}")]
    Row {
        /// The file.
        table: &'static str,
        /// The row, the heading being the first.
        row: usize,
        /// What is wrong.
        what: String,
    },
    /// The rules are not the JSON that they should be.
    #[error("rules_2021-01-12.json: {0}")]
    Rules(String),
}

/// One row of `centres.tsv`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the columns")]
pub struct CentreRow {
    pub id: CentreId,
    pub reference_prefix: ReferencePrefix,
    pub name: String,
    pub venue: String,
    pub street: String,
    pub postal_code: String,
    pub city: String,
    pub phone: String,
    pub opens_on: CivilDate,
}

/// One row of `districts.tsv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistrictRow {
    /// The official key.
    pub district: District,
    /// The centre that serves it, as a place in [`Tables::centres`].
    pub centre: usize,
}

/// One row of `allocations.tsv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The centre, as a place in [`Tables::centres`].
    pub centre: usize,
    /// The vaccine's name in the rules.
    pub vaccine: String,
    /// When it is due.
    pub due_on: CivilDate,
    /// What was promised.
    pub doses_announced: u32,
    /// What came.
    pub doses_received: u32,
}

/// One row of `releases.tsv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseRow {
    /// The centre, as a place in [`Tables::centres`].
    pub centre: usize,
    /// The civil date of the slots.
    pub date: CivilDate,
    /// The vaccine's name in the rules.
    pub vaccine: String,
    /// 1 or 2.
    pub dose: u8,
    /// Places on offer.
    pub places: u32,
}

/// All tables, and the two instants of the rules that the demo steers by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// The centres.
    pub centres: Vec<CentreRow>,
    /// The districts.
    pub districts: Vec<DistrictRow>,
    /// The deliveries, by centre and then by date.
    pub deliveries: Vec<DeliveryRow>,
    /// The places on offer.
    pub releases: Vec<ReleaseRow>,
    /// When the first group may hold places: Tuesday 08:00.
    pub opens_at: Instant,
    /// When what is left of the contingents becomes open to all: Friday noon.
    pub flows_back_at: Instant,
}

impl Tables {
    /// Reads the embedded tables.
    ///
    /// # Errors
    /// When a table or the rules cannot be read; a test reads them, so it is never seen in a built program.
    pub fn embedded() -> Result<Self, DataError> {
        let centres = rows("centres.tsv", CENTRES, centre_row)?;
        let centre_at = |cell: &str| {
            centres
                .iter()
                .position(|centre| centre.id.as_str() == cell)
                .ok_or_else(|| format!("{cell} is no centre"))
        };
        let districts = rows("districts.tsv", DISTRICTS, |cells| {
            Ok(DistrictRow { district: cells.parse(0)?, centre: centre_at(cells.text(2)?)? })
        })?;
        let deliveries = rows("allocations.tsv", ALLOCATIONS, |cells| {
            Ok(DeliveryRow {
                centre: centre_at(cells.text(0)?)?,
                vaccine: cells.text(1)?.to_owned(),
                due_on: cells.parse(2)?,
                doses_announced: cells.parse(3)?,
                doses_received: cells.parse(4)?,
            })
        })?;
        let releases = rows("releases.tsv", RELEASES, |cells| {
            Ok(ReleaseRow {
                centre: centre_at(cells.text(0)?)?,
                date: cells.parse(1)?,
                vaccine: cells.text(2)?.to_owned(),
                dose: cells.parse(3)?,
                places: cells.parse(4)?,
            })
        })?;
        let (opens_at, flows_back_at) = instants_of_the_rules()?;
        Ok(Self { centres, districts, deliveries, releases, opens_at, flows_back_at })
    }
}

fn centre_row(cells: &Cells<'_>) -> Result<CentreRow, String> {
    Ok(CentreRow {
        id: cells.parse(0)?,
        reference_prefix: cells.parse(1)?,
        name: cells.text(2)?.to_owned(),
        venue: cells.text(3)?.to_owned(),
        street: cells.text(4)?.to_owned(),
        postal_code: cells.text(5)?.to_owned(),
        city: cells.text(6)?.to_owned(),
        phone: cells.text(7)?.to_owned(),
        opens_on: cells.parse(8)?,
    })
}

fn instants_of_the_rules() -> Result<(Instant, Instant), DataError> {
    let rules: serde_json::Value =
        serde_json::from_str(RULES).map_err(|error| DataError::Rules(error.to_string()))?;
    let instant = |pointer: &str| {
        let text = rules.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default();
        text.parse::<Instant>().map_err(|error| DataError::Rules(format!("{pointer}: {error}")))
    };
    Ok((instant("/cohorts/0/opens_at")?, instant("/contingents_flow_back_at")?))
}

struct Cells<'a>(Vec<&'a str>);

impl Cells<'_> {
    fn text(&self, column: usize) -> Result<&str, String> {
        self.0.get(column).copied().ok_or_else(|| format!("it has no column {}", column + 1))
    }

    fn parse<T: FromStr>(&self, column: usize) -> Result<T, String> {
        let text = self.text(column)?;
        text.parse().map_err(|_| format!("column {}: {text} cannot be read", column + 1))
    }
}

fn rows<T>(
    table: &'static str,
    text: &str,
    read: impl Fn(&Cells<'_>) -> Result<T, String>,
) -> Result<Vec<T>, DataError> {
    text.lines()
        .enumerate()
        .skip(1)
        .map(|(at, line)| {
            read(&Cells(line.split('\t').collect())).map_err(|what| DataError::Row {
                table,
                row: at + 1,
                what,
            })
        })
        .collect()
}
