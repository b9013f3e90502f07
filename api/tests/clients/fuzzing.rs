//! schemathesis sends requests of all kinds to every edge, by the document, and holds each answer against it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::document::of_edge;
use super::support::{Citizen, World, registration, send, uuid};
use super::tools::{here, python, run};

/// Requests of each kind for each operation. It bounds the run: some 1,000 requests for an edge with twenty operations, and
/// about ten seconds of a processor.
const EXAMPLES: &str = "8";

/// What is asked of each answer. That what fits the document is taken is not: the ledger's rules say no to most of it. Nor
/// that what does not fit is refused: who sends null for what may be absent is understood.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,unsupported_method,\
                      allow_header_conformance";

/// An edge, who asks there, and at which centre.
struct Visit<'a> {
    edge: &'static str,
    address: SocketAddr,
    bearer: &'a str,
    centre: &'static str,
    known: Value,
}

/// The operations that must have been done, not only refused: a run that reaches nothing shows nothing.
fn must_reach(edge: &str) -> &'static [&'static str] {
    match edge {
        "web" | "hotline" => &[
            "201 PUT /v1/centres/{centre}/registrations/{id}",
            "201 PUT /v1/centres/{centre}/holds/{id}",
            "200 GET /v1/centres/{centre}/registrations/{id}",
            "200 GET /v1/centres/{centre}/bookings/{id}",
            "200 GET /v1/centres/{centre}/holds/{id}",
            "200 GET /v1/centres/{centre}/availability/{date}",
        ],
        "admin" => &[
            "201 PUT /v1/centres/{centre}/deliveries/{uuid}",
            "201 PUT /v1/channels/{channel}",
            "200 GET /metrics",
        ],
        _ => &[
            "200 GET /v1/availability",
            "200 GET /v1/centres/{centre}/availability",
            "200 GET /v1/centres/{centre}/bookings/{id}",
            "200 GET /v1/events",
            "201 PUT /v1/exports/{id}",
        ],
    }
}

#[test]
fn no_request_gets_a_server_error_or_an_answer_that_is_not_documented() {
    let world = World::morning();
    world.open_centre("kassel", "KAS");
    world.opens();
    // An operator's rules and releases would change what the others can do.
    let (citizen, other) = (world.register(), world.register());
    let known = |booked: &Citizen<'_>, [free, gone]: [&str; 2]| {
        // Whoever has a booking cannot hold anything: somebody else with the same secret can, if nobody of the same name was
        // there before.
        let another = |name| {
            let citizen = Citizen { world: &world, id: uuid(), secret: booked.secret.clone() };
            citizen.put(&registration(name)).expect_status(201);
            citizen.id
        };
        json!({ "free": another(free), "registrations": [another(gone)], "holds": [booked.book(1)], "deliveries": [] })
    };
    let visit = |edge, address, bearer, known| Visit {
        edge,
        address,
        bearer,
        centre: if edge == "admin" { "kassel" } else { "frankfurt" },
        known,
    };
    let of_other = known(&other, ["Gast", "Gang"]);
    let visits = [
        visit("web", world.web, &*citizen.secret, known(&citizen, ["Frei", "Fort"])),
        visit("hotline", world.hotline, &world.agent_token, of_other.clone()),
        visit("audit", world.audit, &world.auditor_token, of_other),
        visit("admin", world.admin, &world.admin_token, json!({ "deliveries": [] })),
    ];
    let seed = std::env::var("FUZZ_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(drawn);
    println!("FUZZ_SEED={seed}");
    let dir = TempDir::new().expect("a directory");
    let document = send(world.web, "GET", "/openapi.json", None, None).expect_status(200).json();
    thread::scope(|scope| {
        for visit in &visits {
            let (document, dir) = (of_edge(&document, visit.edge), dir.path());
            scope.spawn(move || pay(visit, &document, dir, seed));
        }
    });
}

fn drawn() -> u32 {
    u32::from_le_bytes(uuid::Uuid::new_v4().as_bytes()[..4].try_into().expect("four bytes"))
}

fn pay(visit: &Visit<'_>, document: &Value, dir: &Path, seed: u32) {
    let room = dir.join(visit.edge);
    std::fs::create_dir(&room).expect("a directory");
    let path = room.join("openapi.json");
    std::fs::write(&path, document.to_string()).expect("written");
    let reached = room.join("reached.json");
    let mut schemathesis = python(&here(""));
    schemathesis.current_dir(&room).args(["-m", "schemathesis.cli", "run"]).arg(path);
    schemathesis.args(["--url", &format!("http://{}", visit.address)]);
    schemathesis.args(["--header", &format!("Authorization: Bearer {}", visit.bearer)]);
    schemathesis.args(["--seed", &seed.to_string(), "--request-timeout", "30"]);
    schemathesis.args(["--max-examples", EXAMPLES, "--no-shrink", "--suppress-health-check", "all"]);
    schemathesis.args(["--checks", CHECKS]);
    schemathesis.env("SCHEMATHESIS_HOOKS", "fuzz").env("FUZZ_CENTRE", visit.centre);
    schemathesis.env("FUZZ_KNOWN", visit.known.to_string());
    schemathesis.env("FUZZ_EDGE", visit.edge).env("FUZZ_REACHED", &reached);
    let (well, said) = run(&mut schemathesis);
    assert!(well, "{} edge, FUZZ_SEED={seed}\n{said}", visit.edge);
    let reached: BTreeMap<String, u64> =
        serde_json::from_slice(&std::fs::read(reached).expect("it told")).expect("counts");
    let served: u64 = reached.values().sum();
    println!("{} edge: {served} answers, of {} kinds", visit.edge, reached.len());
    for wanted in must_reach(visit.edge) {
        assert!(reached.contains_key(*wanted), "{} edge: never {wanted}\n{reached:#?}", visit.edge);
    }
    let fault = |answer: &&String| answer.starts_with('5') && !answer.starts_with("503 ");
    assert_eq!(reached.keys().find(fault), None, "{} edge, FUZZ_SEED={seed}", visit.edge);
}
