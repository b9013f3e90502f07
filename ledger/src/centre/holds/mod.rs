//! Holds, and the bookings they become.

mod cancel;
mod confirm;
mod fold;
mod place;
mod reschedule;
mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemas::ids::{ChangeId, ContentHash, HoldId, RegistrationId, SlotId};
use schemas::vocabulary::{CancelReason, Contingent, ReleaseReason};
use schemas::{CivilDate, Instant};

pub(super) use cancel::cancellation;
pub(super) use place::Wish;

use super::by_id::ById;
use super::known::Known;
use crate::rejection::{Mark, Rejection};

/// A hold or, once confirmed, a booking. What has ended stays for seven days.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Hold {
    /// Its id, also the booking's.
    pub id: HoldId,
    /// For whom.
    pub registration: RegistrationId,
    /// The first-dose slot it has (or had at its end).
    pub first: SlotId,
    /// The second-dose slot it has, or had until it was given back; none for a single-dose vaccine.
    pub second: Option<SlotId>,
    /// The contingent of the first place.
    pub contingent: Contingent,
    /// The civil day at the centre when it was asked for.
    pub asked_on: CivilDate,
    /// When it lapses, or would have.
    pub deadline_at: Instant,
    /// Hash of the command that placed it.
    pub content: ContentHash,
    /// The record that placed it.
    pub placed: Mark,
    /// The record of its one extension.
    pub extended: Option<Mark>,
    /// The record that made it a booking.
    pub confirmed: Option<Mark>,
    /// How the second place alone was given back.
    pub second_cancelled: Option<Box<Cancellation>>,
    /// Its changes as a booking, in order.
    pub changes: Vec<Change>,
    /// How it ended.
    pub ended: Option<Box<HoldEnd>>,
}

/// Where a hold is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum HoldState {
    /// It holds its places until its deadline.
    Live,
    /// It is a booking.
    Booked,
    /// It was given back.
    Released(ReleaseReason),
    /// Its deadline passed.
    Expired,
    /// It was a booking; both places were given back.
    Cancelled(CancelReason),
}

/// How a hold or booking ended.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct HoldEnd {
    /// The record.
    pub mark: Mark,
    /// `Released`, `Expired` or `Cancelled`.
    pub state: HoldState,
    /// Hash of the command; none for an expiry.
    pub content: Option<ContentHash>,
}

/// That places of a booking were given back.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Cancellation {
    /// The record.
    pub mark: Mark,
    /// Why.
    pub reason: CancelReason,
    /// Hash of the command.
    pub content: ContentHash,
}

/// That a booking was moved.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Change {
    /// The change's id.
    pub id: ChangeId,
    /// The civil day at the centre when it was asked for.
    pub asked_on: CivilDate,
    /// The command and the record.
    pub known: Known,
}

impl Hold {
    /// Where it is.
    pub fn state(&self) -> HoldState {
        match (&self.ended, self.confirmed) {
            (Some(end), _) => end.state,
            (None, Some(_)) => HoldState::Booked,
            (None, None) => HoldState::Live,
        }
    }

    /// 1 at first, one more with each change.
    pub fn revision(&self) -> u32 {
        u32::try_from(self.changes.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The second place, unless it was given back.
    pub fn second_kept(&self) -> Option<SlotId> {
        self.second.filter(|_| self.second_cancelled.is_none())
    }

    /// What an ended hold answers.
    pub(super) fn refuse_ended(&self) -> Result<(), Rejection> {
        let Some(end) = &self.ended else { return Ok(()) };
        let ended = end.mark;
        Err(match end.state {
            HoldState::Expired => Rejection::HoldLapsed { ended },
            HoldState::Cancelled(_) => Rejection::BookingEnded { ended },
            _ => Rejection::HoldEnded { ended },
        })
    }
}

/// All holds in the fold, and what is found by deadline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Holds {
    /// Shared with the copies of the fold, until one of them changes it.
    by_id: ById<HoldId, Arc<Hold>>,
    /// Live holds by deadline: what expires next stands first.
    deadlines: BTreeSet<(Instant, HoldId)>,
    /// Live holds by first-dose date, contingent and deadline, with their first slot: when something may come back.
    back: BTreeMap<(CivilDate, Contingent, Instant, HoldId), SlotId>,
    changes: BTreeMap<ChangeId, HoldId>,
    /// Changed since the last check.
    touched: BTreeSet<HoldId>,
}

impl Holds {
    pub(super) fn get(&self, id: HoldId) -> Option<&Hold> {
        self.by_id.get(id).map(AsRef::as_ref)
    }

    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = &Hold> {
        self.by_id.in_order().map(AsRef::as_ref)
    }

    pub(super) fn deadlines(&self) -> &BTreeSet<(Instant, HoldId)> {
        &self.deadlines
    }

    pub(super) fn take_touched(&mut self) -> BTreeSet<HoldId> {
        std::mem::take(&mut self.touched)
    }

    /// Deadlines of live holds of a day and contingent, earliest first, with their first slots.
    pub(super) fn back(
        &self,
        date: CivilDate,
        contingent: Contingent,
    ) -> impl Iterator<Item = (Instant, SlotId)> {
        let from = (date, contingent, Instant::EPOCH, HoldId::NIL);
        let to = (date, contingent, Instant::MAX, HoldId([u8::MAX; 16]));
        self.back.range(from..=to).map(|((_, _, at, _), slot)| (*at, *slot))
    }

    /// Whether both indexes say what the hold says.
    pub(super) fn indexed(&self, hold: &Hold, date: CivilDate) -> bool {
        let live = hold.state() == HoldState::Live;
        let back = self.back.get(&(date, hold.contingent, hold.deadline_at, hold.id));
        live == self.deadlines.contains(&(hold.deadline_at, hold.id)) && back == live.then_some(&hold.first)
    }

    pub(super) fn index_sizes(&self) -> (usize, usize) {
        (self.deadlines.len(), self.back.len())
    }
}
