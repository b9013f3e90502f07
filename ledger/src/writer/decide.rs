//! Deciding ahead of the log.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use schemas::ids::CentreNumber;
use schemas::{Body, CivilDate, Event, Instant};

use super::tail::Sent;
use super::waiting::{Undecided, Waiting};
use super::{Mode, Moment, Output, Writer};
use crate::answer::{Answer, Decision, NotDone, Receipt};
use crate::centre::Centre;
use crate::chain::{Origin, Pended};
use crate::command::{Asked, Command};
use crate::log::Outgoing;
use crate::rejection::{Mark, Rejection};

/// At most so many records of due events at one instant; more would mean that `due` never ends.
const MAX_DUE_RECORDS: usize = 100_000;

/// Barriers are so many milliseconds apart.
pub(super) const BARRIER_PAUSE_MS: u64 = 100;

type Judgement = Result<(CentreNumber, Decision), Rejection>;

impl Writer {
    /// Decides a command, or keeps it until the writer owns.
    pub(super) fn take(&mut self, command: Undecided, at: Moment, out: &mut Vec<Output>) {
        if at.mono_ms >= command.request.deadline_ms {
            self.tally.late += 1;
            let answer = self.too_late(&command.request);
            out.push(Output::Reply(command.ticket, answer));
            return;
        }
        match self.mode {
            Mode::Owning => self.decide(command, at, out),
            Mode::Halted => out.push(Output::Reply(command.ticket, Answer::NotDone(NotDone::Halted))),
            Mode::Following if self.somebody_else_owns(at) => {
                out.push(Output::Reply(command.ticket, Answer::NotDone(NotDone::NotOwner)));
            }
            Mode::Following if self.is_in_doubt(at) => {
                out.push(Output::Reply(command.ticket, Answer::NotDone(NotDone::ClockInDoubt)));
            }
            Mode::Following | Mode::Leaving | Mode::Rewinding { .. } => self.undecided.push_back(command),
        }
    }

    fn decide(&mut self, command: Undecided, at: Moment, out: &mut Vec<Output>) {
        let now = self.tail.stamp(at.time);
        if !self.decide_due(now, at, out) {
            self.take(command, at, out);
            return;
        }
        let on = self.civil_day(&command.request.command, now);
        let request = &command.request;
        let asked = Asked { now, on, channel: request.channel, actor: request.actor };
        let decided = catch_unwind(AssertUnwindSafe(|| self.fold.state.decide(&request.command, &asked)));
        match decided {
            Ok(judgement) => self.act_on(judgement, command, now, at, out),
            Err(_) => {
                tracing::error!(partition = self.partition.0, command = %request.command.id(), "deciding panicked");
                out.push(Output::Reply(command.ticket, Answer::NotDone(NotDone::Failed)));
            }
        }
    }

    fn act_on(
        &mut self,
        judgement: Judgement,
        command: Undecided,
        now: Instant,
        at: Moment,
        out: &mut Vec<Output>,
    ) {
        match judgement {
            Ok((number, Decision::Events(events))) if !command.request.dry_run => {
                self.record(number, events, command, now, at, out);
            }
            Ok((_, Decision::Events(events))) => {
                let receipt = Receipt {
                    position: self.tail.position(),
                    recorded_at: self.tail.time(),
                    repeated: false,
                    events,
                };
                self.wait_or_reply(self.tail.last_seq(), command, Answer::Done(receipt), out);
            }
            Ok((_, Decision::Repeat(mark))) => {
                let answer = Answer::Done(Receipt::of_repeat(self.partition, mark));
                self.wait_or_reply(mark.seq, command, answer, out);
            }
            Err(rejection) => {
                let seq = self.refusal_rests_on(&rejection);
                let answer = Answer::Refused { rejection, as_of: self.tail.position(), at: self.tail.time() };
                self.wait_or_reply(seq, command, answer, out);
            }
        }
    }

    /// On a log that others can append to, a refusal waits for a record sent after it; elsewhere for what it was
    /// decided on.
    fn refusal_rests_on(&self, rejection: &Rejection) -> u64 {
        let decided_at = self.tail.last_seq();
        if self.settings.exclusive || rejection.is_final() { decided_at } else { decided_at + 1 }
    }

    fn wait_or_reply(&mut self, seq: u64, command: Undecided, answer: Answer, out: &mut Vec<Output>) {
        let Undecided { ticket, request } = command;
        if seq < self.fold.chain.next_seq() {
            out.push(Output::Reply(ticket, answer));
        } else {
            self.waiting.enter(seq, Waiting { ticket, request, answer });
        }
    }

    fn record(
        &mut self,
        number: CentreNumber,
        events: Vec<Event>,
        command: Undecided,
        now: Instant,
        at: Moment,
        out: &mut Vec<Output>,
    ) {
        let origin = Origin {
            channel: command.request.channel,
            actor: command.request.actor,
            command: command.request.command.id(),
            centre: number,
        };
        let body = Body::Decision(events);
        let pended = match self.tail.push(&body, origin, now) {
            Ok(pended) => pended,
            Err(error) => {
                tracing::error!(partition = self.partition.0, command = %origin.command, %error, "cannot be written");
                out.push(Output::Reply(command.ticket, Answer::NotDone(NotDone::Failed)));
                return;
            }
        };
        let Body::Decision(events) = body else { return };
        if !self.try_apply(number, &events, &pended.mark) {
            out.push(Output::Reply(command.ticket, Answer::NotDone(NotDone::Failed)));
            self.spoiled = true;
            self.give_up("a decision did not add up", at);
            return;
        }
        let receipt = Receipt {
            position: pended.mark.position(self.partition),
            recorded_at: now,
            repeated: false,
            events,
        };
        let Undecided { ticket, request } = command;
        let (answer, key) = (Answer::Done(receipt), request.command.key());
        self.waiting.enter(pended.mark.seq, Waiting { ticket, request, answer });
        self.send(&pended, number, Some(key), at);
    }

    /// The trial `apply`: nothing that does not add up is ever appended.
    fn try_apply(&mut self, number: CentreNumber, events: &[Event], mark: &Mark) -> bool {
        match catch_unwind(AssertUnwindSafe(|| self.fold.state.apply(number, events, mark))) {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::error!(partition = self.partition.0, %error, "a decision did not add up and was dropped");
                false
            }
            Err(_) => {
                tracing::error!(partition = self.partition.0, "applying a decision panicked; it was dropped");
                false
            }
        }
    }

    /// `command`: the key of the one that it is of; none: the writer's own.
    fn send(&mut self, pended: &Pended, number: CentreNumber, command: Option<[u8; 16]>, at: Moment) {
        let Mark { seq, head, .. } = pended.mark;
        let (call, at_ms) = (self.next_call, at.mono_ms);
        self.sent.push_back(Sent { seq, head, call, at_ms, barrier: false, command });
        let centre = self.fold.state.by_number(number).and_then(Centre::description);
        let centre = centre.map(|described| described.id.clone());
        self.outbox.push(Outgoing { value: Arc::clone(&pended.value), centre });
    }

    /// Decides everything that is due by `now`; false when the writer no longer owns afterwards.
    pub(super) fn decide_due(&mut self, now: Instant, at: Moment, out: &mut Vec<Output>) -> bool {
        for _ in 0..MAX_DUE_RECORDS {
            let Some((number, events)) = self.fold.state.due(now) else { return true };
            let body = Body::Decision(events);
            let origin = Origin { centre: number, ..Origin::WRITER };
            let pended = match self.tail.push(&body, origin, now) {
                Ok(pended) => pended,
                Err(error) => {
                    self.halt(format!("what is due cannot be written: {error}"), out);
                    return false;
                }
            };
            let Body::Decision(events) = body else { return false };
            if !self.try_apply(number, &events, &pended.mark) {
                self.halt("what is due does not add up".to_owned(), out);
                return false;
            }
            self.send(&pended, number, None, at);
        }
        self.halt("what is due at one instant never ends".to_owned(), out);
        false
    }

    fn civil_day(&mut self, command: &Command, now: Instant) -> CivilDate {
        let zone = match command {
            Command::Office(_) => "UTC",
            Command::Centre(id, _) => self.fold.state.centre(id).map_or("UTC", |centre| centre.time_zone()),
        };
        self.civil.on(zone, now)
    }

    /// A barrier, when a refusal waits for a record and none is under way: one in flight, at most ten a second.
    pub(super) fn send_barrier_if_needed(&mut self, at: Moment) {
        if self.wants_a_barrier() && at.mono_ms >= self.last_barrier_ms + BARRIER_PAUSE_MS {
            self.send_barrier(at);
        }
    }

    pub(super) fn wants_a_barrier(&self) -> bool {
        self.mode == Mode::Owning
            && self.waiting.waits_past(self.tail.last_seq())
            && !self.sent.iter().any(|sent| sent.barrier)
    }

    /// A record that says nothing, for answers to rest on.
    pub(super) fn send_barrier(&mut self, at: Moment) {
        let time = self.tail.stamp(at.time);
        if let Ok(pended) = self.tail.push(&Body::Barrier, Origin::WRITER, time) {
            self.last_barrier_ms = at.mono_ms;
            self.send(&pended, CentreNumber::NONE, None, at);
            if let Some(sent) = self.sent.back_mut() {
                sent.barrier = true;
            }
        }
    }
}
