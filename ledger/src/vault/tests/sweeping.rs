//! Do entries that nobody names go, and all others stay?

use super::*;
use crate::vault::row::Place;
use crate::vault::staged::Staged;

const DAY_MS: u64 = 24 * HOUR_MS;

#[test]
fn what_no_registration_names_goes_after_a_day() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    stored(&vault, Put { person: person("Meier", "Berta"), ..put(2) });
    let named = |_: &CentreId, id: RegistrationId, _: u32, _: Instant| id == registration(2);
    assert_eq!(vault.sweep(noon().plus_millis(DAY_MS), &named), Ok(0));
    assert_eq!(vault.sweep(noon().plus_millis(DAY_MS + 1), &named), Ok(1));
    assert_eq!(vault.read(&frankfurt(), registration(1)), Ok(None));
    assert_eq!(vault.find("Müller", "Anna", person("x", "x").born_on), Ok(vec![]));
    assert!(vault.read(&frankfurt(), registration(2)).expect("read").is_some());
    assert_eq!(vault.sweep(noon().plus_millis(DAY_MS + 1), &named), Ok(0));
}

#[test]
fn a_swept_registration_may_begin_again_with_another_secret() {
    let home = Home::new();
    let vault = home.open();
    let first = stored(&vault, put(1));
    let later = noon().plus_millis(2 * DAY_MS);
    assert_eq!(vault.sweep(later, &|_, _, _, _| false), Ok(1));
    assert!(!vault.check_secret(&frankfurt(), registration(1), &secret(SECRET)).expect("checked"));
    let again = stored(&vault, Put { secret: Some(secret(OTHER_SECRET)), now: later, ..put(1) });
    assert!(!again.existed);
    assert_ne!(again.commitment, first.commitment);
}

#[test]
fn a_revision_that_the_ledger_refused_goes_alone() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    stored(&vault, Put { revision: 2, person: person("Meier", "Anna"), ..put(1) });
    let swept = vault.sweep(noon().plus_millis(2 * DAY_MS), &|_, _, revision, _| revision == 1);
    assert_eq!(swept, Ok(1));
    assert_eq!(vault.read(&frankfurt(), registration(1)).expect("read"), Some((person("Müller", "Anna"), 1)));
    assert_eq!(vault.find("Meier", "Anna", person("x", "x").born_on), Ok(vec![]));
    assert!(vault.check_secret(&frankfurt(), registration(1), &secret(SECRET)).expect("checked"));
    drop(vault);
    assert!(stored(&home.open(), put(1)).existed);
}

#[test]
fn many_go_at_once() {
    let home = Home::new();
    let vault = home.open();
    let waiting: Vec<_> = (0..100).map(|number| vault.put(put(number))).collect();
    waiting.into_iter().for_each(|outcome| drop(wait(outcome).expect("kept")));
    assert_eq!(vault.sweep(noon().plus_millis(2 * DAY_MS), &|_, id, _, _| id == registration(7)), Ok(99));
    let left = vault.find("Müller", "Anna", person("x", "x").born_on);
    assert_eq!(left, Ok(vec![(frankfurt(), registration(7))]));
}

#[test]
fn an_entry_that_was_made_anew_meanwhile_stays() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    let mut staged = Staged::new(vault.shared());
    let place = Place { centre: frankfurt(), registration: registration(1) };
    assert_eq!(staged.sweep(&place, 1, noon().minus_millis(1)), Ok(false));
    assert_eq!(staged.sweep(&place, 2, noon()), Ok(false));
    assert!(staged.rows.is_empty() && staged.index.is_empty());
    assert_eq!(staged.sweep(&place, 1, noon()), Ok(true));
}
