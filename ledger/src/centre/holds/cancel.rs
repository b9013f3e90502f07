//! `CancelBooking`: both places or only the second come back.

use schemas::Instant;
use schemas::events::BookingCancelled;
use schemas::ids::{BookingId, ContentHash, SlotId};
use schemas::vocabulary::{CancelDoses, CancelReason};

use super::{Hold, HoldState};
use crate::answer::Decision;
use crate::centre::known::Known;
use crate::centre::stock::{Draft, Slots, effects, settle};
use crate::centre::{Ask, Centre};
use crate::rejection::Rejection;

impl Centre {
    pub(in crate::centre) fn cancel_booking(
        &self,
        ask: &Ask<'_>,
        id: BookingId,
        doses: CancelDoses,
        reason: CancelReason,
    ) -> Result<Decision, Rejection> {
        let booking = self.booking(id)?;
        if doses == CancelDoses::Second && booking.second.is_none() {
            return Err(Rejection::NotFound { what: "second dose" });
        }
        if let Some(repeat) = cancelled_before(booking, doses, ask.content) {
            return repeat;
        }
        booking.refuse_ended()?;
        let slot = match doses {
            CancelDoses::Both => Some(booking.first),
            CancelDoses::Second => booking.second,
        };
        if self.has_begun(slot, ask.now()) {
            return Err(Rejection::SlotTooSoon);
        }
        let mut events = Vec::new();
        let mut draft = Draft::new(&self.stock);
        let event = cancellation(&mut draft, booking, doses, reason, ask);
        events.push(event.into());
        events.extend(settle::settle(&mut draft, ask.now()).map(Into::into));
        Ok(Decision::Events(events))
    }

    /// A booking, live or ended, but no hold that never became one.
    pub(super) fn booking(&self, id: BookingId) -> Result<&Hold, Rejection> {
        let booking = self.hold(id).filter(|hold| hold.confirmed.is_some());
        booking.ok_or(Rejection::NotFound { what: "booking" })
    }

    /// Whether a slot has begun; what has no slot has not.
    pub(in crate::centre) fn has_begun(&self, slot: Option<SlotId>, now: Instant) -> bool {
        slot.and_then(|id| self.stock.slot(id)).is_some_and(|slot| slot.has_begun(now))
    }
}

/// The same cancellation again. What a withdrawal cancelled was no such command.
fn cancelled_before(
    booking: &Hold,
    doses: CancelDoses,
    content: ContentHash,
) -> Option<Result<Decision, Rejection>> {
    let withdrawn = CancelReason::Withdrawn;
    match (doses, &booking.ended, &booking.second_cancelled) {
        (CancelDoses::Both, Some(end), _) => {
            let by_command = end.state != HoldState::Cancelled(withdrawn) || end.content == Some(content);
            let known = Known { content: end.content?, mark: end.mark };
            by_command.then(|| known.repeat(content))
        }
        (CancelDoses::Second, None, Some(before)) if before.reason == withdrawn => {
            Some(Ok(Decision::Repeat(before.mark)))
        }
        (CancelDoses::Second, None, Some(before)) => {
            Some(Known { content: before.content, mark: before.mark }.repeat(content))
        }
        _ => None,
    }
}

/// The event of a cancellation, with the second place that backs the first one from now on; moves the draft.
pub(in crate::centre) fn cancellation(
    draft: &mut Draft<'_>,
    booking: &Hold,
    doses: CancelDoses,
    reason: CancelReason,
    ask: &Ask<'_>,
) -> BookingCancelled {
    let own = booking.second_kept().filter(|_| doses == CancelDoses::Both);
    let mut event =
        BookingCancelled { booking: booking.id, doses, reason, backed_by: own, content: ask.content };
    if doses == CancelDoses::Both && own.is_none() && two_doses(draft, booking.first) {
        event.backed_by = draft.earliest_second(booking.first, ask.now());
    }
    effects::cancelled(draft, booking, &event).ok();
    event
}

/// Whether a first-dose slot is of a two-dose vaccine.
pub(super) fn two_doses(slots: &impl Slots, first: SlotId) -> bool {
    slots.slot(first).and_then(|slot| slot.first()).is_some_and(|places| places.doses > 1)
}
