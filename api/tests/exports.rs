//! Exports that go on from earlier ones over HTTP, and what is noted of those that the command line makes.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "it is test code")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use ledger::chain::{Chain, Verdict};
use ledger::log::{EmbeddedLog, Log as _};
use schemas::events::RecordsRead;
use schemas::ids::Partition;
use schemas::vocabulary::{Channel, Role};
use schemas::{Body, Event};
use serde_json::{Value, json};

use support::program::{ends, text};
use support::{Answer, World, send, uuid};

const PATIENCE: Duration = Duration::from_secs(60);

/// Asks for an export as an analyst.
fn put(world: &World, id: &str, body: &Value) -> Answer {
    send(world.audit, "PUT", &format!("/v1/exports/{id}"), Some(&world.analyst_token), Some(body))
}

/// Waits until an export has ended.
fn ended(world: &World, id: &str) -> Value {
    let begun = Instant::now();
    loop {
        let path = format!("/v1/exports/{id}");
        let shown =
            send(world.audit, "GET", &path, Some(&world.auditor_token), None).expect_status(200).json();
        if shown["state"] == "done" || shown["state"] == "failed" {
            return shown;
        }
        assert!(begun.elapsed() < PATIENCE, "{shown}");
        sleep(Duration::from_millis(20));
    }
}

fn made(world: &World, body: &Value) -> (String, Value) {
    let id = uuid();
    put(world, &id, body).expect_status(201);
    let shown = ended(world, &id);
    assert_eq!(shown["state"], "done", "{shown}");
    (id, shown)
}

fn rows(shown: &Value, table: &str) -> u64 {
    let files = shown["files"].as_array().unwrap().iter();
    let of_table = files.filter(|file| file["name"].as_str().unwrap().contains(&format!("table={table}/")));
    of_table.map(|file| file["rows"].as_u64().unwrap()).sum()
}

#[test]
fn an_export_over_http_goes_on_from_an_earlier_one_of_the_same_purpose_and_tables() {
    let world = World::morning();
    world.opens();
    world.register().book(1);
    let first = json!({ "from": "2021-01-11", "to": "2021-01-17", "purpose": "weekly", "format": "ndjson",
        "tables": ["events", "days"] });
    let (first_id, first_shown) = made(&world, &first);
    assert!(rows(&first_shown, "events") > 5, "{first_shown}");
    world.register().book(2);
    let since = |earlier: &str| json!({ "to": "2021-01-17", "purpose": "weekly", "since": earlier });
    let (second_id, second) = made(&world, &since(&first_id));
    // Registered, held, booked, and that this very export was asked for.
    assert_eq!(rows(&second, "events"), 4, "{second}");
    assert_eq!(rows(&second, "days"), rows(&first_shown, "days"), "the other tables are whole");
    assert_eq!((&second["since"], &second["from"]), (&json!(first_id), &json!("2021-01-11")));
    assert_eq!((&second["format"], &second["tables"]), (&first["format"], &first["tables"]));
    let (third_id, third) = made(&world, &since(&second_id));
    assert_eq!(rows(&third, "events"), 1, "{third}");

    // A repeat is one, whatever became of the earlier export.
    let gone = format!("/v1/exports/{first_id}");
    send(world.audit, "DELETE", &gone, Some(&world.analyst_token), None).expect_status(204);
    assert_eq!(
        put(&world, &second_id, &since(&first_id)).expect_status(200).json()["since"],
        json!(first_id)
    );
    put(&world, &second_id, &since(&third_id)).expect_problem(422, "ContentDiffers");
    put(&world, &uuid(), &since(&first_id)).expect_problem(409, "EarlierExportUnknown");
}

#[test]
fn an_earlier_export_that_is_another_s_not_done_or_was_asked_for_otherwise_is_refused_by_name() {
    let world = World::morning();
    let body = json!({ "from": "2021-01-11", "to": "2021-01-17", "purpose": "weekly", "tables": ["events"] });
    let (id, _) = made(&world, &body);
    let with = |changed: Value| {
        let mut body = json!({ "to": "2021-01-17", "purpose": "weekly", "since": id });
        body.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        put(&world, &uuid(), &body)
    };
    for (changed, named) in [
        (json!({ "purpose": "monthly" }), "purpose"),
        (json!({ "tables": ["events", "days"] }), "tables"),
        (json!({ "from": "2021-01-10" }), "from"),
        (json!({ "to": "2021-01-16" }), "to"),
    ] {
        let problem = with(changed).expect_problem(409, "EarlierExportDiffers");
        assert!(problem["detail"].as_str().unwrap().starts_with(named), "{problem}");
    }
    with(json!({ "since": uuid() })).expect_problem(409, "EarlierExportUnknown");
    with(json!({ "since": null })).expect_problem(400, "BadBody");
    let (auditors, path) = (uuid(), |id: &str| format!("/v1/exports/{id}"));
    send(world.audit, "PUT", &path(&auditors), Some(&world.auditor_token), Some(&body)).expect_status(201);
    with(json!({ "since": auditors })).expect_problem(409, "EarlierExportUnknown");
    // Where its files would be stands something else, so it cannot be made.
    let hindered = uuid();
    let folder = world.dir.path().join("data/exports").join(&hindered);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("files"), "").unwrap();
    put(&world, &hindered, &body).expect_status(201);
    assert_eq!(ended(&world, &hindered)["state"], "failed");
    with(json!({ "since": hindered })).expect_problem(409, "EarlierExportNotDone");
}

/// All reads that stand in the office's partition, with the channel that they came by.
fn reads(data_dir: &Path) -> Vec<(u8, RecordsRead)> {
    let log = EmbeddedLog::open_read_only(&data_dir.join("log")).unwrap();
    let mut chain = Chain::new(None, Partition::OFFICE);
    let mut reads = Vec::new();
    for entry in log.read(Partition::OFFICE, 0, usize::MAX).unwrap() {
        let Verdict::Counts(record) = chain.judge(entry.offset, &entry.value).unwrap() else { continue };
        let Body::Decision(events) = record.body else { continue };
        reads.extend(events.into_iter().filter_map(|event| match event {
            Event::RecordsRead(read) => Some((record.prefix.channel, read)),
            _ => None,
        }));
    }
    reads
}

/// The notes that no `serve` has taken in yet.
fn notes(data_dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data_dir.join("reads")).map_or_else(|_| Vec::new(), Iterator::collect);
    let places = entries.into_iter().map(|entry| entry.unwrap().path());
    places.filter(|place| place.extension().is_some_and(|extension| extension == "json")).collect()
}

fn wait_until_taken_in(data_dir: &Path) {
    let begun = Instant::now();
    while !notes(data_dir).is_empty() {
        assert!(begun.elapsed() < PATIENCE, "{:?}", notes(data_dir));
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_export_by_command_is_noted_and_taken_into_the_log_while_serve_runs_or_when_it_starts() {
    let mut world = World::morning();
    let data_dir = world.dir.path().join("data");
    let export = |name: &str, purpose: &str| {
        let out = data_dir.with_file_name(name);
        let to = ["--from", "2021-01-11", "--to", "2021-01-17", "--tables", "days", "--purpose", purpose];
        ends(&[&["export", "--data-dir", text(&data_dir), "--out", text(&out)], &to[..]].concat(), 0);
        let manifest = fs::read(out.join("manifest.json")).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&manifest).unwrap()["noted"], "in_the_data_directory");
    };
    export("beside", "while it runs");
    wait_until_taken_in(&data_dir);
    let [(channel, read)] = &*reads(&data_dir) else { panic!("{:?}", reads(&data_dir)) };
    assert_eq!((*channel, read.role), (Channel::Reactor as u8, Role::Admin));
    assert_eq!(read.purpose, "while it runs");
    assert!(read.what.contains(" by command of days, 2021-01-11 to 2021-01-17, begun "), "{}", read.what);

    world.shut_down();
    export("alone", "while nobody serves");
    assert_eq!(notes(&data_dir).len(), 1);
    fs::write(data_dir.join("reads/strange.json"), "{}").unwrap();
    world.restart();
    wait_until_taken_in(&data_dir);
    world.shut_down();
    let purposes: Vec<_> = reads(&data_dir).into_iter().map(|(_, read)| read.purpose).collect();
    assert_eq!(purposes, ["while it runs", "while nobody serves"]);
    assert!(data_dir.join("reads/strange.refused").exists(), "what is no note is set aside");
}

#[test]
fn who_asks_for_an_export_or_reads_a_file_that_another_asked_for_is_noted_by_name() {
    let mut world = World::morning();
    let body = json!({ "from": "2021-01-11", "to": "2021-01-17", "purpose": "weekly", "tables": ["days"] });
    let (id, _) = made(&world, &body);
    let path = format!("/v1/exports/{id}/files/manifest.json");
    for token in [&world.analyst_token, &world.auditor_token] {
        send(world.audit, "GET", &path, Some(token), None).expect_status(200);
    }
    let mut raw = body.clone();
    raw["raw"] = json!(true);
    let raw_id = uuid();
    let raw_path = format!("/v1/exports/{raw_id}");
    send(world.audit, "PUT", &raw_path, Some(&world.auditor_token), Some(&raw)).expect_status(201);
    world.shut_down();
    let reads = reads(&world.dir.path().join("data"));
    let noted: Vec<_> = reads.iter().map(|(_, read)| (read.role, &*read.what)).collect();
    let ordered = format!("export {id} of days, 2021-01-11 to 2021-01-17");
    let by_another = format!("manifest.json of export {id}, which another asked for");
    let with_ids = format!("export {raw_id} of days, 2021-01-11 to 2021-01-17, with ids as they are");
    let auditor = Role::Auditor;
    assert_eq!(noted, [(Role::Analyst, &*ordered), (auditor, &*by_another), (auditor, &*with_ids)]);
    assert_eq!(reads[1].1.purpose, "weekly");
}

#[test]
fn a_part_of_a_file_is_not_served_for_the_whole_and_an_export_without_its_manifest_says_so() {
    let world = World::morning();
    let body = json!({ "from": "2021-01-11", "to": "2021-01-17", "purpose": "weekly", "tables": ["events"],
        "format": "ndjson" });
    let (id, shown) = made(&world, &body);
    let files = world.dir.path().join("data/exports").join(&id).join("files");
    let ask = |method: &str, path: &str| send(world.audit, method, path, Some(&world.analyst_token), None);
    let (name, href) = (&shown["files"][0]["name"], shown["files"][0]["href"].as_str().unwrap());
    ask("GET", href).expect_status(200);
    let place = files.join(name.as_str().unwrap());
    let whole = fs::read(&place).unwrap();
    fs::write(&place, &whole[..whole.len() - 1]).unwrap();
    let problem = ask("GET", href).expect_problem(500, "ExportDamaged");
    assert!(problem["next"].as_str().unwrap().starts_with("Delete the export"), "{problem}");
    fs::remove_file(&place).unwrap();
    ask("GET", href).expect_problem(500, "ExportDamaged");
    let (path, manifest) = (format!("/v1/exports/{id}"), files.join("manifest.json"));
    let of_manifest = format!("{path}/files/manifest.json");
    ask("GET", &of_manifest).expect_status(200);
    let whole = fs::read(&manifest).unwrap();
    fs::write(&manifest, &whole[..whole.len() / 2]).unwrap();
    for damaged in [&*path, &*of_manifest, href] {
        ask("GET", damaged).expect_problem(500, "ExportDamaged");
    }
    // What it says to do helps.
    ask("DELETE", &path).expect_status(204);
    put(&world, &id, &body).expect_status(201);
    let again = ended(&world, &id);
    assert_eq!(again["state"], "done", "{again}");
    ask("GET", again["files"][0]["href"].as_str().unwrap()).expect_status(200);
}
