//! An independent model of one centre: plain lists, recounted from scratch for every question.
//!
//! It is written from DOMAIN and the list *The rules made precise* of the ledger's README, never from
//! `ledger::centre`; only the words of commands, events and refusals are shared. There is one row for each single
//! place, so a place can never be given twice without a row that shows it. Slow and obvious is what it is for.

mod apply;
mod back;
mod booking;
mod check;
mod due;
mod hold;
mod lists;
mod moves;
mod people;
mod places;
mod plain;
mod recount;
mod release;
mod reschedule;
mod supply;
mod withdraw;

use ledger::{Asked, CentreCommand, Decision, Mark, Rejection};
use schemas::ids::CentreNumber;
use schemas::{Event, Instant};

pub use lists::{Hold, Model, Place, Registration, Slot, State, Told};
pub use plain::plain;
pub use recount::Tally;

impl Model {
    /// An empty centre.
    pub fn new(number: CentreNumber) -> Self {
        Self { number, ..Self::default() }
    }

    /// What the rules make of a command at this moment.
    ///
    /// # Errors
    /// The first rule that refuses it. Fields that only help the person on (alternatives, when something may come
    /// back, texts) are left empty.
    pub fn decide(&self, command: &CentreCommand, asked: &Asked) -> Result<Decision, Rejection> {
        use CentreCommand as C;
        if self.described.is_empty() && !matches!(command, C::DescribeCentre(_)) {
            return Err(Rejection::NotFound { what: "centre" });
        }
        match command {
            C::DescribeCentre(_)
            | C::SetRules { .. }
            | C::AnnounceDelivery { .. }
            | C::ReceiveDelivery { .. }
            | C::ReleaseSlots { .. }
            | C::ShrinkSlots { .. } => self.decide_supply(command, asked),
            C::Register { .. } | C::AmendRegistration { .. } | C::ReissueAccess { .. } => {
                self.decide_people(command, asked)
            }
            C::WithdrawRegistration { .. } | C::Erase { .. } | C::FinishErasure { .. } => {
                self.decide_end_of_registration(command, asked)
            }
            C::PlaceHold { .. } | C::ExtendHold { .. } | C::ReleaseHold { .. } | C::ConfirmHold { .. } => {
                self.decide_hold(command, asked)
            }
            C::RescheduleBooking { .. } => self.decide_reschedule(command, asked),
            C::CancelBooking { .. } => self.decide_cancel(command, asked),
        }
    }

    /// Takes a record that counts.
    pub fn tell(&mut self, events: &[Event], mark: &Mark) {
        for event in events {
            self.apply(event, mark);
        }
        self.forget(mark.time);
    }
}

/// A decision in the making: each event changes the lists before the next one is thought of.
struct Draft {
    model: Model,
    events: Vec<Event>,
    now: Instant,
}

impl Draft {
    fn new(model: &Model, now: Instant) -> Self {
        Self { model: model.clone(), events: Vec::new(), now }
    }

    fn push(&mut self, event: impl Into<Event>) {
        let event = event.into();
        // Where it will stand is not known yet, and no rule within a record asks for it.
        let mark = Mark { seq: u64::MAX, head: [0; 8], time: self.now };
        self.model.apply(&event, &mark);
        self.events.push(event);
    }

    /// Ends the record: what rests and can be backed now returns.
    fn finish(mut self) -> Decision {
        self.return_places();
        Decision::Events(self.events)
    }

    fn return_places(&mut self) {
        if let Some(returned) = self.model.places_returned(self.now) {
            self.push(returned);
        }
    }
}

fn not_found(what: &'static str) -> Rejection {
    Rejection::NotFound { what }
}

fn single(event: impl Into<Event>) -> Result<Decision, Rejection> {
    Ok(Decision::Events(vec![event.into()]))
}
