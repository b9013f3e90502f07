//! Searching the raw files of a vault.

use std::fs;

use super::*;
use crate::vault::entry::{Envelope, Site};
use crate::vault::row::{ENTRIES, Place, REGISTRATIONS, Registration, decode};

/// Bytes that may not be found once they are erased, each with a name.
pub(super) struct Traces(Vec<(&'static str, Vec<u8>)>);

impl Traces {
    /// Of all registrations that are in the vault now.
    pub(super) fn of(vault: &Vault) -> Self {
        Self::of_those(vault, |_| true)
    }

    /// Of one registration.
    pub(super) fn of_one(vault: &Vault, centre: &CentreId, registration: RegistrationId) -> Self {
        Self::of_those(vault, |place| place.centre == *centre && place.registration == registration)
    }

    fn of_those(vault: &Vault, wanted: impl Fn(&Place) -> bool) -> Self {
        let mut traces = Vec::new();
        let shared = vault.shared();
        let show_entry = |key: &[u8], value: &[u8]| {
            let (place, revision) = Place::parse_entry(key).expect("an entry's key");
            if wanted(&place) {
                let envelope: Envelope = decode(value, String::new)?;
                let site = Site { ledger: shared.ledger, place: &place, revision };
                traces.push(("salt", envelope.open(&site, &shared.keys)?.0[..32].to_vec()));
                traces.push(("nonce", envelope.nonce.to_vec()));
                traces.push(("pseudonym", envelope.header.pseudonym.0.to_vec()));
                traces.push(("index", envelope.header.digest.to_vec()));
                // Parts, since a file may break a row over its blocks.
                traces.extend(envelope.sealed.chunks_exact(16).take(20).map(|part| ("data", part.to_vec())));
            }
            Ok(())
        };
        shared.store.scan(ENTRIES, show_entry).expect("entries");
        let show_registration = |key: &[u8], value: &[u8]| {
            if wanted(&Place::parse(key).expect("a key").0) {
                let registration: Registration = decode(value, String::new)?;
                let secrets = registration.secrets.iter();
                traces.extend(secrets.map(|secret| ("secret's hash", secret.hash.to_vec())));
            }
            Ok(())
        };
        shared.store.scan(REGISTRATIONS, show_registration).expect("registrations");
        assert!(traces.len() > 8);
        Self(traces)
    }

    /// Where they stand in the files of the vault.
    pub(super) fn found(&self, home: &Home) -> Vec<String> {
        let mut found = Vec::new();
        for file in fs::read_dir(home.vault_dir()).expect("a folder") {
            let path = file.expect("a file").path();
            // RocksDB may take a file away while this looks.
            let Ok(bytes) = fs::read(&path) else { continue };
            let here = self.0.iter().filter(|(_, trace)| contains(&bytes, trace));
            found.extend(here.map(|(name, _)| format!("{name} in {}", path.display())));
        }
        found
    }
}

/// Whether the bytes hold these somewhere.
pub(super) fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return true };
    let mut bytes = bytes;
    while let Some(at) = bytes.iter().position(|byte| byte == first) {
        bytes = &bytes[at + 1..];
        if bytes.starts_with(rest) {
            return true;
        }
    }
    false
}
