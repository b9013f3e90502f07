//! Reading back, winning and losing the partition.

use std::sync::Arc;

use schemas::{Body, Claim};

use super::claim::QUIET_MS;
use super::tail::Tail;
use super::waiting::{Undecided, Waiting};
use super::{Mode, Moment, Output, Request, Writer};
use crate::answer::{Answer, NotDone};
use crate::chain::{Counted, FOLD_VERSION, Verdict, claim_value};
use crate::fold::PartitionFold;
use crate::log::Entry;

/// Who sees work that is due leaves the owner so long to do it before it claims, for their clocks may differ.
const OWNER_FIRST_MS: u64 = 2_000;

/// What can be done about a record that counts in the owner's name and is not its own.
const FORGED: &str = "Somebody else writes records in this owner's name. Find who else can write to the log and take that \
                      right away, then start again: what stands there counts, and `terminbuch verify` reads it so";

impl Writer {
    pub(super) fn read(&mut self, entry: &Entry, at: Moment, out: &mut Vec<Output>) {
        if matches!(self.mode, Mode::Halted | Mode::Rewinding { .. }) {
            return;
        }
        match self.fold.chain.judge(entry.offset, &entry.value) {
            Ok(Verdict::Counts(counted)) => self.counts(&counted, entry, at, out),
            Ok(Verdict::Repeat) => self.tally.repeats += 1,
            Ok(Verdict::Void(reason)) => {
                self.tally.void += 1;
                if reason.is_of_current_epoch() {
                    self.give_up(&format!("a record of this reign is void: {reason}"), at);
                }
            }
            Err(halt) => self.halt(format!("offset {}: {halt}", entry.offset), out),
        }
    }

    fn counts(&mut self, counted: &Counted, entry: &Entry, at: Moment, out: &mut Vec<Output>) {
        self.tally.counted += 1;
        self.last_counted_ms = at.mono_ms;
        match &counted.body {
            Body::Claim(claim) => self.claimed(claim, entry, at, out),
            _ => self.advanced(counted, at, out),
        }
        self.release(out);
        if self.mode == Mode::Following {
            self.tail = Tail::after(&self.fold.chain);
            self.give_way(at, out);
        }
    }

    /// A record other than a claim counts.
    fn advanced(&mut self, counted: &Counted, at: Moment, out: &mut Vec<Output>) {
        let reigns = matches!(self.mode, Mode::Owning | Mode::Leaving);
        let is_next =
            |sent: &super::tail::Sent| (sent.seq, sent.head) == (counted.mark.seq, counted.mark.head);
        if reigns && !self.sent.front().is_some_and(is_next) {
            let seq = counted.mark.seq;
            return self.halt(format!("record {seq} is of this reign and was not sent by it. {FORGED}"), out);
        }
        // During a reign the state is ahead already, and only the one to fall back to takes in what it reads.
        let state = if reigns {
            self.sent.pop_front();
            self.last_back_ms = at.mono_ms;
            self.claims.progressed();
            self.confirmed.as_mut()
        } else {
            self.last_foreign_ms = Some(at.mono_ms);
            Some(&mut self.fold.state)
        };
        if let (Some(state), Body::Decision(events)) = (state, &counted.body)
            && let Err(error) = state.apply(counted.prefix.centre, events, &counted.mark)
        {
            self.halt(format!("record {}: {error}", counted.mark.seq), out);
        }
    }

    fn release(&mut self, out: &mut Vec<Output>) {
        let Some(position) = self.fold.position() else { return };
        for waiting in self.waiting.leave_up_to(position.seq) {
            out.push(Output::Reply(waiting.ticket, waiting.answer));
        }
    }

    /// A claim counts: whatever of an older reign has not counted never will, so all that waits for it is undecided.
    fn claimed(&mut self, claim: &Claim, entry: &Entry, at: Moment, out: &mut Vec<Output>) {
        let sent_at = self.claims.counted(claim.claim, at.mono_ms);
        if sent_at.is_none() {
            self.last_foreign_ms = Some(at.mono_ms);
        }
        let won = sent_at.is_some_and(|sent_at| self.is_witnessed(sent_at, entry.appended_at, at));
        let is_ahead = self.spoiled || !self.sent.is_empty();
        self.spoiled = false;
        self.sent.clear();
        self.outbox.clear();
        let waiting = self.waiting.drain().map(Undecided::from).collect();
        self.undecided_before(waiting);
        match self.confirmed.take() {
            Some(confirmed) => self.fold.state = confirmed,
            None if is_ahead => {
                self.mode = Mode::Rewinding { won };
                return out.push(Output::Rewind { to: self.fold.chain.next_offset() });
            }
            None => {}
        }
        self.settled(won, at, out);
    }

    /// The state is the one at the claim that was read last.
    fn settled(&mut self, won: bool, at: Moment, out: &mut Vec<Output>) {
        self.mode = Mode::Following;
        if won {
            self.begin_reign(at, out);
        } else {
            self.refuse_in_doubt(at, out);
        }
    }

    fn begin_reign(&mut self, at: Moment, out: &mut Vec<Output>) {
        self.mode = Mode::Owning;
        self.tally.reigns += 1;
        self.claims.reigns(at.mono_ms);
        self.tail = Tail::after(&self.fold.chain);
        if !self.settings.exclusive {
            self.confirmed = Some(self.fold.state.clone());
        }
        for command in std::mem::take(&mut self.undecided) {
            self.take(command, at, out);
        }
    }

    /// Sends no more. What was sent may still count, until the next claim tells; what was not is undecided again.
    pub(super) fn give_up(&mut self, why: &str, at: Moment) {
        if self.mode != Mode::Owning {
            return;
        }
        tracing::warn!(partition = self.partition.0, why, "gives the reign up and claims anew");
        self.mode = Mode::Leaving;
        let call = self.next_call;
        self.spoiled |= self.sent.back().is_some_and(|sent| sent.call == call);
        self.sent.retain(|sent| sent.call < call);
        self.outbox.clear();
        let last_seq = self.sent.back().map_or(self.fold.chain.next_seq().saturating_sub(1), |sent| sent.seq);
        let unsent = self.waiting.leave_past(last_seq).map(Undecided::from).collect();
        self.undecided_before(unsent);
        self.claims.press(at.mono_ms);
    }

    fn undecided_before(&mut self, mut earlier: std::collections::VecDeque<Undecided>) {
        earlier.append(&mut self.undecided);
        self.undecided = earlier;
    }

    pub(super) fn rewound(&mut self, fold: PartitionFold, at: Moment, out: &mut Vec<Output>) {
        let Mode::Rewinding { won } = self.mode else { return };
        if fold.chain != self.fold.chain {
            let offset = self.fold.chain.next_offset();
            return self.halt(format!("the log up to offset {offset} reads otherwise than before"), out);
        }
        self.fold = fold;
        self.settled(won, at, out);
    }

    pub(super) fn tick(&mut self, at: Moment, out: &mut Vec<Output>) {
        if self.mode == Mode::Owning {
            if self.is_stalled(at) {
                self.give_up("nothing was read back for 500 ms", at);
            } else {
                let now = self.tail.stamp(at.time);
                self.decide_due(now, at, out);
                self.break_the_silence(at);
            }
        }
        if matches!(self.mode, Mode::Following | Mode::Leaving) {
            self.claim_if_due(at, out);
        }
        self.drop_late(at, out);
    }

    /// On a log of one's own every append has a certain outcome, so only elsewhere is silence a sign; and none when
    /// this very process was held up.
    fn is_stalled(&self, at: Moment) -> bool {
        let since = |sent: &super::tail::Sent| sent.at_ms.max(self.last_back_ms).max(self.awake_since_ms);
        let since = self.sent.front().map(since);
        !self.settings.exclusive && since.is_some_and(|since| at.mono_ms >= since + QUIET_MS)
    }

    /// Whether a command had better go elsewhere: another wrote just now, and no claim of ours is on its way.
    pub(super) fn somebody_else_owns(&self, at: Moment) -> bool {
        let writes = self.last_foreign_ms.is_some_and(|last_ms| at.mono_ms < last_ms + QUIET_MS);
        self.mode == Mode::Following
            && !self.settings.exclusive
            && !self.claims.is_pressing()
            && !self.claims.is_under_way(false, at.mono_ms)
            && (!self.settings.hinted || writes)
    }

    /// Nobody waits in silence for a partition that another writes to.
    fn give_way(&mut self, at: Moment, out: &mut Vec<Output>) {
        if self.somebody_else_owns(at) {
            for command in std::mem::take(&mut self.undecided) {
                out.push(Output::Reply(command.ticket, Answer::NotDone(NotDone::NotOwner)));
            }
        }
    }

    fn claim_if_due(&mut self, at: Moment, out: &mut Vec<Output>) {
        let (exclusive, now_ms) = (self.settings.exclusive, at.mono_ms);
        let work_waits = self.work_waits(at);
        if self.claims.is_under_way(exclusive, now_ms)
            || !self.claims.may_try(now_ms)
            || self.is_in_doubt(at)
            || self.fold.position().is_none()
        {
            return;
        }
        let quiet_since = self.last_counted_ms.max(self.awake_since_ms);
        let may = exclusive
            || (self.at_the_end
                && (self.claims.is_pressing()
                    || (self.settings.hinted && work_waits && now_ms >= quiet_since + QUIET_MS)));
        if may && self.clock_allows_a_claim(at, out) {
            self.send_claim(at);
        }
    }

    fn work_waits(&mut self, at: Moment) -> bool {
        let is_due = self.fold.state.next_due_at().is_some_and(|due_at| due_at <= at.time);
        let due_since_ms = *self.due_since_ms.get_or_insert(at.mono_ms);
        if !is_due {
            self.due_since_ms = None;
        }
        let calls_for_an_owner =
            (is_due && at.mono_ms >= due_since_ms + OWNER_FIRST_MS) || self.is_too_silent(at);
        !self.undecided.is_empty() || self.looks_again().unwrap_or(calls_for_an_owner)
    }

    fn send_claim(&mut self, at: Moment) {
        let claim = Claim {
            claim: self.claims.open(self.next_call, at.time, at.mono_ms),
            node: self.settings.node,
            knows_fold: FOLD_VERSION,
            clock_accepted: self.is_far_ahead(at),
            url: self.settings.url.clone(),
        };
        let Some(ledger) = self.fold.chain.ledger() else { return };
        match claim_value(&self.fold.chain, ledger, claim, self.claims_time(at)) {
            Ok(value) => self.outbox.push(Arc::<[u8]>::from(value).into()),
            Err(error) => tracing::error!(partition = self.partition.0, %error, "cannot write a claim"),
        }
    }

    /// Whoever need not wait any longer hears what is known.
    fn drop_late(&mut self, at: Moment, out: &mut Vec<Output>) {
        let is_late = |command: &Undecided| at.mono_ms >= command.request.deadline_ms;
        let (late, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.undecided).into_iter().partition(is_late);
        self.undecided = waiting.into();
        for command in late {
            self.tally.late += 1;
            let answer = self.too_late(&command.request);
            out.push(Output::Reply(command.ticket, answer));
        }
        if self.mode == Mode::Leaving {
            let late: Vec<_> = self.waiting.leave_late(at.mono_ms).collect();
            out.extend(
                late.into_iter().map(|waiting| Output::Reply(waiting.ticket, self.given_up(&waiting))),
            );
        }
    }

    /// The answer when the log has not reached it in time and nobody knows whether it will: a record that was sent, or
    /// one that it would repeat, may still come to count.
    fn given_up(&self, waiting: &Waiting) -> Answer {
        match waiting.answer {
            Answer::Done(_) if !waiting.request.dry_run => Answer::Unknown,
            _ => self.too_late(&waiting.request),
        }
    }

    /// The answer to a request whose deadline passed before it was decided.
    pub(crate) fn too_late(&self, request: &Request) -> Answer {
        self.unless_under_way(request, NotDone::Late)
    }

    /// That a request was not done; unless the same command was asked before and its record may still come to count: who
    /// asks again to learn what became of it must not hear that nothing did.
    pub(super) fn unless_under_way(&self, request: &Request, not_done: NotDone) -> Answer {
        if request.dry_run || self.sent.is_empty() {
            return Answer::NotDone(not_done);
        }
        let key = Some(request.command.key());
        let is_under_way = self.sent.iter().any(|sent| sent.command == key);
        if is_under_way { Answer::Unknown } else { Answer::NotDone(not_done) }
    }
}
