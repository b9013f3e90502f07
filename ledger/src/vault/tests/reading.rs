//! Can who verifies the ledger see what was committed to, beside the vault's owner, and change nothing?

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::vault::row::Place;
use crate::vault::store::Rows;
use crate::vault::{Committed, VaultReader};

fn reader(home: &Home) -> VaultReader {
    let opened = VaultReader::open(&home.vault_dir(), &home.keys_dir(), LedgerId([7; 16]));
    opened.expect("it can be read").expect("there is one")
}

fn refusal(home: &Home, ledger: LedgerId) -> VaultError {
    VaultReader::open(&home.vault_dir(), &home.keys_dir(), ledger).map(drop).expect_err("a refusal")
}

fn committed(reader: &VaultReader, number: u8, revision: u32) -> Committed {
    reader.committed(&frankfurt(), registration(number), revision).expect("read")
}

#[test]
fn each_revision_tells_its_commitment_until_it_is_erased() {
    let home = Home::new();
    let vault = home.open();
    let first = stored(&vault, put(1));
    let second = stored(&vault, Put { revision: 2, person: person("Meier", "Anna"), ..put(1) });
    let before = reader(&home);
    assert_eq!(committed(&before, 1, 1), Committed::To(first.commitment));
    assert_eq!(committed(&before, 1, 2), Committed::To(second.commitment));
    assert_eq!(committed(&before, 1, 3), Committed::Nothing);
    assert_eq!(committed(&before, 2, 1), Committed::Nothing);
    wait(vault.erase(&frankfurt(), registration(1))).expect("erased");
    assert_eq!(committed(&reader(&home), 1, 1), Committed::Erased);
    // The vault goes on beside its reader.
    stored(&vault, put(3));
    assert_eq!(committed(&reader(&home), 3, 1), Committed::To(stored(&vault, put(3)).commitment));
}

#[test]
fn an_entry_that_was_changed_is_named() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    let key = Place { centre: frankfurt(), registration: registration(1) }.entry_key(1);
    let mut bytes = vault.shared().store.get(&key).expect("read").expect("a row");
    *bytes.last_mut().expect("a byte") ^= 1;
    vault.shared().store.commit(&Rows::from([(key, Some(bytes))])).expect("written");
    let error = reader(&home).committed(&frankfurt(), registration(1), 1).expect_err("damage");
    assert!(error.to_string().contains("revision 1 of registration"), "{error}");
}

#[test]
fn a_vault_whose_tables_are_gone_is_not_taken_for_none() {
    let home = Home::new();
    stored(&home.open(), put(1));
    for entry in std::fs::read_dir(home.vault_dir()).expect("read") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|kind| kind == "sst" || kind == "log") {
            std::fs::remove_file(path).expect("removed");
        }
    }
    let error = refusal(&home, LedgerId([7; 16]));
    assert!(matches!(error, VaultError::Damaged { .. } | VaultError::Storage(_)), "{error:?}");
}

#[test]
fn without_its_keys_or_for_another_ledger_it_is_refused_and_nothing_is_made() {
    let home = Home::new();
    assert!(
        VaultReader::open(&home.vault_dir(), &home.keys_dir(), LedgerId([7; 16])).expect("none").is_none()
    );
    assert!(!home.vault_dir().exists() && !home.keys_dir().exists());
    stored(&home.open(), put(1));
    assert!(matches!(refusal(&home, LedgerId([9; 16])), VaultError::Mismatch(_)));
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(home.keys_dir(), mode).expect("open to all");
    drop(reader(&home));
    let left = std::fs::metadata(home.keys_dir()).expect("there").permissions().mode() & 0o777;
    assert_eq!(left, 0o755, "a reader mends nothing");
    std::fs::rename(home.keys_dir(), home.key("../elsewhere")).expect("moved");
    assert!(matches!(refusal(&home, LedgerId([7; 16])), VaultError::KeyMissing { .. }));
    assert!(!home.keys_dir().exists());
}
