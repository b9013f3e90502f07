//! When a write fails: is it told as unknown, is nothing half there, and does work go on afterwards?

use super::*;
use crate::vault::store::Fault;

fn break_next_write(vault: &Vault, fault: Fault) {
    *vault.shared().store.fault.lock().expect("the fault") = Some(fault);
}

#[test]
fn a_write_that_failed_is_told_and_leaves_nothing() {
    let home = Home::new();
    let vault = home.open();
    let pseudonyms = stored(&vault, put(1)).pseudonyms;
    break_next_write(&vault, Fault::NotWritten);
    assert!(matches!(refused(&vault, put(2)), VaultError::Storage(_)));
    assert_eq!(vault.read(&frankfurt(), registration(2)), Ok(None));
    assert_eq!(vault.check_secret(&frankfurt(), registration(2), &secret(SECRET)), Ok(false));
    assert_eq!(vault.find("Müller", "Anna", put(1).person.born_on).expect("found").len(), 1);
    // The next one finds the store opened anew, and goes through.
    assert_eq!(stored(&vault, put(1)).pseudonyms, pseudonyms);
    assert!(!stored(&vault, put(2)).existed);
}

#[test]
fn a_write_that_failed_but_is_durable_all_the_same_is_found_whole() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    break_next_write(&vault, Fault::Written);
    assert!(matches!(refused(&vault, put(2)), VaultError::Storage(_)));
    let again = stored(&vault, put(2));
    assert!(again.existed);
    assert_eq!(again.pseudonyms.len(), 2, "the index knows it too");
    assert_eq!(vault.find("Müller", "Anna", put(1).person.born_on).expect("found").len(), 2);
}

#[test]
fn all_of_a_group_hear_that_its_write_failed_refusals_too() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    let held = vault.shared().index.lock().expect("the index");
    let first = vault.put(put(2));
    // The first group is written and waits for the index, so what comes now is in the second.
    while vault.batches() < 3 {
        std::thread::yield_now();
    }
    let differing = Put { person: person("Meier", "Anna"), ..put(1) };
    let group = [vault.put(put(3)), vault.put(differing), vault.put(put(4))];
    break_next_write(&vault, Fault::NotWritten);
    drop(held);
    wait(first).expect("kept");
    for outcome in group {
        assert!(matches!(wait(outcome), Err(VaultError::Storage(_))));
    }
    for number in [3, 4] {
        assert_eq!(vault.read(&frankfurt(), registration(number)), Ok(None));
    }
}

#[test]
fn an_erasure_whose_write_failed_is_done_when_asked_again() {
    for fault in [Fault::NotWritten, Fault::Written] {
        let home = Home::new();
        let vault = home.open();
        stored(&vault, put(1));
        let traces = files::Traces::of(&vault);
        break_next_write(&vault, fault);
        assert!(matches!(wait(vault.erase(&frankfurt(), registration(1))), Err(VaultError::Storage(_))));
        let any = wait(vault.erase(&frankfurt(), registration(1))).expect("erased");
        assert_eq!(any, fault == Fault::NotWritten, "else the first one found it");
        assert_eq!(traces.found(&home), [""; 0]);
    }
}
