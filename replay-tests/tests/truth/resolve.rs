//! Turns a step's small numbers into a command about the things there are.

use ledger::CentreCommand as C;
use ledger::command::{PersonFacts, ShrinkPlan};
use replay_tests::model::{Hold, Model, Registration, Slot, State};
use schemas::Instant;
use schemas::ids::{Cvx, DeliveryId, HoldId, RegistrationId, SlotId};
use schemas::vocabulary::{CancelDoses, Dose, MadeBy, ShrinkReason, WithdrawReason};

use crate::steps::{Ask, Instead, Name, Pick, ReleaseWish, Wait};
use crate::universe as u;

/// Nothing has this number.
const NOWHERE: usize = 9_999_999;

/// The world a step looks at.
pub(crate) struct View<'a> {
    pub(crate) model: &'a Model,
    pub(crate) now: Instant,
    /// Commands so far; the number of the next new id.
    pub(crate) asked: &'a [C],
}

impl Pick {
    /// One of `live` (20 of 24), one of `all` (3 of 24), or none.
    fn of<T: Copy>(self, live: &[T], all: &[T]) -> Option<T> {
        let list = match self.among {
            0..=19 if !live.is_empty() => live,
            23 => return None,
            _ => all,
        };
        list.get(usize::from(self.at) % list.len().max(1)).copied()
    }
}

impl View<'_> {
    pub(crate) fn after(&self, wait: Wait) -> Instant {
        match wait {
            Wait::No => self.now,
            Wait::Seconds(seconds) => self.now.plus_seconds(u32::from(seconds)),
            Wait::Hours(hours) => self.now.plus_seconds(u32::from(hours) * 3_600),
            Wait::Days(days) => self.now.plus_seconds(u32::from(days) * 86_400),
            Wait::UntilDue => self.model.next_due_at().map_or(self.now, |at| at.max(self.now)),
            Wait::UntilSlot { at, last_call } => {
                let minutes = self.model.rules_at(self.now).map_or(0, |rules| rules.book_until_min);
                let early = if last_call { u64::from(minutes) * 60_000 } else { 0 };
                let times: Vec<Instant> = self.interesting_slots().iter().map(|slot| slot.start_at).collect();
                let start_at = times.get(usize::from(at) % times.len().max(1));
                start_at.map_or(self.now, |at| at.minus_millis(early).max(self.now))
            }
            Wait::ToMeetFlowBack => {
                let lives_s = self.model.rules_at(self.now).map_or(0, |rules| rules.holds.web_s);
                let flows = self.model.slots.iter().filter(|slot| !slot.flowed);
                let at = flows.filter_map(|slot| slot.flows_back_at).min();
                at.map_or(self.now, |at| at.minus_millis(u64::from(lives_s) * 1_000).max(self.now))
            }
        }
    }

    /// Those to come that bookings have; when there are none, those to come.
    fn interesting_slots(&self) -> Vec<&Slot> {
        let live = self.model.holds.iter().filter(|hold| hold.ended().is_none() && hold.confirmed.is_some());
        let booked: Vec<SlotId> = live.flat_map(|hold| [Some(hold.first), hold.second]).flatten().collect();
        let to_come = |slot: &&Slot| slot.start_at > self.now;
        let slots = || self.model.slots.iter().filter(to_come);
        let interesting: Vec<&Slot> = slots().filter(|slot| booked.contains(&slot.id)).collect();
        if interesting.is_empty() { slots().collect() } else { interesting }
    }

    pub(crate) fn command(&self, ask: &Ask) -> C {
        let ask = &self.possible(ask);
        match ask {
            Ask::Describe(variant) => C::DescribeCentre(u::description(*variant)),
            Ask::Rules(wish) => self.rules(wish),
            Ask::Announce { delivery, vaccine, doses } => {
                let vaccine =
                    [u::COMIRNATY, u::MODERNA, u::JOHNSON, u::UNKNOWN_VACCINE][usize::from(*vaccine)];
                let due_on = u::civil_day(self.now);
                let delivery = u::delivery(self.number(*delivery));
                C::AnnounceDelivery { delivery, vaccine, doses: u32::from(*doses), due_on }
            }
            Ask::Receive { delivery, doses } => C::ReceiveDelivery {
                delivery: self.delivery(*delivery),
                lot: "EJ6796".into(),
                doses: u32::from(*doses),
                received_on: u::civil_day(self.now),
            },
            Ask::Release(wish) => self.release(wish),
            Ask::Shrink { shrink, reason, slots } => C::ShrinkSlots {
                shrink: u::shrink(self.number(*shrink)),
                reason: *reason,
                slots: slots
                    .iter()
                    .map(|&(slot, contingent, places)| {
                        let slot = self.any_slot(slot);
                        let first = self.model.slot(slot).is_none_or(|slot| slot.dose == Dose::First);
                        ShrinkPlan {
                            slot,
                            contingent: contingent.filter(|_| first),
                            places: u32::from(places),
                        }
                    })
                    .collect(),
            },
            Ask::ShrinkSurplus { shrink, slot } => {
                let slot = self.surplus(*slot);
                let places = self.model.tally(slot, None).free;
                C::ShrinkSlots {
                    shrink: u::shrink(self.number(*shrink)),
                    reason: ShrinkReason::Staffing,
                    slots: vec![ShrinkPlan { slot, contingent: None, places }],
                }
            }
            Ask::Again(back) => self
                .asked
                .iter()
                .rev()
                .nth(usize::from(*back))
                .cloned()
                .unwrap_or_else(|| C::DescribeCentre(u::description(0))),
            _ => self.command_about_a_person(ask),
        }
    }

    fn command_about_a_person(&self, ask: &Ask) -> C {
        match *ask {
            Ask::Register { registration, reference, person } => {
                let number = self.number(registration);
                let reference = u::reference(reference.map_or(number, usize::from));
                let registration = u::registration(number);
                C::Register { registration, reference, made_by: MadeBy::Proxy, person: u::person(person) }
            }
            Ask::Amend { registration, stale, person, like, distinct } => {
                let registration = self.registration(registration);
                let current = self.model.registration(registration).map_or(1, |known| known.revision());
                C::AmendRegistration {
                    registration,
                    revision: if stale { current + 1 } else { current },
                    person: self.person_like(person, like),
                    distinct_from: distinct.map(|pick| self.registration(pick)).into_iter().collect(),
                }
            }
            Ask::Withdraw(registration) => C::WithdrawRegistration {
                registration: self.registration(registration),
                reason: WithdrawReason::Person,
            },
            Ask::Reissue { registration, access, secret } => C::ReissueAccess {
                registration: self.registration(registration),
                access: u::access(self.number(access)),
                secret_hash: [secret; 32],
            },
            Ask::Erase { registration, in_views } => {
                C::Erase { registration: self.registration(registration), ended_in_views: in_views }
            }
            Ask::FinishErasure(registration) => {
                let ordered: Vec<_> =
                    self.model.erasures.iter().map(|told| told.event.registration).collect();
                let any = self.registration(registration);
                C::FinishErasure { registration: registration.of(&ordered, &[any]).unwrap_or(any) }
            }
            _ => self.command_about_places(ask),
        }
    }

    fn command_about_places(&self, ask: &Ask) -> C {
        match *ask {
            Ask::Place { hold, registration, first, second, instead_of } => {
                let registration = match instead_of {
                    Instead::OwnLive => self.holding_registration(registration),
                    _ => self.idle_registration(registration),
                };
                let first = self.first_slot(first, None);
                C::PlaceHold {
                    hold: u::hold(self.number(hold)),
                    registration,
                    first,
                    second: second.map(|second| self.second_slot(second, first)),
                    instead_of: self.instead(instead_of, registration),
                }
            }
            Ask::Extend(hold) => C::ExtendHold { hold: self.hold(hold, false) },
            Ask::GiveBack(hold) => C::ReleaseHold { hold: self.hold(hold, false) },
            Ask::Confirm(hold) => C::ConfirmHold { hold: self.hold(hold, false) },
            Ask::Move { booking, change, first, second } => {
                let booking = self.hold(booking, true);
                let has = self.model.hold(booking).map_or(SlotId(0), |hold| hold.first);
                let vaccine = self.model.slot(has).map(|slot| slot.vaccine);
                let first = first.map(|pick| self.first_slot(pick, vaccine));
                let second = second.map(|pick| self.second_slot(pick, first.unwrap_or(has)));
                C::RescheduleBooking { booking, change: u::change(self.number(change)), first, second }
            }
            Ask::Cancel { booking: pick, doses, reason } => {
                let booking = self.half_cancelled(pick, doses).unwrap_or(self.hold(pick, true));
                C::CancelBooking { booking, doses, reason }
            }
            _ => C::DescribeCentre(u::description(0)),
        }
    }

    /// What can be asked for now: without bookings there is nothing to move, without holds nothing to confirm, and
    /// without free places nothing to hold.
    fn possible(&self, ask: &Ask) -> Ask {
        let mut ask = ask.clone();
        if let Ask::Move { booking: pick, .. } | Ask::Cancel { booking: pick, .. } = ask
            && self.live_holds(pick, true).is_empty()
        {
            ask = Ask::Confirm(pick);
        }
        if let Ask::Confirm(pick) | Ask::Extend(pick) | Ask::GiveBack(pick) = ask
            && self.live_holds(pick, false).is_empty()
        {
            let at = pick.at.wrapping_mul(31).wrapping_add(7);
            let (first, new) = (Pick { at, among: pick.among }, Name { reuse: None });
            let instead_of = Instead::None;
            ask = Ask::Place { hold: new, registration: pick, first, second: None, instead_of };
        }
        if let Ask::Place { first, .. } = ask
            && first.among < 14
            && !self.model.slots.iter().any(|slot| self.can_be_held(slot))
        {
            let (new, places) = (Name { reuse: None }, first.at % 3);
            ask = Ask::Release(ReleaseWish {
                release: new,
                delivery: first,
                in_days: 1,
                firsts: vec![(first.at % 4, places + 1, places, 1), (2, places, 1, 0)],
                seconds: vec![(0, 1, 1), (first.at % 5, 2, 3)],
                enough: true,
                flaw: 9,
            });
        }
        ask
    }

    fn can_be_held(&self, slot: &Slot) -> bool {
        slot.dose == Dose::First && slot.start_at > self.now.plus_seconds(3_600) && self.has_free(slot.id)
    }

    fn live_holds(&self, pick: Pick, booking: bool) -> Vec<HoldId> {
        let wanted = |hold: &&Hold| {
            let begun = self.model.slot(hold.first).is_some_and(|slot| slot.start_at < self.now);
            hold.ended().is_none() && hold.confirmed.is_some() == booking && (!begun || pick.at < 64)
        };
        self.model.holds.iter().filter(wanted).map(|hold| hold.placed.event.hold).collect()
    }

    /// One that has a live hold, if there is any.
    fn holding_registration(&self, pick: Pick) -> RegistrationId {
        let holds = self.live_holds(Pick { at: 255, ..pick }, false);
        let holding = holds.into_iter().filter_map(|id| self.model.hold(id));
        let holding: Vec<_> = holding.map(|hold| hold.placed.event.registration).collect();
        pick.of(&holding, &holding).unwrap_or_else(|| self.registration(pick))
    }

    /// A booking without its second, half the time when all of it is to be cancelled.
    fn half_cancelled(&self, pick: Pick, doses: CancelDoses) -> Option<HoldId> {
        let live = self.live_holds(pick, true).into_iter();
        let half = live.filter(|&id| self.model.hold(id).is_some_and(|hold| hold.second_cancelled.is_some()));
        let half: Vec<_> = half.collect();
        pick.of(&half, &half).filter(|_| doses == CancelDoses::Both && pick.at.is_multiple_of(2))
    }

    pub(crate) fn number(&self, name: Name) -> usize {
        name.reuse.map_or(self.asked.len(), |at| usize::from(at) % self.asked.len().max(1))
    }

    pub(crate) fn delivery(&self, pick: Pick) -> DeliveryId {
        let all: Vec<_> = self.model.announced.iter().map(|told| told.event.delivery).collect();
        let two = self.model.announced.iter().filter(|told| told.event.vaccine != u::JOHNSON);
        let two: Vec<_> = two.map(|told| told.event.delivery).collect();
        let mostly = if pick.among < 14 && pick.among != 1 { &two } else { &all };
        pick.of(mostly, &all).unwrap_or(u::delivery(NOWHERE))
    }

    fn registration(&self, pick: Pick) -> RegistrationId {
        let live = self.model.registrations.iter().filter(|known| known.ended().is_none());
        let live: Vec<_> = live.map(|known| known.id()).collect();
        let all: Vec<_> = self.model.registrations.iter().map(|known| known.id()).collect();
        pick.of(&live, &all).unwrap_or(u::registration(NOWHERE))
    }

    /// Mostly one that has no place yet.
    fn idle_registration(&self, pick: Pick) -> RegistrationId {
        let busy = |known: &Registration| {
            let own = |hold: &&Hold| hold.placed.event.registration == known.id() && hold.ended().is_none();
            known.ended().is_some() || self.model.holds.iter().any(|hold| own(&hold))
        };
        let idle = self.model.registrations.iter().filter(|known| !busy(known));
        let idle: Vec<_> = idle.map(|known| known.id()).collect();
        pick.of(&idle, &[]).filter(|_| pick.among < 16).unwrap_or(self.registration(pick))
    }

    /// Somebody, or somebody with the names of a registration there is: mostly of one that has a place.
    fn person_like(&self, number: u8, like: Option<Pick>) -> PersonFacts {
        let mut person = u::person(number);
        let Some(like) = like else { return person };
        let live = self.model.holds.iter().filter(|hold| hold.ended().is_none());
        let busy: Vec<_> = live.map(|hold| hold.placed.event.registration).collect();
        let other = like.of(&busy, &busy).unwrap_or_else(|| self.registration(like));
        if let Some(other) = self.model.registration(other) {
            person.pseudonyms = other.pseudonyms().to_vec();
        }
        person
    }

    fn hold(&self, pick: Pick, booking: bool) -> HoldId {
        let live = self.live_holds(pick, booking);
        let all: Vec<_> = self.model.holds.iter().map(|hold| hold.placed.event.hold).collect();
        pick.of(&live, &all).unwrap_or(u::hold(NOWHERE))
    }

    fn instead(&self, instead_of: Instead, registration: RegistrationId) -> Option<HoldId> {
        match instead_of {
            Instead::None => None,
            Instead::Any(pick) => Some(self.hold(pick, false)),
            Instead::OwnLive => {
                let own =
                    |hold: &&Hold| hold.placed.event.registration == registration && hold.ended().is_none();
                self.model.holds.iter().find(own).map(|hold| hold.placed.event.hold)
            }
        }
    }

    fn slots(&self, wanted: impl Fn(&Slot) -> bool) -> Vec<SlotId> {
        self.model.slots.iter().filter(|slot| wanted(slot)).map(|slot| slot.id).collect()
    }

    fn has_free(&self, slot: SlotId) -> bool {
        self.model.places.iter().any(|place| place.slot == slot && place.state == State::Free)
    }

    fn surplus(&self, pick: Pick) -> SlotId {
        let seconds =
            self.slots(|slot| slot.dose == Dose::Second && !slot.begun(self.now) && self.has_free(slot.id));
        pick.of(&seconds, &seconds).unwrap_or(SlotId(9_999))
    }

    fn any_slot(&self, pick: Pick) -> SlotId {
        let seconds = pick.among < 8;
        let live = self.slots(|slot| {
            !slot.begun(self.now) && (!seconds || (slot.dose == Dose::Second && self.has_free(slot.id)))
        });
        pick.of(&live, &self.slots(|_| true)).unwrap_or(SlotId(9_999))
    }

    fn first_slot(&self, pick: Pick, vaccine: Option<Cvx>) -> SlotId {
        let live = self.slots(|slot| {
            slot.dose == Dose::First
                && slot.start_at > self.now.plus_seconds(3_600)
                && vaccine.is_none_or(|vaccine| slot.vaccine == vaccine)
                && (pick.among > 12 || self.has_free(slot.id))
        });
        pick.of(&live, &self.slots(|_| true)).unwrap_or(SlotId(9_999))
    }

    fn second_slot(&self, pick: Pick, first: SlotId) -> SlotId {
        let first = self.model.slot(first);
        let live = self.slots(|second| {
            first.is_some_and(|first| first.fits(second)) && (pick.among > 12 || self.has_free(second.id))
        });
        pick.of(&live, &self.slots(|_| true)).unwrap_or(SlotId(9_999))
    }
}
