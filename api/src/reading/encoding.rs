//! Whether a client takes an answer compressed, by RFC 9110 12.5.3.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;

/// A weight of 1, in thousandths.
const WHOLE: u16 = 1_000;

/// Whether gzip is taken, and no less gladly than what is not compressed. Who says nothing gets plain bytes.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let (mut gzip, mut identity, mut any) = (None, None, None);
    for (coding, weight) in values.flat_map(|value| value.split(',')).filter_map(weighed) {
        match coding.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gzip = gzip.max(Some(weight)),
            "identity" => identity = Some(weight),
            "*" => any = Some(weight),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && identity.is_none_or(|identity| gzip >= identity)
}

/// A coding and its weight in thousandths; one that cannot be read is not taken.
fn weighed(item: &str) -> Option<(&str, u16)> {
    let mut parts = item.split(';').map(str::trim);
    let coding = parts.next().filter(|coding| !coding.is_empty())?;
    let weight = match parts.next() {
        None => WHOLE,
        Some(parameter) => weight(parameter).unwrap_or(0),
    };
    Some((coding, weight))
}

/// `q=0.5`: at most three decimals, between 0 and 1.
fn weight(parameter: &str) -> Option<u16> {
    let value = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?;
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if !matches!(whole, "0" | "1")
        || decimals.len() > 3
        || !decimals.bytes().all(|digit| digit.is_ascii_digit())
    {
        return None;
    }
    let whole = if whole == "1" { WHOLE } else { 0 };
    let part: u16 = format!("{decimals:0<3}").parse().ok()?;
    Some(whole + part).filter(|weight| *weight <= WHOLE)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use axum::http::header::{ACCEPT_ENCODING, HeaderValue};

    use super::takes_gzip;

    #[test]
    fn gzip_is_for_those_who_take_it() {
        for (said, taken) in [
            ("", false),
            ("gzip", true),
            ("GZip", true),
            ("x-gzip", true),
            ("deflate, gzip;q=1.0, *;q=0.5", true),
            ("br, zstd", false),
            ("*", true),
            ("*;q=0", false),
            ("*, gzip;q=0", false),
            ("gzip;q=0", false),
            ("gzip;q=0.000", false),
            ("gzip; q=0.001", true),
            ("gzip;q=0.5, identity", false),
            ("gzip;q=0.5, identity;q=0.5", true),
            ("identity;q=0.5, *", true),
            ("gzip;q=2", false),
            ("gzip;q=1.1", false),
            ("gzip;q=0.0001", false),
            ("gzip;level=9", false),
            (", ,gzip,", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(said));
            assert_eq!(takes_gzip(&headers), taken, "{said:?}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
