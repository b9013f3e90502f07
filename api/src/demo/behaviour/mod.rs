//! What a person makes of an answer: (state, answer) to the next request and when it is made. Pure.
//!
//! A visit goes: register, think it over, look around, look at a day, hold, confirm. Whoever finds nothing comes back:
//! after the time that the refusal names, or after a growing, jittered pause, and for the last time when the
//! contingents have flowed back. Nobody cancels or moves after that, so that the morning comes to an end.

mod after;
mod hold;
mod look;
mod pause;

use schemas::{CivilDate, Instant};

use super::chance::{Chance, Draws, Purpose};
use super::intentions::{Calendar, FirstHold, Intentions, Later};
use super::population::{Person, Way};
use super::seen::{Offer, Pair, Refusal, Seen};

/// A request that a person makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Registers.
    Register,
    /// Looks at the days of the centre.
    Look,
    /// Asks for pairs near a date.
    Pairs(CivilDate),
    /// Looks at the slots of a day.
    Day(CivilDate),
    /// Holds a pair.
    Hold {
        /// Numbers the person's holds; its id is drawn by it.
        hold: u16,
        /// What is to be held.
        pair: Pair,
        /// The first place's date, where it is known, for later changes.
        first_on: Option<CivilDate>,
        /// The hold that it replaces.
        instead_of: Option<u16>,
    },
    /// Confirms the live hold.
    Confirm(u16),
    /// Extends the live hold.
    Extend(u16),
    /// Gives the live hold back.
    Release(u16),
    /// Cancels both doses of the booking.
    CancelBoth(u16),
    /// Cancels the second dose only.
    CancelSecond(u16),
    /// Moves the booking; without a second place only its first dose.
    Move {
        /// The booking.
        booking: u16,
        /// Numbers the person's changes; its id is drawn by it.
        change: u16,
        /// The new places.
        pair: Pair,
    },
}

impl Ask {
    /// What it is, in a word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Look => "look",
            Self::Pairs(_) => "pairs",
            Self::Day(_) => "day",
            Self::Hold { .. } => "hold",
            Self::Confirm(_) => "confirm",
            Self::Extend(_) => "extend",
            Self::Release(_) => "release",
            Self::CancelBoth(_) | Self::CancelSecond(_) => "cancel",
            Self::Move { .. } => "move",
        }
    }
}

/// An answer, as far as people act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told<'a> {
    /// It is done (or was before).
    Done,
    /// The days of the centre.
    Days(&'a Seen),
    /// Pairs on offer: proposed, or the bookable slots of a day.
    Offers(&'a [Offer]),
    /// A rule refuses it.
    Refused(&'a Refusal),
}

/// A request to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// When it is made.
    pub at: Instant,
    /// The request.
    pub ask: Ask,
}

/// What a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Has {
    /// Neither hold nor booking.
    #[default]
    Nothing,
    /// A live hold.
    Hold(u16),
    /// A booking of both doses.
    Booking(u16),
    /// A booking whose second dose was cancelled.
    HalfBooking(u16),
}

/// What a person has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct State {
    /// Whether the registration is accepted.
    pub registered: bool,
    /// What the person has.
    pub has: Has,
    /// The date of the first place held or booked.
    pub first_on: Option<CivilDate>,
    /// Whether the person has let a booking go and wants no other.
    pub content_without: bool,
    holds: u16,
    held_once: bool,
    booked_once: bool,
    changes: u16,
    steps: u16,
    pauses: u8,
    tries: u8,
}

/// A person at one moment: everything that a decision may depend on besides the state.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The source of all draws.
    pub chance: &'a Chance,
    /// The instants of the morning.
    pub calendar: &'a Calendar,
    /// The person's number.
    pub number: u32,
    /// Who it is.
    pub person: &'a Person,
    /// What the person means to do.
    pub intentions: &'a Intentions,
    /// The virtual time.
    pub now: Instant,
}

/// A person's first request.
pub fn first(intentions: &Intentions) -> Next {
    Next { at: intentions.arrives_at, ask: Ask::Register }
}

/// Takes an answer and says what the person asks next; none: nothing more.
pub fn step(moment: &Moment<'_>, state: &mut State, ask: Ask, told: Told<'_>) -> Option<Next> {
    match (ask, told) {
        (Ask::Register, Told::Done) => {
            state.registered = true;
            look::when_thought_over(moment, state)
        }
        (Ask::Look, Told::Days(seen)) => look::at_days(moment, state, seen),
        (Ask::Pairs(_) | Ask::Day(_), Told::Offers(offers)) => look::at_offers(moment, state, offers),
        (Ask::Hold { hold, first_on, .. }, Told::Done) => hold::placed(moment, state, hold, first_on),
        (Ask::Hold { .. }, Told::Refused(refusal)) => hold::refused(moment, state, refusal),
        (Ask::Extend(hold), Told::Done) => hold::extended(moment, state, hold),
        (Ask::Confirm(hold), Told::Done) => after::booked(moment, state, hold),
        (Ask::Extend(_) | Ask::Confirm(_), Told::Refused(_)) => hold::lost(moment, state),
        (Ask::Release(_), _) => hold::given_back(moment, state),
        (Ask::CancelSecond(booking), Told::Done) => after::second_cancelled(moment, state, booking),
        (Ask::CancelBoth(_), Told::Done) => after::cancelled(moment, state),
        // Whatever else is refused or fails leaves the person with what he has.
        _ => None,
    }
}

/// Whether a request is still made at this time. Bookings are not given back once the contingents have flowed together,
/// except by those who have cancelled their second dose already; and whoever has nothing on Friday evening gives up.
pub fn still_wanted(moment: &Moment<'_>, state: &State, ask: Ask) -> bool {
    let gives_back = matches!(ask, Ask::CancelBoth(_) | Ask::CancelSecond(_) | Ask::Move { .. });
    if ask == Ask::Look && state.has == Has::Nothing && moment.now >= moment.calendar.closes_at {
        return false;
    }
    !gives_back || matches!(state.has, Has::HalfBooking(_)) || moment.now < moment.calendar.flows_back_at
}

/// Calls somebody back who had given up: word gets round that there is room again.
pub fn hears_of_room(moment: &Moment<'_>, state: &mut State, even_if_content: bool) -> Option<Next> {
    let wants = state.registered && state.has == Has::Nothing && (even_if_content || !state.content_without);
    let mut draws = moment.draws(state);
    wants.then(|| moment.after(draws.between_s(30, 600), Ask::Look))
}

impl Moment<'_> {
    fn draws(&self, state: &mut State) -> Draws {
        state.steps = state.steps.wrapping_add(1);
        self.chance.draws(self.number, Purpose::Step, state.steps)
    }

    fn after(&self, millis: u64, ask: Ask) -> Next {
        Next { at: self.now.plus_millis(millis), ask }
    }

    /// A moment of thought: seconds to a minute in the browser, less with an agent who knows the screen.
    fn soon(&self, draws: &mut Draws, ask: Ask) -> Next {
        let millis = if self.is_call() { draws.between_s(8, 25) } else { draws.between_s(4, 40) };
        self.after(millis, ask)
    }

    fn is_call(&self) -> bool {
        self.person.way == Way::Phone
    }

    fn first_hold_fate(&self, state: &State) -> FirstHold {
        if state.held_once { FirstHold::Confirm } else { self.intentions.first_hold }
    }

    fn first_booking_fate(&self, state: &State) -> Later {
        if state.booked_once { Later::Keep } else { self.intentions.later }
    }
}
