//! Instants and civil dates. Nothing here reads a clock or knows a time zone.

use std::fmt;
use std::str::FromStr;

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};
use jiff::ToSpan;

use crate::ids::{IdError, text_form};

/// Milliseconds since 1970-01-01T00:00:00Z, between the years 1970 and 9998.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// 9998-12-31T23:59:59.999Z, which every zone can show.
    pub const MAX: Self = Self(253_370_764_799_999);

    /// From milliseconds since 1970 UTC; none outside the range.
    pub fn from_millis(millis: i64) -> Option<Self> {
        (0..=Self::MAX.0).contains(&millis).then_some(Self(millis))
    }

    /// Milliseconds since 1970 UTC.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Later by so many milliseconds, at most [`Self::MAX`].
    pub fn plus_millis(self, millis: u64) -> Self {
        let millis = i64::try_from(millis).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis).min(Self::MAX.0))
    }

    /// Later by so many seconds, at most [`Self::MAX`].
    pub fn plus_seconds(self, seconds: u32) -> Self {
        self.plus_millis(u64::from(seconds) * 1_000)
    }

    /// Earlier by so many milliseconds, at least [`Self::EPOCH`].
    pub fn minus_millis(self, millis: u64) -> Self {
        let millis = i64::try_from(millis).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis).max(0))
    }

    /// Milliseconds from `earlier` to this; zero when it is not earlier.
    pub fn millis_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0 - earlier.0).unwrap_or(0)
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC with milliseconds: `2021-01-12T07:00:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Instant {
    type Err = IdError;
    /// Takes RFC 3339 with any offset; what is finer than a millisecond is refused.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let rule = "it must be an instant of RFC 3339 with an offset and at most milliseconds, like 2021-01-12T08:00:00.000+01:00";
        let parsed = has_instant_shape(text).then(|| text.parse::<jiff::Timestamp>().ok()).flatten();
        parsed
            .filter(|timestamp| timestamp.subsec_nanosecond() % 1_000_000 == 0)
            .and_then(|timestamp| Self::from_millis(timestamp.as_millisecond()))
            .ok_or_else(|| IdError::new("instant", text, rule))
    }
}
text_form!(
    Instant,
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$"
);

/// Whether a text begins with this shape, in which `0` stands for any digit; what comes after it.
fn after_shape<'a>(text: &'a str, shape: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(shape.len())?;
    let fits = |(found, wanted): (u8, u8)| match wanted {
        b'0' => found.is_ascii_digit(),
        _ => found == wanted,
    };
    head.bytes().zip(shape.bytes()).all(fits).then_some(rest)
}

/// RFC 3339 in the one spelling that we take: jiff alone also takes spaces, short forms and zones in brackets, and a leap
/// second as the one before it, which would be another instant than the one sent.
fn has_instant_shape(text: &str) -> bool {
    if text.get(17..19) == Some("60") {
        return false;
    }
    let Some(rest) = after_shape(text, "0000-00-00T00:00:00") else { return false };
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => rest,
    };
    offset == "Z" || ["+00:00", "-00:00"].into_iter().any(|shape| after_shape(offset, shape) == Some(""))
}

impl Encode for Instant {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.0.encode(encoder)
    }
}

impl<C> Decode<C> for Instant {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::from_millis(i64::decode(decoder)?).ok_or(DecodeError::Other("an instant outside 1970 to 9998"))
    }
}

impl<'de, C> BorrowDecode<'de, C> for Instant {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, between the years 1800 and 9998.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate(i32);

impl CivilDate {
    const MIN_DAYS: i32 = -62_091;
    const MAX_DAYS: i32 = 2_932_531;

    /// From days since 1970-01-01; none outside the range.
    pub fn from_days(days: i32) -> Option<Self> {
        (Self::MIN_DAYS..=Self::MAX_DAYS).contains(&days).then_some(Self(days))
    }

    /// From year, month (1-12) and day (1-31); none when there is no such day.
    pub fn from_ymd(year: i16, month: i8, day: i8) -> Option<Self> {
        let date = jiff::civil::Date::new(year, month, day).ok()?;
        Self::from_days(days_of(date)?)
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i32 {
        self.0
    }

    /// Civil days from `earlier` to this, negative when this is before it.
    pub fn days_since(self, earlier: Self) -> i64 {
        i64::from(self.0) - i64::from(earlier.0)
    }

    /// Later (or earlier) by so many civil days; none outside the range.
    pub fn plus_days(self, days: i32) -> Option<Self> {
        Self::from_days(self.0.checked_add(days)?)
    }

    fn civil(self) -> Option<jiff::civil::Date> {
        jiff::civil::date(1970, 1, 1).checked_add(i64::from(self.0).days()).ok()
    }
}

fn days_of(date: jiff::civil::Date) -> Option<i32> {
    date.since(jiff::civil::date(1970, 1, 1)).ok().map(|span| span.get_days())
}

impl fmt::Display for CivilDate {
    /// ISO 8601: `2021-01-19`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.civil() {
            Some(date) => write!(f, "{date}"),
            None => Err(fmt::Error),
        }
    }
}

impl fmt::Debug for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for CivilDate {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let is_date = after_shape(text, "0000-00-00") == Some("");
        let date = is_date.then(|| text.parse::<jiff::civil::Date>().ok()).flatten();
        date.and_then(days_of)
            .and_then(Self::from_days)
            .ok_or_else(|| IdError::new("date", text, "it must be a civil date like 2021-01-19"))
    }
}
text_form!(CivilDate, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");

impl Encode for CivilDate {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.0.encode(encoder)
    }
}

impl<C> Decode<C> for CivilDate {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::from_days(i32::decode(decoder)?).ok_or(DecodeError::Other("a civil date outside 1800 to 9998"))
    }
}

impl<'de, C> BorrowDecode<'de, C> for CivilDate {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}
