//! A disk that is full, for real: a process of its own that may write only so much.

use std::process::Command;

use super::*;

const HOME: &str = "TERMINBUCH_TEST_VAULT_OF_LIMITED_SIZE";
const PUTS: u16 = 4_000;

fn numbered(number: u16) -> Put {
    let mut put = put(0);
    put.registration.0[..2].copy_from_slice(&number.to_be_bytes());
    put.person.family_name = format!("Schmidt{number}");
    put
}

/// In the process with the limit: puts until it fails, and says how many were kept.
#[test]
fn within_the_limit() {
    let Ok(home) = std::env::var(HOME) else { return };
    let home = PathBuf::from(home);
    let vault = Vault::open(&home.join("vault"), &home.join("keys"), LedgerId([7; 16])).expect("a vault");
    let mut kept = 0;
    let error = loop {
        match wait(vault.put(numbered(kept))) {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < PUTS, "the limit was never reached");
    };
    assert!(matches!(error, VaultError::Storage(_)), "{error}");
    std::fs::write(home.join("kept"), kept.to_string()).expect("written");
}

#[test]
fn a_full_disk_is_told_and_whatever_was_kept_stays_whole() {
    let home = Home::new();
    let test = std::env::current_exe().expect("this program");
    // The signal is ignored, so that the write fails as it does on a full disk; the limit counts 512 or 1,024 bytes.
    let script = "trap '' XFSZ; ulimit -S -f 300; exec \"$0\" \"$@\"";
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(test)
        .args(["--exact", "vault::tests::full_disk::within_the_limit", "--nocapture"])
        .env(HOME, home.0.path())
        .output()
        .expect("a process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let kept = std::fs::read_to_string(home.0.path().join("kept")).expect("a number");
    let kept: u16 = kept.parse().expect("a number");
    assert!(kept > 100, "{kept}");
    let vault = home.open();
    for number in 0..kept {
        let put = numbered(number);
        let (person, _) = vault.read(&frankfurt(), put.registration).expect("read").expect("it was kept");
        assert_eq!(person, put.person);
    }
    // The one that failed is there whole or not at all, and the next one never was.
    let failed = stored(&vault, numbered(kept));
    assert_eq!(failed.pseudonyms.len(), 1);
    assert!(!stored(&vault, numbered(kept + 1)).existed);
}
