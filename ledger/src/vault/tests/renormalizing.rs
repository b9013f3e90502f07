//! Are entries of older rules found by today's?

use super::*;
use crate::vault::entry::{Envelope, Header, Site};
use crate::vault::row::{Place, decode, encode};
use crate::vault::store::Rows;

/// Seals an entry again as rules of another version would have, with an index of their own.
fn age(vault: &Vault, normalization: u16) -> Vec<u8> {
    let shared = vault.shared();
    let place = Place { centre: frankfurt(), registration: registration(1) };
    let site = Site { ledger: shared.ledger, place: &place, revision: 1 };
    let key = place.entry_key(1);
    let bytes = shared.store.get(&key).expect("read").expect("a row");
    let envelope: Envelope = decode(&bytes, String::new).expect("an envelope");
    let plain = envelope.open(&site, &shared.keys).expect("opened");
    let digest = [0xab; 32];
    let header = Header { normalization, digest, ..envelope.header };
    let aged = Envelope::seal(&site, &shared.keys, header, &plain).expect("sealed");
    shared.store.commit(&Rows::from([(key, Some(encode(&aged).expect("bytes")))])).expect("written");
    digest.to_vec()
}

#[test]
fn an_entry_of_older_rules_gets_todays_index_and_stays_what_it_is() {
    let home = Home::new();
    let vault = home.open();
    let first = stored(&vault, put(1));
    let old_index = age(&vault, 0);
    drop(vault);
    let vault = home.open();
    assert_eq!(vault.find("Müller", "Anna", put(1).person.born_on), Ok(vec![(frankfurt(), registration(1))]));
    assert_eq!(stored(&vault, put(1)), Stored { existed: true, ..first });
    for file in std::fs::read_dir(home.vault_dir()).expect("a folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("bytes");
        assert!(!files::contains(&bytes, &old_index), "the old index goes from the files");
    }
    drop(vault);
    assert!(stored(&home.open(), put(1)).existed);
}

#[test]
fn an_entry_of_newer_rules_asks_for_a_newer_program() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    age(&vault, 2);
    drop(vault);
    let VaultError::Damaged { what, .. } = home.refusal() else { panic!("another refusal") };
    assert!(what.contains("newer program"), "{what}");
}
