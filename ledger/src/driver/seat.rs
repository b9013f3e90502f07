//! A writer and what belongs to it outside: the callers, the outcomes, the clock and the pauses.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Monotonic};

use schemas::Instant;
use schemas::ids::Partition;
use tokio::sync::oneshot;

use super::catch_up::{Begun, CatchUp, Pause, READ_BYTES, Stuck};
use super::mailbox::Mailbox;
use super::{PartitionStatus, Shared};
use crate::answer::{Answer, NotDone};
use crate::log::{Log, LogError, Outgoing};
use crate::writer::{Input, Moment, Output, Settings, Ticket, Writer};

/// At most so many commands of a partition in one round, so that no partition starves the others. They become one append:
/// brokers take a few large ones with much less trouble than many small ones.
const COMMANDS_A_ROUND: usize = 1_024;

/// How soon entries are asked for again that are on their way.
const ON_ITS_WAY: Duration = Duration::from_millis(20);

/// What became of the append of this number.
type Outcome = (u64, Result<(), LogError>);

pub(super) struct Seat {
    partition: Partition,
    pub(super) writer: Writer,
    callers: HashMap<Ticket, oneshot::Sender<Answer>>,
    next_ticket: Ticket,
    /// Outcomes of appends since the last round, by the append's number.
    outcomes: Arc<Mutex<Vec<Outcome>>>,
    /// When the clock was looked at last, and what it said: it is counted on from there during a reign.
    looked: (Instant, Monotonic),
    /// The partition is being read anew, so far.
    rewinding: Option<CatchUp>,
    /// After the log could not be read.
    pause: Pause,
    /// What went wrong with the log last, until the partition is owned.
    trouble: Option<String>,
    /// It panicked and is left alone.
    pub(super) dead: bool,
    out: Vec<Output>,
}

impl Seat {
    pub(super) fn new(begun: Begun, settings: Settings, shared: &Shared) -> Self {
        let looked = (shared.clock.look_again(), Monotonic::now());
        let at = Moment { time: looked.0, mono_ms: shared.mono_ms(looked.1) };
        let Begun { fold, broken } = begun;
        let mut seat = Self {
            partition: fold.state.partition(),
            writer: Writer::new(fold, settings, at),
            callers: HashMap::new(),
            next_ticket: 0,
            outcomes: Arc::default(),
            looked,
            rewinding: None,
            pause: Pause::default(),
            trouble: None,
            dead: false,
            out: Vec::new(),
        };
        // Before anything else, so that it never claims.
        if let Some(reason) = broken {
            seat.writer.handle(Input::Broken(reason), at, &mut seat.out);
        }
        seat
    }

    /// The clocks now. The ledger's is looked at anew until a reign begins, and not any more while it lasts, so that
    /// nobody who sets it moves the time under a writer that decides.
    fn moment(&mut self, shared: &Shared) -> Moment {
        let now = Monotonic::now();
        if !self.writer.owns() {
            self.looked = (shared.clock.look_again(), now);
        }
        Moment { time: self.time(now, shared), mono_ms: shared.mono_ms(now) }
    }

    fn time(&self, now: Monotonic, shared: &Shared) -> Instant {
        if !shared.clock.flows() {
            return shared.clock.now();
        }
        let (time, at) = self.looked;
        let since = now.saturating_duration_since(at).as_millis();
        time.plus_millis(u64::try_from(since).unwrap_or(u64::MAX))
    }

    pub(super) fn handle(&mut self, input: Input, shared: &Shared) {
        let now = self.moment(shared);
        self.writer.handle(input, now, &mut self.out);
    }

    pub(super) fn turn(&mut self, at: usize, log: &Arc<dyn Log>, shared: &Arc<Shared>) -> bool {
        let mut busy = self.read_anew(log.as_ref(), shared) | self.read_back(at, log.as_ref(), shared);
        self.hear_outcomes(shared);
        if let Some(mailbox) = shared.mailboxes.get(at) {
            busy |= self.take_commands(mailbox, shared);
        }
        let now = self.moment(shared);
        self.writer.handle(Input::Tick, now, &mut self.out);
        self.writer.flush(now, &mut self.out);
        self.carry_out(log, shared);
        busy
    }

    /// When it should have a turn though nobody wakes it.
    pub(super) fn next_turn_in(&self, shared: &Shared) -> Option<Duration> {
        let now = Monotonic::now();
        let due = self.writer.next_due_at().filter(|_| shared.clock.flows() && self.writer.owns());
        let due_in_ms = due.map(|due| due.millis_since(self.time(now, shared)));
        let barrier_in_ms = self.writer.barrier_due_ms().map(|due| due.saturating_sub(shared.mono_ms(now)));
        let due_in = due_in_ms.into_iter().chain(barrier_in_ms).min().map(Duration::from_millis);
        due_in.into_iter().chain(self.pause.left(now)).min()
    }

    /// Goes on reading the partition anew, a piece each turn, so that the others get theirs.
    fn read_anew(&mut self, log: &dyn Log, shared: &Shared) -> bool {
        if self.writer.has_halted() || !self.pause.is_over() {
            return false;
        }
        let Some(catch_up) = &mut self.rewinding else { return false };
        let went_on = catch_up.read_on(log);
        self.pause_after(went_on.is_err());
        match went_on {
            Ok(true) => {
                if let Some(done) = self.rewinding.take() {
                    self.handle(Input::Rewound(Box::new(done.fold)), shared);
                }
            }
            Ok(false) => {}
            Err(stuck) => self.stuck(stuck, shared),
        }
        self.pause.is_over()
    }

    fn read_back(&mut self, at: usize, log: &dyn Log, shared: &Shared) -> bool {
        let Some(moved) = shared.moved.get(at) else { return false };
        let waits = self.writer.has_halted() || self.rewinding.is_some() || !self.pause.is_over();
        if waits || !moved.swap(false, Ordering::SeqCst) {
            return false;
        }
        let read = log.read_without_waiting(self.partition, self.writer.next_offset(), READ_BYTES);
        self.pause_after(read.is_err());
        match read {
            Ok(None) => {
                moved.store(true, Ordering::SeqCst);
                self.pause.begin(ON_ITS_WAY);
                self.handle(Input::AtTheEnd(false), shared);
                false
            }
            Ok(Some(entries)) => {
                let found = !entries.is_empty();
                let now = self.moment(shared);
                for entry in entries {
                    self.writer.handle(Input::Read(entry), now, &mut self.out);
                }
                let is_end = log.end(self.partition).is_ok_and(|end| end <= self.writer.next_offset());
                self.handle(Input::AtTheEnd(is_end), shared);
                // There may be more than one reading brings; what comes after this look wakes the thread.
                let more = found && !is_end;
                moved.fetch_or(more, Ordering::SeqCst);
                more
            }
            Err(error) => {
                moved.store(true, Ordering::SeqCst);
                self.stuck(error.into(), shared);
                false
            }
        }
    }

    fn pause_after(&mut self, failure: bool) {
        if failure {
            self.pause.prolong();
        } else {
            self.pause = Pause::default();
        }
    }

    fn stuck(&mut self, stuck: Stuck, shared: &Shared) {
        match stuck {
            Stuck::ForNow(error) => {
                shared.unread.about(self.partition, "the log cannot be read; tries again", &error);
                self.trouble = Some(error.to_string());
                self.handle(Input::AtTheEnd(false), shared);
            }
            Stuck::ForEver(error) => self.handle(Input::Broken(error.to_string()), shared),
        }
    }

    fn hear_outcomes(&mut self, shared: &Shared) {
        let outcomes = std::mem::take(&mut *self.outcomes.lock().unwrap_or_else(PoisonError::into_inner));
        for (call, outcome) in outcomes {
            let happened = outcome.is_ok();
            match outcome {
                Ok(()) => {}
                Err(error) if error.is_for_now() => {
                    shared.unknown.about(self.partition, "the outcome of an append is unknown", &error);
                    self.trouble = Some(error.to_string());
                }
                Err(error) => self.handle(Input::Broken(error.to_string()), shared),
            }
            self.handle(Input::Delivered { call, happened }, shared);
        }
    }

    fn take_commands(&mut self, mailbox: &Mailbox, shared: &Shared) -> bool {
        for _ in 0..COMMANDS_A_ROUND {
            if !self.writer.has_room() {
                for letter in mailbox.take_late(shared.mono_ms(Monotonic::now())) {
                    let _gone = letter.reply.send(self.writer.too_late(&letter.request));
                }
                return false;
            }
            let Some(letter) = mailbox.take() else { return false };
            let ticket = self.next_ticket;
            self.next_ticket += 1;
            self.callers.insert(ticket, letter.reply);
            self.handle(Input::Command(ticket, letter.request), shared);
        }
        true
    }

    /// Positions are published before anybody is told of them, so that nobody asks for what is not known yet.
    fn carry_out(&mut self, log: &Arc<dyn Log>, shared: &Arc<Shared>) {
        let mut outputs = std::mem::take(&mut self.out);
        let halted = outputs.iter().find_map(|output| match output {
            Output::Halted(reason) => Some(reason.clone()),
            _ => None,
        });
        self.publish(shared, halted);
        // What is flushed comes last and goes first: the log can be at it while the answers are given out.
        let append = outputs.pop_if(|output| matches!(output, Output::Append { .. }));
        for output in append.into_iter().chain(outputs.drain(..)) {
            match output {
                Output::Append { call, values } => self.append(call, values, log, shared),
                Output::Reply(ticket, answer) => {
                    if let Some(caller) = self.callers.remove(&ticket) {
                        // A caller who went away needs no answer.
                        let _gone = caller.send(answer);
                    }
                }
                Output::Rewind { to } => {
                    let snapshots = shared.snapshots.clone();
                    self.rewinding = Some(CatchUp::new(self.partition, snapshots, Some(to)));
                    shared.signal.raise();
                }
                Output::Halted(reason) => {
                    self.rewinding = None;
                    tracing::error!(partition = self.partition.0, reason, "the partition has halted");
                }
            }
        }
        // Its room is used again.
        self.out = outputs;
    }

    fn append(&self, call: u64, values: Vec<Outgoing>, log: &Arc<dyn Log>, shared: &Arc<Shared>) {
        let (outcomes, shared) = (Arc::clone(&self.outcomes), Arc::clone(shared));
        let on_outcome = move |outcome: Result<(), LogError>| {
            // What happened is read, and reading wakes the thread by itself.
            let failed = outcome.is_err();
            outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((call, outcome));
            if failed {
                shared.signal.raise();
            }
        };
        log.append(self.partition, values, Box::new(on_outcome));
    }

    pub(super) fn publish(&mut self, shared: &Shared, halted: Option<String>) {
        if self.writer.owns() {
            self.trouble = None;
        }
        let published = usize::try_from(self.partition.0).ok().and_then(|at| shared.published.get(at));
        let Some(published) = published else { return };
        let mut status: MutexGuard<'_, PartitionStatus> =
            published.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((position, time)) = self.writer.position() {
            (status.position, status.time) = (position, time);
        }
        status.owns = self.writer.owns() && !self.dead;
        status.ready = self.writer.is_ready() && !self.dead;
        if status.doubt.as_deref() != self.writer.doubt() {
            status.doubt = self.writer.doubt().map(str::to_owned);
        }
        status.trouble.clone_from(&self.trouble);
        status.tally = self.writer.tally();
        status.in_flight = self.writer.in_flight();
        if status.halted.is_none() {
            status.halted = halted;
        }
    }

    pub(super) fn refuse_all(&mut self, mailbox: Option<&Mailbox>) {
        for (_, caller) in self.callers.drain() {
            let _gone = caller.send(Answer::Unknown);
        }
        while let Some(letter) = mailbox.and_then(Mailbox::take) {
            let _gone = letter.reply.send(Answer::NotDone(NotDone::Halted));
        }
    }
}
