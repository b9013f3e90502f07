//! Turns wishes for rules and releases into whole sets and days.

use ledger::CentreCommand as C;
use ledger::command::SlotPlan;
use schemas::Instant;
use schemas::rules::BasisPoints;
use schemas::vocabulary::Dose;

use crate::resolve::View;
use crate::steps::{ReleaseWish, RulesWish};
use crate::universe as u;

impl View<'_> {
    pub(crate) fn rules(&self, wish: &RulesWish) -> C {
        let mut set = u::base_rules();
        set.holds.web_s = u32::from(wish.lives_s);
        set.holds.held_share = BasisPoints(wish.held_share);
        set.holds.per_registration_and_day = u32::from(wish.a_day);
        set.changes_per_day = u32::from(wish.a_day / 2 + 1);
        set.book_until_min = u32::from(wish.book_until_min);
        let later = |minutes: u16| self.now.plus_seconds(u32::from(minutes) * 60);
        set.contingents_flow_back_at = wish.flow_back_in_minutes.map(later);
        set.vaccines[0].interval_min_days = u32::from(wish.interval.0);
        set.vaccines[0].interval_max_days = u32::from(wish.interval.0 + wish.interval.1);
        match wish.flaw {
            0 => set.contingents.web = BasisPoints(5_000),
            1 => set.rest_max_s = 60,
            2 => set.vaccines[1].interval_min_days = 9,
            3 => drop(set.vaccines.pop()),
            _ => {}
        }
        let ms = i64::from(wish.in_minutes) * 60_000;
        let effective_at = Instant::from_millis(self.now.millis() + ms).unwrap_or(self.now);
        C::SetRules { rules: u::rules(self.number(wish.rules)), effective_at, set }
    }

    pub(crate) fn release(&self, wish: &ReleaseWish) -> C {
        let delivery = self.delivery(wish.delivery);
        let announced = self.model.announced.iter().find(|told| told.event.delivery == delivery);
        let vaccine = announced.map_or(u::COMIRNATY, |told| told.event.vaccine);
        let rule = self.model.rules_at(self.now).and_then(|rules| rules.vaccine(vaccine)).cloned();
        let (doses, min) = rule.map_or((2, 3), |rule| (rule.doses, rule.interval_min_days));
        let day = u::civil_day(self.now).plus_days(i32::from(wish.in_days)).unwrap();
        let mut slots: Vec<SlotPlan> = Vec::new();
        for &(start, web, hotline, open) in &wish.firsts {
            let capacity = u32::from(web) + u32::from(hotline) + u32::from(open);
            let [web, hotline, open] = [web, hotline, open].map(u32::from);
            let start_at = u::start_on(day, start);
            let dose = Dose::First;
            slots.push(SlotPlan {
                start_at,
                local_date: day,
                length_min: 15,
                dose,
                capacity,
                web,
                hotline,
                open,
            });
        }
        let needed: u32 = slots.iter().map(|slot| slot.capacity).sum();
        let mut offered = 0;
        for &(offset, start, capacity) in wish.seconds.iter().filter(|_| doses == 2) {
            let date = day.plus_days(i32::try_from(min).unwrap() + i32::from(offset)).unwrap();
            let start_at = u::start_on(date, start);
            let capacity = u32::from(capacity);
            offered += capacity;
            let dose = Dose::Second;
            let (web, hotline, open) = (0, 0, 0);
            slots.push(SlotPlan {
                start_at,
                local_date: date,
                length_min: 15,
                dose,
                capacity,
                web,
                hotline,
                open,
            });
        }
        if wish.enough
            && let Some(last) = slots.iter_mut().find(|slot| slot.dose == Dose::Second)
        {
            last.capacity += needed.saturating_sub(offered);
        }
        let mut vaccine = vaccine;
        match wish.flaw {
            0 => slots.iter_mut().take(1).for_each(|slot| slot.capacity += 1),
            1 => slots.clear(),
            2 => vaccine = u::MODERNA,
            3 => slots.iter_mut().take(1).for_each(|slot| {
                slot.local_date = slot.local_date.plus_days(-3).unwrap();
                slot.start_at = u::start_on(slot.local_date, 0);
            }),
            4 => vaccine = u::UNKNOWN_VACCINE,
            _ => {}
        }
        C::ReleaseSlots { release: u::release(self.number(wish.release)), delivery, vaccine, slots }
    }
}
