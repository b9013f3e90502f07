//! What an answer is as of: a position, a time and the zone that times are shown in.

use axum::http::{HeaderName, HeaderValue};
use jiff::ZonedDateTime;
use jiff::tz::TimeZone;
use schemas::{CivilDate, Instant, Position};

/// The header that names the position an answer rests on.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("terminbuch-position");
/// The header that names the fold's time there.
const AS_OF: HeaderName = HeaderName::from_static("terminbuch-as-of");

/// A time zone to show instants in.
#[derive(Debug, Clone)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    /// UTC: for what concerns no centre.
    pub(crate) fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// A zone that is at hand.
    pub(crate) fn of(zone: TimeZone) -> Self {
        Self(zone)
    }

    /// The zone of this IANA name; none when there is no such zone.
    pub(crate) fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// RFC 3339 with milliseconds and the zone's offset then: `2021-01-12T08:03:11.201+01:00`.
    pub(crate) fn show(&self, instant: Instant) -> String {
        self.formatted(instant, "%Y-%m-%dT%H:%M:%S%.3f%:z")
    }

    /// The time of day as people say it: `08:15`.
    pub(crate) fn clock(&self, instant: Instant) -> String {
        self.formatted(instant, "%H:%M")
    }

    /// Day and time of day: `12 January 2021, 08:00`.
    pub(crate) fn day_and_clock(&self, instant: Instant) -> String {
        self.formatted(instant, "%-d %B %Y, %H:%M")
    }

    /// The civil day at an instant.
    pub(crate) fn civil_day(&self, instant: Instant) -> CivilDate {
        let date = self.zoned(instant).date();
        CivilDate::from_ymd(date.year(), date.month(), date.day())
            .unwrap_or_else(|| unreachable!("every day of an instant is in range"))
    }

    fn formatted(&self, instant: Instant, form: &str) -> String {
        self.zoned(instant).strftime(form).to_string()
    }

    fn zoned(&self, instant: Instant) -> ZonedDateTime {
        // Every instant is a timestamp, so the default is never taken.
        let timestamp = jiff::Timestamp::from_millisecond(instant.millis()).unwrap_or_default();
        ZonedDateTime::new(timestamp, self.0.clone())
    }

    /// The zone itself.
    pub(crate) fn time_zone(&self) -> &TimeZone {
        &self.0
    }
}

/// A position, the time there, and the zone to show it in.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    /// The position.
    pub(crate) position: Position,
    /// The fold's time there.
    pub(crate) at: Instant,
    /// The centre's zone, or UTC.
    pub(crate) zone: Zone,
}

impl Stamp {
    /// `Terminbuch-Position` and `Terminbuch-As-Of`.
    pub(crate) fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        headers(&self.position.to_string(), &self.zone.show(self.at))
    }
}

/// What an answer about all centres is as of.
#[derive(Debug, Clone)]
pub(crate) struct StampOfAll {
    /// One position for each partition that it rests on.
    pub(crate) positions: Vec<Position>,
    /// The earliest of the folds' times there.
    pub(crate) at: Instant,
}

impl StampOfAll {
    /// The same headers: the positions with commas in between, the time in UTC.
    pub(crate) fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let positions = self.positions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        headers(&positions, &Zone::utc().show(self.at))
    }
}

fn headers(position: &str, as_of: &str) -> Vec<(HeaderName, HeaderValue)> {
    [(POSITION, position), (AS_OF, as_of)]
        .into_iter()
        .filter_map(|(name, text)| HeaderValue::from_str(text).ok().map(|value| (name, value)))
        .collect()
}
