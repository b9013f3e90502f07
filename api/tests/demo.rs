//! The demo as people start it: the whole morning, only smaller.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::process::{Command, Output};

use serde_json::Value;

fn terminbuch(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_terminbuch")).args(arguments).output().unwrap()
}

fn last_line(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_else(|| panic!("no line: {output:?}"));
    serde_json::from_str(line).unwrap()
}

#[test]
fn a_small_morning_ends_with_every_pair_live_and_a_clean_log() {
    let output = terminbuch(&["demo", "--people", "2000", "--seed", "3", "--exit", "--json"]);
    let summary = last_line(&output);
    assert!(output.status.success(), "{summary}");
    assert_eq!(summary["kind"], "summary");
    assert_eq!(summary["registrations"], 2_000);
    assert_eq!(summary["booked_pairs"], 300);
    assert_eq!(summary["oversold"], 0);
    assert_eq!(summary["verify"], "clean");
    let by_channel = &summary["booked_by_channel"];
    let (web, hotline) = (by_channel["web"].as_u64().unwrap(), by_channel["hotline"].as_u64().unwrap());
    assert!(web > hotline && hotline > 0 && web + hotline == 300, "{by_channel}");
    let refused = summary["refused"].as_object().unwrap();
    assert!(refused.contains_key("HoldLapsed"), "some forget to confirm: {refused:?}");
    assert!(summary["records"].as_u64().unwrap() > 2_000 + 2 * 300);
    assert!(summary["cancelled"].as_u64().unwrap() > 0, "some places were booked twice in a row");
    assert!(summary["wall_s"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_directory_that_was_used_is_refused_and_left_alone() {
    let used = tempfile::tempdir().unwrap();
    std::fs::write(used.path().join("letter"), "private").unwrap();
    let path = used.path().to_str().unwrap();
    let output = terminbuch(&["demo", "--people", "100", "--exit", "--json", "--data-dir", path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not empty"), "{output:?}");
    assert_eq!(std::fs::read_dir(used.path()).unwrap().count(), 1);
}

#[test]
fn a_ledger_that_was_asked_for_stays_and_can_be_looked_at_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let output = terminbuch(&["demo", "--people", "100", "--exit", "--data-dir", path.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(text.contains("15 of 15 pairs are live") && text.contains("verify: clean"), "{text}");
    assert!(path.join("log").is_dir());
    replays(path.to_str().unwrap());
}

/// The state is the same each time that it is asked for, and what is not there is said to be not there.
fn replays(path: &str) {
    let replay = |more: &[&str]| terminbuch(&[&["replay", "--json", "--data-dir", path], more].concat());
    let (once, twice) = (replay(&[]), replay(&[]));
    assert!(once.status.success(), "{once:?}");
    assert_eq!(once.stdout, twice.stdout);
    let lines: Vec<Value> = String::from_utf8_lossy(&once.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let centres = lines.iter().filter(|line| line["kind"] == "centre");
    assert_eq!(centres.map(|centre| centre["bookings"].as_u64().unwrap()).sum::<u64>(), 15);
    let at = lines.iter().find(|line| line["kind"] == "partition" && line["partition"] != 0).unwrap();
    assert_eq!(at["state_hash"].as_str().map(str::len), Some(64), "{at}");
    let position = at["position"].as_str().unwrap();
    let there = replay(&["--as-of", position]);
    let (first, all) = (String::from_utf8_lossy(&there.stdout), String::from_utf8_lossy(&once.stdout));
    assert!(there.status.success() && first.lines().all(|line| all.contains(line)), "{first}");
    let story = last_line(&replay(&["--subject", "frankfurt/1"]));
    assert_eq!((&story["kind"], &story["void"]), (&Value::from("story"), &Value::from(0)), "{story}");
    for missing in [
        ["--subject", "51c2a0de-0f4b-4c6e-9d3a-2f1b7c8e9a10"],
        ["--as-of", "2020-01-01T00:00:00Z"],
        ["--centre", "nowhere"],
    ] {
        let nothing = replay(&missing);
        assert_eq!(nothing.status.code(), Some(1), "{missing:?}: {nothing:?}");
        assert_eq!(last_line(&nothing)["kind"], "nothing");
    }
}
