//! Cancelling a booking.

use ledger::{Asked, CentreCommand, Decision, Rejection};
use schemas::events::BookingCancelled;
use schemas::ids::{ContentHash, SlotId};
use schemas::vocabulary::{CancelDoses, CancelReason};

use super::lists::{Hold, Model, Told};
use super::{Draft, not_found};

impl Model {
    pub(super) fn decide_cancel(
        &self,
        command: &CentreCommand,
        asked: &Asked,
    ) -> Result<Decision, Rejection> {
        let CentreCommand::CancelBooking { booking, doses, reason } = *command else {
            return Err(not_found("command"));
        };
        let content = command.content();
        let hold = self.hold(booking).filter(|hold| hold.confirmed.is_some()).ok_or(not_found("booking"))?;
        if doses == CancelDoses::Second && hold.placed.event.second.is_none() {
            return Err(not_found("second"));
        }
        if doses == CancelDoses::Both
            && let Some(repeat) = cancelled_before(hold.cancelled.as_ref(), content)?
        {
            return Ok(repeat);
        }
        if let Some(end) = hold.end() {
            return Err(end);
        }
        if doses == CancelDoses::Second
            && let Some(repeat) = cancelled_before(hold.second_cancelled.as_ref(), content)?
        {
            return Ok(repeat);
        }
        let begun = |slot: Option<SlotId>| {
            slot.and_then(|slot| self.slot(slot)).is_some_and(|slot| slot.begun(asked.now))
        };
        let too_late = match doses {
            CancelDoses::Both => begun(Some(hold.first)),
            CancelDoses::Second => begun(hold.second),
        };
        if too_late {
            return Err(Rejection::SlotTooSoon);
        }
        let mut draft = Draft::new(self, asked.now);
        draft.cancel(hold, doses, reason, content);
        Ok(draft.finish())
    }
}

/// The same cancellation again is a repeat; the same doses for another reason are other content.
fn cancelled_before(
    before: Option<&Told<BookingCancelled>>,
    content: ContentHash,
) -> Result<Option<Decision>, Rejection> {
    match before {
        Some(told) if told.event.content == content => Ok(Some(Decision::Repeat(told.mark))),
        Some(told) if told.event.reason == CancelReason::Withdrawn => match told.event.doses {
            CancelDoses::Both => Err(Rejection::BookingEnded { ended: told.mark }),
            CancelDoses::Second => Ok(Some(Decision::Repeat(told.mark))),
        },
        Some(_) => Err(Rejection::ContentDiffers),
        None => Ok(None),
    }
}

impl Draft {
    /// Cancels; a first place given back keeps its own second or takes what is free after all the rest.
    pub(super) fn cancel(
        &mut self,
        hold: &Hold,
        doses: CancelDoses,
        reason: CancelReason,
        content: ContentHash,
    ) {
        let backed_by = match doses {
            CancelDoses::Second => None,
            CancelDoses::Both => hold.second.or_else(|| {
                let two = self.model.slot(hold.first).is_some_and(|slot| slot.doses == 2);
                two.then(|| self.model.second_for(hold.first, self.now)).flatten()
            }),
        };
        self.push(BookingCancelled { booking: hold.placed.event.hold, doses, reason, backed_by, content });
    }
}
