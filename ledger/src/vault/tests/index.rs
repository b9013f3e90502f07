//! Is one person one, wherever and however often registered?

use super::*;

fn found(vault: &Vault, family_name: &str) -> Vec<(CentreId, RegistrationId)> {
    vault.find(family_name, "Anna", person("x", "x").born_on).expect("found")
}

#[test]
fn one_person_at_two_centres_shares_pseudonyms() {
    let home = Home::new();
    let vault = home.open();
    let here = stored(&vault, put(1));
    let there = stored(&vault, Put { centre: kassel(), person: person("MUELLER", "Änna"), ..put(1) });
    assert_eq!(here.pseudonyms.len(), 1);
    assert_eq!(there.pseudonyms.len(), 1, "Änna is another person");
    let there = stored(&vault, Put { centre: kassel(), person: person("MUELLER", "anna"), ..put(2) });
    assert_eq!(there.pseudonyms.len(), 2);
    assert!(there.pseudonyms.contains(&here.pseudonyms[0]));
    assert!(there.pseudonyms.is_sorted());
    // Sent again, the first names both.
    assert_eq!(stored(&vault, put(1)).pseudonyms, there.pseudonyms);
    assert_eq!(found(&vault, "Müller"), [(frankfurt(), registration(1)), (kassel(), registration(2))]);
}

#[test]
fn pseudonyms_outlive_a_restart_and_are_random() {
    let home = Home::new();
    let first = stored(&home.open(), put(1));
    let vault = home.open();
    assert_eq!(stored(&vault, put(1)).pseudonyms, first.pseudonyms);
    let elsewhere = Home::new();
    assert_ne!(stored(&elsewhere.open(), put(1)).pseudonyms, first.pseudonyms);
}

#[test]
fn another_birth_date_is_another_person() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    let mut younger = put(2);
    younger.person.born_on = younger.person.born_on.plus_days(1).expect("a date");
    assert_eq!(stored(&vault, younger).pseudonyms.len(), 1);
}

#[test]
fn an_amendment_of_the_address_keeps_the_pseudonym() {
    let home = Home::new();
    let vault = home.open();
    let first = stored(&vault, put(1));
    let mut moved = Put { revision: 2, ..put(1) };
    moved.person.street = None;
    assert_eq!(stored(&vault, moved).pseudonyms, first.pseudonyms);
    assert_eq!(found(&vault, "Müller").len(), 1);
}

#[test]
fn an_amendment_to_another_person_gets_another_pseudonym() {
    let home = Home::new();
    let vault = home.open();
    let anna = stored(&vault, put(1));
    let bertas = stored(&vault, Put { person: person("Meier", "Anna"), ..put(2) });
    let amended = stored(&vault, Put { revision: 2, person: person("Meier", "Anna"), ..put(1) });
    assert!(!amended.pseudonyms.contains(&anna.pseudonyms[0]), "else both persons would be one");
    assert!(amended.pseudonyms.contains(&bertas.pseudonyms[0]));
    // Until the ledger's verdict is known the registration stands under both names.
    assert_eq!(found(&vault, "Müller"), [(frankfurt(), registration(1))]);
    assert_eq!(found(&vault, "Meier").len(), 2);
}

#[test]
fn an_amendment_that_the_ledger_refused_hides_nobody() {
    let home = Home::new();
    let vault = home.open();
    let first = stored(&vault, put(1));
    stored(&vault, Put { revision: 2, person: person("Meier", "Anna"), ..put(1) });
    let again = stored(&vault, Put { centre: kassel(), ..put(2) });
    assert!(again.pseudonyms.contains(&first.pseudonyms[0]), "else one person could book twice");
}
