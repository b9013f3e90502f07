//! What an answer is as of: a position, a time and the zone that times are shown in.

use axum::http::{HeaderName, HeaderValue};
use jiff::tz::TimeZone;
use schemas::{CivilDate, Instant, Position};

/// The header that names the position an answer rests on.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("terminbuch-position");
/// The header that names the fold's time there.
pub(crate) const AS_OF: HeaderName = HeaderName::from_static("terminbuch-as-of");

/// A time zone to show instants in.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// UTC: for what concerns no centre.
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The zone of this IANA name; none when there is no such zone.
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// RFC 3339 with milliseconds and the zone's offset then: `2021-01-12T08:03:11.201+01:00`.
    pub fn show(&self, instant: Instant) -> String {
        match jiff::Timestamp::from_millisecond(instant.millis()) {
            Ok(timestamp) => {
                timestamp.to_zoned(self.0.clone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
            }
            Err(_) => instant.to_string(),
        }
    }

    /// The time of day as people say it: `08:15`.
    pub(crate) fn clock(&self, instant: Instant) -> String {
        match jiff::Timestamp::from_millisecond(instant.millis()) {
            Ok(timestamp) => timestamp.to_zoned(self.0.clone()).strftime("%H:%M").to_string(),
            Err(_) => instant.to_string(),
        }
    }

    /// Day and time of day: `12 January 2021, 08:00`.
    pub(crate) fn day_and_clock(&self, instant: Instant) -> String {
        match jiff::Timestamp::from_millisecond(instant.millis()) {
            Ok(timestamp) => timestamp.to_zoned(self.0.clone()).strftime("%-d %B %Y, %H:%M").to_string(),
            Err(_) => instant.to_string(),
        }
    }

    /// The civil day at an instant.
    pub(crate) fn civil_day(&self, instant: Instant) -> CivilDate {
        let date = jiff::Timestamp::from_millisecond(instant.millis())
            .map(|timestamp| timestamp.to_zoned(self.0.clone()).date())
            .unwrap_or_default();
        // Every day of an instant is in range, so the other is never taken.
        CivilDate::from_ymd(date.year(), date.month(), date.day()).or_else(|| CivilDate::from_days(0)).unwrap_or_else(|| unreachable!("1970-01-01 is in range"))
    }

    /// The zone itself.
    pub(crate) fn time_zone(&self) -> &TimeZone {
        &self.0
    }
}

/// A position, the time there, and the zone to show it in.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// The position.
    pub position: Position,
    /// The fold's time there.
    pub at: Instant,
    /// The centre's zone, or UTC.
    pub zone: Zone,
}

impl Stamp {
    /// `Terminbuch-Position` and `Terminbuch-As-Of`.
    pub(crate) fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        [(POSITION, self.position.to_string()), (AS_OF, self.zone.show(self.at))]
            .into_iter()
            .filter_map(|(name, text)| HeaderValue::from_str(&text).ok().map(|value| (name, value)))
            .collect()
    }
}
