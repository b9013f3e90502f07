//! One client: wants a place, keeps it or gives it back, and comes again.

use std::sync::Arc;
use std::time::{Duration, Instant as Monotonic};

use ledger::{Answer, CentreCommand, Command, Ledger, NotDone, Rejection, Request};
use schemas::Reference;
use schemas::ids::{ActorId, CentreId, ChangeId, HoldId, RegistrationId};
use schemas::vocabulary::{CancelDoses, CancelReason, Channel, MadeBy, WithdrawReason};

use super::small_world::{SmallWorld, person, prefix_of};
use super::{AnswerTally, LoadPlan, Stop};
use crate::chance::Chance;
use crate::history::Recorder;

/// How many commands of its own a client remembers, to ask again.
const REMEMBERED: usize = 8;

pub(super) struct Client {
    number: u32,
    chance: Chance,
    handles: Vec<Ledger>,
    recorder: Recorder,
    plan: Arc<LoadPlan>,
    channel: Channel,
    tally: AnswerTally,
    /// What it believes to have, from what it was told.
    registration: Option<(CentreId, RegistrationId)>,
    hold: Option<HoldId>,
    booked: bool,
    /// It has enough of this registration.
    fed_up: bool,
    remembered: Vec<(CentreId, CentreCommand)>,
}

impl Client {
    pub(super) fn new(number: u32, handles: Vec<Ledger>, recorder: Recorder, plan: Arc<LoadPlan>) -> Self {
        let mut chance = Chance::new(plan.seed ^ (u64::from(number) << 32));
        let channels = [Channel::Web, Channel::Web, Channel::Web, Channel::Hotline, Channel::Partner];
        let channel = chance.one_of(&channels).copied().unwrap_or(Channel::Web);
        Self {
            number,
            chance,
            handles,
            recorder,
            plan,
            channel,
            tally: AnswerTally::new(),
            registration: None,
            hold: None,
            booked: false,
            fed_up: false,
            remembered: Vec::new(),
        }
    }

    pub(super) async fn run(mut self, stop: Stop) -> AnswerTally {
        while !stop.is_said() {
            self.pause().await;
            if self.chance.of_thousand(80)
                && let Some((centre, command)) = self.chance.one_of(&self.remembered).cloned()
            {
                // What is told of an earlier wish changes nothing in what is wanted now.
                self.ask(&centre, &command).await;
                continue;
            }
            let Some((centre, command)) = self.wish() else { continue };
            if let Some(answer) = self.ask_until_told(&centre, &command, &stop).await {
                self.learn(&centre, &command, &answer);
            }
            self.remembered.push((centre, command));
            if self.remembered.len() > REMEMBERED {
                self.remembered.remove(0);
            }
        }
        self.tally
    }

    async fn pause(&mut self) {
        let longest_us = u64::try_from(self.plan.longest_pause.as_micros()).unwrap_or(u64::MAX);
        // At times long enough for a hold to lapse.
        let times = if self.chance.of_thousand(25) { 100 } else { 1 };
        let pause_us = self.chance.between(0, longest_us).saturating_mul(times).min(4_000_000);
        tokio::time::sleep(Duration::from_micros(pause_us)).await;
    }

    /// What it wants next.
    fn wish(&mut self) -> Option<(CentreId, CentreCommand)> {
        let Some((centre, registration)) = self.registration.clone() else { return self.register() };
        let drawn = self.chance.between(0, 100);
        let command = match (self.hold, self.booked) {
            (None, _) if self.fed_up || drawn < 5 => withdraw(registration),
            (None, _) if drawn < 7 => CentreCommand::ConfirmHold { hold: HoldId(self.uuid()) },
            (None, _) => self.place(registration, None),
            (Some(hold), false) => match drawn {
                0..45 => CentreCommand::ConfirmHold { hold },
                45..60 => CentreCommand::ReleaseHold { hold },
                60..75 => CentreCommand::ExtendHold { hold },
                75..95 => self.place(registration, Some(hold)),
                _ => self.place(registration, None),
            },
            (Some(booking), true) => match drawn {
                0..40 => self.reschedule(booking),
                40..65 => cancel(booking, CancelDoses::Both),
                65..80 => cancel(booking, CancelDoses::Second),
                80..92 => withdraw(registration),
                _ => self.place(registration, None),
            },
        };
        Some((centre, command))
    }

    fn register(&mut self) -> Option<(CentreId, CentreCommand)> {
        let centre = self.chance.one_of(&self.plan.world.centres)?.clone();
        // A few are the same person under two registrations.
        let who = if self.chance.of_thousand(60) { self.number % 8 } else { self.number };
        let reference = Reference::new(prefix_of(&centre).ok()?, self.chance.draw() >> 24);
        let command = CentreCommand::Register {
            registration: RegistrationId(self.uuid()),
            reference,
            made_by: MadeBy::Proxy,
            person: person(who).ok()?,
        };
        Some((centre, command))
    }

    fn place(&mut self, registration: RegistrationId, instead_of: Option<HoldId>) -> CentreCommand {
        let first = self.chance.one_of(&SmallWorld::firsts()).copied().unwrap_or(schemas::ids::SlotId(1));
        let second = self.chance.one_of(&SmallWorld::seconds()).copied();
        let second = second.filter(|_| self.chance.of_thousand(300));
        CentreCommand::PlaceHold { hold: HoldId(self.uuid()), registration, first, second, instead_of }
    }

    fn reschedule(&mut self, booking: HoldId) -> CentreCommand {
        let first = self.chance.one_of(&SmallWorld::firsts()).copied();
        let second = self.chance.one_of(&SmallWorld::seconds()).copied();
        let (first, second) = match self.chance.between(0, 3) {
            0 => (first, None),
            1 => (None, second),
            _ => (first, second),
        };
        CentreCommand::RescheduleBooking { booking, change: ChangeId(self.uuid()), first, second }
    }

    /// A version 4 UUID.
    fn uuid(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let drawn = [self.chance.draw(), self.chance.draw()];
        let drawn = drawn.into_iter().flat_map(u64::to_be_bytes);
        bytes.iter_mut().zip(drawn).for_each(|(to, from)| *to = from);
        uuid::Builder::from_random_bytes(bytes).into_uuid().into_bytes()
    }

    /// Asks, and asks again with the same id as long as nothing is known.
    async fn ask_until_told(
        &mut self,
        centre: &CentreId,
        command: &CentreCommand,
        stop: &Stop,
    ) -> Option<Answer> {
        let mut gives_up_at = None;
        loop {
            let answer = self.ask(centre, command).await;
            if stop.is_said() {
                let at = *gives_up_at.get_or_insert_with(|| Monotonic::now() + self.plan.last_patience);
                if Monotonic::now() >= at {
                    return None;
                }
            }
            match answer {
                Answer::Done(_) | Answer::Refused { .. } => return Some(answer),
                Answer::NotDone(NotDone::ShuttingDown | NotDone::Halted) if self.handles.len() == 1 => {
                    return None;
                }
                // Some leave it at that when they know that nothing was done.
                Answer::NotDone(_) if stop.is_said() || self.chance.of_thousand(300) => return None,
                Answer::NotDone(_) | Answer::Unknown => {
                    let pause_ms = self.chance.between(1, 60);
                    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                }
            }
        }
    }

    /// One call, or two of the same at once.
    async fn ask(&mut self, centre: &CentreId, command: &CentreCommand) -> Answer {
        let (Some(one), other) = (self.call(centre, command), self.call(centre, command)) else {
            return Answer::Unknown;
        };
        let other = other.filter(|_| self.chance.of_thousand(60));
        let submit = |(ledger, request): (Ledger, Request)| {
            let (recorder, number) = (self.recorder.clone(), self.number);
            async move { recorder.submit(&ledger, number, request).await }
        };
        let (answer, again) = match other {
            None => (submit(one).await, None),
            Some(other) => {
                let (answer, again) = tokio::join!(submit(one), submit(other));
                (answer, Some(again))
            }
        };
        self.note(&answer);
        if let Some(again) = &again {
            self.note(again);
        }
        again.filter(|_| !matches!(answer, Answer::Done(_))).unwrap_or(answer)
    }

    fn call(&mut self, centre: &CentreId, command: &CentreCommand) -> Option<(Ledger, Request)> {
        let ledger = self.chance.one_of(&self.handles)?.clone();
        let patience = if self.chance.of_thousand(self.plan.impatient) {
            // From none at all to some milliseconds, short ones as likely as long ones.
            let longest_us = [1, 300, 1_000, 4_000, 20_000];
            let longest_us = self.chance.one_of(&longest_us).copied().unwrap_or(1);
            Duration::from_micros(self.chance.between(0, longest_us))
        } else {
            self.plan.patience
        };
        let command = Command::Centre(centre.clone(), command.clone());
        let deadline = Monotonic::now() + patience;
        Some((ledger, Request { command, channel: self.channel, actor: ActorId::NIL, deadline }))
    }

    fn note(&mut self, answer: &Answer) {
        let kind = match answer {
            Answer::Done(receipt) if receipt.repeated => "repeated".to_owned(),
            Answer::Done(_) => "done".to_owned(),
            Answer::Refused { rejection, .. } => format!("refused: {}", rejection.rule()),
            Answer::Unknown => "unknown".to_owned(),
            Answer::NotDone(why) => format!("not done: {why:?}"),
        };
        *self.tally.entry(kind).or_insert(0) += 1;
    }

    /// What it has now, as far as it was told.
    fn learn(&mut self, centre: &CentreId, command: &CentreCommand, answer: &Answer) {
        let done = matches!(answer, Answer::Done(_));
        match command {
            CentreCommand::Register { registration, .. } if done => {
                self.registration = Some((centre.clone(), *registration));
                (self.hold, self.booked, self.fed_up) = (None, false, false);
            }
            CentreCommand::WithdrawRegistration { .. } => self.registration = None,
            CentreCommand::PlaceHold { hold, .. } if done => (self.hold, self.booked) = (Some(*hold), false),
            CentreCommand::ConfirmHold { hold } if done && self.hold == Some(*hold) => self.booked = true,
            CentreCommand::ReleaseHold { .. } if done => self.hold = None,
            CentreCommand::CancelBooking { doses: CancelDoses::Both, .. } if done => self.hold = None,
            _ => {}
        }
        let Answer::Refused { rejection, .. } = answer else { return };
        match rejection {
            Rejection::AlreadyHolding { hold } => (self.hold, self.booked) = (Some(*hold), false),
            Rejection::AlreadyBooked { booking } => (self.hold, self.booked) = (Some(*booking), true),
            Rejection::AlreadyConfirmed => self.booked = true,
            Rejection::HoldLapsed { .. } | Rejection::HoldEnded { .. } | Rejection::BookingEnded { .. } => {
                self.hold = None;
            }
            Rejection::RegistrationEnded { .. } => self.registration = None,
            Rejection::HoldsSpentToday { .. } | Rejection::NeedsDesk => {
                self.fed_up = true;
                self.hold = self.hold.filter(|_| self.booked);
            }
            Rejection::ChangesSpentToday { .. } => self.fed_up = true,
            Rejection::NotFound { .. } => self.hold = None,
            _ => {}
        }
    }
}

fn withdraw(registration: RegistrationId) -> CentreCommand {
    CentreCommand::WithdrawRegistration { registration, reason: WithdrawReason::Person }
}

fn cancel(booking: HoldId, doses: CancelDoses) -> CentreCommand {
    CentreCommand::CancelBooking { booking, doses, reason: CancelReason::Person }
}
