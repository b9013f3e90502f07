//! Holds and bookings.

use schemas::events::{
    BookingCancelled, BookingConfirmed, BookingRescheduled, HoldExpired, HoldExtended, HoldPlaced,
    HoldReleased,
};
use schemas::ids::{HoldId, SlotId};
use schemas::vocabulary::CancelDoses;

use super::Mapping;
use crate::keys::Table;
use crate::rows::{Ended, HoldRow, HoldState};
use crate::store::{ReadRows, StoreError};

impl<S: ReadRows> Mapping<'_, S> {
    pub(super) fn hold_placed(&mut self, event: &HoldPlaced) -> Result<(), StoreError> {
        let row = HoldRow {
            registration: event.registration,
            revision: 1,
            state: HoldState::Held,
            first: event.first,
            second: event.second,
            second_cancelled: None,
            contingent: event.contingent,
            asked_on: event.asked_on,
            deadline_at: event.deadline_at,
            instead_of: event.instead_of,
            content: event.content,
            placed_at: self.place.mark,
            extended_at: None,
            confirmed_at: None,
            revised_at: self.place.mark,
        };
        self.draft.put(self.place.centre.row(Table::Holds, event.hold.0), &row)?;
        self.touch([Some(event.first), event.second, event.frees].into_iter().flatten());
        self.registration_holds(event.registration, event.hold)
    }

    pub(super) fn hold_extended(&mut self, event: &HoldExtended) -> Result<(), StoreError> {
        let mark = self.place.mark;
        let row = self.change_hold(event.hold, |row| {
            row.deadline_at = event.deadline_at;
            row.extended_at = Some(mark);
        })?;
        self.touch([row.first]);
        Ok(())
    }

    pub(super) fn hold_released(&mut self, event: &HoldReleased) -> Result<(), StoreError> {
        self.end_hold(event.hold, Ended::Released(event.reason), None)
    }

    pub(super) fn hold_expired(&mut self, event: &HoldExpired) -> Result<(), StoreError> {
        self.end_hold(event.hold, Ended::Expired, None)
    }

    pub(super) fn booking_confirmed(&mut self, event: &BookingConfirmed) -> Result<(), StoreError> {
        let mark = self.place.mark;
        let row = self.change_hold(event.booking, |row| {
            row.state = HoldState::Booked;
            row.confirmed_at = Some(mark);
        })?;
        self.touch([Some(row.first), row.second].into_iter().flatten());
        Ok(())
    }

    pub(super) fn booking_rescheduled(&mut self, event: &BookingRescheduled) -> Result<(), StoreError> {
        let mark = self.place.mark;
        let mut old = Vec::new();
        let row = self.change_hold(event.booking, |row| {
            old.extend([Some(row.first), row.second].into_iter().flatten());
            row.revision = event.revision;
            row.first = event.first.unwrap_or(row.first);
            row.second = event.second.or(row.second);
            row.contingent = event.contingent.unwrap_or(row.contingent);
            row.revised_at = mark;
        })?;
        self.touch(old);
        self.touch([Some(row.first), row.second, event.frees, event.backed_by].into_iter().flatten());
        Ok(())
    }

    pub(super) fn booking_cancelled(&mut self, event: &BookingCancelled) -> Result<(), StoreError> {
        if event.doses == CancelDoses::Both {
            return self.end_hold(event.booking, Ended::Cancelled(event.reason), event.backed_by);
        }
        let mark = self.place.mark;
        let row = self.change_hold(event.booking, |row| row.second_cancelled = Some(mark))?;
        self.touch([row.second, event.backed_by].into_iter().flatten());
        Ok(())
    }

    fn end_hold(&mut self, hold: HoldId, how: Ended, backed_by: Option<SlotId>) -> Result<(), StoreError> {
        let at = self.place.mark;
        let row = self.change_hold(hold, |row| row.state = HoldState::Ended { how, at })?;
        self.touch([Some(row.first), row.second, backed_by].into_iter().flatten());
        self.registration_lets_go(row.registration, hold)
    }

    fn change_hold(
        &mut self,
        hold: HoldId,
        change: impl FnOnce(&mut HoldRow),
    ) -> Result<HoldRow, StoreError> {
        self.change(self.place.centre.row(Table::Holds, hold.0), || format!("hold {hold}"), change)
    }
}
