//! One citizen on the web: registers, holds, confirms or gives back, and asks again with the same id until he is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant as Monotonic};

use hyper::Method;
use ledger::clock::{Clock as _, WallClock};
use ledger::command::PersonFacts;
use ledger::{CentreCommand, Command, Request};
use schemas::Reference;
use schemas::ids::{ActorId, CentreId, ChangeId, Commitment, Group, HoldId, RegistrationId, SlotId};
use schemas::vocabulary::{AgeBand, CancelDoses, CancelReason, Channel, MadeBy, WithdrawReason};
use serde_json::json;

use super::told::told;
use super::wire::{Doer, Door, Heard, Sent, Wire};
use crate::chance::Chance;
use crate::history::load::SmallWorld;
use crate::history::{Recorder, Told};

/// How long the last question is repeated when it is enough.
const LAST_PATIENCE: Duration = Duration::from_secs(20);
/// Answers of a kind that nobody should get; more are not kept.
const STRANGE_KEPT: usize = 8;

/// What is wanted: over HTTP, and as the ledger's command. An erasure is asked for without being written down: the edge adds to it
/// what only it knows.
#[derive(Debug, Clone)]
struct Wish {
    sent: Sent,
    command: Option<CentreCommand>,
    secret: String,
}

pub(super) struct Citizen {
    number: u32,
    chance: Chance,
    recorder: Recorder,
    clock: WallClock,
    wire: Wire,
    doer: Doer,
    centre: CentreId,
    stop: Arc<AtomicBool>,
    /// What he believes to have, from what he was told.
    registration: Option<RegistrationId>,
    secret: String,
    hold: Option<HoldId>,
    booked: bool,
    before: Vec<Wish>,
    strange: Vec<String>,
}

impl Citizen {
    pub(super) fn new(
        number: u32,
        seed: u64,
        centre: CentreId,
        recorder: Recorder,
        (door, doer): (Door, Doer),
        stop: Arc<AtomicBool>,
    ) -> Self {
        Self {
            number,
            chance: Chance::new(seed ^ (u64::from(number) << 32)),
            recorder,
            clock: WallClock::start(),
            wire: Wire::to(door),
            doer,
            centre,
            stop,
            registration: None,
            secret: String::new(),
            hold: None,
            booked: false,
            before: Vec::new(),
            strange: Vec::new(),
        }
    }

    /// Asks until it is enough; what he was told that nobody should be.
    pub(super) async fn run(mut self) -> Vec<String> {
        while !self.stop.load(Ordering::SeqCst) {
            let pause_ms = self.chance.between(0, 12);
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            if self.chance.of_thousand(80)
                && let Some(wish) = self.chance.one_of(&self.before).cloned()
            {
                // What is told of an earlier wish changes nothing in what is wanted now.
                self.ask(&wish).await;
                continue;
            }
            let Some(wish) = self.wish() else { continue };
            if let Some(told) = self.ask_until_told(&wish).await {
                self.learn(&wish, &told);
            }
            if wish.command.is_none() {
                // Whoever was erased is not there for the edge any more, whatever the ledger would say of his holds.
                self.before.clear();
                continue;
            }
            self.before.push(wish);
            if self.before.len() > 8 {
                self.before.remove(0);
            }
        }
        self.strange
    }

    async fn ask_until_told(&mut self, wish: &Wish) -> Option<Told> {
        let mut gives_up_at = None;
        loop {
            let told = self.ask(wish).await;
            if let Some(Told::Done { .. } | Told::Refused { .. }) = told {
                return told;
            }
            // Without a record of it whatever was said is all that is to be heard.
            if wish.command.is_none() && told.is_some() {
                return told;
            }
            if matches!(told, Some(Told::NotDone(_))) && self.chance.of_thousand(300) {
                return None;
            }
            if self.stop.load(Ordering::SeqCst) {
                let at = *gives_up_at.get_or_insert_with(|| Monotonic::now() + LAST_PATIENCE);
                if Monotonic::now() >= at {
                    return None;
                }
            }
            let pause_ms = self.chance.between(1, 40);
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        }
    }

    /// One question, written down with its answer if there was one.
    async fn ask(&mut self, wish: &Wish) -> Option<Told> {
        if !self.wire.is_open_within(LAST_PATIENCE).await {
            return None;
        }
        let call = wish.command.as_ref().map(|command| {
            let request = Request {
                command: Command::Centre(self.centre.clone(), command.clone()),
                channel: Channel::Web,
                actor: ActorId::NIL,
                deadline: Monotonic::now() + Duration::from_secs(3_600),
            };
            self.recorder.asks(self.number, &request, || Some(self.clock.look_again()))
        });
        let heard = self.wire.ask(&wish.sent, &wish.secret).await.ok()?;
        let told = told(&heard);
        if matches!(told, Some(Told::Done { repeated: false, .. })) {
            self.doer.send_replace(Some(heard.from));
        }
        match (&told, call) {
            (Some(told), Some(call)) => {
                self.recorder.hears(call, told.clone(), Some(self.clock.look_again()))
            }
            (None, _) => self.wonder(wish, &heard),
            (Some(_), None) => {}
        }
        told
    }

    fn wonder(&mut self, wish: &Wish, heard: &Heard) {
        if self.strange.len() < STRANGE_KEPT {
            let Sent { method, path, .. } = &wish.sent;
            self.strange.push(format!("{method} {path} was answered with {} {}", heard.status, heard.body));
        }
    }

    fn wish(&mut self) -> Option<Wish> {
        let Some(registration) = self.registration else { return self.register() };
        let drawn = self.chance.between(0, 100);
        Some(match (self.hold, self.booked) {
            (None, _) if drawn < 6 => self.withdraw(registration),
            (None, _) if drawn < 14 => self.erase(registration),
            (None, _) => self.place(registration, None),
            (Some(hold), false) => match drawn {
                0..45 => self.about_hold(Method::POST, hold, "/confirm", CentreCommand::ConfirmHold { hold }),
                45..60 => self.about_hold(Method::DELETE, hold, "", CentreCommand::ReleaseHold { hold }),
                60..75 => self.about_hold(Method::POST, hold, "/extend", CentreCommand::ExtendHold { hold }),
                _ => self.place(registration, Some(hold)),
            },
            (Some(booking), true) => match drawn {
                0..40 => self.reschedule(booking),
                40..70 => self.cancel(booking, CancelDoses::Both),
                70..80 => self.cancel(booking, CancelDoses::Second),
                80..90 => self.withdraw(registration),
                _ => self.erase(registration),
            },
        })
    }

    fn wanted(&self, method: Method, place: &str, command: Option<CentreCommand>) -> Wish {
        let path = format!("/v1/centres/{}/{place}", self.centre);
        Wish { sent: Sent { method, path, body: None }, command, secret: self.secret.clone() }
    }

    fn register(&mut self) -> Option<Wish> {
        let registration = RegistrationId(self.uuid());
        self.secret = format!("{}{}", RegistrationId(self.uuid()), RegistrationId(self.uuid()));
        // A few are the same person under two registrations.
        let who =
            if self.chance.of_thousand(60) { u64::from(self.number % 3) } else { self.chance.draw() >> 16 };
        let command = CentreCommand::Register {
            registration,
            reference: Reference::new("FRA".parse().ok()?, 0),
            made_by: MadeBy::SelfMade,
            person: nobody()?,
        };
        let place = format!("registrations/{registration}");
        let mut wish = self.wanted(Method::PUT, &place, Some(command));
        let person =
            json!({ "family_name": format!("Muster{who}"), "given_name": "Erika", "born_on": "1938-04-02" });
        wish.sent.body =
            Some(json!({ "group": 1, "district": "06412", "made_by": "self", "person": person }));
        Some(wish)
    }

    fn place(&mut self, registration: RegistrationId, instead_of: Option<HoldId>) -> Wish {
        let first = self.chance.one_of(&SmallWorld::firsts()).copied().unwrap_or(SlotId(1));
        let second = self.chance.one_of(&SmallWorld::seconds()).copied();
        let second = second.filter(|_| self.chance.of_thousand(300));
        let hold = HoldId(self.uuid());
        let command = CentreCommand::PlaceHold { hold, registration, first, second, instead_of };
        let mut wish = self.wanted(Method::PUT, &format!("holds/{hold}"), Some(command));
        let mut body = json!({ "registration": registration, "first": first });
        if let Some(second) = second {
            body["second"] = json!(second);
        }
        if let Some(instead_of) = instead_of {
            body["instead_of"] = json!(instead_of);
        }
        wish.sent.body = Some(body);
        wish
    }

    fn about_hold(&self, method: Method, hold: HoldId, what: &str, command: CentreCommand) -> Wish {
        self.wanted(method, &format!("holds/{hold}{what}"), Some(command))
    }

    fn reschedule(&mut self, booking: HoldId) -> Wish {
        let first = self.chance.one_of(&SmallWorld::firsts()).copied();
        let change = ChangeId(self.uuid());
        let command = CentreCommand::RescheduleBooking { booking, change, first, second: None };
        let mut wish =
            self.wanted(Method::PUT, &format!("bookings/{booking}/changes/{change}"), Some(command));
        wish.sent.body = Some(json!({ "first": first }));
        wish
    }

    fn cancel(&self, booking: HoldId, doses: CancelDoses) -> Wish {
        let command = CentreCommand::CancelBooking { booking, doses, reason: CancelReason::Person };
        let doses = if doses == CancelDoses::Both { "both" } else { "second" };
        self.wanted(Method::DELETE, &format!("bookings/{booking}?doses={doses}"), Some(command))
    }

    fn withdraw(&self, registration: RegistrationId) -> Wish {
        let reason = WithdrawReason::Person;
        let command = CentreCommand::WithdrawRegistration { registration, reason };
        self.wanted(Method::DELETE, &format!("registrations/{registration}"), Some(command))
    }

    fn erase(&self, registration: RegistrationId) -> Wish {
        self.wanted(Method::POST, &format!("registrations/{registration}/erase"), None)
    }

    /// A version 4 UUID.
    fn uuid(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let drawn = [self.chance.draw(), self.chance.draw()];
        let drawn = drawn.into_iter().flat_map(u64::to_be_bytes);
        bytes.iter_mut().zip(drawn).for_each(|(to, from)| *to = from);
        uuid::Builder::from_random_bytes(bytes).into_uuid().into_bytes()
    }

    /// What he has now, as far as he was told.
    fn learn(&mut self, wish: &Wish, told: &Told) {
        let done = matches!(told, Told::Done { .. });
        match &wish.command {
            Some(CentreCommand::Register { registration, .. }) if done => {
                (self.registration, self.hold, self.booked) = (Some(*registration), None, false);
            }
            None | Some(CentreCommand::WithdrawRegistration { .. }) => self.registration = None,
            Some(CentreCommand::PlaceHold { hold, .. }) if done => {
                (self.hold, self.booked) = (Some(*hold), false);
            }
            Some(CentreCommand::ConfirmHold { .. }) if done => self.booked = true,
            Some(CentreCommand::ReleaseHold { .. }) if done => self.hold = None,
            Some(CentreCommand::CancelBooking { doses: CancelDoses::Both, .. }) if done => self.hold = None,
            _ => {}
        }
        let Told::Refused { rule, .. } = told else { return };
        match rule.as_str() {
            "HoldLapsed" | "HoldEnded" | "BookingEnded" | "NotFound" => self.hold = None,
            "AlreadyConfirmed" => self.booked = true,
            // He begins anew as somebody else.
            "RegistrationEnded" | "HoldsSpentToday" | "NeedsDesk" | "ChangesSpentToday"
            | "AlreadyHolding" | "AlreadyBooked" => self.registration = None,
            _ => {}
        }
    }
}

/// Stands in a recording until the log tells what the vault made of the person.
fn nobody() -> Option<PersonFacts> {
    Some(PersonFacts {
        pseudonyms: Vec::new(),
        commitment: Commitment([0; 32]),
        group: Group(1),
        district: "06412".parse().ok()?,
        age_band: AgeBand::of_years(80),
    })
}
