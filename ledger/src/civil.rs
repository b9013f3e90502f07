//! The civil day at a centre. Rules never see a time zone; this is where the shell looks the day up.

use jiff::tz::TimeZone;
use schemas::{CivilDate, Instant};

/// Looks civil days up, and remembers the last zone.
#[derive(Debug, Default)]
pub(crate) struct CivilDays {
    last: Option<(String, TimeZone)>,
}

impl CivilDays {
    /// The civil day in a zone (IANA name) at an instant; in UTC when the zone is not known, which `DescribeCentre`'s edge rules out.
    pub(crate) fn on(&mut self, zone: &str, at: Instant) -> CivilDate {
        let known = self.last.as_ref().is_some_and(|(name, _)| name == zone);
        if !known {
            self.last = Some((zone.to_owned(), TimeZone::get(zone).unwrap_or(TimeZone::UTC)));
        }
        let zone = self.last.as_ref().map_or(TimeZone::UTC, |(_, zone)| zone.clone());
        let date = jiff::Timestamp::from_millisecond(at.millis())
            .map(|timestamp| zone.to_datetime(timestamp).date())
            .unwrap_or_default();
        CivilDate::from_ymd(date.year(), date.month(), date.day()).unwrap_or_else(epoch_day)
    }
}

fn epoch_day() -> CivilDate {
    CivilDate::from_days(0).unwrap_or_else(|| unreachable!("1970-01-01 is in range"))
}
