//! How single places change hands.

use ledger::Mark;
use schemas::events::{BookingCancelled, BookingRescheduled, HoldPlaced};
use schemas::ids::{HoldId, SlotId};
use schemas::vocabulary::{CancelDoses, Contingent};

use super::apply::told;
use super::lists::{Hold, Model, Place, State};

impl Model {
    pub(super) fn placed(&mut self, event: HoldPlaced, mark: &Mark) {
        let held = State::Held(event.hold);
        self.turn(event.first, Some(event.contingent), State::Free, held);
        if let Some(second) = event.second {
            self.take_second(event.first, second, event.frees, held);
        }
        self.holds.push(Hold {
            first: event.first,
            second: event.second,
            deadline_at: event.deadline_at,
            placed: told(event, mark),
            extended: None,
            released: None,
            expired: None,
            confirmed: None,
            changes: Vec::new(),
            second_cancelled: None,
            cancelled: None,
        });
    }

    pub(super) fn rescheduled(&mut self, event: BookingRescheduled, mark: &Mark) {
        let Some(old) = self.hold(event.booking).map(|hold| (hold.first, hold.second)) else {
            return self.faults.push(format!("{event:?} moves a booking that is not there"));
        };
        let booked = State::Booked(event.booking);
        if let (Some(_), Some(second)) = (event.second, old.1) {
            self.turn(second, None, booked, State::Free);
        }
        if event.first.is_some() {
            self.first_comes_back(old.0, booked, event.backed_by);
        }
        if let (Some(first), Some(contingent)) = (event.first, event.contingent) {
            self.turn(first, Some(contingent), State::Free, booked);
        }
        match (event.first, event.second) {
            (Some(first), Some(second)) => self.take_second(first, second, event.frees, booked),
            (None, Some(second)) => self.turn(second, None, State::Free, booked),
            (first, None) => {
                if let (Some(first), Some(frees)) = (first, event.frees) {
                    self.turn(frees, None, State::Reserved(first), State::Free);
                }
            }
        }
        if event.first.is_some() {
            self.back(old.0, event.backed_by);
        }
        self.change_hold(event.booking, |hold| {
            hold.first = event.first.unwrap_or(hold.first);
            hold.second = event.second.or(hold.second);
            hold.changes.push(told(event, mark));
        });
    }

    pub(super) fn cancelled(&mut self, event: BookingCancelled, mark: &Mark) {
        let Some((first, second)) = self.hold(event.booking).map(|hold| (hold.first, hold.second)) else {
            return self.faults.push(format!("{event:?} cancels a booking that is not there"));
        };
        let booked = State::Booked(event.booking);
        if let Some(second) = second {
            self.turn(second, None, booked, State::Free);
        }
        if event.doses == CancelDoses::Both {
            self.first_comes_back(first, booked, event.backed_by);
            self.back(first, event.backed_by);
        }
        self.change_hold(event.booking, |hold| {
            hold.second = None;
            match event.doses {
                CancelDoses::Both => hold.cancelled = Some(told(event, mark)),
                CancelDoses::Second => hold.second_cancelled = Some(told(event, mark)),
            }
        });
    }

    /// A hold's places come back: the second it held backs the first.
    pub(super) fn given_back(&mut self, id: HoldId) {
        let Some((first, second)) = self.hold(id).map(|hold| (hold.first, hold.second)) else {
            return self.faults.push(format!("{id} gives back, but is not there"));
        };
        if let Some(second) = second {
            self.turn(second, None, State::Held(id), State::Free);
        }
        self.first_comes_back(first, State::Held(id), second);
        self.back(first, second);
    }

    /// Takes the place that is reserved for `first`, or a free one, and then a reserved one in `frees` becomes free.
    pub(super) fn take_second(&mut self, first: SlotId, second: SlotId, frees: Option<SlotId>, to: State) {
        match frees {
            None => self.turn(second, None, State::Reserved(first), to),
            Some(frees) => {
                self.turn(second, None, State::Free, to);
                self.turn(frees, None, State::Reserved(first), State::Free);
            }
        }
    }

    /// The first place of a hold or booking is free again, or rests when it needs a second and has none.
    pub(super) fn first_comes_back(&mut self, slot: SlotId, from: State, backed_by: Option<SlotId>) {
        let (flowed, doses) = self.slot(slot).map_or((false, 1), |slot| (slot.flowed, slot.doses));
        let to = if doses == 2 && backed_by.is_none() { State::Resting } else { State::Free };
        match self
            .places
            .iter_mut()
            .find(|place| place.slot == slot && place.contingent.is_some() && place.state == from)
        {
            Some(place) => {
                place.state = to;
                place.contingent = if flowed { Some(Contingent::Open) } else { place.contingent };
            }
            None => self.faults.push(format!("no place of slot {slot} is {from:?}")),
        }
    }

    pub(super) fn back(&mut self, first: SlotId, second: Option<SlotId>) {
        if let Some(second) = second {
            self.turn(second, None, State::Free, State::Reserved(first));
        }
    }

    /// One place of this slot and contingent changes its state.
    pub(super) fn turn(&mut self, slot: SlotId, contingent: Option<Contingent>, from: State, to: State) {
        let before = Place { slot, contingent, state: from };
        match self.places.iter_mut().find(|place| **place == before) {
            Some(place) => place.state = to,
            None => self.faults.push(format!("{before:?} is to be {to:?}, but there is none")),
        }
    }
}
