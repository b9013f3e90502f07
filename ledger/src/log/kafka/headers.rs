//! CloudEvents 1.0 in binary mode: copies of what stands in the record, for readers that know nothing of it.
//!
//! No rule reads them. What is no record has none.

use std::fmt::Write as _;

use rdkafka::message::{Header, OwnedHeaders};
use schemas::ids::{LedgerId, Partition};
use schemas::record::PREFIX_BYTES;
use schemas::{Instant, Prefix, RecordKind};

/// The version of the specification.
const SPEC_VERSION: &str = "1.0";
/// Where the claim's id stands in its value: behind the prefix and the head of the one frame.
const CLAIM_ID_AT: usize = PREFIX_BYTES + 5;

/// The headers of a record that is sent as `value` and concerns this centre.
pub(super) fn of(value: &[u8], centre: Option<&str>) -> Option<OwnedHeaders> {
    Scribe::default().headers(value, centre)
}

/// Writes the headers of the records of one call, which have nearly all of their words in common.
#[derive(Default)]
pub(super) struct Scribe {
    source: Option<((LedgerId, Partition), String)>,
    time: Option<(i64, String)>,
    id: String,
}

impl Scribe {
    /// The headers of a record that is sent as `value` and concerns this centre.
    pub(super) fn headers(&mut self, value: &[u8], centre: Option<&str>) -> Option<OwnedHeaders> {
        let (prefix, _) = Prefix::split(value).ok()?;
        let add = |headers: OwnedHeaders, key: &str, value: &str| {
            headers.insert(Header { key, value: Some(value) })
        };
        let mut headers = OwnedHeaders::new_with_capacity(6);
        headers = add(headers, "ce_specversion", SPEC_VERSION);
        headers = add(headers, "ce_type", type_of(prefix.kind)?);
        headers = add(headers, "ce_source", self.source(&prefix));
        headers = add(headers, "ce_id", self.id(&prefix, value));
        if let Some(time) = self.time(prefix.time_ms) {
            headers = add(headers, "ce_time", time);
        }
        if let Some(centre) = centre {
            headers = add(headers, "ce_subject", centre);
        }
        Some(headers)
    }

    fn source(&mut self, prefix: &Prefix) -> &str {
        let of = (prefix.ledger, prefix.partition);
        let known = self.source.take().filter(|(known, _)| *known == of);
        let written = || (of, format!("/terminbuch/{}/{}", prefix.ledger, prefix.partition.0));
        &self.source.insert(known.unwrap_or_else(written)).1
    }

    fn time(&mut self, millis: i64) -> Option<&str> {
        let known = self.time.take().filter(|(known, _)| *known == millis);
        let written = || Instant::from_millis(millis).map(|time| (millis, time.to_string()));
        self.time = known.or_else(written);
        self.time.as_ref().map(|(_, text)| text.as_str())
    }

    /// Tells records of one partition apart, and is the same for a record that is sent twice.
    fn id(&mut self, prefix: &Prefix, value: &[u8]) -> &str {
        self.id.clear();
        // A text takes whatever is written to it.
        let _written = write!(self.id, "{}-{}-{:016x}", prefix.epoch, prefix.seq, mark(prefix, value));
        &self.id
    }
}

/// What tells a record from others that claim its place: the head before it, for a claim its own id.
fn mark(prefix: &Prefix, value: &[u8]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = prefix.prev.0;
    let mut mark = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    if prefix.kind == RecordKind::Claim as u8
        && let Some(claim) = value.get(CLAIM_ID_AT..).and_then(|id| id.first_chunk::<8>())
    {
        mark = u64::from_be_bytes(*claim);
    }
    mark
}

fn type_of(kind: u8) -> Option<&'static str> {
    Some(match RecordKind::from_number(kind)? {
        RecordKind::Genesis => "terminbuch.genesis",
        RecordKind::Claim => "terminbuch.claim",
        RecordKind::Decision => "terminbuch.decision",
        RecordKind::Barrier => "terminbuch.barrier",
        RecordKind::Raise => "terminbuch.raise",
        RecordKind::HandOver => "terminbuch.hand-over",
    })
}
