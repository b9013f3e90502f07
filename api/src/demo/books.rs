//! What the demo counts while it runs.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::behaviour::{Ask, Has, Told};
use super::population::Way;

/// Counts of what was asked and answered, as the people see it.
pub struct Books {
    /// Answered requests.
    pub requests: u64,
    /// Answered requests by what was asked.
    pub asked: BTreeMap<&'static str, u64>,
    /// Requests that had to be sent again.
    pub retries: u64,
    /// Registrations accepted.
    pub registrations: u64,
    /// Holds placed.
    pub holds: u64,
    /// Bookings cancelled, both doses.
    pub cancelled: u64,
    /// Bookings moved.
    pub moved: u64,
    /// Pairs that are live: booked, with both doses.
    pub live: ByWay,
    /// Refusals by rule.
    pub refused: BTreeMap<String, u64>,
    /// From the first try of a request to its answer, in microseconds.
    latency: Option<Histogram<u64>>,
}

/// One number for each way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the ways say it")]
pub struct ByWay {
    pub web: u64,
    pub hotline: u64,
}

impl ByWay {
    /// Both ways together.
    pub fn sum(&self) -> u64 {
        self.web + self.hotline
    }

    fn of(&mut self, way: Way) -> &mut u64 {
        match way {
            Way::Web => &mut self.web,
            Way::Phone => &mut self.hotline,
        }
    }
}

impl Default for Books {
    fn default() -> Self {
        Self {
            requests: 0,
            asked: BTreeMap::new(),
            retries: 0,
            registrations: 0,
            holds: 0,
            cancelled: 0,
            moved: 0,
            live: ByWay::default(),
            refused: BTreeMap::new(),
            latency: Histogram::new_with_bounds(1, 600_000_000, 2).ok(),
        }
    }
}

impl Books {
    /// Notes that a request was answered.
    pub fn answered(&mut self, took: Duration, retries: u32) {
        self.requests += 1;
        self.retries += u64::from(retries);
        if let Some(latency) = &mut self.latency {
            latency.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
    }

    /// Notes what a person was told; `has` is what the person had before.
    pub fn told(&mut self, way: Way, has: Has, ask: Ask, told: &Told<'_>) {
        *self.asked.entry(ask.name()).or_insert(0) += 1;
        match (ask, told) {
            (_, Told::Refused(refusal)) => self.refuse(&refusal.rule),
            (Ask::Register, Told::Done) => self.registrations += 1,
            (Ask::Hold { .. }, Told::Done) => self.holds += 1,
            (Ask::Confirm(_), Told::Done) => *self.live.of(way) += 1,
            (Ask::Move { .. }, Told::Done) => self.moved += 1,
            (Ask::CancelSecond(_), Told::Done) => self.end_pair(way),
            (Ask::CancelBoth(_), Told::Done) => {
                self.cancelled += 1;
                if !matches!(has, Has::HalfBooking(_)) {
                    self.end_pair(way);
                }
            }
            _ => {}
        }
    }

    /// Microseconds within which this share of the requests was answered.
    pub fn latency_us(&self, quantile: f64) -> u64 {
        self.latency.as_ref().map_or(0, |latency| latency.value_at_quantile(quantile))
    }

    fn end_pair(&mut self, way: Way) {
        let live = self.live.of(way);
        *live = live.saturating_sub(1);
    }

    fn refuse(&mut self, rule: &str) {
        match self.refused.get_mut(rule) {
            Some(count) => *count += 1,
            None => {
                self.refused.insert(rule.to_owned(), 1);
            }
        }
    }
}
