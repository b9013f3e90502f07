//! `ExtendHold`, `ReleaseHold` and `ConfirmHold`: what becomes of a hold.

use schemas::events::{BookingConfirmed, HoldExtended, HoldReleased};
use schemas::ids::HoldId;
use schemas::vocabulary::ReleaseReason;

use super::{Hold, HoldState};
use crate::answer::Decision;
use crate::centre::{Ask, Centre, desk::Rival};
use crate::rejection::{Mark, Rejection};

const NO_HOLD: Rejection = Rejection::NotFound { what: "hold" };

impl Centre {
    pub(in crate::centre) fn extend_hold(&self, ask: &Ask<'_>, id: HoldId) -> Result<Decision, Rejection> {
        let hold = self.hold(id).ok_or(NO_HOLD)?;
        hold.refuse_ended()?;
        if let Some(extended) = hold.extended {
            return Ok(Decision::Repeat(extended));
        }
        if hold.state() == HoldState::Booked {
            return Err(Rejection::AlreadyConfirmed);
        }
        self.refuse_lapsed(hold, ask)?;
        let rules = self.rules_in_force(ask.now())?;
        let deadline_at = hold.deadline_at.plus_seconds(rules.holds.extension_s);
        ask.one(HoldExtended { hold: id, deadline_at, content: ask.content })
    }

    pub(in crate::centre) fn release_hold(&self, ask: &Ask<'_>, id: HoldId) -> Result<Decision, Rejection> {
        let hold = self.hold(id).ok_or(NO_HOLD)?;
        let reason = ReleaseReason::GivenUp;
        if let Some(end) = hold.ended.as_ref().filter(|end| end.state == HoldState::Released(reason)) {
            return Ok(Decision::Repeat(end.mark));
        }
        hold.refuse_ended()?;
        if hold.state() == HoldState::Booked {
            return Err(Rejection::AlreadyConfirmed);
        }
        self.refuse_lapsed(hold, ask)?;
        ask.one(HoldReleased { hold: id, reason, content: ask.content })
    }

    pub(in crate::centre) fn confirm_hold(&self, ask: &Ask<'_>, id: HoldId) -> Result<Decision, Rejection> {
        let hold = self.hold(id).ok_or(NO_HOLD)?;
        hold.refuse_ended()?;
        if let Some(confirmed) = hold.confirmed {
            return Ok(Decision::Repeat(confirmed));
        }
        self.refuse_lapsed(hold, ask)?;
        let person = self.owner(hold).ok_or(Rejection::NotFound { what: "registration" })?;
        self.refuse_rivals(person, Rival::Booking)?;
        ask.one(BookingConfirmed { booking: id, content: ask.content })
    }

    /// A hold at its deadline is no longer live. What is due is decided before any command, so this is met only by
    /// who asks `decide` without having drained `due`; the last record then stands for the end.
    fn refuse_lapsed(&self, hold: &Hold, ask: &Ask<'_>) -> Result<(), Rejection> {
        if ask.now() < hold.deadline_at {
            return Ok(());
        }
        let unrecorded = Mark { time: hold.deadline_at, ..hold.placed };
        Err(Rejection::HoldLapsed { ended: self.last.unwrap_or(unrecorded) })
    }
}
