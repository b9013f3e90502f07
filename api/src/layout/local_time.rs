//! Local times of day as instants.

use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;
use schemas::{CivilDate, Instant};

use crate::stamp::Zone;

/// A time of day that does not exist on a date, because the clocks skip it (or because it is out of range).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{date} has no {hour:02}:{minute:02} here")]
pub(crate) struct NotALocalTime {
    pub(crate) date: CivilDate,
    pub(crate) hour: u32,
    pub(crate) minute: u32,
}

/// The instant when the clocks of a zone show so many minutes after midnight on a date; of two such, the earlier.
pub(super) fn instant(zone: &Zone, date: CivilDate, minutes: u32) -> Result<Instant, NotALocalTime> {
    find(zone, date, minutes).ok_or(NotALocalTime { date, hour: minutes / 60, minute: minutes % 60 })
}

fn find(zone: &Zone, date: CivilDate, minutes: u32) -> Option<Instant> {
    let midnight: DateTime = date.to_string().parse::<jiff::civil::Date>().ok()?.at(0, 0, 0, 0);
    let wanted = midnight.checked_add(jiff::SignedDuration::from_mins(i64::from(minutes))).ok()?;
    let ambiguous = zone.time_zone().to_ambiguous_timestamp(wanted);
    let timestamp = match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => return None,
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok()?,
    };
    Instant::from_millis(timestamp.as_millisecond())
}
