//! `DescribeCentre` and `SetRules`.

use std::collections::BTreeSet;

use schemas::events::{CentreDescribed, RulesSet};
use schemas::ids::RulesId;
use schemas::rules::{BasisPoints, VaccineRule};
use schemas::{Instant, RuleSet};

use crate::answer::Decision;
use crate::centre::{Ask, Centre};
use crate::command::CentreDescription;
use crate::rejection::Rejection;

const DAY_MIN: u32 = 24 * 60;

impl Centre {
    pub(in crate::centre) fn describe(
        &self,
        ask: &Ask<'_>,
        wanted: &CentreDescription,
    ) -> Result<Decision, Rejection> {
        let before = self.described.as_ref();
        if let Some(before) = before {
            if before.centre.id != wanted.id {
                return Err(Rejection::ContentDiffers);
            }
            if before.known.content == ask.content {
                return Ok(Decision::Repeat(before.known.mark));
            }
        }
        ask.one(CentreDescribed {
            revision: before.map_or(1, |before| before.centre.revision.saturating_add(1)),
            number: self.number,
            id: wanted.id.clone(),
            reference_prefix: wanted.reference_prefix,
            name: wanted.name.clone(),
            address: wanted.address.clone(),
            phone: wanted.phone.clone(),
            time_zone: wanted.time_zone.clone(),
            opens_on: wanted.opens_on,
            catchment: wanted.catchment.clone(),
            content: ask.content,
        })
    }

    pub(in crate::centre) fn set_rules(
        &self,
        ask: &Ask<'_>,
        rules: RulesId,
        effective_at: Instant,
        set: &RuleSet,
    ) -> Result<Decision, Rejection> {
        if let Some(before) = self.supply.rules.get(&rules) {
            return before.repeat(ask.content);
        }
        let sets = self.supply.sets.len();
        if sets > 0 && effective_at < ask.now() {
            return Err(Rejection::RulesInThePast);
        }
        if let Some(what) = contradiction(set) {
            return Err(Rejection::RulesIncomplete { what: what.to_owned() });
        }
        let number = u32::try_from(sets).unwrap_or(u32::MAX).saturating_add(1);
        ask.one(RulesSet { rules, number, effective_at, set: set.clone(), content: ask.content })
    }

    /// The set that decides now.
    pub(in crate::centre) fn rules_in_force(&self, now: Instant) -> Result<&RuleSet, Rejection> {
        let none = || Rejection::RulesIncomplete { what: "no rules are set for this centre".to_owned() };
        self.rules_at(now).ok_or_else(none)
    }
}

/// The first thing that a set lacks or that contradicts itself.
fn contradiction(set: &RuleSet) -> Option<&'static str> {
    let shares = &set.contingents;
    let sum = [shares.web, shares.hotline, shares.open].iter().map(|share| u32::from(share.0)).sum::<u32>();
    let (holds, grid) = (&set.holds, &set.slot);
    let names: BTreeSet<_> = set.vaccines.iter().map(|rule| &rule.name).collect();
    let codes: BTreeSet<_> = set.vaccines.iter().map(|rule| rule.cvx).collect();
    let groups: BTreeSet<_> = set.cohorts.iter().map(|cohort| cohort.group).collect();
    let vaccines = set.vaccines.len();
    let checks = [
        (!set.time_zone.is_empty(), "it names no time zone"),
        (vaccines > 0, "it knows no vaccine"),
        (names.len() == vaccines && codes.len() == vaccines, "it names a vaccine twice"),
        (set.vaccines.iter().all(is_whole), "a vaccine's doses and interval contradict each other"),
        (holds.web_s > 0 && holds.hotline_s > 0, "a hold would live no time"),
        (holds.per_registration_and_day > 0, "nobody could place a hold"),
        (holds.held_share <= BasisPoints::ONE, "held_share is more than the whole"),
        (sum == u32::from(BasisPoints::ONE.0), "the contingents do not add up to the whole"),
        (set.rest_min_s == 0 && set.rest_max_s == 0, "rest_s above 0 is not possible yet"),
        (
            grid.length_min > 0
                && grid.closes_min <= DAY_MIN
                && grid.opens_min.saturating_add(grid.length_min) <= grid.closes_min,
            "no slot fits between opening and closing",
        ),
        (groups.len() == set.cohorts.len(), "it names a cohort twice"),
    ];
    checks.into_iter().find(|(holds, _)| !holds).map(|(_, what)| what)
}

fn is_whole(rule: &VaccineRule) -> bool {
    match rule.doses {
        1 => rule.interval_min_days == 0 && rule.interval_max_days == 0,
        2 => 1 <= rule.interval_min_days && rule.interval_min_days <= rule.interval_max_days,
        _ => false,
    }
}
