//! Shares in JSON: decimal numbers that are whole basis points.

use schemas::rules::BasisPoints;
use serde::de::{Deserialize, Deserializer, Error};

/// A share between 0 and 1 with at most four decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share(pub(crate) BasisPoints);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        parse(&number).map(Self).ok_or_else(|| {
            D::Error::custom(format!(
                "the share {number} must lie between 0 and 1 and be a whole basis point (0.0001)"
            ))
        })
    }
}

/// By way of the decimal digits, which say exactly what was sent; a binary fraction would not.
fn parse(number: &serde_json::Number) -> Option<BasisPoints> {
    let text = match number.as_u64() {
        Some(whole) => whole.to_string(),
        None => format!("{}", number.as_f64()?),
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let decimals = if decimals == "0" { "" } else { decimals };
    if decimals.len() > 4 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let points = whole.parse::<u16>().ok()?.checked_mul(10_000)?;
    let part = format!("{decimals:0<4}").parse::<u16>().ok()?;
    points.checked_add(part).filter(|&points| points <= BasisPoints::ONE.0).map(BasisPoints)
}

#[cfg(test)]
mod tests {
    use super::Share;

    fn read(text: &str) -> Option<u16> {
        serde_json::from_str::<Share>(text).ok().map(|share| share.0.0)
    }

    #[test]
    fn shares_are_whole_basis_points() {
        for (text, points) in [
            ("0", 0),
            ("1", 10_000),
            ("1.0", 10_000),
            ("0.25", 2_500),
            ("0.6", 6_000),
            ("0.60", 6_000),
            ("0.0001", 1),
            ("0.3333", 3_333),
        ] {
            assert_eq!(read(text), Some(points), "{text}");
        }
        for text in ["0.33333", "0.00001", "0.60000000001", "1.1", "2", "-0.1", "1e9", "\"0.5\"", "null"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
