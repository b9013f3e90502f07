//! Holds and bookings.

use std::collections::{BTreeSet, HashMap};

use bincode::{Decode, Encode};

use schemas::events::{BookingConfirmed, HoldExtended, HoldPlaced, HoldReleased};
use schemas::ids::{HoldId, RegistrationId, SlotId};
use schemas::vocabulary::{Channel, Contingent, ReleaseReason};
use schemas::{CivilDate, Instant};

use super::super::wrong::Wrong;
use super::slots::Taken;
use super::{Recount, Stamp};

/// What is alive. What has ended is gone at once: that it does not begin again is seen to for the whole partition.
#[derive(Debug, Default, Encode, Decode)]
pub(super) struct Holds {
    all: HashMap<HoldId, Hold>,
    deadlines: BTreeSet<(Instant, HoldId)>,
    /// A hold that this record gave back for another one.
    pub(super) replaced: Option<(HoldId, RegistrationId)>,
}

/// A live hold, or the booking it has become.
#[derive(Debug, Clone, Encode, Decode)]
pub(super) struct Hold {
    pub(super) registration: RegistrationId,
    pub(super) first: SlotId,
    pub(super) second: Option<SlotId>,
    pub(super) contingent: Contingent,
    pub(super) channel: Channel,
    deadline_at: Instant,
    extended: bool,
    pub(super) confirmed: bool,
    pub(super) revision: u32,
    /// Changes on the last day that any was asked for.
    pub(super) changed: Option<(CivilDate, u32)>,
}

impl Hold {
    pub(super) fn taken(&self) -> Taken {
        if self.confirmed { Taken::Booked } else { Taken::Held }
    }
}

impl Holds {
    pub(super) fn get(&self, id: HoldId) -> Option<&Hold> {
        self.all.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: HoldId) -> Option<&mut Hold> {
        self.all.get_mut(&id)
    }

    pub(super) fn alive(&self) -> impl Iterator<Item = (HoldId, &Hold)> {
        self.all.iter().map(|(id, hold)| (*id, hold))
    }

    /// The hold whose deadline comes first.
    pub(super) fn first_due(&self) -> Option<(Instant, HoldId)> {
        self.deadlines.first().copied()
    }

    /// Ends a hold or booking for ever.
    pub(super) fn end(&mut self, id: HoldId) -> Option<Hold> {
        let hold = self.all.remove(&id)?;
        self.deadlines.remove(&(hold.deadline_at, id));
        Some(hold)
    }
}

impl Recount {
    /// A live hold, not yet a booking.
    fn live_hold(&mut self, id: HoldId) -> Option<Hold> {
        let hold = self.holds.get(id).filter(|hold| !hold.confirmed).cloned();
        self.expect(hold.is_some(), Wrong::Unknown, || format!("{id} is no live hold"));
        hold
    }

    fn expect_before_deadline(&mut self, stamp: &Stamp, id: HoldId, hold: &Hold) {
        self.expect(stamp.time < hold.deadline_at, Wrong::TooLate, || {
            format!("hold {id} lapsed at {}", hold.deadline_at)
        });
    }

    pub(super) fn placed(&mut self, stamp: &Stamp, event: &HoldPlaced) {
        let id = event.hold;
        self.expect_live(event.registration);
        self.check_swap(event);
        self.expect_alone(event);
        self.check_asked(stamp, event);
        self.expect_own_first(stamp, event.first, event.contingent, |own, contingent| {
            own.day_of(stamp, event.first, contingent).is_none_or(|(held, limit)| held < limit)
        });
        self.take_first(stamp, event.first, event.contingent, Taken::Held);
        self.check_cap(stamp, event.first, event.contingent);
        self.take_second_of(event);
        self.check_bookable(stamp, event.first, event.second);
        let hold = Hold {
            registration: event.registration,
            first: event.first,
            second: event.second,
            contingent: event.contingent,
            channel: stamp.channel,
            deadline_at: event.deadline_at,
            extended: false,
            confirmed: false,
            revision: 1,
            changed: None,
        };
        if let Some(before) = self.holds.all.insert(id, hold) {
            self.holds.deadlines.remove(&(before.deadline_at, id));
        }
        self.holds.deadlines.insert((event.deadline_at, id));
        if let Some(registration) = self.people.get_mut(event.registration) {
            registration.live = Some(id);
        }
    }

    fn check_swap(&mut self, event: &HoldPlaced) {
        let replaced = self.holds.replaced.take();
        let due = event.instead_of.map(|hold| (hold, event.registration));
        self.expect(replaced == due, Wrong::LeftOver, || {
            format!("hold {} stands for {:?}, given back was {replaced:?}", event.hold, event.instead_of)
        });
    }

    /// The registration has nothing alive, and nobody who may be the same person is in its way.
    fn expect_alone(&mut self, event: &HoldPlaced) {
        let id = event.registration;
        let live = self.people.get(id).and_then(|registration| registration.live);
        self.expect(live.is_none(), Wrong::TwoAtOnce, || format!("registration {id} has {live:?} already"));
        let rival = self.people.rival(id, |_| true);
        self.expect(rival.is_none(), Wrong::NeedsDesk, || {
            format!("registration {id} may be of {rival:?}'s person")
        });
    }

    fn take_second_of(&mut self, event: &HoldPlaced) {
        let (id, first) = (event.hold, event.first);
        let doses = self.slots.first(first).map_or(0, |first| first.doses);
        self.expect((doses > 1) == event.second.is_some(), Wrong::WrongSlot, || {
            format!("hold {id} of {doses} doses has second place {:?}", event.second)
        });
        match event.second {
            Some(second) => {
                self.expect_fit(first, second);
                self.take_second(first, second, event.frees, Taken::Held);
            }
            None => self.expect(event.frees.is_none(), Wrong::WrongBacking, || {
                format!("hold {id} frees a second place and has none")
            }),
        }
    }

    pub(super) fn expect_fit(&mut self, first: SlotId, second: SlotId) {
        let vaccine = |slot| self.slots.get(slot).map(|slot| slot.vaccine);
        let one = vaccine(first) == vaccine(second);
        self.expect(one, Wrong::WrongSlot, || format!("slots {first} and {second} are of two vaccines"));
        let fits = !one || self.slots.fit(first, second);
        self.expect(fits, Wrong::WrongInterval, || {
            format!("slot {second} is outside the interval of slot {first}")
        });
    }

    pub(super) fn extended(&mut self, stamp: &Stamp, event: &HoldExtended) {
        let id = event.hold;
        let Some(before) = self.live_hold(id) else { return };
        self.expect_before_deadline(stamp, id, &before);
        self.expect(!before.extended, Wrong::UsedAgain, || format!("hold {id} is extended again"));
        let extension = self.rules.in_force(stamp.time).map(|rules| rules.holds.extension_s);
        let due = extension.map(|seconds| before.deadline_at.plus_seconds(seconds));
        self.expect(due == Some(event.deadline_at), Wrong::AgainstRules, || {
            format!("hold {id} is extended to {}, by the rules to {due:?}", event.deadline_at)
        });
        self.holds.deadlines.remove(&(before.deadline_at, id));
        self.holds.deadlines.insert((event.deadline_at, id));
        if let Some(hold) = self.holds.get_mut(id) {
            (hold.deadline_at, hold.extended) = (event.deadline_at, true);
        }
    }

    pub(super) fn hold_released(&mut self, stamp: &Stamp, event: &HoldReleased) {
        let Some(hold) = self.live_hold(event.hold) else { return };
        self.expect_before_deadline(stamp, event.hold, &hold);
        self.hold_back(event.hold);
        if event.reason == ReleaseReason::Replaced {
            self.holds.replaced = Some((event.hold, hold.registration));
        }
    }

    pub(super) fn expired(&mut self, stamp: &Stamp, id: HoldId) {
        let Some(hold) = self.live_hold(id) else { return };
        self.expect(hold.deadline_at <= stamp.time, Wrong::TooEarly, || {
            format!("hold {id} expires before {}", hold.deadline_at)
        });
        self.expect_expires_next(stamp, id, hold.deadline_at);
        self.hold_back(id);
    }

    fn hold_back(&mut self, id: HoldId) {
        let Some(hold) = self.holds.end(id) else { return };
        self.give_pair_back((hold.first, hold.second), hold.contingent, Taken::Held);
        self.leave(hold.registration);
    }

    /// The registration has nothing alive any more.
    pub(super) fn leave(&mut self, registration: RegistrationId) {
        if let Some(registration) = self.people.get_mut(registration) {
            registration.live = None;
        }
    }

    pub(super) fn confirmed(&mut self, stamp: &Stamp, event: &BookingConfirmed) {
        let id = event.booking;
        let Some(hold) = self.live_hold(id) else { return };
        self.expect_before_deadline(stamp, id, &hold);
        self.expect_live(hold.registration);
        let booked = |other| self.holds.get(other).is_some_and(|hold| hold.confirmed);
        let rival = self.people.rival(hold.registration, booked);
        self.expect(rival.is_none(), Wrong::NeedsDesk, || format!("{id} may be of {rival:?}'s person"));
        if let Some(first) = self.slots.first_mut(hold.first) {
            let lane = first.lane_mut(hold.contingent);
            lane.held -= 1;
            lane.booked += 1;
        }
        if let Some(second) = hold.second.and_then(|second| self.slots.second_mut(second)) {
            second.held -= 1;
            second.booked += 1;
        }
        self.holds.deadlines.remove(&(hold.deadline_at, id));
        if let Some(hold) = self.holds.get_mut(id) {
            hold.confirmed = true;
        }
    }
}
