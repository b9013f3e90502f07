//! The tables and their columns. `TABLES.md` says the same for people, and a test holds the two together.

use schemas::{CivilDate, Instant};

/// Raised whenever a column is added, removed or means something else.
pub const TABLES_VERSION: u32 = 1;

/// A table of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableName {
    /// One row an event.
    Events,
    /// One row a registration, as of the end of the period.
    Registrations,
    /// One row a booking, as of the end of the period.
    Bookings,
    /// One row a slot, as of the end of the period.
    Slots,
    /// One row a day, dose and vaccine, as of the end of the period.
    Days,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// One of a few texts.
    Word,
    /// A whole number.
    Number,
    /// An instant: UTC, milliseconds.
    Instant,
    /// A civil date at the centre.
    Date,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// A value in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// There is none.
    Empty,
    Text(String),
    Word(&'static str),
    Number(i64),
    Instant(Instant),
    Date(CivilDate),
}

impl TableName {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Events, Self::Registrations, Self::Bookings, Self::Slots, Self::Days];

    /// The table's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Registrations => "registrations",
            Self::Bookings => "bookings",
            Self::Slots => "slots",
            Self::Days => "days",
        }
    }

    /// Its columns in order. Date and centre stand in the path of each file.
    pub(super) const fn columns(self) -> &'static [Column] {
        match self {
            Self::Events => EVENTS,
            Self::Registrations => REGISTRATIONS,
            Self::Bookings => BOOKINGS,
            Self::Slots => SLOTS,
            Self::Days => DAYS,
        }
    }
}

impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for TableName {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|table| table.as_str() == text);
        found.ok_or_else(|| {
            format!(
                "there is no table {text:?}: it must be one of {}",
                Self::ALL.map(Self::as_str).join(", ")
            )
        })
    }
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

const EVENTS: &[Column] = &[
    column("event_id", Kind::Text),
    column("type", Kind::Word),
    column("version", Kind::Number),
    column("recorded_at", Kind::Instant),
    column("channel", Kind::Word),
    column("actor", Kind::Text),
    column("command", Kind::Text),
    column("registration", Kind::Text),
    column("hold", Kind::Text),
    column("first_slot", Kind::Number),
    column("second_slot", Kind::Number),
    column("contingent", Kind::Word),
    column("reason", Kind::Word),
    column("data", Kind::Text),
];

const REGISTRATIONS: &[Column] = &[
    column("registration", Kind::Text),
    column("reference", Kind::Text),
    column("pseudonyms", Kind::Text),
    column("registered_at", Kind::Instant),
    column("registered_on", Kind::Date),
    column("priority_group", Kind::Number),
    column("district", Kind::Word),
    column("age_band", Kind::Word),
    column("made_by", Kind::Word),
    column("revision", Kind::Number),
    column("state", Kind::Word),
    column("hold", Kind::Text),
    column("ended_at", Kind::Instant),
    column("ended_on", Kind::Date),
    column("end_reason", Kind::Word),
];

const BOOKINGS: &[Column] = &[
    column("booking", Kind::Text),
    column("registration", Kind::Text),
    column("state", Kind::Word),
    column("vaccine_cvx", Kind::Number),
    column("contingent", Kind::Word),
    column("held_at", Kind::Instant),
    column("booked_at", Kind::Instant),
    column("booked_on", Kind::Date),
    column("revision", Kind::Number),
    column("first_slot", Kind::Number),
    column("first_date", Kind::Date),
    column("first_start_at", Kind::Instant),
    column("second_slot", Kind::Number),
    column("second_date", Kind::Date),
    column("second_start_at", Kind::Instant),
    column("second_state", Kind::Word),
    column("ended_at", Kind::Instant),
    column("ended_on", Kind::Date),
    column("end_reason", Kind::Word),
];

const SLOTS: &[Column] = &[
    column("slot", Kind::Number),
    column("local_date", Kind::Date),
    column("start_at", Kind::Instant),
    column("length_min", Kind::Number),
    column("vaccine_cvx", Kind::Number),
    column("dose", Kind::Number),
    column("capacity", Kind::Number),
    column("free", Kind::Number),
    column("held", Kind::Number),
    column("resting", Kind::Number),
    column("reserved", Kind::Number),
    column("booked", Kind::Number),
];

const DAYS: &[Column] = &[
    column("day", Kind::Date),
    column("dose", Kind::Number),
    column("vaccine_cvx", Kind::Number),
    column("capacity", Kind::Number),
    column("free", Kind::Number),
    column("held", Kind::Number),
    column("resting", Kind::Number),
    column("reserved", Kind::Number),
    column("booked", Kind::Number),
    column("bookings_made", Kind::Number),
];
