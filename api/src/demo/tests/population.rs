//! The same seed makes the same people with the same intentions, each another one, and all of them old enough.

use std::collections::HashSet;

use crate::demo::chance::{Chance, Purpose};
use crate::demo::data::Tables;
use crate::demo::intentions::{self, Calendar, Intentions};
use crate::demo::names::{FAMILY, GIVEN};
use crate::demo::population::{self, Person, Way};

fn morning(seed: u64, people: u32) -> (Vec<Person>, Vec<Intentions>) {
    let tables = Tables::embedded().unwrap();
    let (chance, calendar) = (Chance::new(seed), Calendar::of(&tables));
    let persons = population::draw(&tables, &chance, people);
    let meant = (0..)
        .zip(&persons)
        .map(|(number, person)| intentions::draw(&chance, &calendar, number, person))
        .collect();
    (persons, meant)
}

#[test]
fn the_same_seed_makes_the_same_people_and_another_seed_others() {
    assert_eq!(morning(7, 3_000), morning(7, 3_000));
    assert_ne!(morning(7, 3_000), morning(8, 3_000));
}

#[test]
fn a_draw_does_not_depend_on_what_was_drawn_before() {
    let chance = Chance::new(7);
    let alone = chance.id(41, Purpose::HoldId, 2);
    for number in 0..40 {
        chance.draws(number, Purpose::HoldId, 2).below(1_000);
    }
    assert_eq!(chance.id(41, Purpose::HoldId, 2), alone);
    assert_ne!(chance.id(41, Purpose::HoldId, 3), alone);
    assert_ne!(chance.id(41, Purpose::ChangeId, 2), alone);
    assert_eq!(alone.get_version_num(), 4);
}

#[test]
fn every_district_has_its_people_and_every_centre_more_people_than_pairs() {
    let tables = Tables::embedded().unwrap();
    for people in [100, 2_000, 40_000] {
        let (persons, _) = morning(3, people);
        assert_eq!(persons.len(), people as usize);
        let supply = crate::demo::supply::of(&tables, people);
        for (centre, supply) in supply.iter().enumerate() {
            let at_home = persons.iter().filter(|person| usize::from(person.centre) == centre).count();
            assert!(at_home > supply.pairs() as usize, "{people} people: {at_home} for {}", supply.pairs());
        }
    }
    let (persons, _) = morning(3, 40_000);
    assert_eq!(persons.iter().map(|person| person.district).collect::<HashSet<_>>().len(), 26);
    let callers = persons.iter().filter(|person| person.way == Way::Phone).count();
    assert!((2_800..3_600).contains(&callers), "{callers} callers");
}

#[test]
fn no_two_people_share_name_and_birth_date_and_all_are_80_to_100() {
    let chance = Chance::new(5);
    let mut seen = HashSet::new();
    for number in 0..100_000 {
        let identity = population::identity(&chance, number);
        let age = 2021 - i32::from(identity.born_on.year());
        assert!((80..=101).contains(&age) && identity.born_on <= jiff::civil::date(1941, 1, 12));
        assert!(seen.insert((identity.family_name, identity.given_name, identity.born_on)));
    }
}

#[test]
fn names_stay_apart_when_they_are_normalized() {
    let normalized = |name: &&str| {
        let lower = name.to_lowercase();
        lower.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss")
    };
    assert_eq!(FAMILY.iter().map(normalized).collect::<HashSet<_>>().len(), FAMILY.len());
    assert_eq!(GIVEN.iter().map(normalized).collect::<HashSet<_>>().len(), GIVEN.len());
}

#[test]
fn most_come_on_tuesday_morning_and_everybody_before_friday_noon() {
    let tables = Tables::embedded().unwrap();
    let calendar = Calendar::of(&tables);
    let (_, meant) = morning(11, 20_000);
    let before = meant.iter().filter(|meant| meant.arrives_at < calendar.opens_at).count();
    let noon = calendar.opens_at.plus_seconds(4 * 3_600);
    let morning = meant.iter().filter(|meant| meant.arrives_at < noon).count();
    assert!((400..1_200).contains(&before), "{before} before the opening");
    assert!((10_000..15_000).contains(&morning), "{morning} before Tuesday noon");
    assert!(meant.iter().all(|meant| meant.arrives_at <= calendar.flows_back_at));
}
