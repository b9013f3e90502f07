//! Callers who wait: for the log to reach their answer, or for the writer to decide.

use std::collections::BTreeMap;

use super::{Request, Ticket};
use crate::answer::{Answer, NotDone};

/// A command that is not decided yet, or not any more.
#[derive(Debug)]
pub(super) struct Undecided {
    pub(super) ticket: Ticket,
    pub(super) request: Box<Request>,
    /// Whether a record of it was sent, which may still come to count.
    pub(super) sent: bool,
}

impl Undecided {
    /// The answer when it will not be decided: *unknown* if a record was sent.
    pub(super) fn given_up(&self, not_done: NotDone) -> Answer {
        if self.sent { Answer::Unknown } else { Answer::NotDone(not_done) }
    }
}

/// A decided command whose answer rests on a position.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) ticket: Ticket,
    pub(super) request: Box<Request>,
    pub(super) answer: Answer,
    /// Whether a record was sent for it.
    pub(super) sent: bool,
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
        let later = self.by_seq.split_off(&(seq + 1, 0));
        std::mem::replace(&mut self.by_seq, later).into_values()
    }

    /// Whether somebody waits for a record that was not sent yet.
    pub(super) fn waits_past(&self, seq: u64) -> bool {
        self.by_seq.last_key_value().is_some_and(|(&(waits_for, _), _)| waits_for > seq)
    }

    /// Everybody, in order of arrival within positions.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Waiting> {
        std::mem::take(&mut self.by_seq).into_values()
    }
}
