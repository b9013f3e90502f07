use schemas::CivilDate;
use schemas::rules::{BasisPoints, ContingentShares, RuleSet};

use super::{Day, Dealt, LayoutError, release};
use crate::json::RulesBody;
use crate::stamp::Zone;

const MORNING: &str = include_str!("../../tests/rules_2021-01-12.json");

fn rules() -> RuleSet {
    let body: RulesBody = serde_json::from_str(MORNING).expect("the rules of the morning");
    body.into_rules().expect("whole").1
}

fn day(date: &str, places: u32) -> Day {
    Day { date: date.parse().expect("a date"), places }
}

fn berlin() -> Zone {
    Zone::named("Europe/Berlin").expect("a zone")
}

fn instant(text: &str) -> schemas::Instant {
    text.parse().expect("an instant")
}

#[test]
fn ties_go_to_the_web_first() {
    let shares =
        ContingentShares { web: BasisPoints(6_000), hotline: BasisPoints(3_000), open: BasisPoints(1_000) };
    assert_eq!(Dealt::of_shares(556, &shares), Dealt { web: 334, hotline: 167, open: 55 });
    assert_eq!(Dealt::of_shares(1, &shares), Dealt { web: 1, hotline: 0, open: 0 });
    assert_eq!(Dealt::of_shares(0, &shares), Dealt::default());
}

#[test]
fn every_place_is_dealt_once_and_slots_differ_by_at_most_one() {
    let rules = rules();
    for places in [1, 7, 59, 60, 61, 556, 1_000] {
        let slots =
            release(&rules, &berlin(), instant("2021-01-11T08:00:00Z"), day("2021-01-19", places), None)
                .expect("laid out");
        assert!(slots.iter().all(|slot| slot.web + slot.hotline + slot.open == slot.capacity));
        let sum = |of: fn(&ledger::command::SlotPlan) -> u32| slots.iter().map(of).sum::<u32>();
        let dealt = Dealt { web: sum(|it| it.web), hotline: sum(|it| it.hotline), open: sum(|it| it.open) };
        assert_eq!(dealt, Dealt::of_shares(places, &rules.contingents), "{places}");
        let most = slots.iter().map(|slot| slot.capacity).max();
        assert_eq!(most, Some(places.div_ceil(60)));
    }
}

#[test]
fn the_day_begins_and_ends_by_the_clocks_of_the_centre() {
    let slots = release(
        &rules(),
        &berlin(),
        instant("2021-01-11T08:00:00Z"),
        day("2021-03-27", 60),
        Some(day("2021-03-28", 60)),
    )
    .expect("laid out");
    let (first, second) = slots.split_at(60);
    assert_eq!(first[0].start_at, instant("2021-03-27T07:00:00+01:00"));
    assert_eq!(second[0].start_at, instant("2021-03-28T07:00:00+02:00"));
    assert_eq!(second[59].start_at, instant("2021-03-28T21:45:00+02:00"));
    assert_eq!(second[0].local_date, CivilDate::from_ymd(2021, 3, 28).expect("a date"));
    assert!(second.iter().all(|slot| slot.web + slot.hotline + slot.open == 0));
}

#[test]
fn an_hour_that_the_clocks_skip_has_no_slots() {
    let mut rules = rules();
    (rules.slot.opens_min, rules.slot.closes_min) = (60, 240);
    let outcome = release(&rules, &berlin(), instant("2021-01-11T08:00:00Z"), day("2021-03-28", 60), None);
    let Err(LayoutError::NotALocalTime(gap)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(gap.to_string(), "2021-03-28 has no 02:00 here");
    // In October the hour from two to three comes twice; the earlier one is meant.
    let slots = release(&rules, &berlin(), instant("2021-01-11T08:00:00Z"), day("2021-10-31", 12), None);
    assert_eq!(slots.expect("laid out")[4].start_at, instant("2021-10-31T02:00:00+02:00"));
}

#[test]
fn after_the_flow_back_all_is_open() {
    let rules = rules();
    let now = rules.contingents_flow_back_at.expect("set");
    let slots = release(&rules, &berlin(), now, day("2021-01-19", 556), None).expect("laid out");
    assert!(slots.iter().all(|slot| slot.open == slot.capacity));
}
