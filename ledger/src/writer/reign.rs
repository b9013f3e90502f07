//! Reading back, winning and losing the partition.

use std::sync::Arc;

use schemas::{Body, Claim};

use super::claim::QUIET_MS;
use super::tail::Tail;
use super::waiting::Undecided;
use super::{Mode, Moment, Output, Writer};
use crate::answer::NotDone;
use crate::chain::{Counted, FOLD_VERSION, Verdict, claim_value};
use crate::fold::PartitionFold;
use crate::log::Entry;

impl Writer {
    pub(super) fn read(&mut self, entry: &Entry, at: Moment, out: &mut Vec<Output>) {
        if matches!(self.mode, Mode::Halted | Mode::Rewinding) {
            return;
        }
        self.last_read_ms = at.mono_ms;
        match self.fold.chain.judge(entry.offset, &entry.value) {
            Ok(Verdict::Counts(counted)) => self.counts(&counted, at, out),
            Ok(Verdict::Repeat) => self.tally.repeats += 1,
            Ok(Verdict::Void(reason)) => {
                self.tally.void += 1;
                if self.mode == Mode::Owning && reason.is_of_current_epoch() {
                    self.give_up(&format!("a record of this reign is void: {reason}"), out);
                }
            }
            Err(halt) => self.halt(format!("offset {}: {halt}", entry.offset), out),
        }
    }

    fn counts(&mut self, counted: &Counted, at: Moment, out: &mut Vec<Output>) {
        self.tally.counted += 1;
        match &counted.body {
            Body::Claim(claim) => self.claimed(claim, at, out),
            body => {
                let own = self
                    .sent
                    .front()
                    .is_some_and(|sent| (sent.seq, sent.head) == (counted.mark.seq, counted.mark.head));
                if own {
                    self.sent.pop_front();
                }
                if self.mode == Mode::Owning && !own {
                    self.halt(
                        format!("record {} is of this reign and was not sent by it", counted.mark.seq),
                        out,
                    );
                    return;
                }
                // While owning the state is ahead already; while following it takes in what it reads.
                if let (Mode::Following, Body::Decision(events)) = (self.mode, body)
                    && let Err(error) = self.fold.state.apply(counted.prefix.centre, events, &counted.mark)
                {
                    self.halt(format!("record {}: {error}", counted.mark.seq), out);
                    return;
                }
            }
        }
        self.release(out);
        if self.mode == Mode::Following {
            self.tail = Tail::after(&self.fold.chain);
        }
    }

    fn release(&mut self, out: &mut Vec<Output>) {
        let Some(position) = self.fold.position() else { return };
        for waiting in self.waiting.leave_up_to(position.seq) {
            out.push(Output::Reply(waiting.ticket, waiting.answer));
        }
    }

    /// A claim counts: whatever of an older reign has not counted never will.
    fn claimed(&mut self, claim: &Claim, at: Moment, out: &mut Vec<Output>) {
        let won = self.claims.is_won(claim.claim, at.mono_ms);
        if self.mode == Mode::Owning && !(self.sent.is_empty() && self.outbox.is_empty()) {
            self.sent.clear();
            self.give_up("another claim counts", out);
            if won {
                self.claims.keep_won(claim.claim);
            }
            return;
        }
        self.sent.clear();
        self.mode = Mode::Following;
        if won {
            self.begin_reign(at, out);
        }
    }

    fn begin_reign(&mut self, at: Moment, out: &mut Vec<Output>) {
        self.mode = Mode::Owning;
        self.tally.reigns += 1;
        self.tail = Tail::after(&self.fold.chain);
        for command in std::mem::take(&mut self.undecided) {
            self.take(command, at, out);
        }
    }

    /// Throws the pending state away. Commands that wait are decided again in the next reign.
    pub(super) fn give_up(&mut self, why: &str, out: &mut Vec<Output>) {
        if self.mode != Mode::Owning {
            return;
        }
        tracing::warn!(partition = self.partition.0, why, "gives the reign up and claims anew");
        self.mode = Mode::Rewinding;
        self.outbox.clear();
        let waiting = self.waiting.drain();
        let again = waiting.map(|waiting| Undecided {
            ticket: waiting.ticket,
            request: waiting.request,
            sent: waiting.sent,
        });
        let later = std::mem::take(&mut self.undecided);
        self.undecided = again.chain(later).collect();
        self.claims.press();
        out.push(Output::Rewind);
    }

    pub(super) fn rewound(&mut self, fold: PartitionFold, at: Moment, out: &mut Vec<Output>) {
        if self.mode != Mode::Rewinding {
            return;
        }
        self.fold = fold;
        self.mode = Mode::Following;
        self.tail = Tail::after(&self.fold.chain);
        let next_seq = self.fold.chain.next_seq();
        self.sent.retain(|sent| sent.seq >= next_seq);
        let current = self.fold.chain.claim().map(|(claim, _)| claim);
        if current.is_some_and(|claim| self.claims.is_open(claim)) {
            self.claims.settle(at.mono_ms);
            self.sent.clear();
            self.begin_reign(at, out);
        }
        self.tick(at, out);
    }

    pub(super) fn tick(&mut self, at: Moment, out: &mut Vec<Output>) {
        match self.mode {
            Mode::Owning => {
                if self.is_stalled(at) {
                    self.give_up("nothing was read back for 500 ms", out);
                } else {
                    let now = self.tail.stamp(at.time);
                    self.decide_due(now, at, out);
                }
            }
            Mode::Following => self.claim_if_due(at),
            Mode::Rewinding | Mode::Halted => {}
        }
        self.drop_late(at, out);
    }

    /// On a log of one's own every append has a certain outcome, so only elsewhere is silence a sign.
    fn is_stalled(&self, at: Moment) -> bool {
        let since = self.sent.front().map(|sent| sent.at_ms.max(self.last_read_ms));
        !self.settings.exclusive && since.is_some_and(|since| at.mono_ms >= since + QUIET_MS)
    }

    pub(super) fn somebody_else_owns(&self, at: Moment) -> bool {
        !self.settings.exclusive
            && !self.claims.is_pressing()
            && (!self.settings.hinted
                || (self.fold.chain.epoch() > 0 && at.mono_ms < self.last_read_ms + QUIET_MS))
    }

    fn claim_if_due(&mut self, at: Moment) {
        let now_ms = at.mono_ms;
        if self.claims.is_under_way(self.settings.exclusive, now_ms) || self.fold.position().is_none() {
            return;
        }
        let work_waits = !self.undecided.is_empty()
            || self.fold.state.next_due_at().is_some_and(|due_at| due_at <= at.time);
        let may = self.settings.exclusive
            || self.claims.is_pressing()
            || (self.settings.hinted
                && work_waits
                && now_ms >= self.last_read_ms + QUIET_MS
                && self.claims.may_try(now_ms));
        if may {
            self.send_claim(at);
        }
    }

    fn send_claim(&mut self, at: Moment) {
        let claim = Claim {
            claim: self.claims.open(at.mono_ms),
            node: self.settings.node,
            knows_fold: FOLD_VERSION,
            clock_accepted: false,
            url: self.settings.url.clone(),
        };
        let Some(ledger) = self.fold.chain.ledger() else { return };
        match claim_value(&self.fold.chain, ledger, claim, at.time) {
            Ok(value) => self.outbox.push(Arc::from(value)),
            Err(error) => tracing::error!(partition = self.partition.0, %error, "cannot write a claim"),
        }
    }

    /// Undecided commands whose callers no longer wait.
    fn drop_late(&mut self, at: Moment, out: &mut Vec<Output>) {
        let is_late = |command: &Undecided| at.mono_ms >= command.request.deadline_ms;
        let (late, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.undecided).into_iter().partition(is_late);
        self.undecided = waiting.into();
        for command in late {
            self.tally.late += 1;
            out.push(Output::Reply(command.ticket, command.given_up(NotDone::Late)));
        }
    }
}
