//! Are keys guarded, and is a missing one never replaced?

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("metadata").permissions().mode() & 0o777
}

fn used_home() -> Home {
    let home = Home::new();
    stored(&home.open(), put(1));
    home
}

#[test]
fn keys_are_made_at_the_first_start_and_for_their_owner_alone() {
    let home = used_home();
    let mut names: Vec<_> = fs::read_dir(home.keys_dir())
        .expect("a folder")
        .map(|file| file.expect("a file").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    assert_eq!(names, ["district-06412-1.key", "index.key", "master.key"]);
    assert_eq!(mode(&home.keys_dir()), 0o700);
    assert_eq!(mode(&home.vault_dir()), 0o700);
    names.iter().for_each(|name| assert_eq!(mode(&home.key(name)), 0o600, "{name}"));
}

#[test]
fn districts_have_keys_of_their_own_made_once() {
    let home = Home::new();
    let vault = home.open();
    let other: District = "06611".parse().expect("a district");
    vault.prepare_districts(&[district(), other]).expect("keys");
    let bytes = |name| fs::read(home.key(name)).expect("a key");
    let made = (bytes("district-06412-1.key"), bytes("district-06611-1.key"));
    assert_ne!(made.0, made.1);
    vault.prepare_districts(&[other, district()]).expect("keys");
    stored(&vault, put(1));
    assert_eq!((bytes("district-06412-1.key"), bytes("district-06611-1.key")), made);
}

#[test]
fn a_missing_key_refuses_to_start_and_names_the_file() {
    for name in ["index.key", "master.key", "district-06412-1.key"] {
        let home = used_home();
        let away = home.0.path().join("away");
        fs::rename(home.key(name), &away).expect("moved away");
        assert_eq!(home.refusal(), VaultError::KeyMissing { file: home.key(name) });
        assert!(home.refusal().to_string().contains(name));
        assert!(!home.key(name).exists(), "no new key may be made");
        fs::rename(&away, home.key(name)).expect("moved back");
        assert!(home.open().read(&frankfurt(), registration(1)).expect("read").is_some());
    }
}

#[test]
fn a_truncated_lengthened_or_foreign_key_refuses_to_start_and_names_the_file() {
    let elsewhere = used_home();
    for name in ["index.key", "master.key", "district-06412-1.key"] {
        let home = used_home();
        let good = fs::read(home.key(name)).expect("a key");
        let foreign = fs::read(elsewhere.key(name)).expect("a key");
        let mut flipped = good.clone();
        *flipped.last_mut().expect("bytes") ^= 1;
        let longer = [good.clone(), vec![0]].concat();
        let bad = [
            vec![],
            good[..good.len() - 1].to_vec(),
            good[..30].to_vec(),
            vec![0; 300],
            longer,
            flipped,
            foreign,
        ];
        for (number, bytes) in bad.iter().enumerate() {
            fs::write(home.key(name), bytes).expect("written");
            let refusal = home.refusal();
            let VaultError::KeyUnusable { file, .. } = &refusal else { panic!("{name} {number}: {refusal}") };
            assert_eq!(*file, home.key(name), "{number}");
        }
        fs::write(home.key(name), good).expect("written");
        home.open();
    }
}

#[test]
fn the_keys_of_two_districts_are_not_each_others() {
    let home = used_home();
    home.open().prepare_districts(&["06611".parse().expect("a district")]).expect("keys");
    fs::copy(home.key("district-06611-1.key"), home.key("district-06412-1.key")).expect("copied");
    assert!(matches!(home.refusal(), VaultError::KeyUnusable { .. }));
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    for name in ["index.key", "master.key", "district-06412-1.key"] {
        let home = used_home();
        fs::set_permissions(home.key(name), fs::Permissions::from_mode(0o640)).expect("changed");
        let VaultError::KeyUnusable { file, why } = home.refusal() else { panic!("{name}") };
        assert_eq!(file, home.key(name));
        assert!(why.contains("0640"), "{why}");
    }
}

#[test]
fn a_folder_that_others_can_enter_is_closed() {
    let home = used_home();
    fs::set_permissions(home.keys_dir(), fs::Permissions::from_mode(0o755)).expect("changed");
    home.open();
    assert_eq!(mode(&home.keys_dir()), 0o700);
}

#[test]
fn a_draft_left_by_a_crash_does_no_harm() {
    let home = Home::new();
    fs::create_dir_all(home.keys_dir()).expect("a folder");
    fs::write(home.key("master.draft"), b"half").expect("written");
    stored(&home.open(), put(1));
    assert!(!home.key("master.draft").exists());
    home.open();
}

#[test]
fn a_vault_of_another_ledger_is_refused() {
    let home = used_home();
    let outcome = Vault::open(&home.vault_dir(), &home.keys_dir(), LedgerId([8; 16]));
    assert!(matches!(outcome.map(drop), Err(VaultError::Mismatch(_))));
}

#[test]
fn no_key_stands_readable_in_the_files_of_districts() {
    let home = used_home();
    let vault = home.open();
    let key = vault.shared().keys.district(district(), 1).expect("a key");
    let file = fs::read(home.key("district-06412-1.key")).expect("a key");
    assert!(!file.windows(32).any(|window| window == key.as_slice()));
}
