//! Is what was erased gone: from every answer, and from every byte of the files?

use std::fs;

use schemas::ids::AccessId;

use super::*;
use crate::vault::entry::Envelope;
use crate::vault::row::{ENTRIES, Place, REGISTRATIONS, Registration, decode};

/// Bytes that may not be found once the registration is erased, each with a name.
struct Traces(Vec<(&'static str, Vec<u8>)>);

impl Traces {
    /// Of all registrations that are in the vault now.
    fn of(vault: &Vault) -> Self {
        let mut traces = Vec::new();
        let shared = &vault.0.shared;
        let show_entry = |key: &[u8], value: &[u8]| {
            let envelope: Envelope = decode(value, String::new)?;
            let (place, revision) = Place::parse_entry(key).expect("an entry's key");
            let site = crate::vault::Site { ledger: shared.ledger, place: &place, revision };
            let salt = envelope.open(&site, &shared.keys)?.0[..32].to_vec();
            traces.push(("salt", salt));
            traces.push(("nonce", envelope.nonce.to_vec()));
            traces.push(("pseudonym", envelope.header.pseudonym.0.to_vec()));
            traces.push(("index", envelope.header.digest.to_vec()));
            // Parts, since a file may break a row over its blocks.
            traces.extend(envelope.sealed.chunks_exact(16).map(|part| ("ciphertext", part.to_vec())));
            Ok(())
        };
        shared.store.scan(ENTRIES, show_entry).expect("entries");
        let show_registration = |_: &[u8], value: &[u8]| {
            let registration: Registration = decode(value, String::new)?;
            traces.extend(registration.secrets.iter().map(|secret| ("secret's hash", secret.hash.to_vec())));
            Ok(())
        };
        shared.store.scan(REGISTRATIONS, show_registration).expect("registrations");
        assert!(traces.len() > 8);
        Self(traces)
    }

    /// Where they stand in the files of the vault.
    fn found(&self, home: &Home) -> Vec<String> {
        let mut found = Vec::new();
        for file in fs::read_dir(home.vault_dir()).expect("a folder") {
            let path = file.expect("a file").path();
            // RocksDB may take a file away while this looks.
            let Ok(bytes) = fs::read(&path) else { continue };
            let is_in = |trace: &[u8]| bytes.windows(trace.len()).any(|window| window == trace);
            let here = self.0.iter().filter(|(_, trace)| is_in(trace));
            found.extend(here.map(|(name, _)| format!("{name} in {}", path.display())));
        }
        found
    }
}

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
