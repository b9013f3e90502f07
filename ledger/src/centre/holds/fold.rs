//! Events about holds and bookings, folded.

use std::sync::Arc;

use schemas::CivilDate;
use schemas::events::{
    BookingCancelled, BookingConfirmed, BookingRescheduled, HoldExpired, HoldExtended, HoldPlaced,
    HoldReleased,
};
use schemas::ids::{ContentHash, HoldId};
use schemas::vocabulary::CancelDoses;

use super::{Cancellation, Change, Hold, HoldEnd, HoldState, Holds};
use crate::centre::breach::{Breach, Moved};
use crate::centre::known::Known;
use crate::centre::stock::{Slots, effects};
use crate::centre::{Centre, memory::Thing};
use crate::rejection::Mark;

impl Holds {
    fn insert(&mut self, hold: Hold, date: CivilDate) {
        self.touched.insert(hold.id);
        self.index(&hold, date);
        self.by_id.insert(hold.id, Arc::new(hold));
    }

    pub(super) fn index(&mut self, hold: &Hold, date: CivilDate) {
        self.deadlines.insert((hold.deadline_at, hold.id));
        self.back.insert((date, hold.contingent, hold.deadline_at, hold.id), hold.first);
    }

    fn unindex(&mut self, hold: &Hold, date: CivilDate) {
        self.deadlines.remove(&(hold.deadline_at, hold.id));
        self.back.remove(&(date, hold.contingent, hold.deadline_at, hold.id));
    }

    fn edit(&mut self, id: HoldId) -> Result<&mut Hold, Breach> {
        self.touched.insert(id);
        self.by_id.get_mut(id).map(Arc::make_mut).ok_or_else(|| Breach::unknown("hold", id))
    }

    /// Takes what ended long ago out of the fold.
    pub(in crate::centre) fn forget(&mut self, id: HoldId) {
        let Some(hold) = self.by_id.remove(id) else { return };
        self.touched.remove(&id);
        for change in &hold.changes {
            self.changes.remove(&change.id);
        }
    }

    /// The booking that a change belongs to.
    pub(in crate::centre) fn changed_by(&self, id: schemas::ids::ChangeId) -> Option<HoldId> {
        self.changes.get(&id).copied()
    }
}

impl Centre {
    /// The hold in this state, and its first-dose date. Let it go before it is changed, else the change is one of a copy.
    fn hold_in(
        &self,
        id: HoldId,
        state: HoldState,
        event: &'static str,
    ) -> Result<(Arc<Hold>, CivilDate), Breach> {
        let hold = self.holds.by_id.get(id).ok_or_else(|| Breach::unknown("hold", id))?;
        if hold.state() != state {
            return Err(Breach::HoldState { hold: id, event });
        }
        Ok((Arc::clone(hold), self.date_of(hold)?))
    }

    pub(in crate::centre) fn date_of(&self, hold: &Hold) -> Result<CivilDate, Breach> {
        let slot = self.stock.slot(hold.first);
        slot.map(|slot| slot.local_date).ok_or(Breach::UnknownSlot { slot: hold.first })
    }

    pub(in crate::centre) fn fold_hold_placed(&mut self, event: &HoldPlaced, mark: &Mark) -> Moved {
        if self.hold(event.hold).is_some() {
            return Err(Breach::twice("hold", event.hold));
        }
        self.forget(Thing::Hold(event.hold));
        effects::hold_placed(&mut self.stock, event)?;
        let hold = Hold {
            id: event.hold,
            registration: event.registration,
            first: event.first,
            second: event.second,
            contingent: event.contingent,
            asked_on: event.asked_on,
            deadline_at: event.deadline_at,
            content: event.content,
            placed: *mark,
            extended: None,
            confirmed: None,
            second_cancelled: None,
            changes: Vec::new(),
            ended: None,
        };
        let date = self.date_of(&hold)?;
        self.holds.insert(hold, date);
        self.people.holds(event.registration, event.hold, event.asked_on)
    }

    pub(in crate::centre) fn fold_hold_extended(&mut self, event: &HoldExtended, mark: &Mark) -> Moved {
        let (hold, date) = self.hold_in(event.hold, HoldState::Live, "HoldExtended")?;
        self.holds.unindex(&hold, date);
        drop(hold);
        let hold = self.holds.edit(event.hold)?;
        hold.deadline_at = event.deadline_at;
        hold.extended = Some(*mark);
        let hold = hold.clone();
        self.holds.index(&hold, date);
        Ok(())
    }

    pub(in crate::centre) fn fold_hold_released(&mut self, event: &HoldReleased, mark: &Mark) -> Moved {
        let state = HoldState::Released(event.reason);
        self.hold_comes_back(event.hold, state, Some(event.content), mark, "HoldReleased")
    }

    pub(in crate::centre) fn fold_hold_expired(&mut self, event: &HoldExpired, mark: &Mark) -> Moved {
        self.hold_comes_back(event.hold, HoldState::Expired, None, mark, "HoldExpired")
    }

    fn hold_comes_back(
        &mut self,
        id: HoldId,
        state: HoldState,
        content: Option<ContentHash>,
        mark: &Mark,
        event: &'static str,
    ) -> Moved {
        let (hold, date) = self.hold_in(id, HoldState::Live, event)?;
        effects::hold_returned(&mut self.stock, &hold)?;
        self.holds.unindex(&hold, date);
        drop(hold);
        self.end_hold(id, HoldEnd { mark: *mark, state, content })
    }

    fn end_hold(&mut self, id: HoldId, end: HoldEnd) -> Moved {
        self.memory.note(end.mark.time, Thing::Hold(id));
        let hold = self.holds.edit(id)?;
        hold.ended = Some(Box::new(end));
        let registration = hold.registration;
        self.people.lets_go(registration, id)
    }

    pub(in crate::centre) fn fold_booking_confirmed(
        &mut self,
        event: &BookingConfirmed,
        mark: &Mark,
    ) -> Moved {
        let (hold, date) = self.hold_in(event.booking, HoldState::Live, "BookingConfirmed")?;
        effects::confirmed(&mut self.stock, &hold)?;
        self.holds.unindex(&hold, date);
        drop(hold);
        self.holds.edit(event.booking)?.confirmed = Some(*mark);
        Ok(())
    }

    pub(in crate::centre) fn fold_booking_cancelled(
        &mut self,
        event: &BookingCancelled,
        mark: &Mark,
    ) -> Moved {
        let (hold, _) = self.hold_in(event.booking, HoldState::Booked, "BookingCancelled")?;
        effects::cancelled(&mut self.stock, &hold, event)?;
        drop(hold);
        let (reason, content) = (event.reason, event.content);
        match event.doses {
            CancelDoses::Both => {
                let state = HoldState::Cancelled(reason);
                self.end_hold(event.booking, HoldEnd { mark: *mark, state, content: Some(content) })
            }
            CancelDoses::Second => {
                let cancelled = Cancellation { mark: *mark, reason, content };
                self.holds.edit(event.booking)?.second_cancelled = Some(Box::new(cancelled));
                Ok(())
            }
        }
    }

    pub(in crate::centre) fn fold_booking_rescheduled(
        &mut self,
        event: &BookingRescheduled,
        mark: &Mark,
    ) -> Moved {
        let (hold, _) = self.hold_in(event.booking, HoldState::Booked, "BookingRescheduled")?;
        effects::rescheduled(&mut self.stock, &hold, event)?;
        drop(hold);
        self.holds.changes.insert(event.change, event.booking);
        let hold = self.holds.edit(event.booking)?;
        if let Some(first) = event.first {
            hold.first = first;
            hold.contingent = event.contingent.unwrap_or(hold.contingent);
        }
        hold.second = event.second.or(hold.second);
        let known = Known { content: event.content, mark: *mark };
        hold.changes.push(Change { id: event.change, asked_on: event.asked_on, known });
        Ok(())
    }
}
