//! One vaccination centre: pure `decide`, `apply`, `due` and `check`.
//!
//! `decide` judges a command against the fold and chooses; every choice stands in its events. `apply` folds events,
//! chooses nothing and refuses nothing: what does not fit is noted and found by `check`. Places move in `stock` alone,
//! by the same functions in both.

mod alternatives;
mod breach;
mod by_id;
mod check;
mod desk;
mod due;
mod holds;
mod known;
mod memory;
mod people;
mod read;
mod slot;
mod stock;
mod stored;
mod supply;

#[cfg(test)]
mod tests;

use schemas::events::CentreDescribed;
use schemas::ids::{CentreNumber, ContentHash};
use schemas::{Event, Instant};

use crate::answer::Decision;
use crate::command::{Asked, CentreCommand};
use crate::rejection::{Mark, Rejection};

pub use alternatives::earliest_back;
pub use breach::Breach;
pub use holds::{Cancellation, Change, Hold, HoldEnd, HoldState};
pub use known::Known;
pub use people::{Erasure, Registration, Withdrawal};
pub use read::Totals;
pub use slot::{Counts, FirstPlaces, Places, SecondCounts, Slot};
pub use supply::{Arrival, Delivery};

/// The fold of one centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Centre {
    number: CentreNumber,
    described: Option<Box<Described>>,
    supply: supply::Supply,
    stock: stock::Stock,
    people: people::People,
    holds: holds::Holds,
    memory: memory::Memory,
    last: Option<Mark>,
    breach: Option<Breach>,
}

/// The centre's own description.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
struct Described {
    centre: CentreDescribed,
    known: Known,
}

/// A command's moment and its content.
struct Ask<'a> {
    asked: &'a Asked,
    content: ContentHash,
}

impl Ask<'_> {
    fn now(&self) -> Instant {
        self.asked.now
    }

    /// A decision of a single event.
    #[expect(clippy::unused_self, reason = "reads as `ask.one(event)` where every rule ends")]
    fn one(&self, event: impl Into<Event>) -> Result<Decision, Rejection> {
        Ok(Decision::Events(vec![event.into()]))
    }
}

impl Centre {
    /// A blank centre, which takes nothing but its description.
    pub fn new(number: CentreNumber) -> Self {
        Self {
            number,
            described: None,
            supply: supply::Supply::default(),
            stock: stock::Stock::default(),
            people: people::People::default(),
            holds: holds::Holds::default(),
            memory: memory::Memory::default(),
            last: None,
            breach: None,
        }
    }

    /// What a command leads to. What is due at `asked.now` must have been decided and applied before.
    ///
    /// # Errors
    /// The rule that refuses it, the first in the order of DOMAIN 3.
    pub fn decide(&self, command: &CentreCommand, asked: &Asked) -> Result<Decision, Rejection> {
        let ask = &Ask { asked, content: command.content() };
        if self.described.is_none() && !matches!(command, CentreCommand::DescribeCentre(_)) {
            return Err(Rejection::NotFound { what: "centre" });
        }
        let decision = self.decide_for_supply(ask, command)?;
        refuse_too_large(&decision)?;
        Ok(decision)
    }

    fn decide_for_supply(&self, ask: &Ask<'_>, command: &CentreCommand) -> Result<Decision, Rejection> {
        match command {
            CentreCommand::DescribeCentre(wanted) => self.describe(ask, wanted),
            CentreCommand::SetRules { rules, effective_at, set } => {
                self.set_rules(ask, *rules, *effective_at, set)
            }
            CentreCommand::AnnounceDelivery { delivery, vaccine, doses, due_on } => {
                self.announce(ask, *delivery, *vaccine, *doses, *due_on)
            }
            CentreCommand::ReceiveDelivery { delivery, lot, doses, received_on } => {
                self.receive(ask, *delivery, lot, *doses, *received_on)
            }
            CentreCommand::ReleaseSlots { release, delivery, vaccine, slots } => {
                self.release_slots(ask, *release, *delivery, *vaccine, slots)
            }
            CentreCommand::ShrinkSlots { shrink, reason, slots } => {
                self.shrink_slots(ask, *shrink, *reason, slots)
            }
            other => self.decide_for_people(ask, other),
        }
    }

    fn decide_for_people(&self, ask: &Ask<'_>, command: &CentreCommand) -> Result<Decision, Rejection> {
        match command {
            CentreCommand::Register { registration, reference, made_by, person } => {
                self.register(ask, *registration, reference, *made_by, person)
            }
            CentreCommand::AmendRegistration { registration, revision, person, distinct_from } => {
                self.amend(ask, *registration, *revision, person, distinct_from)
            }
            CentreCommand::WithdrawRegistration { registration, reason } => {
                self.withdraw(ask, *registration, *reason)
            }
            CentreCommand::ReissueAccess { registration, access, .. } => {
                self.reissue_access(ask, *registration, *access)
            }
            CentreCommand::Erase { registration, ended_in_views } => {
                self.erase(ask, *registration, *ended_in_views)
            }
            CentreCommand::FinishErasure { registration } => self.finish_erasure(ask, *registration),
            other => self.decide_for_holds(ask, other),
        }
    }

    fn decide_for_holds(&self, ask: &Ask<'_>, command: &CentreCommand) -> Result<Decision, Rejection> {
        match *command {
            CentreCommand::PlaceHold { hold, registration, first, second, instead_of } => {
                self.place_hold(ask, holds::Wish { hold, registration, first, second, instead_of })
            }
            CentreCommand::ExtendHold { hold } => self.extend_hold(ask, hold),
            CentreCommand::ReleaseHold { hold } => self.release_hold(ask, hold),
            CentreCommand::ConfirmHold { hold } => self.confirm_hold(ask, hold),
            CentreCommand::RescheduleBooking { booking, change, first, second } => {
                self.reschedule_booking(ask, booking, change, (first, second))
            }
            CentreCommand::CancelBooking { booking, doses, reason } => {
                self.cancel_booking(ask, booking, doses, reason)
            }
            // The two above have taken all others.
            _ => Err(Rejection::NotFound { what: "command" }),
        }
    }

    /// Folds an event of the record at `mark`. Total: what does not fit is noted for `check`.
    pub fn apply(&mut self, event: &Event, mark: &Mark) {
        self.last = Some(*mark);
        self.clear_up();
        if let Err(breach) = self.fold(event, mark) {
            self.breach.get_or_insert(breach);
        }
    }

    fn fold(&mut self, event: &Event, mark: &Mark) -> breach::Moved {
        match event {
            Event::CentreDescribed(event) => self.fold_described(event, mark),
            Event::RulesSet(event) => self.fold_rules(event, mark),
            Event::DeliveryAnnounced(event) => self.fold_announced(event, mark),
            Event::DeliveryReceived(event) => self.fold_received(event, mark),
            Event::SlotsReleased(event) => self.fold_released(event, mark),
            Event::SlotsShrunk(event) => self.fold_shrunk(event, mark),
            Event::ContingentsReturned(event) => stock::effects::contingents_returned(&mut self.stock, event),
            Event::PlacesReturned(event) => stock::effects::places_returned(&mut self.stock, event),
            Event::RegistrationAccepted(event) => self.fold_accepted(event, mark),
            Event::RegistrationAmended(event) => self.fold_amended(event, mark),
            Event::RegistrationWithdrawn(event) => self.fold_withdrawn(event, mark),
            Event::AccessReissued(event) => self.fold_access(event, mark),
            Event::ErasureOrdered(event) => self.fold_erasure_ordered(event, mark),
            Event::ErasureDone(event) => self.fold_erasure_done(event, mark),
            Event::HoldPlaced(event) => self.fold_hold_placed(event, mark),
            Event::HoldExtended(event) => self.fold_hold_extended(event, mark),
            Event::HoldReleased(event) => self.fold_hold_released(event, mark),
            Event::HoldExpired(event) => self.fold_hold_expired(event, mark),
            Event::BookingConfirmed(event) => self.fold_booking_confirmed(event, mark),
            Event::BookingRescheduled(event) => self.fold_booking_rescheduled(event, mark),
            Event::BookingCancelled(event) => self.fold_booking_cancelled(event, mark),
            Event::ChannelSet(_) | Event::RecordsRead(_) => Err(Breach::Misplaced { event: event.name() }),
        }
    }
}

/// So many ids of 16 bytes leave most of a record's room for the rest.
const FEW: usize = 1_000;

/// What the edge did not bound may be too long for a record; releases and shrinks ask for themselves, all else is short.
fn refuse_too_large(decision: &Decision) -> Result<(), Rejection> {
    let Decision::Events(events) = decision else { return Ok(()) };
    let unbounded = |event: &Event| match event {
        Event::CentreDescribed(_) | Event::RulesSet(_) | Event::DeliveryReceived(_) => true,
        // Short beside these two lists, and written all day.
        Event::RegistrationAccepted(event) => event.pseudonyms.len() > FEW,
        Event::RegistrationAmended(event) => event.pseudonyms.len() + event.distinct_from.len() > FEW,
        _ => false,
    };
    if events.iter().any(unbounded) && !supply::fits_a_record(events) {
        return Err(Rejection::TooManySlots { what: "the command does not fit into one record".to_owned() });
    }
    Ok(())
}
