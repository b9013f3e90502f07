//! What the morning came to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::audit::Audit;
use super::books::Books;

/// The figures at the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// People in the morning.
    pub people: u32,
    /// The seed they were drawn from.
    pub seed: u64,
    /// Registrations accepted.
    pub registrations: u64,
    /// Pairs that the supply has.
    pub pairs: u64,
    /// Pairs that are live, as the people count them.
    pub booked: u64,
    /// Pairs that are live, as availability tells it.
    pub booked_in_views: u64,
    /// Refusals by rule.
    pub refused: BTreeMap<String, u64>,
    /// What the log holds, recounted.
    pub audit: Audit,
    /// Requests answered.
    pub requests: u64,
    /// Requests answered, by what was asked.
    pub asked: BTreeMap<&'static str, u64>,
    /// Requests that had to be sent again.
    pub retries: u64,
    /// Bookings cancelled and moved.
    pub changes: (u64, u64),
    /// Calls answered, callers who hung up.
    pub calls: (u64, u64),
    /// Milliseconds in which half and 99 of 100 requests were answered.
    pub latency_ms: (f64, f64),
    /// The real duration of the morning, without verification.
    pub morning_took: Duration,
    /// The real duration of the whole demo.
    pub took: Duration,
}

impl Summary {
    /// Puts the figures together.
    pub fn of(books: &Books, people: u32, seed: u64, pairs: u32, audit: Audit) -> Self {
        let millis =
            |quantile| f64::from(u32::try_from(books.latency_us(quantile)).unwrap_or(u32::MAX)) / 1e3;
        Self {
            people,
            seed,
            registrations: books.registrations,
            pairs: u64::from(pairs),
            booked: books.live.sum(),
            booked_in_views: 0,
            refused: books.refused.clone(),
            audit,
            requests: books.requests,
            asked: books.asked.clone(),
            retries: books.retries,
            changes: (books.cancelled, books.moved),
            calls: (0, 0),
            latency_ms: (millis(0.5), millis(0.99)),
            morning_took: Duration::ZERO,
            took: Duration::ZERO,
        }
    }

    /// Whether the morning ended as it has to: all pairs live, none given twice, the log without a fault.
    pub fn is_good(&self) -> bool {
        let counts = [self.booked, self.booked_in_views, self.audit.live_pairs];
        counts.iter().all(|&count| count == self.pairs)
            && self.audit.oversold == 0
            && self.audit.verdict == "clean"
    }

    /// As the last JSON line.
    pub fn json(&self) -> Value {
        json!({
            "kind": "summary",
            "people": self.people,
            "seed": self.seed,
            "registrations": self.registrations,
            "pairs": self.pairs,
            "booked_pairs": self.audit.live_pairs,
            "booked_by_channel": self.audit.booked_by_channel,
            "refused": self.refused,
            "oversold": self.audit.oversold,
            "records": self.audit.records,
            "requests": self.requests,
            "requests_by_kind": self.asked,
            "retries": self.retries,
            "cancelled": self.changes.0,
            "moved": self.changes.1,
            "calls": self.calls.0,
            "hung_up": self.calls.1,
            "latency_p50_ms": self.latency_ms.0,
            "latency_p99_ms": self.latency_ms.1,
            "morning_s": self.morning_took.as_secs_f64(),
            "wall_s": self.took.as_secs_f64(),
            "verify": self.audit.verdict,
        })
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{} people registered ({} calls, {} hung up)\n\
             {} of {} pairs are live ({}); {} were cancelled, {} moved on the way\n",
            self.registrations,
            self.calls.0,
            self.calls.1,
            self.audit.live_pairs,
            self.pairs,
            counted(&self.audit.booked_by_channel),
            self.changes.0,
            self.changes.1,
        );
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "refused: {}\n{} requests, {} sent again; half answered within {:.1} ms, 99 % within {:.1} ms\n\
             {} records count, {} places given beyond capacity, verify: {}\n\
             {:.0} s, {:.0} s of them for the morning",
            counted(&self.refused),
            self.requests,
            self.retries,
            self.latency_ms.0,
            self.latency_ms.1,
            self.audit.records,
            self.audit.oversold,
            self.audit.verdict,
            self.took.as_secs_f64(),
            self.morning_took.as_secs_f64(),
        );
        text
    }
}

/// `web 41000, hotline 19000`.
fn counted(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}
