//! Bookings that move or are cancelled, and what the rules in force say of a wish.

use schemas::events::{BookingCancelled, BookingRescheduled, HoldPlaced};
use schemas::ids::{BookingId, RegistrationId, SlotId};
use schemas::vocabulary::{CancelDoses, Channel, Contingent};
use schemas::{CivilDate, Instant};

use super::super::wrong::Wrong;
use super::holds::Hold;
use super::slots::Taken;
use super::{Recount, Stamp};

impl Recount {
    /// What the rules in force say of a hold: who, how many a day, how long.
    pub(super) fn check_asked(&mut self, stamp: &Stamp, event: &HoldPlaced) {
        self.check_cohort(stamp, event.registration);
        let placed = self.people.get_mut(event.registration).map(|registration| {
            registration.placed = Some(one_more(registration.placed, event.asked_on));
            registration.placed.map_or(0, |(_, count)| count)
        });
        let Some(rules) = self.rules.in_force(stamp.time) else { return };
        let limit = rules.holds.per_registration_and_day;
        let seconds = if stamp.channel == Channel::Web { rules.holds.web_s } else { rules.holds.hotline_s };
        let due = stamp.time.plus_seconds(seconds);
        self.expect(placed.is_none_or(|placed| placed <= limit), Wrong::AgainstRules, || {
            format!("hold {} is more than {limit} on {}", event.hold, event.asked_on)
        });
        self.expect(event.deadline_at == due, Wrong::AgainstRules, || {
            format!("hold {} lapses at {}, by the rules at {due}", event.hold, event.deadline_at)
        });
    }

    fn check_cohort(&mut self, stamp: &Stamp, registration: RegistrationId) {
        let Some(group) = self.people.get(registration).map(|registration| registration.group) else {
            return;
        };
        let opens_at = self.rules.in_force(stamp.time).and_then(|rules| rules.opens_at(group));
        self.expect(opens_at.is_some_and(|at| at <= stamp.time), Wrong::AgainstRules, || {
            format!("group {group} may hold from {opens_at:?}")
        });
    }

    /// Slots can be booked until so many minutes before they begin.
    pub(super) fn check_bookable(&mut self, stamp: &Stamp, first: SlotId, second: Option<SlotId>) {
        let minutes = self.rules.in_force(stamp.time).map_or(0, |rules| rules.book_until_min);
        for id in [Some(first), second].into_iter().flatten() {
            let until =
                self.slots.get(id).map(|slot| slot.start_at.minus_millis(u64::from(minutes) * 60_000));
            let Some(until) = until else {
                self.wrong(Wrong::Unknown, format!("there is no slot {id}"));
                continue;
            };
            self.expect(stamp.time <= until, Wrong::TooLate, || {
                format!("slot {id} can be booked until {until}")
            });
        }
    }

    /// The cap on held places, after one was placed.
    pub(super) fn check_cap(&mut self, stamp: &Stamp, first: SlotId, contingent: Contingent) {
        let Some((held, limit)) = self.day_of(stamp, first, contingent) else { return };
        self.expect(held <= limit, Wrong::CapExceeded, || {
            format!("{held} {contingent} places are held on the day of slot {first}, {limit} may be")
        });
    }

    /// How many places of a contingent are held on the day of a first-dose slot, and how many may be.
    pub(super) fn day_of(&self, stamp: &Stamp, first: SlotId, contingent: Contingent) -> Option<(i64, i64)> {
        let date = self.slots.get(first)?.date;
        let share = i64::from(self.rules.in_force(stamp.time)?.holds.held_share.0);
        let lanes = self.slots.firsts_of(date).map(|first| first.lane(contingent));
        let (held, free) = lanes.fold((0, 0), |(held, free), lane| (held + lane.held, free + lane.free()));
        Some((held, (share * (free + held) + 9_999).div_euclid(10_000).max(1)))
    }

    fn booking(&mut self, id: BookingId) -> Option<Hold> {
        let booking = self.holds.get(id).filter(|hold| hold.confirmed).cloned();
        self.expect(booking.is_some(), Wrong::Unknown, || format!("{id} is no live booking"));
        booking
    }

    fn expect_to_come(&mut self, slot: SlotId, time: Instant) {
        let begun = self.begun(slot, time);
        self.expect(!begun, Wrong::TooLate, || format!("slot {slot} has begun"));
    }

    pub(super) fn rescheduled(&mut self, stamp: &Stamp, event: &BookingRescheduled) {
        let Some(old) = self.booking(event.booking) else { return };
        self.check_change(stamp, event, &old);
        match (event.first, event.second) {
            (None, None) => self.wrong(Wrong::WrongSlot, "a change that changes nothing"),
            (None, Some(second)) => self.move_second(stamp, event, &old, second),
            (Some(first), None) => self.move_first(stamp, event, &old, first),
            (Some(first), Some(second)) => self.move_both(stamp, event, &old, (first, second)),
        }
        let moved_to = (event.first.unwrap_or(old.first), event.second.or(old.second));
        if let Some(booking) = self.holds.get_mut(event.booking) {
            (booking.first, booking.second) = moved_to;
            booking.contingent = event.contingent.unwrap_or(old.contingent);
            booking.revision = event.revision;
            booking.changed = Some(one_more(old.changed, event.asked_on));
        }
    }

    fn check_change(&mut self, stamp: &Stamp, event: &BookingRescheduled, old: &Hold) {
        let (id, next) = (event.booking, old.revision.saturating_add(1));
        self.expect(event.revision == next, Wrong::WrongNumber, || {
            format!("revision {} of booking {id}, where {next} is next", event.revision)
        });
        let limit = self.rules.in_force(stamp.time).map_or(u32::MAX, |rules| rules.changes_per_day);
        let today = one_more(old.changed, event.asked_on).1;
        self.expect(today <= limit, Wrong::AgainstRules, || {
            format!("booking {id} changes more than {limit} times")
        });
        self.check_cohort(stamp, old.registration);
        self.expect_live(old.registration);
        let single = self.slots.first(old.first).is_some_and(|first| first.doses == 1);
        self.expect(single || old.second.is_some(), Wrong::TooLate, || {
            format!("booking {id} has no second place")
        });
        self.expect(event.first.is_some() == event.contingent.is_some(), Wrong::WrongContingent, || {
            format!("booking {id} moves to {:?} of {:?}", event.contingent, event.first)
        });
        if event.first.is_some() {
            self.expect_to_come(old.first, stamp.time);
        }
        if let Some(second) = old.second {
            self.expect_to_come(second, stamp.time);
        }
    }

    fn move_second(&mut self, stamp: &Stamp, event: &BookingRescheduled, old: &Hold, second: SlotId) {
        self.expect(event.frees.is_none() && event.backed_by.is_none(), Wrong::WrongBacking, || {
            "a change of the second place alone moves no backing".to_owned()
        });
        self.expect_fit(old.first, second);
        self.expect_free_second(second);
        self.check_bookable(stamp, second, None);
        self.occupy_second(second, Taken::Booked);
        if let Some(old) = old.second {
            self.vacate_second(old, Taken::Booked);
        }
    }

    /// The second place stays, so the new first place's backing becomes free, and the old one needs another.
    fn move_first(&mut self, stamp: &Stamp, event: &BookingRescheduled, old: &Hold, first: SlotId) {
        self.expect(first != old.first, Wrong::WrongSlot, || {
            format!("the booking is in slot {first} already")
        });
        self.take_anew(stamp, event, first);
        self.check_bookable(stamp, first, None);
        match (old.second, event.frees) {
            (Some(kept), Some(freed)) => {
                self.expect_fit(first, kept);
                self.expect_freed(first, freed);
                self.unreserve(first, freed, 1);
            }
            (None, None) => {}
            (kept, freed) => {
                let what = format!("second place {kept:?} stays, and {freed:?} becomes free");
                self.wrong(Wrong::WrongBacking, what);
            }
        }
        self.give_first_back(stamp, old.first, old.contingent, Taken::Booked, event.backed_by);
    }

    /// Takes the first place of a change, whatever the cap.
    fn take_anew(&mut self, stamp: &Stamp, event: &BookingRescheduled, first: SlotId) {
        let contingent = event.contingent.unwrap_or(Contingent::Open);
        self.expect_own_first(stamp, first, contingent, |_, _| true);
        self.take_first(stamp, first, contingent, Taken::Booked);
    }

    /// Both move, so the old places come back as a pair before the new ones are taken.
    fn move_both(
        &mut self,
        stamp: &Stamp,
        event: &BookingRescheduled,
        old: &Hold,
        (first, second): (SlotId, SlotId),
    ) {
        self.expect(event.backed_by == old.second, Wrong::WrongBacking, || {
            format!("slot {} comes back with {:?}, not with {:?}", old.first, event.backed_by, old.second)
        });
        self.give_pair_back((old.first, old.second), old.contingent, Taken::Booked);
        self.take_anew(stamp, event, first);
        self.expect_fit(first, second);
        self.check_bookable(stamp, first, Some(second));
        self.take_second(first, second, event.frees, Taken::Booked);
    }

    pub(super) fn cancelled(&mut self, stamp: &Stamp, event: &BookingCancelled) {
        let Some(old) = self.booking(event.booking) else { return };
        match event.doses {
            CancelDoses::Second => self.cancel_second(stamp, event, &old),
            CancelDoses::Both => self.cancel_both(stamp, event, &old),
        }
    }

    fn cancel_second(&mut self, stamp: &Stamp, event: &BookingCancelled, old: &Hold) {
        self.expect(event.backed_by.is_none(), Wrong::WrongBacking, || "the first place stays".to_owned());
        let Some(second) = old.second else {
            return self.wrong(Wrong::Unknown, format!("booking {} has no second place", event.booking));
        };
        self.expect_to_come(second, stamp.time);
        self.vacate_second(second, Taken::Booked);
        if let Some(booking) = self.holds.get_mut(event.booking) {
            booking.second = None;
        }
    }

    fn cancel_both(&mut self, stamp: &Stamp, event: &BookingCancelled, old: &Hold) {
        self.expect_to_come(old.first, stamp.time);
        match old.second {
            Some(second) => {
                self.expect(event.backed_by == Some(second), Wrong::WrongBacking, || {
                    format!(
                        "slot {} comes back with {:?}, not with slot {second}",
                        old.first, event.backed_by
                    )
                });
                self.give_pair_back((old.first, old.second), old.contingent, Taken::Booked);
            }
            None => self.give_first_back(stamp, old.first, old.contingent, Taken::Booked, event.backed_by),
        }
        self.holds.end(event.booking);
        self.leave(old.registration);
    }
}

/// One more on this day.
fn one_more(before: Option<(CivilDate, u32)>, on: CivilDate) -> (CivilDate, u32) {
    match before {
        Some((day, count)) if day == on => (on, count.saturating_add(1)),
        _ => (on, 1),
    }
}
