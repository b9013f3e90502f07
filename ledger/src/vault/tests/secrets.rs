//! Does only the newest secret open, and does nobody take a registration over?

use schemas::ids::AccessId;
use sha2::{Digest, Sha256};

use super::*;

fn access(number: u8) -> AccessId {
    AccessId([number; 16])
}

fn opens(vault: &Vault, number: u8, text: &str) -> bool {
    vault.check_secret(&frankfurt(), registration(number), &secret(text)).expect("checked")
}

#[test]
fn the_secret_of_the_registration_opens_and_no_other() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    assert!(opens(&vault, 1, SECRET));
    assert!(!opens(&vault, 1, OTHER_SECRET));
    assert!(!opens(&vault, 2, SECRET));
    assert!(!vault.check_secret(&kassel(), registration(1), &secret(SECRET)).expect("checked"));
    drop(vault);
    assert!(opens(&home.open(), 1, SECRET));
}

#[test]
fn without_the_secret_a_repeat_gets_no_comparison() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    let stranger = Put { secret: Some(secret(OTHER_SECRET)), ..put(1) };
    assert_eq!(refused(&vault, stranger.clone()), VaultError::SecretDiffers);
    let guess = Put { person: person("Meier", "Berta"), ..stranger.clone() };
    assert_eq!(refused(&vault, guess), VaultError::SecretDiffers);
    assert_eq!(refused(&vault, Put { revision: 2, ..stranger }), VaultError::SecretDiffers);
    assert!(opens(&vault, 1, SECRET));
}

#[test]
fn a_registration_by_an_agent_has_no_secret_and_a_stranger_cannot_give_it_one() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, Put { secret: None, ..put(1) });
    assert!(!opens(&vault, 1, SECRET));
    assert_eq!(refused(&vault, put(1)), VaultError::SecretDiffers);
    assert_eq!(refused(&vault, Put { revision: 2, ..put(1) }), VaultError::SecretDiffers);
    assert!(!opens(&vault, 1, SECRET));
    assert!(stored(&vault, Put { secret: None, ..put(1) }).existed);
}

#[test]
fn a_new_secret_stops_the_old_one_and_a_repeat_changes_nothing() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    let (third, fourth) = ("dritte-dritte-dritte-dritte", "vierte-vierte-vierte-vierte");
    let reissue =
        |number, text: &str| wait(vault.reissue(&frankfurt(), registration(1), access(number), secret(text)));
    assert_eq!(reissue(1, third), Ok(1));
    assert!(opens(&vault, 1, third) && !opens(&vault, 1, SECRET));
    assert_eq!(reissue(1, third), Ok(1));
    assert_eq!(reissue(2, fourth), Ok(2));
    assert_eq!(reissue(1, third), Ok(1), "the repeat of an older one");
    assert!(opens(&vault, 1, fourth) && !opens(&vault, 1, third));
    assert_eq!(reissue(2, third), Err(VaultError::SecretDiffers));
    assert_eq!(refused(&vault, put(1)), VaultError::SecretDiffers);
    assert!(stored(&vault, Put { secret: Some(secret(fourth)), ..put(1) }).existed);
}

#[test]
fn a_secret_for_nobody_is_refused() {
    let home = Home::new();
    let vault = home.open();
    let outcome = wait(vault.reissue(&frankfurt(), registration(1), access(1), secret(SECRET)));
    assert_eq!(outcome, Err(VaultError::NotFound));
}

#[test]
fn secrets_are_bounded_in_number() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, put(1));
    let reissue = |number| wait(vault.reissue(&frankfurt(), registration(1), access(number), secret(SECRET)));
    for number in 1..100 {
        assert_eq!(reissue(number), Ok(u32::from(number)));
    }
    assert!(matches!(reissue(100), Err(VaultError::TooMany { .. })));
    assert_eq!(reissue(99), Ok(99));
}

#[test]
fn a_secret_has_128_bits_in_a_bounded_text() {
    let valid = |text: &str| text.parse::<Secret>().is_ok();
    assert!(valid(&"a".repeat(32)) && valid(&"G".repeat(22)) && valid(&"_".repeat(128)));
    assert!(!valid(""), "empty");
    assert!(!valid(&"G".repeat(21)), "126 bits");
    assert!(!valid(&"a".repeat(31)), "124 bits");
    assert!(!valid(&"G".repeat(129)), "too long");
    assert!(!valid("q3VtV0lpTmF1ZmRlckJlcmc="), "padding");
    assert!(!valid("q3VtV0lpTmF1ZmRlckJlcm\u{e4}"), "no base64url");
    let hash: [u8; 32] = Sha256::digest(SECRET).into();
    assert_eq!(secret(SECRET).hash(), hash);
}
