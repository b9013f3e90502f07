//! What else there is: pairs that can be booked, when something may come back, and the refusals that say so.

use schemas::ids::SlotId;
use schemas::rules::RuleSet;
use schemas::vocabulary::{Channel, Contingent};
use schemas::{CivilDate, Instant};

use super::holds::Hold;
use super::slot::Slot;
use super::stock::choose::{
    FirstRefusal, contingents_of, earliest_backing, first_place, free_second, hold_limit,
};
use super::stock::settle::fits;
use super::stock::{CONTINGENTS, Slots};
use super::{Ask, Centre};
use crate::rejection::{Pair, Rejection};

const ALTERNATIVES: usize = 5;
const FIVE_MINUTES_MS: i64 = 5 * 60 * 1_000;

/// A deadline rounded up to five minutes: nobody learns when exactly somebody else's hold lapses.
pub fn earliest_back(deadline_at: Instant) -> Instant {
    let steps = deadline_at.millis().div_euclid(FIVE_MINUTES_MS);
    let whole = deadline_at.millis().rem_euclid(FIVE_MINUTES_MS) == 0;
    let millis = if whole { deadline_at.millis() } else { (steps + 1) * FIVE_MINUTES_MS };
    Instant::from_millis(millis).unwrap_or(Instant::MAX)
}

/// Who is refused, and so for whom alternatives are meant.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whom<'a> {
    /// Who would place a hold.
    Holds,
    /// Who would move this booking: to its vaccine and doses, without the cap.
    Moves(&'a Hold),
    /// Who would move only its second.
    MovesSecond(&'a Hold),
}

/// The earliest start that can be booked now.
fn earliest_start(rules: &RuleSet, now: Instant) -> Instant {
    now.plus_millis(u64::from(rules.book_until_min) * 60_000)
}

impl Centre {
    /// Pairs that a hold by `channel` could take now, those near `near` first: a first-dose slot and the second-dose
    /// slot that it would get.
    pub fn pairs(&self, channel: Channel, now: Instant, near: Option<CivilDate>, limit: usize) -> Vec<Pair> {
        let Some(rules) = self.rules_at(now) else { return Vec::new() };
        let room = |date, contingent| self.room(rules, date, contingent);
        self.pairs_where(channel, earliest_start(rules, now), near, room, |_| true).take(limit).collect()
    }

    /// The same, where `room` stands for the cap and only slots that are `wanted` are looked at.
    fn pairs_where<'a>(
        &'a self,
        channel: Channel,
        from: Instant,
        near: Option<CivilDate>,
        room: impl Fn(CivilDate, Contingent) -> bool + Copy + 'a,
        wanted: impl Fn(&Slot) -> bool + 'a,
    ) -> impl Iterator<Item = Pair> + 'a {
        let mut dates: Vec<CivilDate> = self.stock.dates().collect();
        if let Some(near) = near {
            dates.sort_by_key(|date| (date.days_since(near).unsigned_abs(), *date));
        }
        let gives = move |date: &CivilDate| {
            let own = contingents_of(channel).iter();
            own.copied()
                .any(|contingent| self.stock.day(*date, contingent).free > 0 && room(*date, contingent))
        };
        dates
            .into_iter()
            .filter(gives)
            .flat_map(|date| self.stock.slots_on(date))
            .filter(move |slot| slot.start_at >= from && wanted(slot))
            .filter_map(move |slot| {
                let first = slot.first()?;
                first_place(first, channel, |contingent| room(slot.local_date, contingent)).ok()?;
                let second = earliest_backing(&self.stock, first);
                (first.doses < 2 || second.is_some()).then_some(Pair { first: slot.id, second })
            })
    }

    /// The most places of a contingent that may be held on a first-dose date, under the rules of the last record.
    pub fn hold_limit(&self, date: CivilDate, contingent: Contingent) -> u32 {
        let rules = self.last.and_then(|last| self.rules_at(last.time));
        let day = self.stock.day(date, contingent);
        let limit = rules.map_or(1, |rules| hold_limit(rules.holds.held_share, day));
        u32::try_from(limit).unwrap_or(u32::MAX)
    }

    /// When a held place of a first-dose date may come back at the earliest, rounded up to five minutes.
    pub fn earliest_back_at(&self, date: CivilDate, contingent: Contingent) -> Option<Instant> {
        self.holds.back(date, contingent).next().map(|(at, _)| earliest_back(at))
    }

    /// The earliest deadline of a live hold on a first-dose date and contingent, as it stands in the log.
    pub fn earliest_deadline(&self, date: CivilDate, contingent: Contingent) -> Option<Instant> {
        self.holds.back(date, contingent).next().map(|(at, _)| at)
    }

    fn room(&self, rules: &RuleSet, date: CivilDate, contingent: Contingent) -> bool {
        let day = self.stock.day(date, contingent);
        day.held < hold_limit(rules.holds.held_share, day)
    }

    /// Pairs that the same command would get now.
    fn alternatives(&self, ask: &Ask<'_>, near: &Slot, whom: Whom<'_>) -> Vec<Pair> {
        let Ok(rules) = self.rules_in_force(ask.now()) else { return Vec::new() };
        let (channel, near) = (ask.asked.channel, Some(near.local_date));
        let (booking, second_only) = match whom {
            Whom::Holds => return self.pairs(channel, ask.now(), near, ALTERNATIVES),
            Whom::Moves(booking) => (booking, false),
            Whom::MovesSecond(booking) => (booking, true),
        };
        let Some((own, places)) = self.stock.slot(booking.first).and_then(|own| Some((own, own.first()?)))
        else {
            return Vec::new();
        };
        let from = earliest_start(rules, ask.now());
        let begun = own.has_begun(ask.now());
        let seconds = if begun || second_only { self.other_seconds(booking, own, from) } else { Vec::new() };
        if begun || !seconds.is_empty() {
            return seconds;
        }
        let same = |slot: &Slot| {
            let doses = slot.first().map(|first| first.doses);
            slot.id != own.id && slot.vaccine == own.vaccine && doses == Some(places.doses)
        };
        self.pairs_where(channel, from, near, |_, _| true, same).take(ALTERNATIVES).collect()
    }

    /// The booking's own first slot with other second places.
    fn other_seconds(&self, booking: &Hold, own: &Slot, from: Instant) -> Vec<Pair> {
        let free =
            |slot: &&Slot| Some(slot.id) != booking.second && fits(own, slot) && free_second(slot).is_ok();
        self.stock
            .seconds_after(own.vaccine, from.minus_millis(1))
            .filter(free)
            .map(|slot| Pair { first: own.id, second: Some(slot.id) })
            .take(ALTERNATIVES)
            .collect()
    }

    pub(super) fn full(&self, ask: &Ask<'_>, slot: &Slot, whom: Whom<'_>) -> Rejection {
        let earliest_back_at = self.back_in_slot(slot.local_date, slot.id);
        Rejection::SlotFull { alternatives: self.alternatives(ask, slot, whom), earliest_back_at }
    }

    /// The second place named with this first-dose slot is gone.
    pub(super) fn full_second(&self, ask: &Ask<'_>, first: &Slot, whom: Whom<'_>) -> Rejection {
        Rejection::SlotFull { alternatives: self.alternatives(ask, first, whom), earliest_back_at: None }
    }

    pub(super) fn reserved(&self, ask: &Ask<'_>, slot: &Slot, whom: Whom<'_>) -> Rejection {
        Rejection::SecondPlaceReserved { alternatives: self.alternatives(ask, slot, whom) }
    }

    pub(super) fn refused_first(
        &self,
        ask: &Ask<'_>,
        slot: &Slot,
        refusal: FirstRefusal,
        whom: Whom<'_>,
    ) -> Rejection {
        match refusal {
            FirstRefusal::Full => self.full(ask, slot, whom),
            FirstRefusal::ForOthers => {
                let first = slot.first().filter(|first| !first.flowed);
                let flows_back_at = first.and_then(|first| first.flows_back_at);
                let alternatives = self.alternatives(ask, slot, whom);
                Rejection::ContingentSpent { flows_back_at, alternatives }
            }
            FirstRefusal::Budget => {
                let own = contingents_of(ask.asked.channel).iter();
                let deadlines =
                    own.filter_map(|contingent| self.earliest_back_at(slot.local_date, *contingent));
                let (earliest_back_at, alternatives) = (deadlines.min(), self.alternatives(ask, slot, whom));
                Rejection::HoldBudgetSpent { earliest_back_at, alternatives }
            }
        }
    }

    fn back_in_slot(&self, date: CivilDate, slot: SlotId) -> Option<Instant> {
        let here = |contingent| self.holds.back(date, contingent).find(|(_, first)| *first == slot);
        CONTINGENTS.into_iter().filter_map(here).map(|(at, _)| earliest_back(at)).min()
    }
}
