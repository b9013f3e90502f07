//! Exports as an analyst makes and reads them: by the command, over HTTP, with three readers that have nothing of ours.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "it is test code")]

mod support;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{World, send, uuid};

fn terminbuch(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_terminbuch")).args(arguments).env_remove("RUST_LOG").output().unwrap()
}

/// Runs a subcommand that has to succeed; its last line.
fn ran(arguments: &[&str]) -> Value {
    let output = terminbuch(&[&["--json"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

fn export(data_dir: &Path, out: &Path, more: &[&str]) -> Value {
    let (data_dir, out) = (data_dir.to_str().unwrap(), out.to_str().unwrap());
    ran(&[&["export", "--data-dir", data_dir, "--out", out, "--to", "2021-01-17"], more].concat())
}

/// What the readers in Python find.
fn found(out: &Path) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables/read_tables.py");
    let output =
        Command::new("python3").arg(script).arg(out).env("PYTHONPATH", python_packages()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Where `.ci/setup` puts DuckDB, Polars and pyarrow.
fn python_packages() -> PathBuf {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache"))).expect("a home");
    let room = cache.join("terminbuch").join("python-tables-1");
    assert!(room.is_dir(), "{} is missing: run .ci/setup", room.display());
    room
}

/// All files below a folder with their bytes, by path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                all.insert(name, fs::read(path).unwrap());
            }
        }
    }
    all
}

/// A morning at Frankfurt where people booked, moved nothing, cancelled a second dose, withdrew, and hold.
fn busy() -> (World, Vec<String>) {
    let world = World::morning();
    world.opens();
    let mut ids = Vec::new();
    for slot in 1..=14 {
        let citizen = world.register();
        ids.push(citizen.id.clone());
        if slot == 14 {
            ids.push(citizen.hold(slot).0);
            continue;
        }
        let booking = citizen.book(slot);
        let path = format!("/v1/centres/frankfurt/bookings/{booking}?doses=second");
        match slot {
            1 => drop(citizen.send("DELETE", &path, None).expect_status(201)),
            2 => drop(citizen.send("DELETE", &citizen.path(), None).expect_status(201)),
            _ => {}
        }
        ids.push(booking);
    }
    (world, ids)
}

#[test]
fn duckdb_polars_and_pyarrow_agree_with_each_other_the_api_and_verify() {
    let (world, _) = busy();
    let (data_dir, out) = (world.dir.path().join("data"), world.dir.path().join("week"));
    let done = export(&data_dir, &out, &["--from", "2021-01-11", "--purpose", "test"]);
    let found = found(&out);
    assert_eq!(found["duckdb"], found["polars"]);
    assert_eq!(found["duckdb"], found["pyarrow"]);
    let found = &found["duckdb"];
    assert_eq!(found["rows"], done["rows"]);
    assert_eq!(found["rows"]["registrations"], 14);
    // 13 were booked on Tuesday; one of them has withdrawn, one has given its second dose back.
    assert_eq!(found["first_doses"], json!([["frankfurt", "2021-01-12", 13]]));
    assert_eq!(
        found["states"],
        json!([["booked", "booked", 11], ["booked", "cancelled", 1], ["cancelled", "cancelled", 1]])
    );
    agrees_with_verify(found, &ran(&["verify", "--data-dir", data_dir.to_str().unwrap()]));
    let ledger = world.server().ledger();
    let read = ledger.read_position(ledger.partition_of(&"frankfurt".parse().unwrap())).unwrap().0;
    let path = format!("/v1/centres/frankfurt/availability?at_least={read}");
    let shown = send(world.web, "GET", &path, None, None).expect_status(200).json();
    agrees_with_the_api(found, &shown);
}

fn agrees_with_verify(found: &Value, report: &Value) {
    let events: BTreeMap<String, u64> = serde_json::from_value(report["events"].clone()).unwrap();
    let mut by_slug: BTreeMap<String, u64> =
        events.into_iter().map(|(name, count)| (slug(&name), count)).collect();
    let counted = found["events"].as_array().unwrap().iter();
    let mut counted: BTreeMap<String, u64> =
        counted.map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_u64().unwrap())).collect();
    // What is noted of the export may have come into the log before or after it was read.
    for counts in [&mut counted, &mut by_slug] {
        counts.remove("records-read");
    }
    assert_eq!(counted, by_slug);
    let states = found["states"].as_array().unwrap().iter();
    let live = |both: bool| {
        let live = states.clone().filter(|row| row[0] == "booked" && (!both || row[1] == "booked"));
        live.map(|row| row[2].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((&report["live_bookings"], &report["live_pairs"]), (&live(false).into(), &live(true).into()));
}

/// `HoldPlaced` as `hold-placed`.
fn slug(name: &str) -> String {
    let letters = name.chars().enumerate().flat_map(|(at, letter)| {
        let hyphen = (at > 0 && letter.is_ascii_uppercase()).then_some('-');
        hyphen.into_iter().chain([letter.to_ascii_lowercase()])
    });
    letters.collect()
}

fn agrees_with_the_api(found: &Value, shown: &Value) {
    let rows: Vec<&Value> = found["days"].as_array().unwrap().iter().collect();
    for day in shown["days"].as_array().unwrap() {
        let row =
            rows.iter().find(|row| row[1] == day["date"] && row[2] == day["dose"] && row[3] == day["cvx"]);
        let row = row.unwrap_or_else(|| panic!("no row for {day}"));
        let names = ["capacity", "free", "held", "resting", "reserved", "booked"];
        for (at, name) in names.into_iter().enumerate() {
            assert_eq!(row[4 + at], day[name], "{name} of {day}");
        }
    }
    let sum = |name: &str| {
        shown["days"].as_array().unwrap().iter().map(|day| day[name].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(found["slots"][0], json!([sum("capacity"), sum("free"), sum("held"), sum("booked")]));
}

#[test]
fn subjects_have_other_names_for_each_purpose_and_small_groups_no_district() {
    let (mut world, ids) = busy();
    // Else what is noted of one export would stand in the next.
    world.shut_down();
    let data_dir = world.dir.path().join("data");
    let make = |name: &str, more: &[&str]| {
        let out = world.dir.path().join(name);
        export(&data_dir, &out, &[&["--from", "2021-01-11", "--format", "ndjson"], more].concat());
        files(&out)
    };
    let (one, again, other) =
        (make("a", &["--purpose", "a"]), make("a2", &["--purpose", "a"]), make("b", &["--purpose", "b"]));
    let raw = make("raw", &["--raw"]);
    assert_eq!(one, again, "the same export has the same bytes");
    let text = |files: &BTreeMap<String, Vec<u8>>| {
        files.values().map(|bytes| String::from_utf8(bytes.clone()).unwrap()).collect::<String>()
    };
    assert!(ids.iter().all(|id| text(&raw).contains(id.as_str())));
    assert!(ids.iter().all(|id| !text(&one).contains(id.as_str())));
    let subjects = |files: &BTreeMap<String, Vec<u8>>| {
        let names =
            ["event_id", "registration", "hold", "booking", "reference", "pseudonyms", "actor", "command"];
        let lines = text(files)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .collect::<Vec<_>>();
        let of_line =
            |line: &Value| names.map(|name| line[name].clone()).into_iter().filter(|id| !id.is_null());
        lines.iter().flat_map(of_line).collect::<Vec<_>>()
    };
    let (one_subjects, other_subjects) = (subjects(&one), subjects(&other));
    assert!(one_subjects.len() > 100 && one_subjects.iter().all(|id| !other_subjects.contains(id)));
    // 14 of one district and age band are told; of nobody else there are so many.
    let districts =
        |files: &BTreeMap<String, Vec<u8>>| text(files).matches(r#""district":"06412","age_band""#).count();
    assert_eq!((districts(&one), districts(&raw)), (14, 14));
    assert!(!text(&one).contains("terminbuch.example"), "events have no schema that they do not keep to");
}

#[test]
fn three_formats_have_the_same_rows_and_the_next_export_has_only_what_is_new() {
    let (mut world, _) = busy();
    // Else what is noted of one export would stand in the next.
    world.shut_down();
    let (dir, data_dir) = (Arc::clone(&world.dir), world.dir.path().join("data"));
    let make = |name: &str, more: &[&str]| {
        let out = dir.path().join(name);
        (export(&data_dir, &out, &[&["--purpose", "a"], more].concat()), out)
    };
    let (parquet, first) = make("parquet", &["--from", "2021-01-11"]);
    for format in ["csv", "ndjson"] {
        let (done, out) = make(format, &["--from", "2021-01-11", "--format", format]);
        assert_eq!(done["rows"], parquet["rows"]);
        assert_eq!(found(&out)["duckdb"]["rows"], parquet["rows"], "{format}");
    }
    world.restart();
    world.register().book(15);
    let notes = || fs::read_dir(data_dir.join("reads")).unwrap().count();
    let begun = Instant::now();
    while notes() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "{} notes", notes());
        sleep(Duration::from_millis(50));
    }
    world.shut_down();
    let manifest = first.join("manifest.json");
    let (next, _) = make("next", &["--since-manifest", manifest.to_str().unwrap()]);
    assert_eq!((&next["rows"]["events"], &next["rows"]["registrations"]), (&json!(3 + 3), &json!(15)));
    // Another purpose, other tables, days that neither would have, the names of another key, and a folder that is whole.
    let since = ["--since-manifest", manifest.to_str().unwrap()];
    for (more, why) in [
        (["--purpose", "b", "--out", "other"], "another purpose"),
        (["--purpose", "a", "--tables", "days,events"], "other tables"),
        (["--purpose", "a", "--from", "2021-01-10"], "first day is 2021-01-11"),
        (["--purpose", "a", "--out", first.to_str().unwrap()], "holds a finished export"),
    ] {
        refuses_to_export(&data_dir, &[&more[..], &since].concat(), why);
    }
    fs::remove_file(data_dir.join("keys/export.key")).unwrap();
    fs::remove_dir_all(data_dir.join("exports")).unwrap();
    refuses_to_export(&data_dir, &[&["--purpose", "a"], &since[..]].concat(), "other names");
}

#[track_caller]
fn refuses_to_export(data_dir: &Path, more: &[&str], why: &str) {
    let out = data_dir.with_extension("refused");
    let mut told = vec!["export", "--data-dir", data_dir.to_str().unwrap(), "--to", "2021-01-17"];
    if !more.contains(&"--out") {
        told.extend(["--out", out.to_str().unwrap()]);
    }
    told.extend(more);
    let refused = terminbuch(&told);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains(why), "{refused:?}");
}

#[test]
fn an_export_over_http_has_the_same_files_and_belongs_to_who_asked() {
    let (mut world, ids) = busy();
    let path = format!("/v1/exports/{}", uuid());
    let body = json!({ "from": "2021-01-11", "to": "2021-01-17", "purpose": "a", "format": "ndjson" });
    let ask = |world: &World, method: &str, path: &str, token: &str, body: Option<&Value>| {
        send(world.audit, method, path, Some(token), body)
    };
    let analyst = world.analyst_token.clone();
    let begun = ask(&world, "PUT", &path, &analyst, Some(&body));
    assert_eq!(begun.expect_status(201).header("location"), Some(path.as_str()));
    // What was asked for goes on after a restart, however far it was.
    world.restart();
    ask(&world, "PUT", &path, &analyst, Some(&body)).expect_status(200);
    let other = json!({ "from": "2021-01-12", "to": "2021-01-17", "purpose": "a" });
    ask(&world, "PUT", &path, &analyst, Some(&other)).expect_problem(422, "ContentDiffers");
    let raw = json!({ "from": "2021-01-11", "to": "2021-01-17", "purpose": "a", "raw": true });
    ask(&world, "PUT", &format!("/v1/exports/{}", uuid()), &analyst, Some(&raw))
        .expect_problem(403, "RoleNotAllowed");
    let done = loop {
        let shown = ask(&world, "GET", &path, &analyst, None).expect_status(200).json();
        assert_ne!(shown["state"], "failed", "{shown}");
        if shown["state"] == "done" {
            break shown;
        }
        std::thread::yield_now();
    };
    let events = done["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|file| file["name"].as_str().unwrap().contains("events"));
    let events = events.unwrap();
    let file = ask(&world, "GET", events["href"].as_str().unwrap(), &analyst, None);
    assert_eq!(file.expect_status(200).body.len() as u64, events["bytes"].as_u64().unwrap());
    assert!(!ids.iter().any(|id| String::from_utf8_lossy(&file.body).contains(id.as_str())));
    ask(&world, "GET", &format!("{path}/files/..%2Fjob.json"), &analyst, None)
        .expect_problem(404, "NotFound");
    let manifest = ask(&world, "GET", done["manifest"].as_str().unwrap(), &analyst, None).json();
    assert_eq!(manifest["purpose"], "a");
    let office =
        done["files"].as_array().unwrap().iter().find(|file| file["name"].as_str().unwrap().contains("HIVE"));
    let office = ask(&world, "GET", office.unwrap()["href"].as_str().unwrap(), &analyst, None).body;
    assert!(String::from_utf8_lossy(&office).contains("records-read"), "the read was noted before it began");
    ask(&world, "GET", &path, &world.auditor_token, None).expect_status(200);
    ask(&world, "DELETE", &path, &analyst, None).expect_status(204);
    ask(&world, "GET", &path, &analyst, None).expect_problem(404, "NotFound");
    let left = fs::read_dir(world.dir.path().join("data/exports"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(left.count(), 0, "the files are gone");
}
