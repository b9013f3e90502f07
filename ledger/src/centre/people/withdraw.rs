//! `WithdrawRegistration`, `Erase` and `FinishErasure`: how a registration ends.

use schemas::Event;
use schemas::events::{ErasureDone, ErasureOrdered, HoldReleased, RegistrationWithdrawn};
use schemas::ids::RegistrationId;
use schemas::vocabulary::{CancelDoses, CancelReason, ReleaseReason, WithdrawReason};

use super::{Registration, Withdrawal};
use crate::answer::Decision;
use crate::centre::holds::{Hold, HoldState, cancellation};
use crate::centre::known::Known;
use crate::centre::stock::{Draft, effects, settle};
use crate::centre::{Ask, Centre};
use crate::rejection::Rejection;

impl Centre {
    pub(in crate::centre) fn withdraw(
        &self,
        ask: &Ask<'_>,
        id: RegistrationId,
        reason: WithdrawReason,
    ) -> Result<Decision, Rejection> {
        let person = self.person(id)?;
        if let Some(end) = person.ended.as_ref().filter(|end| !self.ended_by_erasure(id, end)) {
            return Known { content: end.content, mark: end.mark }.repeat(ask.content);
        }
        person.refuse_ended()?;
        Ok(Decision::Events(self.end_of(ask, person, reason)))
    }

    pub(in crate::centre) fn erase(
        &self,
        ask: &Ask<'_>,
        id: RegistrationId,
        ended_in_views: bool,
    ) -> Result<Decision, Rejection> {
        if let Some(erasure) = self.erasure(id) {
            return Ok(Decision::Repeat(erasure.ordered));
        }
        let mut events = match self.registration(id) {
            Some(person) if person.ended.is_none() => self.end_of(ask, person, WithdrawReason::Erasure),
            None if !ended_in_views => return Err(Rejection::NotFound { what: "registration" }),
            _ => Vec::new(),
        };
        events.push(ErasureOrdered { registration: id, content: ask.content }.into());
        Ok(Decision::Events(events))
    }

    pub(in crate::centre) fn finish_erasure(
        &self,
        ask: &Ask<'_>,
        id: RegistrationId,
    ) -> Result<Decision, Rejection> {
        match self.erasure(id) {
            None => Err(Rejection::NotFound { what: "erasure" }),
            Some(erasure) => match erasure.done {
                Some(done) => Ok(Decision::Repeat(done)),
                None => ask.one(ErasureDone { registration: id }),
            },
        }
    }

    fn ended_by_erasure(&self, id: RegistrationId, end: &Withdrawal) -> bool {
        self.erasure(id).is_some_and(|erasure| erasure.ordered == end.mark)
    }

    /// What ends with a registration, who waits for it, and the registration's own end last.
    fn end_of(&self, ask: &Ask<'_>, person: &Registration, reason: WithdrawReason) -> Vec<Event> {
        let mut draft = Draft::new(&self.stock);
        let current = person.current.and_then(|id| self.hold(id));
        let mut events: Vec<Event> =
            current.and_then(|hold| self.given_back(ask, &mut draft, hold)).into_iter().collect();
        events.extend(settle::settle(&mut draft, ask.now()).map(Into::into));
        let content = ask.content;
        events.push(RegistrationWithdrawn { registration: person.id, reason, content }.into());
        events
    }

    /// A hold is released, a booking cancelled as far as it has not begun.
    fn given_back(&self, ask: &Ask<'_>, draft: &mut Draft<'_>, hold: &Hold) -> Option<Event> {
        if hold.state() == HoldState::Live {
            effects::hold_returned(draft, hold).ok();
            let reason = ReleaseReason::Withdrawn;
            return Some(HoldReleased { hold: hold.id, reason, content: ask.content }.into());
        }
        let second = hold.second_kept();
        let doses = if !self.has_begun(Some(hold.first), ask.now()) {
            CancelDoses::Both
        } else if second.is_some() && !self.has_begun(second, ask.now()) {
            CancelDoses::Second
        } else {
            return None;
        };
        Some(cancellation(draft, hold, doses, CancelReason::Withdrawn, ask).into())
    }
}
