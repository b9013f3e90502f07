//! Whether this process's clock may be believed. One wrong clock would expire every hold.
//!
//! The log's own time of append is a witness: a claim was handed over before it and read back after it, so it shows how far
//! the clock is off when both are near. It never is part of a verdict. Only ledgers on the wall clock are looked at.

use schemas::{Clock, Instant};

use super::{Mode, Moment, Output, Writer};
use crate::answer::{Answer, NotDone};

/// A clock that is further from the log's is not believed.
const TOLERANCE_MS: u64 = 2_000;
const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 60_000;
/// After so long without a record an owner writes one, so that an idle ledger's newest record is never old, and a day that is
/// over can be told to be over by each partition's log.
const SILENCE_MS: u64 = 3_600_000;
/// Who does not own a partition leaves its owner so much longer to do so.
const OWNER_FIRST_MS: u64 = 10_000;

/// Why the writer decides nothing, and when it looks again.
#[derive(Debug)]
pub(super) struct Doubt {
    pub(super) reason: String,
    until_ms: u64,
    pause_ms: u64,
}

/// What is known of all partitions together.
#[derive(Debug, Clone, Copy)]
pub(super) struct WholeLedger {
    pub(super) newest_at: Instant,
    pub(super) has_decisions: bool,
}

/// How a claim's way through the log speaks of the clock.
enum Testimony {
    Agrees,
    /// By so many milliseconds at least.
    Ahead(u64),
    Behind(u64),
    /// The claim was under way for too long to tell.
    Nothing(u64),
}

impl Testimony {
    fn of(sent_at: Instant, appended_at: Instant, read_at: Instant) -> Self {
        let (ahead_ms, behind_ms) = (sent_at.millis_since(appended_at), appended_at.millis_since(read_at));
        let at_most_ahead_ms = read_at.millis_since(appended_at);
        let at_most_behind_ms = appended_at.millis_since(sent_at);
        if ahead_ms > TOLERANCE_MS {
            Self::Ahead(ahead_ms)
        } else if behind_ms > TOLERANCE_MS {
            Self::Behind(behind_ms)
        } else if at_most_ahead_ms > TOLERANCE_MS || at_most_behind_ms > TOLERANCE_MS {
            Self::Nothing(read_at.millis_since(sent_at))
        } else {
            Self::Agrees
        }
    }
}

impl Writer {
    /// Whether a claim of one's own that was just read lets the reign begin.
    pub(super) fn is_witnessed(
        &mut self,
        sent_at: Instant,
        appended_at: Option<Instant>,
        at: Moment,
    ) -> bool {
        let Some(appended_at) = appended_at.filter(|_| self.is_on_the_wall_clock()) else { return true };
        let (by_ms, direction) = match Testimony::of(sent_at, appended_at, at.time) {
            Testimony::Agrees => {
                self.doubt = None;
                return true;
            }
            Testimony::Nothing(ms) => {
                tracing::warn!(
                    partition = self.partition.0,
                    ms,
                    "a claim was under way too long to compare clocks"
                );
                self.claims.press(at.mono_ms);
                return false;
            }
            Testimony::Ahead(by_ms) => (by_ms, "ahead of"),
            Testimony::Behind(by_ms) => (by_ms, "behind"),
        };
        self.fall_into_doubt(
            format!(
                "this process's clock is {by_ms} ms or more {direction} the log's, so it decides nothing; set the \
                 clock of this machine, or of the brokers, and it will look again by itself"
            ),
            at,
        );
        false
    }

    /// What a claim is stamped with. Where the log may contradict the clock, a claim must not move the ledger's time
    /// before that was heard, or a wrong clock would expire holds by its mere claim.
    pub(super) fn claims_time(&self, at: Moment) -> Instant {
        let may_be_contradicted = self.is_on_the_wall_clock() && !self.settings.exclusive;
        if may_be_contradicted { at.time.min(self.fold.time()) } else { at.time }
    }

    /// A claim far past all that stands in the ledger needs an operator's word.
    pub(super) fn clock_allows_a_claim(&mut self, at: Moment, out: &mut Vec<Output>) -> bool {
        if !self.is_far_ahead(at) || self.settings.accept_clock {
            return true;
        }
        let days = self.settings.clock_ahead_ms / 86_400_000;
        self.fall_into_doubt(
            format!(
                "this process's clock says {}, more than {days} days past the newest record of the ledger, which is of {}: \
                 if the clock is right, start with --accept-clock; if not, set it",
                at.time, self.whole_ledger.newest_at
            ),
            at,
        );
        self.refuse_in_doubt(at, out);
        false
    }

    pub(super) fn is_far_ahead(&self, at: Moment) -> bool {
        let WholeLedger { newest_at, has_decisions } = self.whole_ledger;
        let newest_at = newest_at.max(self.fold.time());
        self.is_on_the_wall_clock()
            && has_decisions
            && at.time.millis_since(newest_at) > self.settings.clock_ahead_ms
    }

    fn is_on_the_wall_clock(&self) -> bool {
        self.fold.chain.genesis().is_some_and(|genesis| genesis.clock == Clock::Wall)
    }

    fn fall_into_doubt(&mut self, reason: String, at: Moment) {
        tracing::error!(partition = self.partition.0, reason, "decides nothing for the time being");
        let before_ms = self.doubt.as_ref().map_or(FIRST_PAUSE_MS / 2, |doubt| doubt.pause_ms);
        let pause_ms = (before_ms * 2).min(LONGEST_PAUSE_MS);
        self.doubt = Some(Doubt { reason, until_ms: at.mono_ms + pause_ms, pause_ms });
    }

    /// Whether it is too early to look at the clock again.
    pub(super) fn is_in_doubt(&self, at: Moment) -> bool {
        self.doubt.as_ref().is_some_and(|doubt| at.mono_ms < doubt.until_ms)
    }

    /// Whether a clock that is in doubt is to be looked at again though nobody asks for anything; none: it is not in doubt.
    /// A clock that may be wrong takes no partition from anybody by what it takes for silence or overdue; where the last
    /// claim is its own, there is nobody to take it from.
    pub(super) fn looks_again(&self) -> Option<bool> {
        let is_own = self.fold.chain.claim().is_some_and(|(_, node)| node == self.settings.node);
        self.doubt.as_ref().map(|_| is_own)
    }

    pub(super) fn refuse_in_doubt(&mut self, at: Moment, out: &mut Vec<Output>) {
        if self.is_in_doubt(at) {
            for command in std::mem::take(&mut self.undecided) {
                out.push(Output::Reply(command.ticket, Answer::NotDone(NotDone::ClockInDoubt)));
            }
        }
    }

    /// Whether there has been no record for so long that a claim is called for.
    pub(super) fn is_too_silent(&self, at: Moment) -> bool {
        self.is_silent_for(SILENCE_MS + OWNER_FIRST_MS, self.fold.time(), at)
    }

    /// An owner writes a barrier after an hour without a record.
    pub(super) fn break_the_silence(&mut self, at: Moment) {
        if self.mode == Mode::Owning && self.is_silent_for(SILENCE_MS, self.tail.time(), at) {
            self.send_barrier(at);
        }
    }

    fn is_silent_for(&self, so_long_ms: u64, since: Instant, at: Moment) -> bool {
        self.is_on_the_wall_clock() && at.time.millis_since(since) >= so_long_ms
    }
}
