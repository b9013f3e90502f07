//! The civil days of one place.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemas::{CivilDate, Instant};

/// Where the days of a period are counted.
const BERLIN: &str = "Europe/Berlin";

/// Tells on which civil day an instant is.
#[derive(Debug, Clone)]
pub(super) struct Days(TimeZone);

impl Days {
    /// In a zone by its IANA name; in UTC when it is not known, which the edge rules out.
    pub(super) fn in_zone(name: &str) -> Self {
        Self(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }

    /// Of periods, for all centres alike.
    pub(super) fn in_berlin() -> Self {
        Self::in_zone(BERLIN)
    }

    /// The day of an instant.
    pub(super) fn on(&self, at: Instant) -> CivilDate {
        let date = Timestamp::from_millisecond(at.millis())
            .map(|timestamp| self.0.to_datetime(timestamp).date())
            .unwrap_or_default();
        CivilDate::from_ymd(date.year(), date.month(), date.day())
            .or_else(|| CivilDate::from_days(0))
            .unwrap_or_else(|| unreachable!("1970-01-01 is in range"))
    }
}
