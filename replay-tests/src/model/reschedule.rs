//! Moving a booking.

use ledger::{Asked, CentreCommand, Decision, Rejection};
use schemas::events::BookingRescheduled;
use schemas::ids::{ChangeId, ContentHash, SlotId};
use schemas::vocabulary::ChangeCause;

use super::lists::{Hold, Model, Registration, Slot};
use super::places::{first_of, full, shape};
use super::{Draft, not_found};

/// The slots that a booking is to move to; none: it stays.
struct Move<'a> {
    first: Option<&'a Slot>,
    second: Option<&'a Slot>,
}

impl Model {
    pub(super) fn decide_reschedule(
        &self,
        command: &CentreCommand,
        asked: &Asked,
    ) -> Result<Decision, Rejection> {
        let CentreCommand::RescheduleBooking { booking, change, first, second } = *command else {
            return Err(not_found("command"));
        };
        let content = command.content();
        let hold = self.hold(booking).filter(|hold| hold.confirmed.is_some()).ok_or(not_found("booking"))?;
        if let Some(repeat) = self.changed_before(hold, change, content)? {
            return Ok(repeat);
        }
        let to = Move {
            first: self.other_slot(first, Some(hold.first))?,
            second: self.other_slot(second, hold.second)?,
        };
        self.may_move(hold, &to, asked)?;
        self.moved(hold, &to, change, content, asked)
    }

    /// A repeat of a change, or what forbids any.
    fn changed_before(
        &self,
        hold: &Hold,
        change: ChangeId,
        content: ContentHash,
    ) -> Result<Option<Decision>, Rejection> {
        let known = hold.changes.iter().find(|told| told.event.change == change);
        let of_another = |other: &&Hold| {
            other.placed.event.hold != hold.placed.event.hold
                && other.changes.iter().any(|told| told.event.change == change)
        };
        if self.holds.iter().any(|other| of_another(&other)) {
            return Err(Rejection::ContentDiffers);
        }
        if known.is_some_and(|told| told.event.content != content) {
            return Err(Rejection::ContentDiffers);
        }
        if let Some(end) = hold.end() {
            return Err(end);
        }
        Ok(known.map(|told| Decision::Repeat(told.mark)))
    }

    /// A named slot, unless the booking has it already.
    fn other_slot(&self, named: Option<SlotId>, has: Option<SlotId>) -> Result<Option<&Slot>, Rejection> {
        match named {
            Some(named) => {
                let slot = self.slot(named).ok_or(not_found("slot"))?;
                Ok(Some(slot).filter(|_| has != Some(named)))
            }
            None => Ok(None),
        }
    }

    fn may_move(&self, hold: &Hold, to: &Move<'_>, asked: &Asked) -> Result<(), Rejection> {
        // A booking may outlive its registration, when both its slots had begun before that ended.
        let registration = self
            .registration(hold.placed.event.registration)
            .filter(|registration| registration.accepted.mark.seq < hold.placed.mark.seq);
        if let Some(ended) = registration.and_then(Registration::ended) {
            return Err(Rejection::RegistrationEnded { ended });
        }
        if to.first.is_none() && to.second.is_none() {
            return Err(Rejection::NothingToChange);
        }
        let limit = self.rules_at(asked.now).map_or(0, |rules| rules.changes_per_day);
        let spent = hold.changes.iter().filter(|told| told.event.asked_on == asked.on).count();
        if spent >= usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(Rejection::ChangesSpentToday { limit });
        }
        if let Some(registration) = registration {
            self.cohort_open(registration, asked)?;
        }
        let begun = |slot: Option<SlotId>| {
            slot.and_then(|slot| self.slot(slot)).is_some_and(|slot| slot.begun(asked.now))
        };
        let gone = hold.second_cancelled.is_some() || begun(hold.second);
        let single = hold.placed.event.second.is_none();
        if gone || ((single || to.first.is_some()) && begun(Some(hold.first))) {
            return Err(Rejection::SlotTooSoon);
        }
        for slot in [to.first, to.second].into_iter().flatten() {
            self.late_enough(slot, asked)?;
        }
        let first = self.slot(hold.first).ok_or(not_found("slot"))?;
        let kept = hold.second.and_then(|second| self.slot(second));
        let new_first = to.first.unwrap_or(first);
        if first.doses != new_first.doses {
            return Err(Rejection::VaccineMismatch);
        }
        shape(new_first, to.second.or(kept), first.vaccine)
    }

    /// The places, judged as if the old ones had come back first.
    fn moved(
        &self,
        hold: &Hold,
        to: &Move<'_>,
        change: ChangeId,
        content: ContentHash,
        asked: &Asked,
    ) -> Result<Decision, Rejection> {
        let (contingent, frees, own_second) = match (to.first, to.second) {
            (Some(first), Some(second)) => {
                let (contingent, (_, frees)) = first_of(
                    self.first_place(first, asked.channel, None),
                    self.second_place(first, Some(second.id)),
                )?;
                (Some(contingent), frees, hold.second)
            }
            (Some(first), None) => {
                let contingent = self.first_place(first, asked.channel, None)?;
                (Some(contingent), self.latest_backing(first.id), None)
            }
            (None, Some(second)) => (None, self.free_second(second)?, None),
            (None, None) => return Err(Rejection::NothingToChange),
        };
        let mut event = BookingRescheduled {
            booking: hold.placed.event.hold,
            revision: hold.changes.last().map_or(1, |told| told.event.revision) + 1,
            change,
            first: to.first.map(|slot| slot.id),
            second: to.second.map(|slot| slot.id),
            contingent,
            frees,
            backed_by: own_second,
            asked_on: asked.on,
            cause: ChangeCause::Asked,
            content,
        };
        if to.first.is_some() && own_second.is_none() {
            // The first place given back takes what is free after all the rest.
            let mut scratch = Draft::new(self, asked.now);
            scratch.push(event.clone());
            event.backed_by = scratch.model.second_for(hold.first, asked.now);
        }
        let mut draft = Draft::new(self, asked.now);
        draft.push(event);
        Ok(draft.finish())
    }

    /// A second place alone must be free: nothing of it is kept for anybody's first.
    fn free_second(&self, second: &Slot) -> Result<Option<SlotId>, Rejection> {
        let tally = self.tally(second.id, None);
        match (tally.free, tally.reserved) {
            (0, 0) => Err(full()),
            (0, _) => Err(Rejection::SecondPlaceReserved { alternatives: Vec::new() }),
            _ => Ok(None),
        }
    }
}
