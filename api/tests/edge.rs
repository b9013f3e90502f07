//! Edges as sockets: slow ones, many ones, long ones, and the end.

#![allow(clippy::expect_used, reason = "it is test code")]

mod support;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Connection, World, registration, send, uuid};

#[test]
fn a_head_that_comes_too_slowly_is_told_and_cut() {
    let world = World::with(|config| config.web.header_timeout_ms = 300);
    let mut connection = Connection::to(world.web);
    connection.write(b"GET /v1/centres HTTP/1.1\r\nHost: t\r\n");
    let began = Instant::now();
    let text = String::from_utf8(connection.rest()).expect("text");
    assert!(text.starts_with("HTTP/1.1 408 "), "{text:?}");
    assert!(text.contains("\"rule\":\"RequestTimeout\""), "{text:?}");
    assert!(began.elapsed() >= Duration::from_millis(250) && began.elapsed() < Duration::from_secs(5));
    // A drop now and then does not buy more time.
    let mut connection = Connection::to(world.web);
    let began = Instant::now();
    for byte in b"GET /v1/centres HTTP/1.1\r\nHost: t\r\nX: aaaaaaaaaaaaaaaaaaaaaaaa" {
        connection.write(&[*byte]);
        thread::sleep(Duration::from_millis(20));
    }
    assert!(connection.rest().len() < 1_000);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_idle_connection_is_closed_and_a_used_one_is_kept() {
    let world = World::with(|config| config.web.idle_timeout_ms = 2_000);
    let mut connection = Connection::to(world.web);
    for _ in 0..4 {
        connection.ask("GET", "/v1/centres", &[], b"").expect_status(200);
        thread::sleep(Duration::from_millis(700));
    }
    connection.ask("GET", "/v1/centres", &[], b"").expect_status(200);
    assert!(connection.rest().is_empty(), "it is closed without a word");
}

#[test]
fn a_body_that_comes_too_slowly_is_told_and_cut() {
    let world = World::with(|config| config.web.body_timeout_ms = 300);
    world.open_centre("frankfurt", "FRA");
    let path = format!("/v1/centres/frankfurt/registrations/{}", uuid());
    let secret = uuid().replace('-', "");
    let mut connection = Connection::to(world.web);
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    connection.write(head.as_bytes());
    let mut answer = connection.read(false);
    answer.asked = "a slow body".into();
    answer.expect_problem(408, "RequestTimeout");
    assert_eq!(answer.header("connection"), Some("close"));
}

#[test]
fn requests_in_one_breath_are_answered_in_order() {
    let world = World::morning();
    let mut connection = Connection::to(world.web);
    connection.write(b"GET /v1/centres HTTP/1.1\r\nHost: t\r\n\r\nGET /nothing HTTP/1.1\r\nHost: t\r\n\r\nGET /v1/availability HTTP/1.1\r\nHost: t\r\n\r\n");
    let statuses: Vec<u16> = (0..3).map(|_| connection.read(false).status).collect();
    assert_eq!(statuses, [200, 404, 200]);
}

#[test]
fn one_connection_too_many_is_told_to_come_back() {
    let world = World::with(|config| config.web.max_connections = 2);
    let mut first = Connection::to(world.web);
    let mut second = Connection::to(world.web);
    first.ask("GET", "/v1/centres", &[], b"").expect_status(200);
    second.ask("GET", "/v1/centres", &[], b"").expect_status(200);
    let text = String::from_utf8(Connection::to(world.web).rest()).expect("text");
    assert!(text.starts_with("HTTP/1.1 503 ") && text.contains("TooManyConnections"), "{text:?}");
    assert!(text.contains("Retry-After: "), "{text:?}");
    drop(first);
    // The place is free as soon as the server has seen the end.
    let until = Instant::now() + Duration::from_secs(5);
    while !Connection::to(world.web).rest_of_one_request().starts_with("HTTP/1.1 200") {
        assert!(Instant::now() < until);
        thread::yield_now();
    }
}

#[test]
fn answers_in_flight_are_finished_at_shutdown_and_new_ones_are_not_begun() {
    let mut world = World::morning();
    let path = format!("/v1/centres/frankfurt/registrations/{}", uuid());
    let secret = uuid().replace('-', "");
    let body = registration("Muster").to_string();
    let (early, late) = body.split_at(20);
    let mut connection = Connection::to(world.web);
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{early}",
        body.len()
    );
    connection.write(head.as_bytes());
    // Once this is answered, the edge has surely begun to read the request before it.
    send(world.web, "GET", "/v1/centres", None, None).expect_status(200);
    let web = world.web;
    let ending = thread::spawn(move || {
        world.shut_down();
        world
    });
    let until = Instant::now() + Duration::from_secs(5);
    while std::net::TcpStream::connect(web).is_ok() {
        assert!(Instant::now() < until, "the listener is closed first");
        thread::yield_now();
    }
    connection.write(late.as_bytes());
    let mut answer = connection.read(false);
    answer.asked = "in flight".into();
    answer.expect_status(201);
    assert!(connection.rest().is_empty());
    drop(ending.join().expect("it ended"));
}

#[test]
fn availability_is_known_by_its_etag_and_waits_for_what_was_told() {
    let world = World::morning();
    world.opens();
    let citizen = world.register();
    let path = "/v1/centres/frankfurt/availability";
    let (_, placed) = citizen.hold(1);
    let shown = send(world.web, "GET", &format!("{path}?at_least={}", placed.position()), None, None);
    let body = shown.expect_status(200).json();
    assert_eq!(body["days"][0]["held"], 1, "{body}");
    let etag = shown.header("etag").expect("an etag").to_owned();
    let again = Connection::to(world.web).ask("GET", path, &[&format!("If-None-Match: {etag}")], b"");
    again.expect_status(304);
    assert_eq!(again.header("etag"), Some(etag.as_str()));
    assert!(again.header("terminbuch-position").is_some());
    let other = Connection::to(world.web).ask("GET", path, &["If-None-Match: \"1@1-0000000000000000\""], b"");
    other.expect_status(200);
    let head = Connection::to(world.web).ask("HEAD", path, &[], b"");
    head.expect_status(200);
    let (partition, _) =
        placed.position().split_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("two");
    let far = format!("{path}?at_least={partition}@99999-0000000000000000");
    let answer = send(world.web, "GET", &far, None, None);
    answer.expect_problem(503, "PositionNotReached");
    assert!(answer.header("retry-after").is_some());
}

#[test]
fn the_interface_describes_itself() {
    let world = World::morning();
    let document = send(world.web, "GET", "/openapi.json", None, None).expect_status(200).json();
    assert!(
        document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")),
        "{}",
        document["openapi"]
    );
    let paths = document["paths"].as_object().expect("paths");
    for path in ["/v1/centres/{centre}/holds/{id}", "/v1/lookups", "/v1/channels/{channel}", "/readyz"] {
        assert!(paths.contains_key(path), "{path}");
    }
    let place = &paths["/v1/centres/{centre}/holds/{id}"]["put"];
    for status in ["200", "201", "202", "400", "401", "404", "409", "413", "415", "422", "429", "503"] {
        assert!(place["responses"].get(status).is_some(), "{status}: {place}");
    }
    let refusal = place["responses"]["409"]["description"].as_str().expect("text");
    assert!(refusal.contains("HoldBudgetSpent") && refusal.contains("SlotFull"), "{refusal}");
    for (path, item) in paths {
        for operation in item
            .as_object()
            .expect("an item")
            .iter()
            .filter(|(key, _)| ["get", "put", "post", "delete"].contains(&key.as_str()))
        {
            assert!(operation.1["operationId"].is_string(), "{path}");
            assert!(
                operation.1["responses"].as_object().is_some_and(|it| it.len() > 2),
                "{path} {}",
                operation.0
            );
        }
        let named = path.matches('{').count();
        assert_eq!(item["parameters"].as_array().map_or(0, Vec::len), named, "{path}");
    }
    references_resolve(&document, &document);
}

#[test]
fn the_document_says_which_edge_notes_a_read_and_what_it_takes() {
    let world = World::empty();
    let document = send(world.web, "GET", "/openapi.json", None, None).expect_status(200).json();
    let paths = document["paths"].as_object().expect("paths");
    for (path, method, edge) in [
        ("/v1/centres/{centre}/registrations/{id}", "get", "audit"),
        ("/v1/centres/{centre}/holds/{id}", "get", "audit"),
        ("/v1/centres/{centre}/bookings/{id}", "get", "audit"),
        ("/v1/references/{reference}", "get", "hotline and audit"),
        ("/v1/lookups", "post", "hotline"),
    ] {
        let noted = paths[path][method]["responses"]["202"]["description"].as_str().expect("text");
        assert!(noted.starts_with(&format!("NotYetKnown, on the {edge} edge")), "{path}: {noted}");
    }
    let reference =
        &document["components"]["schemas"]["RegistrationJson"]["properties"]["reference"]["example"];
    assert!(reference.as_str().is_some_and(|text| text.parse::<schemas::Reference>().is_ok()), "{reference}");
    let export = &paths["/v1/exports/{id}"]["put"]["responses"];
    assert!(
        !export.to_string().contains("receipt") && !export.to_string().contains("ChannelClosed"),
        "{export}"
    );
    let closed = paths["/v1/centres/{centre}/holds/{id}"]["put"]["responses"]["503"]["description"]
        .as_str()
        .expect("text");
    assert!(closed.contains("ChannelClosed"), "{closed}");
    let pairs = paths["/v1/centres/{centre}/pairs"]["get"]["parameters"].as_array().expect("a list");
    let channel = pairs.iter().find(|parameter| parameter["name"] == "channel").expect("the audit edge's");
    assert_eq!(channel["x-edges"], json!(["audit"]));
}

/// Every `$ref` of the document leads somewhere in it.
fn references_resolve(document: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(place) = members.get("$ref").and_then(Value::as_str) {
                assert!(document.pointer(place.trim_start_matches('#')).is_some(), "{place}");
            }
            members.values().for_each(|member| references_resolve(document, member));
        }
        Value::Array(items) => items.iter().for_each(|item| references_resolve(document, item)),
        _ => {}
    }
}

#[test]
fn operators_see_health_and_figures() {
    let world = World::morning();
    send(world.admin, "GET", "/livez", None, None).expect_status(200);
    send(world.admin, "GET", "/readyz", None, None).expect_status(200);
    world.opens();
    let citizen = world.register();
    citizen.hold(9_999).1.expect_problem(404, "NotFound");
    let text =
        String::from_utf8(send(world.admin, "GET", "/metrics", None, None).expect_status(200).body.clone());
    let text = text.expect("text");
    for name in [
        "terminbuch_requests_total{",
        "terminbuch_request_seconds_bucket{",
        "terminbuch_refused_total{edge=\"web\",rule=\"NotFound\"}",
        "terminbuch_mailbox_waiting{",
        "terminbuch_position_seq{",
        "terminbuch_views_lag_entries{",
        "terminbuch_commands_dropped_late{",
    ] {
        assert!(text.contains(name), "{name} is missing in\n{text}");
    }
    send(world.web, "GET", "/metrics", None, None).expect_problem(404, "UnknownPath");
}

#[test]
fn invented_methods_share_one_figure() {
    let world = World::morning();
    let figures = |world: &World| {
        let admin = world.server().admin_address().expect("the admin edge");
        let answer = Connection::to(admin).ask("GET", "/metrics", &[], b"");
        String::from_utf8(answer.body.clone()).expect("text")
    };
    let mut connection = Connection::to(world.web);
    for number in 0..50 {
        connection
            .ask(&format!("INVENTED{number}"), "/v1/centres", &[], b"")
            .expect_problem(405, "MethodNotAllowed");
    }
    let text = figures(&world);
    assert!(text.contains("method=\"other\""), "{text}");
    assert!(!text.contains("INVENTED"), "{text}");
}

/// Checks by the few words that the document's schemas of answers use.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let named =
            document.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("no {reference}"));
        return fits(document, named, value, at);
    }
    let kind = schema["type"].as_str().unwrap_or_else(|| panic!("{at}: no type in {schema}"));
    match (kind, value) {
        ("object", Value::Object(members)) => {
            for name in schema["required"].as_array().into_iter().flatten() {
                assert!(
                    members.contains_key(name.as_str().unwrap_or_default()),
                    "{at}: no {name} in {value}"
                );
            }
            for (name, member) in members {
                let described = &schema["properties"][name];
                assert!(!described.is_null(), "{at}: {name} is not described");
                fits(document, described, member, &format!("{at}.{name}"));
            }
        }
        ("array", Value::Array(items)) => {
            items.iter().for_each(|item| fits(document, &schema["items"], item, &format!("{at}[]")));
        }
        ("string", Value::String(_))
        | ("integer" | "number", Value::Number(_))
        | ("boolean", Value::Bool(_)) => {}
        _ => panic!("{at}: {value} is no {kind}"),
    }
}

#[test]
fn what_is_read_is_what_the_document_describes_and_nothing_is_null() {
    let world = World::morning();
    world.opens();
    let citizen = world.register();
    let shown = citizen.send("GET", &citizen.path(), None);
    let (first, _) = support::a_pair(&world, &shown.position());
    let (hold, _) = citizen.hold(first);
    let document = send(world.web, "GET", "/openapi.json", None, None).expect_status(200).json();
    assert!(!document.to_string().contains("\"null\""), "something may be null");
    let centre = "/v1/centres/frankfurt";
    for (path, described) in [
        ("/v1/centres".to_owned(), "/v1/centres"),
        ("/v1/availability".to_owned(), "/v1/availability"),
        (format!("{centre}/availability"), "/v1/centres/{centre}/availability"),
        (format!("{centre}/availability/2021-01-19"), "/v1/centres/{centre}/availability/{date}"),
        (format!("{centre}/availability/2021-02-09"), "/v1/centres/{centre}/availability/{date}"),
        (format!("{centre}/pairs?limit=3"), "/v1/centres/{centre}/pairs"),
        (citizen.path(), "/v1/centres/{centre}/registrations/{id}"),
        (format!("{centre}/holds/{hold}"), "/v1/centres/{centre}/holds/{id}"),
    ] {
        let answer = citizen.send("GET", &path, None).expect_status(200).json();
        let schema =
            &document["paths"][described]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        fits(&document, schema, &answer, described);
    }
}

#[test]
fn the_audit_edge_shows_what_everybody_may_see_and_takes_no_command() {
    let world = World::morning();
    let registering = format!("/v1/centres/frankfurt/registrations/{}", uuid());
    let secret = uuid().replace('-', "");
    let registered = send(world.web, "PUT", &registering, Some(&secret), Some(&registration("Muster")));
    let position = registered.expect_status(201).position();
    for path in ["/v1/centres", "/v1/availability", "/v1/centres/frankfurt/availability"] {
        let path = &format!("{path}?at_least={position}");
        let there = send(world.audit, "GET", path, Some(&world.auditor_token), None);
        let here = send(world.web, "GET", path, None, None);
        assert_eq!(there.expect_status(200).body, here.expect_status(200).body, "{path}");
    }
    let path = format!("/v1/centres/frankfurt/holds/{}", uuid());
    let refused = send(world.audit, "PUT", &path, Some(&world.auditor_token), Some(&json!({})));
    refused.expect_status(405);
}
