//! Is what was kept found again, and nothing half of it?

use super::*;
use crate::vault::MAX_PERSON_BYTES;

#[test]
fn what_was_put_is_read_back_also_after_a_restart() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    assert_eq!(vault.read(&frankfurt(), registration(1)).expect("read"), Some((person("Müller", "Anna"), 1)));
    assert_eq!(vault.read(&kassel(), registration(1)).expect("read"), None);
    drop(vault);
    let vault = home.open();
    assert_eq!(vault.read(&frankfurt(), registration(1)).expect("read"), Some((person("Müller", "Anna"), 1)));
    assert_eq!(vault.read(&frankfurt(), registration(2)).expect("read"), None);
}

#[test]
fn a_second_put_finds_the_first_ones_entry_and_says_its_age() {
    let home = Home::new();
    let first = stored(&home.open(), put(1));
    assert!(!first.existed);
    assert_eq!(first.age_ms, 0);
    let vault = home.open();
    let again = stored(&vault, Put { now: noon().plus_millis(HOUR_MS), ..put(1) });
    assert_eq!(again, Stored { age_ms: HOUR_MS, existed: true, ..first.clone() });
    let before = stored(&vault, Put { now: noon().minus_millis(HOUR_MS), ..put(1) });
    assert_eq!(before.age_ms, 0);
}

#[test]
fn every_field_of_the_person_tells_a_put_from_another() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    let changes: [fn(&mut Person); 9] = [
        |person| person.family_name.push('s'),
        |person| person.given_name = "anna".into(),
        |person| person.born_on = person.born_on.plus_days(1).expect("a date"),
        |person| person.street = None,
        |person| person.postal_code = Some("60317".into()),
        |person| person.city = Some("Frankfurt".into()),
        |person| person.phone = Some(String::new()),
        |person| person.email = None,
        |person| std::mem::swap(&mut person.phone, &mut person.email),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut differing = put(1);
        change(&mut differing.person);
        assert_eq!(refused(&vault, differing), VaultError::Differs, "change {number}");
    }
    assert!(stored(&vault, put(1)).existed);
}

#[test]
fn two_entries_of_one_person_have_different_salts() {
    let home = Home::new();
    let vault = home.open();
    let (one, other) = (stored(&vault, put(1)), stored(&vault, put(2)));
    assert_ne!(one.commitment, other.commitment);
}

#[test]
fn an_amendment_is_an_entry_beside_the_first() {
    let home = Home::new();
    let vault = home.open();
    let first = stored(&vault, put(1));
    let amended = Put { revision: 2, person: person("Müller-Lüdenscheidt", "Anna"), ..put(1) };
    let second = stored(&vault, amended.clone());
    assert!(!second.existed);
    assert_ne!(second.commitment, first.commitment);
    assert_eq!(vault.read(&frankfurt(), registration(1)).expect("read"), Some((amended.person.clone(), 2)));
    let first_person = vault.read_revision(&frankfurt(), registration(1), 1).expect("read");
    assert_eq!(first_person, Some(person("Müller", "Anna")));
    assert_eq!(stored(&vault, put(1)).commitment, first.commitment);
    assert_eq!(stored(&vault, amended).commitment, second.commitment);
}

#[test]
fn data_over_the_bound_are_refused_and_data_at_the_bound_kept() {
    let home = Home::new();
    let vault = home.open();
    let mut large = put(1);
    let other_bytes = large.person.canonical().expect("bytes").len();
    large.person.family_name.push_str(&"x".repeat(MAX_PERSON_BYTES - other_bytes));
    stored(&vault, large.clone());
    large.registration = registration(2);
    large.person.family_name.push('x');
    let too_large = VaultError::TooLarge { bytes: MAX_PERSON_BYTES + 1, limit: MAX_PERSON_BYTES };
    assert_eq!(refused(&vault, large.clone()), too_large);
    large.person.street = Some("x".repeat(1 << 20));
    assert!(matches!(refused(&vault, large), VaultError::TooLarge { .. }));
    assert_eq!(vault.read(&frankfurt(), registration(2)).expect("read"), None);
}

#[test]
fn a_person_without_a_letter_in_the_name_is_refused() {
    let home = Home::new();
    let vault = home.open();
    let nameless = Put { person: person("–", " ' "), ..put(1) };
    assert_eq!(refused(&vault, nameless), VaultError::NoName);
    stored(&vault, Put { person: person("", "Suharto"), ..put(1) });
}

#[test]
fn what_waits_during_one_sync_is_written_in_the_next_all_at_once() {
    let home = Home::new();
    let vault = home.open();
    vault.prepare_districts(&[district()]).expect("keys");
    let before = vault.batches();
    // While this is held the writing thread cannot finish its first group, so all the others wait for the second.
    let held = vault.shared().index.lock().expect("the index");
    let waiting: Vec<_> = (0..200).map(|number| vault.put(put(number))).collect();
    drop(held);
    for outcome in waiting {
        wait(outcome).expect("it is kept");
    }
    let batches = vault.batches() - before;
    assert!((1..=2).contains(&batches), "{batches} batches for 200 puts");
}

#[test]
fn puts_of_one_group_see_one_another() {
    let home = Home::new();
    let vault = home.open();
    let held = vault.shared().index.lock().expect("the index");
    let ask = |put: Put| vault.put(put);
    let differing = Put { person: person("Meier", "Anna"), ..put(2) };
    let waiting = [ask(put(1)), ask(put(2)), ask(put(2)), ask(differing), ask(put(3))];
    drop(held);
    let [_, first, second, differing, third] = waiting.map(wait);
    let (first, second) = (first.expect("kept"), second.expect("kept"));
    assert!(!first.existed && second.existed);
    assert_eq!(first.commitment, second.commitment);
    assert_eq!(differing, Err(VaultError::Differs));
    assert_eq!(third.expect("kept").pseudonyms.len(), 3);
}

#[test]
fn a_person_prints_as_nothing() {
    assert_eq!(format!("{:?}", person("Müller", "Anna")), "Person(…)");
    assert!(!format!("{:?}", put(1)).contains("Müller"));
    assert!(!format!("{:?}", put(1)).contains(SECRET));
}

#[test]
fn a_person_is_json_without_what_is_absent_and_refuses_unknown_fields() {
    let json = serde_json::to_value(person("Müller", "Anna")).expect("JSON");
    assert_eq!(json["family_name"], "Müller");
    assert_eq!(json["born_on"], "1938-05-17");
    assert!(json.get("phone").is_none());
    assert_eq!(serde_json::from_value::<Person>(json.clone()).expect("a person"), person("Müller", "Anna"));
    let mut unknown = json;
    unknown["fax"] = "1".into();
    assert!(serde_json::from_value::<Person>(unknown).is_err());
}
