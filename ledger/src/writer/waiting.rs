//! Callers who wait: for the log to reach their answer, or for the writer to decide.

use std::collections::BTreeMap;
use std::collections::btree_map::OccupiedEntry;

use super::{Request, Ticket};
use crate::answer::Answer;

/// A command that is not decided yet, or not any more: no record that was made for it can come to count. One that was made
/// for the same command, asked before, may: see [`Writer::unless_under_way`](super::Writer::unless_under_way).
#[derive(Debug)]
pub(super) struct Undecided {
    pub(super) ticket: Ticket,
    pub(super) request: Box<Request>,
}

/// A decided command whose answer rests on a position.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) ticket: Ticket,
    pub(super) request: Box<Request>,
    pub(super) answer: Answer,
}

impl From<Waiting> for Undecided {
    fn from(waiting: Waiting) -> Self {
        Self { ticket: waiting.ticket, request: waiting.request }
    }
}

/// The decided ones, by the sequence number that their answers wait for.
#[derive(Debug, Default)]
pub(super) struct WaitingRoom {
    by_seq: BTreeMap<(u64, u64), Waiting>,
    arrivals: u64,
}

impl WaitingRoom {
    pub(super) fn len(&self) -> usize {
        self.by_seq.len()
    }

    pub(super) fn enter(&mut self, seq: u64, waiting: Waiting) {
        self.arrivals += 1;
        self.by_seq.insert((seq, self.arrivals), waiting);
    }

    /// Everybody who waits for `seq` or less, in the order of positions.
    pub(super) fn leave_up_to(&mut self, seq: u64) -> impl Iterator<Item = Waiting> {
        // One after the other: splitting would count all that stay, and is asked for every record.
        std::iter::from_fn(move || {
            let first = self.by_seq.first_entry().filter(|first| first.key().0 <= seq);
            first.map(OccupiedEntry::remove)
        })
    }

    /// Everybody who waits for more than `seq`, in the order of positions.
    pub(super) fn leave_past(&mut self, seq: u64) -> impl Iterator<Item = Waiting> {
        self.by_seq.split_off(&(seq + 1, 0)).into_values()
    }

    /// Whether somebody waits for a record that was not sent yet.
    pub(super) fn waits_past(&self, seq: u64) -> bool {
        self.by_seq.last_key_value().is_some_and(|(&(waits_for, _), _)| waits_for > seq)
    }

    /// Whose deadline has passed.
    pub(super) fn leave_late(&mut self, now_ms: u64) -> impl Iterator<Item = Waiting> {
        let late = self.by_seq.extract_if(.., move |_, waiting| now_ms >= waiting.request.deadline_ms);
        late.map(|(_, waiting)| waiting)
    }

    /// Everybody, in order of arrival within positions.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Waiting> {
        std::mem::take(&mut self.by_seq).into_values()
    }
}
