//! Instants as they are shown: RFC 3339 in the centre's zone, with milliseconds and offset.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemas::Instant;

/// Shows instants in one time zone.
#[derive(Debug, Clone)]
pub struct ZoneClock {
    name: String,
    zone: TimeZone,
}

impl ZoneClock {
    /// For a zone by its IANA name. One that is not known shows UTC; the edge lets none in.
    pub fn new(name: &str) -> Self {
        let zone = TimeZone::get(name).unwrap_or(TimeZone::UTC);
        Self { name: name.to_owned(), zone }
    }

    /// The zone's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone itself.
    pub(crate) fn time_zone(&self) -> &TimeZone {
        &self.zone
    }

    /// An instant: `2021-01-12T08:15:00.000+01:00`.
    pub fn show(&self, at: Instant) -> String {
        Timestamp::from_millisecond(at.millis()).map_or_else(
            |_| at.to_string(),
            |timestamp| {
                timestamp
                    .to_zoned_datetime(self.zone.clone())
                    .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
                    .to_string()
            },
        )
    }
}
