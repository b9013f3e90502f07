//! What the vault must keep: each file asks one question of it.

mod crowd;
mod damage;
mod erasure;
mod faults;
mod files;
mod full_disk;
mod index;
mod keeping;
mod keys;
mod names;
mod reading;
mod renormalizing;
mod secrets;
mod sweeping;

use std::path::PathBuf;

use schemas::ids::{CentreId, District, LedgerId, RegistrationId};
use schemas::{CivilDate, Instant};
use tempfile::TempDir;

use super::{Person, Put, Secret, Stored, Vault, VaultError};

const SECRET: &str = "q3VtV0lpTmF1ZmRlckJlcmc";
const OTHER_SECRET: &str = "b3RoZXItc2VjcmV0LW9mLTE2";
const HOUR_MS: u64 = 3_600_000;

/// A data directory of its own.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn vault_dir(&self) -> PathBuf {
        self.0.path().join("vault")
    }

    fn keys_dir(&self) -> PathBuf {
        self.0.path().join("keys")
    }

    fn key(&self, name: &str) -> PathBuf {
        self.keys_dir().join(name)
    }

    fn try_open(&self) -> Result<Vault, VaultError> {
        Vault::open(&self.vault_dir(), &self.keys_dir(), LedgerId([7; 16]))
    }

    fn open(&self) -> Vault {
        self.try_open().expect("a vault")
    }

    /// Why it cannot be opened.
    fn refusal(&self) -> VaultError {
        self.try_open().map(drop).expect_err("a refusal")
    }
}

fn frankfurt() -> CentreId {
    "frankfurt".parse().expect("a centre")
}

fn kassel() -> CentreId {
    "kassel".parse().expect("a centre")
}

fn registration(number: u8) -> RegistrationId {
    RegistrationId([number; 16])
}

fn noon() -> Instant {
    Instant::from_millis(1_610_449_200_000).expect("an instant")
}

fn district() -> District {
    "06412".parse().expect("a district")
}

fn secret(text: &str) -> Secret {
    text.parse().expect("a secret")
}

fn person(family_name: &str, given_name: &str) -> Person {
    Person {
        family_name: family_name.into(),
        given_name: given_name.into(),
        born_on: CivilDate::from_ymd(1938, 5, 17).expect("a date"),
        street: Some("Bergerstraße 12".into()),
        postal_code: Some("60316".into()),
        city: Some("Frankfurt am Main".into()),
        phone: None,
        email: Some("anna@example.org".into()),
    }
}

/// Anna Müller registers at Frankfurt on the web; tests change what they ask about.
fn put(number: u8) -> Put {
    Put {
        centre: frankfurt(),
        registration: registration(number),
        revision: 1,
        district: district(),
        person: person("Müller", "Anna"),
        secret: Some(secret(SECRET)),
        must_be_known: false,
        now: noon(),
    }
}

/// Waits for a future without a runtime.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(future)
}

fn stored(vault: &Vault, put: Put) -> Stored {
    wait(vault.put(put)).expect("it is kept")
}

fn refused(vault: &Vault, put: Put) -> VaultError {
    wait(vault.put(put)).expect_err("a refusal")
}
