//! The end of a registration, with all that hangs on it.

use ledger::{Asked, CentreCommand, Decision, Rejection};
use schemas::events::{ErasureDone, ErasureOrdered, HoldReleased, RegistrationWithdrawn};
use schemas::ids::{ContentHash, RegistrationId};
use schemas::vocabulary::{CancelDoses, CancelReason, ReleaseReason, WithdrawReason};

use super::lists::{Hold, Model};
use super::{Draft, not_found, single};

impl Model {
    pub(super) fn decide_end_of_registration(
        &self,
        command: &CentreCommand,
        asked: &Asked,
    ) -> Result<Decision, Rejection> {
        let content = command.content();
        match *command {
            CentreCommand::WithdrawRegistration { registration, reason } => {
                self.withdraw(registration, reason, content, asked)
            }
            CentreCommand::Erase { registration, ended_in_views } => {
                self.erase(registration, ended_in_views, content, asked)
            }
            CentreCommand::FinishErasure { registration } => self.finish_erasure(registration),
            _ => Err(not_found("command")),
        }
    }

    fn withdraw(
        &self,
        id: RegistrationId,
        reason: WithdrawReason,
        content: ContentHash,
        asked: &Asked,
    ) -> Result<Decision, Rejection> {
        let registration = self.registration(id).ok_or(not_found("registration"))?;
        if let Some(told) = &registration.withdrawn {
            return if told.event.content == content {
                Ok(Decision::Repeat(told.mark))
            } else if told.event.reason == WithdrawReason::Erasure {
                Err(Rejection::RegistrationEnded { ended: told.mark })
            } else {
                Err(Rejection::ContentDiffers)
            };
        }
        let mut draft = Draft::new(self, asked.now);
        draft.end_registration(id, reason, content);
        Ok(Decision::Events(draft.events))
    }

    fn erase(
        &self,
        id: RegistrationId,
        ended_in_views: bool,
        content: ContentHash,
        asked: &Asked,
    ) -> Result<Decision, Rejection> {
        if let Some(ordered) = self.erasures.iter().find(|told| told.event.registration == id) {
            return Ok(Decision::Repeat(ordered.mark));
        }
        let live = match self.registration(id) {
            Some(registration) => registration.ended().is_none(),
            None if ended_in_views => false,
            None => return Err(not_found("registration")),
        };
        let mut draft = Draft::new(self, asked.now);
        if live {
            draft.end_registration(id, WithdrawReason::Erasure, content);
        }
        draft.push(ErasureOrdered { registration: id, content });
        Ok(Decision::Events(draft.events))
    }

    fn finish_erasure(&self, id: RegistrationId) -> Result<Decision, Rejection> {
        if let Some(done) = self.erased.iter().find(|told| told.event.registration == id) {
            return Ok(Decision::Repeat(done.mark));
        }
        if self.erasures.iter().any(|told| told.event.registration == id) {
            return single(ErasureDone { registration: id });
        }
        Err(not_found("erasure"))
    }
}

impl Draft {
    /// Gives back what the registration has, serves who waits, and ends it last.
    fn end_registration(&mut self, id: RegistrationId, reason: WithdrawReason, content: ContentHash) {
        if let Some(hold) = self.model.live_hold_of(id).cloned() {
            let hold = hold.placed.event.hold;
            self.push(HoldReleased { hold, reason: ReleaseReason::Withdrawn, content });
        }
        if let Some(booking) = self.model.live_booking_of(id).cloned()
            && let Some(doses) = self.left_to_cancel(&booking)
        {
            self.cancel(&booking, doses, CancelReason::Withdrawn, content);
        }
        self.return_places();
        self.push(RegistrationWithdrawn { registration: id, reason, content });
    }

    /// `both` while the first has not begun, then `second` while that has not, then nothing.
    fn left_to_cancel(&self, booking: &Hold) -> Option<CancelDoses> {
        let begun = |slot| self.model.slot(slot).is_some_and(|slot| slot.begun(self.now));
        if !begun(booking.first) {
            return Some(CancelDoses::Both);
        }
        booking.second.filter(|&second| !begun(second)).map(|_| CancelDoses::Second)
    }
}
