//! What else there is: pairs that can be booked, when something may come back, and the refusals that say so.

use schemas::ids::SlotId;
use schemas::rules::RuleSet;
use schemas::vocabulary::{Channel, Contingent};
use schemas::{CivilDate, Instant};

use super::slot::Slot;
use super::stock::CONTINGENTS;
use super::stock::choose::{FirstRefusal, contingents_of, earliest_backing, first_place, hold_limit};
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

impl Centre {
    /// Pairs that a hold by `channel` could take now, those near `near` first: a first-dose slot and the second-dose
    /// slot that it would get.
    pub fn pairs(&self, channel: Channel, now: Instant, near: Option<CivilDate>, limit: usize) -> Vec<Pair> {
        let Some(rules) = self.rules_at(now) else { return Vec::new() };
        let latest = now.plus_millis(u64::from(rules.book_until_min) * 60_000);
        let mut dates: Vec<CivilDate> = self.stock.dates().collect();
        if let Some(near) = near {
            dates.sort_by_key(|date| (date.days_since(near).unsigned_abs(), *date));
        }
        dates
            .into_iter()
            .filter(|date| self.day_gives(rules, channel, *date))
            .flat_map(|date| self.stock.slots_on(date))
            .filter(|slot| slot.start_at >= latest)
            .filter_map(|slot| self.pair(rules, channel, slot))
            .take(limit)
            .collect()
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

    fn day_gives(&self, rules: &RuleSet, channel: Channel, date: CivilDate) -> bool {
        contingents_of(channel).iter().any(|contingent| {
            self.stock.day(date, *contingent).free > 0 && self.room(rules, date, *contingent)
        })
    }

    fn pair(&self, rules: &RuleSet, channel: Channel, slot: &Slot) -> Option<Pair> {
        let first = slot.first()?;
        first_place(first, channel, |contingent| self.room(rules, slot.local_date, contingent)).ok()?;
        let second = earliest_backing(&self.stock, first);
        (first.doses < 2 || second.is_some()).then_some(Pair { first: slot.id, second })
    }

    fn alternatives(&self, ask: &Ask<'_>, slot: &Slot) -> Vec<Pair> {
        self.pairs(ask.asked.channel, ask.now(), Some(slot.local_date), ALTERNATIVES)
    }

    pub(super) fn full(&self, ask: &Ask<'_>, slot: &Slot) -> Rejection {
        let earliest_back_at = self.back_in_slot(slot.local_date, slot.id);
        Rejection::SlotFull { alternatives: self.alternatives(ask, slot), earliest_back_at }
    }

    pub(super) fn reserved(&self, ask: &Ask<'_>, slot: &Slot) -> Rejection {
        Rejection::SecondPlaceReserved { alternatives: self.alternatives(ask, slot) }
    }

    pub(super) fn refused_first(&self, ask: &Ask<'_>, slot: &Slot, refusal: FirstRefusal) -> Rejection {
        let alternatives = self.alternatives(ask, slot);
        match refusal {
            FirstRefusal::Full => self.full(ask, slot),
            FirstRefusal::ForOthers => {
                let flows_back_at =
                    slot.first().filter(|first| !first.flowed).and_then(|first| first.flows_back_at);
                Rejection::ContingentSpent { flows_back_at, alternatives }
            }
            FirstRefusal::Budget => {
                let own = contingents_of(ask.asked.channel).iter();
                let deadlines =
                    own.filter_map(|contingent| self.earliest_back_at(slot.local_date, *contingent));
                Rejection::HoldBudgetSpent { earliest_back_at: deadlines.min(), alternatives }
            }
        }
    }

    fn back_in_slot(&self, date: CivilDate, slot: SlotId) -> Option<Instant> {
        let here = |contingent| self.holds.back(date, contingent).find(|(_, first)| *first == slot);
        CONTINGENTS.into_iter().filter_map(here).map(|(at, _)| earliest_back(at)).min()
    }
}
