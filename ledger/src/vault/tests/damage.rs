//! Is damage named, and never given out as a person?

use super::*;
use crate::vault::entry::Envelope;
use crate::vault::row::{META, Place, REGISTRATIONS, decode, encode};
use crate::vault::store::Rows;

fn place(number: u8) -> Place {
    Place { centre: frankfurt(), registration: registration(number) }
}

fn row(vault: &Vault, key: &[u8]) -> Vec<u8> {
    vault.shared().store.get(key).expect("read").expect("a row")
}

fn write(vault: &Vault, key: &[u8], value: Option<Vec<u8>>) {
    vault.shared().store.commit(&Rows::from([(key.to_vec(), value)])).expect("written");
}

#[test]
fn any_flipped_byte_of_an_entry_is_an_error_that_names_it() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    let key = place(1).entry_key(1);
    let good = row(&vault, &key);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        write(&vault, &key, Some(bad));
        match vault.read(&frankfurt(), registration(1)) {
            Err(VaultError::Damaged { entry, .. }) => {
                assert_eq!(entry, format!("revision 1 of registration {} at frankfurt", registration(1)));
            }
            // A flipped district or key version asks for a key that there is none of.
            Err(VaultError::KeyMissing { .. }) if at < 8 => {}
            other => panic!("byte {at}: {other:?}"),
        }
        assert!(wait(vault.put(put(1))).is_err(), "byte {at}");
    }
    for length in 0..good.len() {
        write(&vault, &key, Some(good[..length].to_vec()));
        assert!(vault.read(&frankfurt(), registration(1)).is_err(), "{length} bytes");
    }
    write(&vault, &key, Some(good));
    assert!(stored(&vault, put(1)).existed);
}

#[test]
fn an_entry_that_was_moved_is_damage() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    stored(&vault, Put { person: person("Meier", "Berta"), ..put(2) });
    let other = row(&vault, &place(2).entry_key(1));
    write(&vault, &place(1).entry_key(1), Some(other));
    assert!(matches!(vault.read(&frankfurt(), registration(1)), Err(VaultError::Damaged { .. })));
}

#[test]
fn every_part_of_the_header_is_bound() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    vault.prepare_districts(&["06611".parse().expect("a district")]).expect("keys");
    let key = place(1).entry_key(1);
    let good: Envelope = decode(&row(&vault, &key), String::new).expect("an envelope");
    let changes: [fn(&mut Envelope); 5] = [
        |entry| entry.header.district = "06611".parse().expect("a district"),
        |entry| entry.header.normalization += 1,
        |entry| entry.header.pseudonym.0[0] ^= 1,
        |entry| entry.header.digest[0] ^= 1,
        |entry| entry.header.made_at = entry.header.made_at.plus_millis(1),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad);
        write(&vault, &key, Some(encode(&bad).expect("bytes")));
        let outcome = vault.read(&frankfurt(), registration(1));
        assert!(matches!(outcome, Err(VaultError::Damaged { .. })), "{number}: {outcome:?}");
    }
}

#[test]
fn an_entry_that_its_registration_names_and_that_is_missing_is_damage() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    write(&vault, &place(1).entry_key(1), None);
    let moved = Put { revision: 2, ..put(1) };
    assert!(matches!(refused(&vault, moved), VaultError::Damaged { .. }));
    assert!(matches!(vault.read(&frankfurt(), registration(1)), Err(VaultError::Damaged { .. })));
}

#[test]
fn a_damaged_entry_can_still_be_erased() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    let key = place(1).entry_key(1);
    let mut bad: Envelope = decode(&row(&vault, &key), String::new).expect("an envelope");
    bad.sealed[0] ^= 1;
    write(&vault, &key, Some(encode(&bad).expect("bytes")));
    assert_eq!(wait(vault.erase(&frankfurt(), registration(1))), Ok(true));
    assert_eq!(vault.find("Müller", "Anna", person("x", "x").born_on), Ok(vec![]));
}

#[test]
fn a_damaged_row_of_a_registration_opens_nothing() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    write(&vault, &place(1).key(REGISTRATIONS), Some(vec![9; 5]));
    let outcome = vault.check_secret(&frankfurt(), registration(1), &secret(SECRET));
    assert!(matches!(outcome, Err(VaultError::Damaged { .. })));
}

#[test]
fn a_vault_without_its_first_row_is_not_taken_for_a_new_one() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    write(&vault, META, None);
    drop(vault);
    assert!(matches!(home.refusal(), VaultError::Damaged { .. }));
}

#[test]
fn a_vault_that_is_gone_while_districts_have_keys_is_not_begun_anew() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    drop(vault);
    std::fs::remove_dir_all(home.vault_dir()).expect("removed");
    for _ in 0..2 {
        let why = home.refusal();
        assert!(matches!(&why, VaultError::Damaged { what, .. } if what.contains("Restore")), "{why:?}");
    }
}

#[test]
fn a_vault_with_rows_and_without_its_note_is_refused_and_gets_no_new_one() {
    let home = Home::new();
    stored(&home.open(), put(1));
    std::fs::remove_file(home.vault_dir().join("high-water")).expect("removed");
    for _ in 0..2 {
        let why = home.refusal();
        assert!(
            matches!(&why, VaultError::Damaged { what, .. } if what.contains("with its note")),
            "{why:?}"
        );
    }
}

#[test]
fn without_its_current_file_a_vault_is_refused_and_nothing_of_it_is_touched() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    drop(vault);
    let current = std::fs::read(home.vault_dir().join("CURRENT")).expect("read");
    std::fs::remove_file(home.vault_dir().join("CURRENT")).expect("removed");
    for _ in 0..2 {
        let why = home.refusal();
        assert!(matches!(&why, VaultError::Damaged { what, .. } if what.contains("CURRENT")), "{why:?}");
    }
    std::fs::write(home.vault_dir().join("CURRENT"), current).expect("written");
    assert!(stored(&home.open(), put(1)).existed);
}

#[test]
fn what_the_ledger_has_and_the_vault_has_lost_is_never_kept_for_the_first_time() {
    let home = Home::new();
    let vault = home.open();
    let lost = || Put { must_be_known: true, ..put(1) };
    assert!(matches!(wait(vault.put(lost())), Err(VaultError::NotFound)));
    assert!(vault.read(&frankfurt(), registration(1)).expect("read").is_none());
    stored(&vault, put(1));
    assert!(stored(&vault, lost()).existed);
}
