//! How often each kind of event and each refusal was reached: a test that never gets there proves nothing.

use std::collections::BTreeMap;

use schemas::Event;
use schemas::vocabulary::{CancelDoses, CancelReason, Contingent};

/// Counts by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Coverage(BTreeMap<String, u64>);

impl Coverage {
    pub(crate) fn note(&mut self, name: impl Into<String>) {
        *self.0.entry(name.into()).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (name, count) in other.0 {
            *self.0.entry(name).or_default() += count;
        }
    }

    pub(crate) fn count(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    pub(crate) fn print(&self) {
        for (name, count) in &self.0 {
            eprintln!("{count:>8}  {name}");
        }
    }

    /// Those of `names` that were reached less than `least` times.
    pub(crate) fn missing<'a>(&self, names: &[&'a str], least: u64) -> Vec<&'a str> {
        names.iter().copied().filter(|name| self.count(name) < least).collect()
    }
}

/// Notes an event, and what is special about it.
pub(crate) fn note(coverage: &mut Coverage, event: &Event) {
    coverage.note(event.name());
    let special = match event {
        Event::HoldPlaced(hold) if hold.instead_of.is_some() => "HoldPlaced instead of another",
        Event::HoldPlaced(hold) if hold.frees.is_some() => "HoldPlaced with a free second",
        Event::HoldPlaced(hold) if hold.second.is_none() => "HoldPlaced for a single dose",
        Event::HoldPlaced(hold) if hold.contingent == Contingent::Open => "HoldPlaced from open",
        Event::BookingRescheduled(moved) => match (moved.first, moved.second, moved.backed_by) {
            (Some(_), Some(_), _) => "BookingRescheduled: both",
            (None, _, _) => "BookingRescheduled: second alone",
            (Some(_), None, Some(_)) => "BookingRescheduled: first alone, the old one backed",
            (Some(_), None, None) => "BookingRescheduled: first alone, the old one rests or is single",
        },
        Event::BookingCancelled(cancelled) => {
            match (cancelled.doses, cancelled.reason, cancelled.backed_by) {
                (CancelDoses::Second, CancelReason::Withdrawn, _) => {
                    "BookingCancelled: second, by a withdrawal"
                }
                (CancelDoses::Second, ..) => "BookingCancelled: second",
                (CancelDoses::Both, CancelReason::Withdrawn, _) => "BookingCancelled: both, by a withdrawal",
                (CancelDoses::Both, _, Some(_)) => "BookingCancelled: both, backed",
                (CancelDoses::Both, _, None) => "BookingCancelled: both, the first rests or is single",
            }
        }
        Event::SlotsShrunk(shrunk) if shrunk.slots.iter().any(|part| !part.frees.is_empty()) => {
            "SlotsShrunk with backings"
        }
        Event::ContingentsReturned(returned) if returned.returned.iter().any(|part| part.places > 0) => {
            "ContingentsReturned with places"
        }
        _ => return,
    };
    coverage.note(special);
}
