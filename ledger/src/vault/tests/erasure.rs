//! Is what was erased gone: from every answer, and from every byte of the files?

use std::task::{Context, Waker};

use rocksdb::IteratorMode;
use schemas::ids::AccessId;

use super::files::Traces;
use super::*;
use crate::vault::row::Place;
use crate::vault::staged::Staged;

fn erased(vault: &Vault, number: u8) -> bool {
    wait(vault.erase(&frankfurt(), registration(number))).expect("erased")
}

/// Anna, amended, with two secrets.
fn fill(vault: &Vault) {
    stored(vault, put(1));
    stored(vault, Put { revision: 2, person: person("Meier", "Anna"), ..put(1) });
    let access = AccessId([1; 16]);
    wait(vault.reissue(&frankfurt(), registration(1), access, secret(OTHER_SECRET))).expect("reissued");
}

#[test]
fn no_byte_of_the_erased_stands_in_the_files_while_the_vault_is_open_or_after() {
    let home = Home::new();
    let vault = home.open();
    fill(&vault);
    let traces = Traces::of(&vault);
    assert!(!traces.found(&home).is_empty(), "the search must be able to find");
    assert!(erased(&vault, 1));
    assert_eq!(traces.found(&home), [""; 0]);
    drop(vault);
    assert_eq!(traces.found(&home), [""; 0]);
    let vault = home.open();
    assert_eq!(traces.found(&home), [""; 0]);
    drop(vault);
    assert_eq!(traces.found(&home), [""; 0]);
}

#[test]
fn what_had_sunk_into_table_files_is_erased_there_and_the_others_stay() {
    let home = Home::new();
    let vault = home.open();
    fill(&vault);
    let traces = Traces::of(&vault);
    drop(vault);
    // Each start writes what the log holds into a table file.
    let berta = |number| {
        let secret = Some(secret("bertas-bertas-bertas-bertas"));
        Put { person: person("Schmidt", "Berta"), secret, ..put(number) }
    };
    for number in 2..8 {
        stored(&home.open(), berta(number));
    }
    let vault = home.open();
    assert!(!traces.found(&home).is_empty());
    assert!(erased(&vault, 1));
    assert_eq!(traces.found(&home), [""; 0]);
    for number in 2..8 {
        assert!(stored(&vault, berta(number)).existed);
    }
}

#[test]
fn the_erased_is_not_found_by_any_way() {
    let home = Home::new();
    let vault = home.open();
    fill(&vault);
    let other = stored(&vault, put(2));
    assert_eq!(other.pseudonyms.len(), 2);
    erased(&vault, 1);
    let check = |vault: &Vault| {
        assert_eq!(vault.read(&frankfurt(), registration(1)), Ok(None));
        assert_eq!(vault.read_revision(&frankfurt(), registration(1), 1), Ok(None));
        assert_eq!(vault.check_secret(&frankfurt(), registration(1), &secret(OTHER_SECRET)), Ok(false));
        assert_eq!(vault.find("Meier", "Anna", person("x", "x").born_on), Ok(vec![]));
        assert_eq!(stored(vault, put(2)).pseudonyms.len(), 1);
    };
    check(&vault);
    drop(vault);
    check(&home.open());
}

#[test]
fn an_erased_registration_never_begins_again() {
    let home = Home::new();
    let vault = home.open();
    fill(&vault);
    erased(&vault, 1);
    assert_eq!(refused(&vault, put(1)), VaultError::Erased);
    assert_eq!(refused(&vault, Put { revision: 3, secret: None, ..put(1) }), VaultError::Erased);
    let outcome = wait(vault.reissue(&frankfurt(), registration(1), AccessId([2; 16]), secret(SECRET)));
    assert_eq!(outcome, Err(VaultError::Erased));
    stored(&vault, Put { centre: kassel(), ..put(1) });
}

#[test]
fn erasing_again_does_no_harm() {
    let home = Home::new();
    let vault = home.open();
    fill(&vault);
    let twice = [vault.erase(&frankfurt(), registration(1)), vault.erase(&frankfurt(), registration(1))];
    assert_eq!(twice.map(wait), [Ok(true), Ok(false)]);
    assert!(!erased(&vault, 1));
    assert!(!erased(&vault, 9), "of nobody");
}

#[test]
fn what_a_crash_left_half_erased_the_next_start_finishes() {
    let home = Home::new();
    fill(&home.open());
    // Now it stands in a table file, where no start alone would take it away.
    let vault = home.open();
    let traces = Traces::of(&vault);
    let mut staged = Staged::new(vault.shared());
    staged.erase(&Place { centre: frankfurt(), registration: registration(1) }).expect("staged");
    // The rows are deleted and marked; the process ends before anything else.
    vault.shared().store.commit(&staged.rows).expect("written");
    drop(staged);
    drop(vault);
    assert!(!traces.found(&home).is_empty(), "the crash must leave something behind");
    let vault = home.open();
    assert_eq!(traces.found(&home), [""; 0]);
    assert!(!erased(&vault, 1));
    assert_eq!(vault.read(&frankfurt(), registration(1)), Ok(None));
}

#[test]
fn what_a_sweep_takes_away_leaves_no_byte_either() {
    let home = Home::new();
    let vault = home.open();
    fill(&vault);
    let traces = Traces::of(&vault);
    assert_eq!(vault.sweep(noon().plus_millis(25 * HOUR_MS), &|_, _, _, _| false), Ok(2));
    assert_eq!(traces.found(&home), [""; 0]);
}

#[test]
fn a_secret_that_counts_no_more_goes_with_the_others() {
    let home = Home::new();
    fill(&home.open());
    // The row with one secret stands in a table file, the one with two in the log.
    let vault = home.open();
    let access = AccessId([2; 16]);
    wait(vault.reissue(&frankfurt(), registration(1), access, secret(SECRET))).expect("reissued");
    let traces = Traces::of(&vault);
    erased(&vault, 1);
    assert_eq!(traces.found(&home), [""; 0]);
}

#[test]
fn erasing_somebody_of_whom_there_is_nothing_ends_soon_among_many_files() {
    let home = Home::new();
    for number in 1..5 {
        stored(&home.open(), put(number));
        stored(&home.open(), put(255 - number));
    }
    let vault = home.open();
    assert!(!erased(&vault, 100));
    assert!(erased(&vault, 3));
}

#[test]
fn erasing_is_not_said_to_be_done_while_a_reader_keeps_an_old_file() {
    let home = Home::new();
    fill(&home.open());
    let vault = home.open();
    let traces = Traces::of(&vault);
    let live = |db: &rocksdb::DB| {
        let files = db.live_files().expect("files");
        files.into_iter().map(|file| file.name).collect::<Vec<_>>()
    };
    let mut erasing = Box::pin(vault.erase(&frankfurt(), registration(2)));
    wait(&mut erasing).expect("erased");
    let checked = vault.shared().store.with(|db| {
        let old = live(db);
        let mut reader = db.iterator(IteratorMode::Start);
        reader.next().expect("a row").expect("read");
        erasing = Box::pin(vault.erase(&frankfurt(), registration(1)));
        while live(db).iter().any(|file| old.contains(file)) {
            std::thread::yield_now();
        }
        // It was written anew, but the reader still has the old file.
        assert!(!traces.found(&home).is_empty());
        assert!(erasing.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(reader);
        Ok(())
    });
    checked.expect("checked");
    assert_eq!(wait(erasing), Ok(true));
    assert_eq!(traces.found(&home), [""; 0]);
}

#[test]
fn one_of_many_is_erased_from_all_levels_and_the_others_stay() {
    let home = Home::new();
    let vault = home.open();
    let padded = |number: u32| {
        let mut put = put(0);
        put.registration.0[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
        put.person.family_name = format!("Schmidt{number}");
        put.person.street = Some("x".repeat(3_000));
        put
    };
    // More than one table file in more than one level: 16 MiB fill one.
    let count = 8_000;
    for first in (0..count).step_by(2_000) {
        let waiting: Vec<_> = (first..first + 2_000).map(|number| vault.put(padded(number))).collect();
        waiting.into_iter().for_each(|outcome| drop(wait(outcome).expect("kept")));
    }
    let put = Put { secret: Some(secret("annas-annas-annas-annas-annas")), ..padded(count + 1) };
    stored(&vault, put.clone());
    let waiting: Vec<_> = (count + 2..count + 4_000).map(|number| vault.put(padded(number))).collect();
    waiting.into_iter().for_each(|outcome| drop(wait(outcome).expect("kept")));
    let traces = Traces::of_one(&vault, &put.centre, put.registration);
    assert!(!traces.found(&home).is_empty());
    assert_eq!(wait(vault.erase(&put.centre, put.registration)), Ok(true));
    assert_eq!(traces.found(&home), [""; 0]);
    for number in (0..count).step_by(97) {
        assert!(stored(&vault, padded(number)).existed, "{number}");
    }
}
