//! The end of the pipeline: where the next record would stand if all that is under way counts.

use schemas::codec::CodecError;
use schemas::ids::LedgerId;
use schemas::{Body, Instant, Position};

use crate::chain::{Chain, Origin, Pended, Pending};

/// A record that was handed to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) seq: u64,
    pub(super) head: [u8; 8],
    /// The append that it goes out with.
    pub(super) call: u64,
    pub(super) at_ms: u64,
    pub(super) barrier: bool,
    /// The key of the command that it is of; none: the writer's own.
    pub(super) command: Option<[u8; 16]>,
}

/// The pending chain, and the greatest time in it.
pub(super) struct Tail {
    pending: Pending,
    time: Instant,
}

impl Tail {
    pub(super) fn after(chain: &Chain) -> Self {
        let ledger = chain.ledger().unwrap_or(LedgerId::NIL);
        Self { pending: Pending::after(chain, ledger), time: chain.time() }
    }

    /// The time that a record decided at `now` is stamped with.
    pub(super) fn stamp(&self, now: Instant) -> Instant {
        now.max(self.time)
    }

    /// The sequence number of the last record, sent or read.
    pub(super) fn last_seq(&self) -> u64 {
        self.pending.next_seq().saturating_sub(1)
    }

    /// The position after the last record, sent or read.
    pub(super) fn position(&self) -> Position {
        self.pending.position()
    }

    pub(super) fn time(&self) -> Instant {
        self.time
    }

    /// The record that comes next, stamped with `time`; the tail has moved behind it.
    pub(super) fn push(&mut self, body: &Body, origin: Origin, time: Instant) -> Result<Pended, CodecError> {
        let pended = self.pending.push(origin, time, body)?;
        self.time = self.time.max(time);
        Ok(pended)
    }
}
