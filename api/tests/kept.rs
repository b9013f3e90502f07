//! What clients and caches may keep, and that they are told when it is still right: Cache-Control, ETags, compression.

#![allow(clippy::expect_used, reason = "it is test code")]

mod support;

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::Arc;

use support::{Answer, Connection, World, send};

const CENTRE: &str = "/v1/centres/frankfurt";

/// A day on offer, drawn as it stands.
fn on_offer() -> World {
    let world = World::morning();
    world.opens();
    let citizen = world.register();
    let position = citizen.send("GET", &citizen.path(), None).position();
    let drawn = format!("{CENTRE}/availability?at_least={position}");
    send(world.web, "GET", &drawn, None, None).expect_status(200);
    world
}

fn ask(to: SocketAddr, method: &str, path: &str, headers: &[&str]) -> Answer {
    Connection::to(to).ask(method, path, headers, b"")
}

fn gunzipped(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).expect("it is gzip");
    plain
}

/// Every GET says whether it may be kept, and nothing of anybody's own may.
#[test]
fn every_answer_says_whether_it_may_be_kept() {
    let world = World::morning();
    world.opens();
    let citizen = world.register();
    let (first, _) = support::a_pair(&world, &citizen.send("GET", &citizen.path(), None).position());
    let booking = citizen.book(first);
    for (path, told) in [
        ("/v1/centres".to_owned(), "no-cache"),
        ("/v1/availability".to_owned(), "no-cache"),
        (format!("{CENTRE}/availability"), "no-cache"),
        (format!("{CENTRE}/availability/2021-01-19"), "no-cache"),
        (format!("{CENTRE}/pairs"), "no-cache"),
        ("/openapi.json".to_owned(), "public, max-age=3600"),
        ("/problems".to_owned(), "public, max-age=3600"),
        ("/problems/not-found".to_owned(), "public, max-age=3600"),
        (citizen.path(), "no-store"),
        (format!("{CENTRE}/holds/{booking}"), "no-store"),
        (format!("{CENTRE}/bookings/{booking}"), "no-store"),
    ] {
        let answer = citizen.send("GET", &path, None);
        assert_eq!(answer.expect_status(200).header("cache-control"), Some(told), "{path}");
        if told == "no-store" {
            continue;
        }
        // What may be kept is known by its ETag, and 304 says the same about it.
        let etag = answer.header("etag").unwrap_or_else(|| panic!("{path}: no ETag"));
        assert_eq!(answer.header("vary"), Some("accept-encoding"), "{path}");
        let again = ask(world.web, "GET", &path, &[&format!("If-None-Match: {etag}")]);
        assert_eq!(again.expect_status(304).header("etag"), Some(etag), "{path}");
        assert_eq!(again.header("cache-control"), Some(told), "{path}");
        assert!(again.header("terminbuch-position").is_some(), "{path}");
        assert!(again.body.is_empty(), "{path}");
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(ask(world.admin, "GET", path, &[]).header("cache-control"), Some("no-store"), "{path}");
    }
    // A receipt, and what is refused.
    let (_, refused) = citizen.hold(first);
    assert_eq!(refused.expect_status(409).header("cache-control"), Some("no-store"));
    assert_eq!(
        world.register().put(&support::registration("Other")).header("cache-control"),
        Some("no-store")
    );
    let nothing = send(world.web, "GET", "/nothing", None, None);
    assert_eq!(nothing.expect_status(404).header("cache-control"), Some("no-store"));
}

/// What was drawn before is there compressed, too, as something of its own that either ETag knows.
#[test]
fn what_is_drawn_is_sent_compressed_to_those_who_take_it() {
    let world = on_offer();
    for path in [
        "/v1/availability",
        "/v1/centres/frankfurt/availability",
        "/v1/centres/frankfurt/availability/2021-01-19",
        "/openapi.json",
        "/problems",
    ] {
        let plain = ask(world.web, "GET", path, &[]);
        let gzip = ask(world.web, "GET", path, &["Accept-Encoding: br;q=1.0, gzip;q=0.8, *;q=0.1"]);
        assert_eq!(plain.expect_status(200).header("content-encoding"), None, "{path}");
        assert_eq!(gzip.expect_status(200).header("content-encoding"), Some("gzip"), "{path}");
        assert_eq!(gunzipped(&gzip.body), plain.body, "{path}");
        assert!(
            gzip.body.len() * 2 < plain.body.len(),
            "{path}: {} of {}",
            gzip.body.len(),
            plain.body.len()
        );
        assert_eq!(gzip.header("content-type"), Some("application/json"), "{path}");
        let (etag, of_gzip) = (plain.header("etag").expect("one"), gzip.header("etag").expect("one"));
        assert_eq!(format!("{}+gzip\"", etag.trim_end_matches('"')), of_gzip, "{path}");
        // Whichever form somebody has, and whichever he would take: it is still right, and he hears which.
        for known in [etag, of_gzip] {
            for (takes, weak) in [("identity", ""), ("gzip", ""), ("gzip", "W/")] {
                let known_by = format!("If-None-Match: \"1@1-0000000000000000\", {weak}{known}");
                let again = ask(world.web, "GET", path, &[&known_by, &format!("Accept-Encoding: {takes}")]);
                assert_eq!(again.expect_status(304).header("etag"), Some(known), "{path}");
                assert_eq!(again.header("content-encoding"), None, "{path}");
            }
        }
        for refuses in ["gzip;q=0", "identity, gzip;q=0.5", "br", "*;q=0"] {
            let answer = ask(world.web, "GET", path, &[&format!("Accept-Encoding: {refuses}")]);
            assert_eq!(answer.expect_status(200).body, plain.body, "{path}: {refuses}");
        }
        // HEAD tells the same of either form, without it.
        for (takes, whole) in [("identity", &plain), ("gzip", &gzip)] {
            let head = ask(world.web, "HEAD", path, &[&format!("Accept-Encoding: {takes}")]);
            head.expect_status(200);
            for name in
                ["etag", "content-encoding", "content-length", "content-type", "cache-control", "vary"]
            {
                assert_eq!(head.header(name), whole.header(name), "{path}: {name}");
            }
        }
    }
}

/// However many ask, it is compressed once.
#[test]
fn a_document_is_compressed_once() {
    let world = on_offer();
    let views = world.server().views();
    let centre = "frankfurt".parse().expect("an id");
    let before =
        views.centre_availability(&centre).expect("it is drawn").bytes.gzip().expect("it is compressed");
    for _ in 0..3 {
        let answer = ask(world.web, "GET", "/v1/centres/frankfurt/availability", &["Accept-Encoding: gzip"]);
        assert_eq!(answer.expect_status(200).body, *before);
    }
    let after =
        views.centre_availability(&centre).expect("it is drawn").bytes.gzip().expect("it is compressed");
    assert!(Arc::ptr_eq(&before, &after), "it was compressed again");
}

/// After a change the old ETags are no longer right.
#[test]
fn a_change_makes_every_document_about_it_another_one() {
    let world = on_offer();
    let citizen = world.register();
    let paths = [
        "/v1/availability",
        "/v1/centres/frankfurt/availability",
        "/v1/centres/frankfurt/availability/2021-01-19",
    ];
    let before: Vec<String> = paths
        .iter()
        .map(|path| {
            ask(world.web, "GET", path, &["Accept-Encoding: gzip"]).header("etag").expect("one").to_owned()
        })
        .collect();
    let (_, placed) = citizen.hold(1);
    for (path, etag) in paths.iter().zip(before) {
        let path = format!("{path}?at_least={}", placed.position());
        let plain = etag.replace("+gzip", "");
        let headers = [format!("If-None-Match: {etag}, {plain}"), "Accept-Encoding: gzip".to_owned()];
        let now = ask(world.web, "GET", &path, &[&headers[0], &headers[1]]);
        assert_ne!(now.expect_status(200).header("etag"), Some(etag.as_str()), "{path}");
    }
}
