//! The stream of all events, as auditors and analysts read it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "it is test code")]

mod support;

use std::io::Read as _;
use std::time::{Duration, Instant};

use api::credentials::{self, NewCredential};
use flate2::read::GzDecoder;
use schemas::vocabulary::Role;
use serde_json::Value;
use support::{Connection, World, instant, send};

/// What a stream gave: events, and the last line.
struct Given {
    events: Vec<Value>,
    end: Value,
}

impl Given {
    fn ids(&self) -> Vec<String> {
        self.events.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// Reads a stream to its end.
fn read(world: &World, token: &str, query: &str) -> Given {
    given(&body(&raw(world, token, query, "")))
}

fn given(body: &[u8]) -> Given {
    let lines = std::str::from_utf8(body).unwrap().lines();
    let mut events: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    let end = events.pop().expect("a last line");
    assert!(end["end"]["cursor"].is_string(), "{end}");
    Given { events, end: end["end"].clone() }
}

fn raw(world: &World, token: &str, query: &str, header: &str) -> Vec<u8> {
    let mut connection = Connection::to(world.audit);
    connection.write(request(token, query, header).as_bytes());
    connection.rest()
}

fn request(token: &str, query: &str, header: &str) -> String {
    format!(
        "GET /v1/events?{query} HTTP/1.1\r\nHost: t\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n{header}\r\n"
    )
}

/// The body of a chunked answer.
fn body(answer: &[u8]) -> Vec<u8> {
    let head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head");
    let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    assert!(text.starts_with("http/1.1 200"), "{}", String::from_utf8_lossy(answer));
    assert!(text.contains("transfer-encoding: chunked"), "{text}");
    let (mut rest, mut body) = (&answer[head + 4..], Vec::new());
    loop {
        let line = rest.windows(2).position(|bytes| bytes == b"\r\n").expect("a chunk's length");
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if length == 0 {
            return body;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + length]);
        rest = &rest[line + 4 + length..];
    }
}

/// A morning with bookings, and one that was moved on: several partitions, records of several events.
fn busy() -> World {
    let world = World::morning();
    world.open_centre("kassel", "KAS");
    world.opens();
    for slot in [1, 2, 3] {
        let citizen = world.register();
        citizen.book(slot);
        if slot == 2 {
            citizen.send("DELETE", &citizen.path(), None).expect_status(201);
        }
    }
    // What is noted of the readings comes later than all of this.
    world.clock.advance_to(instant("2021-01-12T08:00:01+01:00"));
    world
}

#[test]
fn it_goes_on_after_every_event_and_each_comes_once() {
    let world = busy();
    let whole = read(&world, &world.auditor_token, "purpose=audit");
    assert_eq!(whole.end["reason"], "end");
    let ids = whole.ids();
    assert!(
        whole.events.iter().any(|event| event["id"].as_str().unwrap().ends_with(".1")),
        "records of two events"
    );
    for (at, event) in whole.events.iter().enumerate() {
        let cursor = event["cursor"].as_str().unwrap();
        let limit = ids.len() - at - 1;
        if limit == 0 {
            continue;
        }
        let rest =
            read(&world, &world.auditor_token, &format!("purpose=audit&limit={limit}&cursor={cursor}"));
        assert_eq!(rest.ids(), ids[at + 1..], "after event {at}");
        assert_eq!(rest.end["reason"], "limit");
    }
    let after = read(
        &world,
        &world.auditor_token,
        &format!("purpose=audit&cursor={}", whole.end["cursor"].as_str().unwrap()),
    );
    let noted = after.events.iter().all(|event| event["type"] == "de.terminbuch.records-read.v1");
    assert!(noted && after.events.len() == ids.len(), "only what these readings noted: {:?}", after.ids());
}

#[test]
fn an_event_says_what_cloud_events_ask_for_and_filters_keep_the_order() {
    let world = busy();
    let whole = read(&world, &world.auditor_token, "purpose=audit");
    let placed = whole.events.iter().find(|event| event["type"] == "de.terminbuch.hold-placed.v1").unwrap();
    assert_eq!(placed["specversion"], "1.0");
    assert_eq!(placed["subject"], "frankfurt");
    assert_eq!(placed["channel"], "web");
    assert_eq!(placed["time"], "2021-01-12T07:00:00.000Z");
    assert_eq!(placed["data"]["first"], 1);
    assert!(placed["source"].as_str().unwrap().starts_with("/terminbuch/"));
    assert!(placed["dataschema"].as_str().unwrap().ends_with("hold-placed.v1.json"));
    let only = |query: &str, is: &dyn Fn(&Value) -> bool| {
        let found = read(&world, &world.auditor_token, &format!("purpose=audit&{query}"));
        let wanted: Vec<_> =
            whole.events.iter().filter(|event| is(event)).map(|event| event["id"].clone()).collect();
        assert!(!wanted.is_empty(), "{query}");
        assert_eq!(
            found.events.iter().map(|event| event["id"].clone()).collect::<Vec<_>>(),
            wanted,
            "{query}"
        );
        found.end["reason"].clone()
    };
    only("centre=kassel", &|event| event["subject"] == "kassel");
    only("channel=web", &|event| event["channel"] == "web");
    only("type=hold-placed,de.terminbuch.rules-set.v1", &|event| {
        ["de.terminbuch.hold-placed.v1", "de.terminbuch.rules-set.v1"]
            .contains(&event["type"].as_str().unwrap())
    });
    let until =
        only("to=2021-01-12T00:00:00%2B01:00", &|event| event["time"].as_str().unwrap() < "2021-01-11T23");
    assert_eq!(until, "period");
    only("from=2021-01-12T00:00:00%2B01:00&type=hold-placed", &|event| {
        event["type"] == "de.terminbuch.hold-placed.v1"
    });
}

#[test]
fn what_cannot_be_asked_is_refused_by_name_and_who_reads_is_noted_first() {
    let (world, other) = (busy(), busy());
    let ask = |query: &str| {
        send(world.audit, "GET", &format!("/v1/events?{query}"), Some(&world.analyst_token), None)
    };
    ask("").expect_problem(400, "BadQuery");
    ask("purpose=x&type=hold-misplaced").expect_problem(400, "BadQuery");
    ask("purpose=x&limit=0").expect_problem(400, "BadQuery");
    ask("purpose=x&cursor=abc").expect_problem(409, "ForeignCursor");
    let foreign = read(&other, &other.analyst_token, "purpose=x").end["cursor"].as_str().unwrap().to_owned();
    let detail =
        ask(&format!("purpose=x&cursor={foreign}")).expect_problem(409, "ForeignCursor")["detail"].clone();
    assert!(detail.as_str().unwrap().contains("ledger"), "{detail}");
    let first = read(&world, &world.auditor_token, "purpose=weekly%20figures&type=records-read");
    let note = &first.events.last().unwrap()["data"];
    assert_eq!((&note["purpose"], &note["role"]), (&"weekly figures".into(), &"auditor".into()));
    send(world.audit, "GET", "/v1/events?purpose=x", Some(&world.agent_token), None)
        .expect_problem(403, "RoleNotAllowed");
}

#[test]
fn analysts_see_no_raw_id_and_nothing_that_joins_two_purposes() {
    let world = World::morning();
    world.opens();
    let citizen = world.register();
    let hold = citizen.book(1);
    let text = |token: &str, query: &str| String::from_utf8(body(&raw(&world, token, query, ""))).unwrap();
    let audit = text(&world.auditor_token, "purpose=a");
    assert!(audit.contains(&citizen.id) && audit.contains(&hold));
    let subjects = |query: &str| {
        let found = read(&world, &world.analyst_token, query);
        let mut ids = Vec::new();
        for event in &found.events {
            for name in [
                "registration",
                "hold",
                "booking",
                "reference",
                "commitment",
                "content",
                "pseudonyms",
                "actor",
            ] {
                ids.extend(Some(&event["data"][name]).filter(|id| !id.is_null()).map(ToString::to_string));
            }
            ids.extend(
                ["actor", "command"]
                    .map(|name| event[name].to_string())
                    .into_iter()
                    .filter(|id| id != "null"),
            );
        }
        ids
    };
    let (one, again, other) = (
        subjects("purpose=a&channel=web"),
        subjects("purpose=a&channel=web"),
        subjects("purpose=b&channel=web"),
    );
    assert!(one.len() >= 8, "{one:?}");
    assert_eq!(one, again, "one purpose gives the same names");
    assert!(one.iter().all(|id| !other.contains(id) && !audit.contains(id.as_str())), "{one:?}\n{other:?}");
    let keyed = text(&world.analyst_token, "purpose=a");
    assert!(
        !keyed.contains(&citizen.id) && !keyed.contains(&hold) && !keyed.contains("06412\",\"made_by"),
        "{keyed}"
    );
    assert!(!keyed.contains("\"what\":"), "what was looked up is free text");
}

#[test]
fn it_is_compressed_for_who_takes_that() {
    let world = busy();
    let answer = raw(
        &world,
        &world.auditor_token,
        "purpose=a&to=2021-01-12T12:00:00Z&type=hold-placed",
        "Accept-Encoding: br, gzip\r\n",
    );
    assert!(String::from_utf8_lossy(&answer).contains("content-encoding: gzip"));
    let mut plain = Vec::new();
    GzDecoder::new(body(&answer).as_slice()).read_to_end(&mut plain).unwrap();
    let whole = read(&world, &world.auditor_token, "purpose=a&to=2021-01-12T12:00:00Z&type=hold-placed");
    assert_eq!(given(&plain).ids(), whole.ids());
}

#[test]
fn who_follows_hears_what_comes_and_that_the_program_ends() {
    let mut world = World::morning();
    world.opens();
    let mut connection = Connection::to(world.audit);
    connection.write(
        request(&world.auditor_token, "purpose=watch&follow=true&type=booking-confirmed", "").as_bytes(),
    );
    let head = connection.line();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let hold = world.register().book(1);
    let mut line = String::new();
    while !line.contains("booking-confirmed") {
        line = connection.line();
    }
    assert!(line.contains(&hold), "{line}");
    world.shut_down();
    let rest = String::from_utf8(connection.rest()).unwrap();
    assert!(rest.contains(r#""reason":"shutdown""#), "{rest}");
}

#[test]
fn a_stream_ends_when_its_credential_is_taken_out_of_force() {
    let world = World::morning();
    world.opens();
    let new = NewCredential { name: "Aurel".into(), role: Role::Auditor, centres: vec![] };
    let (data_dir, now) = (world.dir.path().join("data"), instant(support::MONDAY));
    let (credential, token) = credentials::create(&data_dir, new, now).expect("a credential");
    let patience = Instant::now() + Duration::from_secs(20);
    let is_admitted = || raw(&world, &token, "purpose=b&limit=1", "").starts_with(b"HTTP/1.1 200");
    while !is_admitted() {
        assert!(Instant::now() < patience, "it is heard of");
    }
    let mut connection = Connection::to(world.audit);
    connection.write(request(&token, "purpose=watch&follow=true&type=booking-confirmed", "").as_bytes());
    assert!(connection.line().starts_with("HTTP/1.1 200"));
    credentials::revoke(&data_dir, credential, now).expect("it is revoked");
    while is_admitted() {
        assert!(Instant::now() < patience, "it is heard of");
    }
    let hold = world.register().book(1);
    let rest = String::from_utf8(connection.rest()).unwrap();
    assert!(rest.contains(r#""reason":"revoked""#) && !rest.contains(&hold), "{rest}");
}
