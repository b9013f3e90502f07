//! The binary with its log in Apache Kafka, on a real broker.

#![allow(clippy::expect_used, reason = "it is test code")]

mod support;

use ledger::log::kafka::broker::cluster_for_tests;
use serde_json::{Value, json};

use support::program::{Serving, cannot_run, ends, text};
use support::{RULES, description, send, uuid};

fn brokers() -> &'static str {
    cluster_for_tests().expect("a broker").bootstrap()
}

#[test]
fn a_topic_is_made_once_and_checked_against_what_is_expected() {
    let (brokers, topic) = (brokers(), format!("made-{}", uuid()));
    let at = ["--kafka", brokers, "--topic", &topic];
    cannot_run(&[&["topics", "check"], &at[..]].concat(), "no topic");
    let made = ends(&[&["topics", "create", "--partitions", "4"], &at[..]].concat(), 0);
    assert_eq!(
        (&made["sound"], &made["partitions"], &made["clock"]),
        (&json!(true), &json!(4), &json!("wall"))
    );
    cannot_run(&[&["topics", "create"], &at[..]].concat(), "already");
    let expected = ["topics", "check", "--partitions", "4", "--clock", "wall"];
    assert_eq!(ends(&[&expected, &at[..]].concat(), 0)["ledger"], made["ledger"]);
    let other = ["topics", "check", "--partitions", "8", "--clock", "simulated"];
    let found = ends(&[&other, &at[..]].concat(), 1);
    let settings: Vec<_> =
        found["findings"].as_array().expect("findings").iter().map(|it| &it["setting"]).collect();
    assert_eq!(settings, ["partitions", "clock"]);
    assert!(
        found["findings"][0]["mend"].as_str().is_some_and(|mend| mend.contains("partitions = 4")),
        "{found}"
    );
}

#[test]
fn a_ledger_is_served_from_a_topic_and_found_again_after_a_restart() {
    let (brokers, topic) = (brokers(), format!("served-{}", uuid()));
    let at = ["--kafka", brokers, "--topic", &topic];
    let dir = tempfile::tempdir().expect("a directory");
    let data = ["--data-dir", text(dir.path())];
    let serve = [&["--partitions", "4"], &at[..], &data].concat();
    let new = ["credentials", "new", "--role", "admin", "--name", "Ada"];
    let token = ends(&[&new, &data[..]].concat(), 0)["token"].as_str().expect("a token").to_owned();

    cannot_run(&[&["serve"], &serve[..]].concat(), "no topic");
    ends(&[&["topics", "create", "--partitions", "4"], &at[..]].concat(), 0);
    let other_count = [&["serve", "--partitions", "8"], &at[..], &data].concat();
    cannot_run(&other_count, "it has 4 partitions, not 8, and keeps them: start with --partitions 4");
    cannot_run(&[&["serve", "--simulated"], &serve[..]].concat(), "wall clock");

    let serving = Serving::start(&serve);
    let path = "/v1/centres/frankfurt";
    send(serving.admin, "PUT", path, Some(&token), Some(&description("FRA"))).expect_status(201);
    let rules: Value = serde_json::from_str(RULES).expect("rules");
    let rules_path = format!("{path}/rules/{}", uuid());
    let last =
        send(serving.admin, "PUT", &rules_path, Some(&token), Some(&rules)).expect_status(201).position();
    let availability = format!("{path}/availability?at_least={last}");
    let before = send(serving.web, "GET", &availability, None, None).expect_status(200).json();
    send(serving.admin, "GET", "/readyz", Some(&token), None).expect_status(200);
    let report = ends(&[&["verify"], &at[..]].concat(), 0);
    assert_eq!((&report["clean"], &report["events"]["RulesSet"]), (&json!(true), &json!(1)), "{report}");
    assert_eq!((&report["copies"]["differ"], &report["copies"]["compared"]), (&json!(0), &report["records"]));
    assert_eq!(report["warnings"], json!([]), "the topic keeps what it is given");
    serving.end();

    assert!(!dir.path().join("log/rocks").exists(), "the embedded log stays unused");
    cannot_run(&[&["serve"], &data[..]].concat(), &format!("--topic {topic}"));
    cannot_run(&[&["verify"], &data[..]].concat(), &format!("--topic {topic}"));
    cannot_run(&[&["rebuild"], &data[..]].concat(), &format!("--topic {topic}"));
    assert_eq!(ends(&[&["rebuild"], &at[..], &data].concat(), 0)["records"], report["records"]);

    let serving = Serving::start(&serve);
    assert_eq!(send(serving.web, "GET", &availability, None, None).expect_status(200).json(), before);
    serving.end();

    let other = format!("other-{}", uuid());
    let at_other = ["--kafka", brokers, "--topic", &other];
    ends(&[&["topics", "create", "--partitions", "4"], &at_other[..]].concat(), 0);
    let refused = [&["serve", "--partitions", "4"], &at_other[..], &data].concat();
    cannot_run(&refused, &format!("topic {other} holds ledger"));
}

#[test]
fn the_same_morning_comes_to_its_end_in_a_topic() {
    let (brokers, topic) = (brokers(), format!("morning-{}", uuid()));
    let at = ["--kafka", brokers, "--topic", &topic];
    let demo = ["demo", "--people", "300", "--seed", "7", "--exit"];
    let summary = ends(&[&demo, &at[..]].concat(), 0);
    assert_eq!((&summary["verify"], &summary["oversold"]), (&json!("clean"), &json!(0)), "{summary}");
    let report = ends(&[&["verify"], &at[..]].concat(), 0);
    assert_eq!((&report["records"], &report["live_pairs"]), (&summary["records"], &summary["booked_pairs"]));
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("week");
    let week = ["export", "--raw", "--from", "2021-01-11", "--to", "2021-01-17", "--out", text(&out)];
    let exported = ends(&[&week, &at[..]].concat(), 0);
    let counted: u64 = report["events"].as_object().expect("events").values().filter_map(Value::as_u64).sum();
    assert_eq!(exported["rows"]["events"], counted, "the topic's events are all in the export");
    cannot_run(&[&demo, &at[..]].concat(), "already");
    let embedded = ends(&demo, 0);
    for same in ["registrations", "pairs", "booked_pairs", "people"] {
        assert_eq!(summary[same], embedded[same], "{same}: {summary} {embedded}");
    }
}
