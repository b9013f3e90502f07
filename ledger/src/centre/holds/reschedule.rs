//! `RescheduleBooking`: the old places stay unless the new ones are taken.

use schemas::events::BookingRescheduled;
use schemas::ids::{BookingId, ChangeId, SlotId};
use schemas::rules::RuleSet;
use schemas::vocabulary::{ChangeCause, Contingent};

use super::Hold;
use super::cancel::two_doses;
use super::place::{refuse_cohort, refuse_interval, refuse_mismatch};
use crate::answer::Decision;
use crate::centre::alternatives::Whom;
use crate::centre::slot::Slot;
use crate::centre::stock::choose::{
    FirstRefusal, SecondRefusal, first_place, free_second, latest_backing, second_place,
};
use crate::centre::stock::{Draft, Slots, effects, settle};
use crate::centre::{Ask, Centre};
use crate::rejection::Rejection;

/// A change as asked, without what the booking has already.
struct Move<'a> {
    booking: &'a Hold,
    change: ChangeId,
    first: Option<&'a Slot>,
    second: Option<&'a Slot>,
}

/// Where the new places come from.
#[derive(Default)]
struct Places {
    contingent: Option<Contingent>,
    frees: Option<SlotId>,
}

impl Centre {
    pub(in crate::centre) fn reschedule_booking(
        &self,
        ask: &Ask<'_>,
        id: BookingId,
        change: ChangeId,
        (first, second): (Option<SlotId>, Option<SlotId>),
    ) -> Result<Decision, Rejection> {
        let booking = self.booking(id)?;
        if let Some(repeat) = self.changed_before(ask, booking, change) {
            return repeat;
        }
        booking.refuse_ended()?;
        let slot = |id: SlotId| self.stock.slot(id).ok_or(Rejection::NotFound { what: "slot" });
        let first = first.map(slot).transpose()?.filter(|slot| slot.id != booking.first);
        let second = second.map(slot).transpose()?.filter(|slot| Some(slot.id) != booking.second_kept());
        let wanted = Move { booking, change, first, second };
        let person = self.owner(booking);
        person.map_or(Ok(()), |person| person.refuse_ended())?;
        if first.is_none() && second.is_none() {
            return Err(Rejection::NothingToChange);
        }
        let rules = self.rules_in_force(ask.now())?;
        refuse_spent(rules, booking, ask)?;
        person.map_or(Ok(()), |person| refuse_cohort(rules, person, ask))?;
        self.refuse_begun(&wanted, ask)?;
        self.refuse_too_soon(rules, ask, [first, second])?;
        self.refuse_unfit(&wanted)?;
        let places = self.new_places(&wanted, ask)?;
        Ok(Decision::Events(self.moved(&wanted, &places, ask)))
    }

    /// The same change again, or another one with its id.
    fn changed_before(
        &self,
        ask: &Ask<'_>,
        booking: &Hold,
        change: ChangeId,
    ) -> Option<Result<Decision, Rejection>> {
        let owner = self.holds.changed_by(change).and_then(|id| self.hold(id))?;
        let known = owner.changes.iter().find(|before| before.id == change)?.known;
        let answer = known.same(ask.content).and_then(|()| booking.refuse_ended());
        Some(answer.map(|()| Decision::Repeat(known.mark)))
    }

    /// After the first has begun only the second can be moved, after the second (or without one) neither.
    fn refuse_begun(&self, wanted: &Move<'_>, ask: &Ask<'_>) -> Result<(), Rejection> {
        let booking = wanted.booking;
        let first_begun = self.has_begun(Some(booking.first), ask.now());
        let single = booking.second.is_none();
        let second_over = booking.second_cancelled.is_some() || self.has_begun(booking.second, ask.now());
        if second_over || (first_begun && (wanted.first.is_some() || single)) {
            return Err(Rejection::SlotTooSoon);
        }
        Ok(())
    }

    /// One vaccine, the right doses, as many doses as before, and the interval.
    fn refuse_unfit(&self, wanted: &Move<'_>) -> Result<(), Rejection> {
        let booking = wanted.booking;
        let old_first = self.stock.slot(booking.first).ok_or(Rejection::NotFound { what: "slot" })?;
        let first = wanted.first.unwrap_or(old_first);
        let second = wanted.second.or(booking.second.and_then(|id| self.stock.slot(id)));
        refuse_mismatch(first, second)?;
        let doses = |slot: &Slot| slot.first().map(|places| places.doses);
        if first.vaccine != old_first.vaccine || doses(first) != doses(old_first) {
            return Err(Rejection::VaccineMismatch);
        }
        second.map_or(Ok(()), |second| refuse_interval(first, second))
    }

    fn new_places(&self, wanted: &Move<'_>, ask: &Ask<'_>) -> Result<Places, Rejection> {
        let Some(slot) = wanted.first else { return self.new_second(wanted, ask) };
        let whom = Whom::Moves(wanted.booking);
        let places = slot.first().ok_or(Rejection::VaccineMismatch)?;
        let contingent = first_place(places, ask.asked.channel, |_| true);
        let frees = match wanted.second {
            Some(second) => second_place(&self.stock, places, Some(second)).map(|choice| choice.frees),
            None if places.doses > 1 => Ok(latest_backing(&self.stock, places)),
            None => Ok(None),
        };
        match (contingent, frees) {
            (Err(FirstRefusal::Full), _) => Err(self.full(ask, slot, whom)),
            (_, Err(SecondRefusal::Full)) => Err(self.full_second(ask, slot, whom)),
            (Err(refusal), _) => Err(self.refused_first(ask, slot, refusal, whom)),
            (Ok(_), Err(SecondRefusal::Reserved)) => Err(self.reserved(ask, slot, whom)),
            (Ok(contingent), Ok(frees)) => Ok(Places { contingent: Some(contingent), frees }),
        }
    }

    /// The second alone needs a free place.
    fn new_second(&self, wanted: &Move<'_>, ask: &Ask<'_>) -> Result<Places, Rejection> {
        let whom = Whom::MovesSecond(wanted.booking);
        let own = self.stock.slot(wanted.booking.first).ok_or(Rejection::NotFound { what: "slot" })?;
        match wanted.second.map_or(Ok(()), free_second) {
            Ok(()) => Ok(Places::default()),
            Err(SecondRefusal::Full) => Err(self.full_second(ask, own, whom)),
            Err(SecondRefusal::Reserved) => Err(self.reserved(ask, own, whom)),
        }
    }

    /// The event, with what backs the old first place, found after the rest of the decision.
    fn moved(&self, wanted: &Move<'_>, places: &Places, ask: &Ask<'_>) -> Vec<schemas::Event> {
        let booking = wanted.booking;
        let event = BookingRescheduled {
            booking: booking.id,
            revision: booking.revision().saturating_add(1),
            change: wanted.change,
            first: wanted.first.map(|slot| slot.id),
            second: wanted.second.map(|slot| slot.id),
            contingent: places.contingent,
            frees: places.frees,
            backed_by: booking.second_kept().filter(|_| wanted.first.is_some() && wanted.second.is_some()),
            asked_on: ask.asked.on,
            cause: ChangeCause::Asked,
            content: ask.content,
        };
        let mut draft = Draft::new(&self.stock);
        effects::rescheduled(&mut draft, booking, &event).ok();
        let mut event = event;
        if event.first.is_some() && event.second.is_none() && two_doses(&draft, booking.first) {
            event.backed_by = draft.earliest_second(booking.first, ask.now());
            draft = Draft::new(&self.stock);
            effects::rescheduled(&mut draft, booking, &event).ok();
        }
        let mut events = vec![event.into()];
        events.extend(settle::settle(&mut draft, ask.now()).map(Into::into));
        events
    }
}

fn refuse_spent(rules: &RuleSet, booking: &Hold, ask: &Ask<'_>) -> Result<(), Rejection> {
    let today = booking.changes.iter().filter(|change| change.asked_on == ask.asked.on).count();
    let limit = rules.changes_per_day;
    if u32::try_from(today).unwrap_or(u32::MAX) >= limit {
        return Err(Rejection::ChangesSpentToday { limit });
    }
    Ok(())
}
