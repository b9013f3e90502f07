//! What the command line says about Kafka when there is none, or when what is said makes no sense.

#![allow(clippy::expect_used, reason = "it is test code")]

use std::process::{Command, Output};

/// Nobody listens there.
const NOBODY: &str = "127.0.0.1:1";

fn terminbuch(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terminbuch"));
    command
        .args(arguments)
        .env_remove("RUST_LOG")
        .envs(environment.iter().copied())
        .output()
        .expect("it runs")
}

/// Ends with 2 and says these words.
fn cannot_run(arguments: &[&str], environment: &[(&str, &str)], words: &[&str]) {
    let output = terminbuch(arguments, environment);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    for word in words {
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
}

#[test]
fn whoever_wants_kafka_says_where_it_is() {
    for command in [&["serve"][..], &["verify"], &["rebuild"], &["topics", "create"], &["topics", "check"]] {
        cannot_run(&[command, &["--kafka"]].concat(), &[], &["--kafka HOST:PORT"]);
    }
    cannot_run(&["topics", "check"], &[], &["--kafka HOST:PORT"]);
    cannot_run(&["serve", "--topic", "bookings"], &[], &["kafka.topic is set, but no brokers are"]);
    cannot_run(&["demo", "--topic", "bookings"], &[], &["--topic needs --kafka"]);
    cannot_run(&["demo", "--config", "terminbuch.toml"], &[], &["--config needs --kafka"]);
    cannot_run(&["demo", "--brokers", "3"], &[], &["--kafka"]);
    cannot_run(&["demo", "--kafka", NOBODY, "--brokers", "3"], &[], &["--brokers says how many"]);
    cannot_run(&["demo", "--kafka", "--brokers", "2"], &[], &["1 or 3 brokers, not 2"]);
    cannot_run(&["serve", "--kafka", "nowhere"], &[], &["nowhere", "HOST:PORT"]);
}

#[test]
fn brokers_that_do_not_answer_are_named_with_what_to_do() {
    let quickly = [("TERMINBUCH_KAFKA__OPEN_TIMEOUT_MS", "300")];
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().to_str().expect("text");
    for command in [
        &["topics", "check", "--kafka", NOBODY][..],
        &["topics", "create", "--kafka", NOBODY],
        &["verify", "--kafka", NOBODY],
        &["serve", "--kafka", NOBODY, "--data-dir", data],
        &["rebuild", "--kafka", NOBODY, "--data-dir", data],
        &["demo", "--kafka", NOBODY, "--people", "100", "--exit"],
    ] {
        cannot_run(command, &quickly, &[NOBODY, "Start them, or name others"]);
    }
}

#[test]
fn variables_name_brokers_and_a_password_of_digits_and_nothing_shows_it() {
    let environment = [
        ("TERMINBUCH_KAFKA__BROKERS", "one:9092"),
        ("TERMINBUCH_KAFKA__PROTOCOL", "sasl_ssl"),
        ("TERMINBUCH_KAFKA__USERNAME", "0042"),
        ("TERMINBUCH_KAFKA__PASSWORD", "31415926"),
        ("TERMINBUCH_KAFKA_LIBS", "/somewhere"),
    ];
    let said = terminbuch(&["serve", "--print-config"], &environment);
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{said:?}");
    let line =
        |key: &str| text.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{text}"));
    assert!(
        line("kafka.brokers").contains("one:9092") && line("kafka.brokers").contains("TERMINBUCH_"),
        "{text}"
    );
    assert!(line("kafka.username").contains("\"0042\""), "{text}");
    assert!(
        line("kafka.password").contains("(set)") && line("kafka.ca_file").contains("(not set)"),
        "{text}"
    );
    let json = terminbuch(&["--json", "serve", "--print-config"], &environment);
    let json = String::from_utf8_lossy(&json.stdout).into_owned();
    assert!(!text.contains("31415926") && !json.contains("31415926"), "{text} {json}");
    cannot_run(&["serve", "--print-config"], &[("TERMINBUCH_KAFKA__BROKER", "one:9092")], &["broker"]);
}

#[test]
fn a_file_says_how_brokers_are_spoken_to_for_whoever_reads_the_log() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("terminbuch.toml");
    std::fs::write(
        &file,
        "[kafka]\nbrokers = \"127.0.0.1:1\"\nprotocol = \"ssl\"\nca_file = \"/nowhere/ca.pem\"\n",
    )
    .expect("written");
    let file = file.to_str().expect("text");
    for command in [&["verify"][..], &["topics", "check"], &["demo", "--kafka", "--exit"]] {
        cannot_run(&[command, &["--config", file]].concat(), &[], &["/nowhere/ca.pem"]);
    }
}
