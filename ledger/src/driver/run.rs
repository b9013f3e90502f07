//! The loop of the writers' thread.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Monotonic};

use schemas::Instant;
use schemas::ids::Partition;
use tokio::sync::oneshot;

use super::mailbox::Mailbox;
use super::{Options, PartitionStatus, READ_BYTES, Shared, StartError};
use crate::answer::{Answer, NotDone};
use crate::fold::PartitionFold;
use crate::log::{Log, LogError};
use crate::writer::{Input, Moment, Output, Settings, Ticket, Writer};

/// The thread looks around at least so often.
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// At most so many commands of a partition in one round, so that no partition starves the others.
const COMMANDS_A_ROUND: usize = 256;
/// How long a shutdown waits for what is under way.
const LAST_WAIT: Duration = Duration::from_secs(10);

/// Reads a partition from its beginning to its end.
pub(super) fn read_all(log: &dyn Log, partition: Partition) -> Result<PartitionFold, StartError> {
    let mut fold = PartitionFold::new(None, partition);
    loop {
        let entries = log.read(partition, fold.chain.next_offset(), READ_BYTES)?;
        if entries.is_empty() {
            return Ok(fold);
        }
        for entry in entries {
            fold.read(entry.offset, &entry.value)?;
        }
    }
}

pub(super) fn spawn(
    log: Arc<dyn Log>,
    shared: Arc<Shared>,
    folds: Vec<PartitionFold>,
    options: &Options,
) -> Result<JoinHandle<()>, StartError> {
    let at = moment(&shared);
    let exclusive = log.exclusive();
    let seats = folds
        .into_iter()
        .zip(0_u64..)
        .map(|(fold, number)| {
            let settings = Settings {
                node: options.node,
                url: options.url.clone(),
                exclusive,
                hinted: options.hinted,
                seed: options.seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            };
            Seat {
                partition: fold.state.partition(),
                writer: Writer::new(fold, settings, at),
                callers: HashMap::new(),
                next_ticket: 0,
                outcomes: Arc::default(),
                dead: false,
                out: Vec::new(),
            }
        })
        .collect();
    let driver = Driver { log, shared, seats };
    Ok(std::thread::Builder::new().name("writers".to_owned()).spawn(move || driver.run())?)
}

fn moment(shared: &Shared) -> Moment {
    Moment { time: shared.clock.now(), mono_ms: shared.mono_ms(Monotonic::now()) }
}

struct Driver {
    log: Arc<dyn Log>,
    shared: Arc<Shared>,
    seats: Vec<Seat>,
}

/// A writer and what belongs to it outside.
struct Seat {
    partition: Partition,
    writer: Writer,
    callers: HashMap<Ticket, oneshot::Sender<Answer>>,
    next_ticket: Ticket,
    /// Outcomes of appends since the last round.
    outcomes: Arc<Mutex<Vec<Result<(), LogError>>>>,
    /// It panicked and is left alone.
    dead: bool,
    out: Vec<Output>,
}

impl Driver {
    fn run(mut self) {
        let mut ends_by = None;
        loop {
            let busy = self.round();
            if self.shared.ending.load(Ordering::SeqCst) {
                let by = *ends_by.get_or_insert_with(|| self.close());
                let idle = self.seats.iter().all(|seat| seat.writer.in_flight() == 0 && !busy);
                if idle || Monotonic::now() >= by {
                    return;
                }
            }
            if !busy {
                self.shared.signal.wait(self.wait_for());
            }
        }
    }

    /// Closes the mailboxes; whoever still waits in them hears so.
    fn close(&self) -> Monotonic {
        for letter in self.shared.mailboxes.iter().flat_map(Mailbox::close) {
            // A caller who went away needs no answer.
            let _gone = letter.reply.send(Answer::NotDone(NotDone::ShuttingDown));
        }
        Monotonic::now() + LAST_WAIT
    }

    /// Gives every writer its turn; whether more is waiting.
    fn round(&mut self) -> bool {
        let Self { log, shared, seats } = self;
        let mut busy = false;
        for (at, seat) in seats.iter_mut().enumerate() {
            if seat.dead {
                seat.refuse_all(shared.mailboxes.get(at));
                continue;
            }
            let turn = catch_unwind(AssertUnwindSafe(|| seat.turn(at, log, shared)));
            busy |= turn.unwrap_or_else(|_| {
                seat.dead = true;
                let reason = "its writer panicked; see the program's log".to_owned();
                seat.publish(shared, Some(reason));
                false
            });
        }
        let next_due = seats.iter().filter_map(|seat| seat.writer.next_due_at()).map(Instant::millis).min();
        shared.next_due_ms.store(next_due.unwrap_or(i64::MAX), Ordering::SeqCst);
        busy
    }

    fn wait_for(&self) -> Duration {
        if !self.shared.clock.flows() {
            return LONGEST_WAIT;
        }
        let now = self.shared.clock.now();
        let due = self.seats.iter().filter_map(|seat| seat.writer.next_due_at()).min();
        due.map_or(LONGEST_WAIT, |due| Duration::from_millis(due.millis_since(now)).min(LONGEST_WAIT))
    }
}

impl Seat {
    fn turn(&mut self, at: usize, log: &Arc<dyn Log>, shared: &Arc<Shared>) -> bool {
        let mut busy = self.read_back(at, log, shared);
        self.hear_outcomes(shared);
        if let Some(mailbox) = shared.mailboxes.get(at) {
            busy |= self.take_commands(mailbox, shared);
        }
        let now = moment(shared);
        self.writer.handle(Input::Tick, now, &mut self.out);
        self.writer.flush(now, &mut self.out);
        self.carry_out(log, shared);
        busy
    }

    fn read_back(&mut self, at: usize, log: &Arc<dyn Log>, shared: &Shared) -> bool {
        let Some(moved) = shared.moved.get(at) else { return false };
        if !moved.swap(false, Ordering::SeqCst) || self.writer.has_halted() {
            return false;
        }
        match log.read(self.partition, self.writer.next_offset(), READ_BYTES) {
            Ok(entries) if entries.is_empty() => false,
            Ok(entries) => {
                let now = moment(shared);
                for entry in entries {
                    self.writer.handle(Input::Read(entry), now, &mut self.out);
                }
                // There may be more than one reading brings.
                moved.store(true, Ordering::SeqCst);
                true
            }
            Err(error) => {
                tracing::warn!(partition = self.partition.0, %error, "cannot read the log; tries again");
                moved.store(true, Ordering::SeqCst);
                false
            }
        }
    }

    fn hear_outcomes(&mut self, shared: &Shared) {
        let outcomes = std::mem::take(&mut *self.outcomes.lock().unwrap_or_else(PoisonError::into_inner));
        for outcome in outcomes {
            if let Err(error) = &outcome {
                tracing::warn!(partition = self.partition.0, %error, "the outcome of an append is unknown");
            }
            self.writer.handle(Input::Delivered(outcome.is_ok()), moment(shared), &mut self.out);
        }
    }

    fn take_commands(&mut self, mailbox: &Mailbox, shared: &Shared) -> bool {
        for _ in 0..COMMANDS_A_ROUND {
            if !self.writer.has_room() {
                return false;
            }
            let Some(letter) = mailbox.take() else { return false };
            let ticket = self.next_ticket;
            self.next_ticket += 1;
            self.callers.insert(ticket, letter.reply);
            self.writer.handle(Input::Command(ticket, letter.request), moment(shared), &mut self.out);
        }
        true
    }

    /// Positions are published before anybody is told of them, so that nobody asks for what is not known yet.
    fn carry_out(&mut self, log: &Arc<dyn Log>, shared: &Arc<Shared>) {
        let outputs = std::mem::take(&mut self.out);
        let halted = outputs.iter().find_map(|output| match output {
            Output::Halted(reason) => Some(reason.clone()),
            _ => None,
        });
        self.publish(shared, halted);
        for output in outputs {
            match output {
                Output::Append(values) => {
                    let (outcomes, shared) = (Arc::clone(&self.outcomes), Arc::clone(shared));
                    let on_outcome = move |outcome| {
                        outcomes.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
                        shared.signal.raise();
                    };
                    log.append(self.partition, values, Box::new(on_outcome));
                }
                Output::Reply(ticket, answer) => {
                    if let Some(caller) = self.callers.remove(&ticket) {
                        // A caller who went away needs no answer.
                        let _gone = caller.send(answer);
                    }
                }
                Output::Rewind => self.rewind(log, shared),
                Output::Halted(reason) => {
                    tracing::error!(partition = self.partition.0, reason, "the partition has halted");
                }
            }
        }
    }

    fn rewind(&mut self, log: &Arc<dyn Log>, shared: &Arc<Shared>) {
        match read_all(log.as_ref(), self.partition) {
            Ok(fold) => {
                let input = Input::Rewound(Box::new(fold));
                self.writer.handle(input, moment(shared), &mut self.out);
            }
            Err(error) => {
                self.dead = true;
                tracing::error!(partition = self.partition.0, %error, "cannot read the partition anew");
                self.publish(shared, Some(error.to_string()));
            }
        }
        shared.signal.raise();
    }

    fn publish(&self, shared: &Shared, halted: Option<String>) {
        let published = usize::try_from(self.partition.0).ok().and_then(|at| shared.published.get(at));
        let Some(published) = published else { return };
        let mut status: std::sync::MutexGuard<'_, PartitionStatus> =
            published.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((position, time)) = self.writer.position() {
            (status.position, status.time) = (position, time);
        }
        status.owns = self.writer.owns() && !self.dead;
        status.tally = self.writer.tally();
        status.in_flight = self.writer.in_flight();
        if status.halted.is_none() {
            status.halted = halted;
        }
    }

    fn refuse_all(&mut self, mailbox: Option<&Mailbox>) {
        for (_, caller) in self.callers.drain() {
            let _gone = caller.send(Answer::Unknown);
        }
        while let Some(letter) = mailbox.and_then(Mailbox::take) {
            let _gone = letter.reply.send(Answer::NotDone(NotDone::Halted));
        }
    }
}
