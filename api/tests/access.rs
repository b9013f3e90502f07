//! Who may: what is not yours answers like what is not there, and nothing is told.

#![allow(clippy::expect_used, reason = "it is test code")]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::credentials::{self, NewCredential};
use api::{ServeClock, ServeOptions, Server};
use ledger::clock::SimulatedClock;
use ledger::log::{EmbeddedLog, Log as _};
use projections::Settings;
use schemas::ids::Partition;
use schemas::vocabulary::Role;
use serde_json::{Value, json};
use support::program::{terminbuch, text};
use support::{Connection, World, registration, send, uuid};

/// A problem without what differs from one moment to the next.
fn told(answer: &support::Answer) -> Value {
    let mut problem = answer.expect_problem(404, "NotFound");
    for moment in ["position", "as_of"] {
        assert!(problem.as_object_mut().expect("an object").remove(moment).is_some());
    }
    problem
}

#[test]
fn a_foreign_secret_a_missing_one_and_another_centre_get_one_answer() {
    let world = World::morning();
    world.open_centre("kassel", "KAS");
    world.opens();
    let citizen = world.register();
    let stranger = world.register();
    let booking = citizen.book(1);
    let (held, placed) = stranger.hold(2);
    placed.expect_status(201);
    let things = [
        ("GET", format!("registrations/{}", citizen.id), None),
        ("DELETE", format!("registrations/{}", citizen.id), None),
        ("POST", format!("registrations/{}/erase", citizen.id), None),
        ("GET", format!("holds/{booking}"), None),
        ("DELETE", format!("holds/{booking}"), None),
        ("POST", format!("holds/{booking}/confirm"), None),
        ("POST", format!("holds/{booking}/extend"), None),
        ("GET", format!("bookings/{booking}"), None),
        ("DELETE", format!("bookings/{booking}"), None),
        ("PUT", format!("bookings/{booking}/changes/{}", uuid()), Some(json!({ "first": 3 }))),
        ("PUT", format!("holds/{}", uuid()), Some(json!({ "registration": citizen.id, "first": 3 }))),
    ];
    for (method, thing, body) in &things {
        let ask = |centre: &str, thing: &str, secret: Option<&str>| {
            let path = format!("/v1/centres/{centre}/{thing}");
            told(&send(world.web, method, &path, secret, body.as_ref()))
        };
        let foreign = ask("frankfurt", thing, Some(&stranger.secret));
        assert_eq!(ask("frankfurt", thing, None), foreign, "{method} {thing} without a secret");
        assert_eq!(ask("frankfurt", thing, Some("short")), foreign, "{method} {thing} with no real secret");
        for id in [&citizen.id, &booking] {
            assert_eq!(ask("frankfurt", thing, Some(id)), foreign, "{method} {thing} with an id of the log");
        }
        assert_eq!(
            ask("kassel", thing, Some(&citizen.secret)),
            foreign,
            "{method} {thing} at another centre"
        );
        assert_eq!(ask("nowhere", thing, Some(&citizen.secret)), foreign, "{method} {thing} at no centre");
        // The same for an id that nobody has used.
        let unused = thing.replace(&citizen.id, &uuid()).replace(&booking, &uuid());
        if body.is_none() {
            assert_eq!(ask("frankfurt", &unused, Some(&stranger.secret)), foreign, "{method} {unused}");
        }
    }
    // Nothing of it was done.
    let path = format!("/v1/centres/frankfurt/bookings/{booking}");
    let shown = citizen.send("GET", &path, None).expect_status(200).json();
    assert_eq!((&shown["state"], &shown["revision"]), (&json!("booked"), &json!(1)));
    stranger.send("GET", &format!("/v1/centres/frankfurt/holds/{held}"), None).expect_status(200);
}

#[test]
fn a_repeat_without_the_secret_gets_neither_content_nor_comparison() {
    let world = World::morning();
    let citizen = world.register_named("Meier");
    let stranger = "0123456789abcdef0123456789abcdef";
    let put = |secret, name| send(world.web, "PUT", &citizen.path(), secret, Some(&registration(name)));
    let answer = told_taken(&put(Some(stranger), "Meier"));
    assert_eq!(told_taken(&put(Some(stranger), "Mueller")), answer);
    assert_eq!(told_taken(&put(None, "Meier")), answer);
    assert_eq!(told_taken(&put(None, "Mueller")), answer);
    citizen.put(&registration("Meier")).expect_status(200);
    citizen.put(&registration("Mueller")).expect_problem(422, "ContentDiffers");
}

fn told_taken(answer: &support::Answer) -> Value {
    let mut problem = answer.expect_problem(409, "IdTaken");
    for moment in ["position", "as_of"] {
        assert!(problem.as_object_mut().expect("an object").remove(moment).is_some());
    }
    problem
}

#[test]
fn a_registration_needs_a_secret_that_is_one() {
    let world = World::morning();
    let path = format!("/v1/centres/frankfurt/registrations/{}", uuid());
    let missing = send(world.web, "PUT", &path, None, Some(&registration("Muster")));
    missing.expect_problem(401, "SecretMissing");
    assert_eq!(missing.header("www-authenticate"), Some("Bearer"));
    send(world.web, "PUT", &path, Some("123456"), Some(&registration("Muster")))
        .expect_problem(400, "BadHeader");
    let secret = uuid().replace('-', "");
    send(world.web, "GET", &path, Some(&secret), None).expect_problem(404, "NotFound");
}

#[test]
fn a_hold_id_of_somebody_else_is_taken() {
    let world = World::morning();
    world.opens();
    let (mine, other) = (world.register(), world.register());
    let hold = uuid();
    mine.place(&hold, 1).expect_status(201);
    other.place(&hold, 1).expect_problem(409, "IdTaken");
}

#[test]
fn agents_work_in_their_own_name_and_roles_have_bounds() {
    let world = World::morning();
    world.opens();
    let path = format!("/v1/centres/frankfurt/registrations/{}", uuid());
    let mut body = registration("Schmidt");
    body["made_by"] = json!("agent");
    let hotline = |method, path: &str, token: Option<&str>, body: Option<&Value>| {
        send(world.hotline, method, path, token, body)
    };
    let agent = Some(world.agent_token.as_str());
    let missing = hotline("PUT", &path, None, Some(&body));
    missing.expect_problem(401, "CredentialMissing");
    assert_eq!(missing.header("www-authenticate"), Some("Bearer"));
    hotline("PUT", &path, Some("tbk_00_00"), Some(&body)).expect_problem(401, "CredentialUnknown");
    hotline("PUT", &path, Some(&world.admin_token), Some(&body)).expect_problem(403, "RoleNotAllowed");
    send(world.admin, "PUT", "/v1/channels/web", agent, Some(&json!({ "state": "open", "reason": "x" })))
        .expect_problem(403, "RoleNotAllowed");
    let secret = uuid().replace('-', "");
    send(world.web, "PUT", &path, Some(&secret), Some(&body)).expect_problem(400, "BadBody");

    hotline("PUT", &path, agent, Some(&body)).expect_status(201);
    hotline("PUT", &path, agent, Some(&body)).expect_status(200);
    // It has no secret until access brings one, so nobody on the web has it.
    body["made_by"] = json!("self");
    send(world.web, "GET", &path, Some(&secret), None).expect_problem(404, "NotFound");
    send(world.web, "PUT", &path, Some(&secret), Some(&body)).expect_problem(409, "IdTaken");
    let access = format!("{path}/access/{}", uuid());
    let brought = json!({ "secret": secret });
    hotline("PUT", &access, agent, Some(&brought)).expect_status(201);
    hotline("PUT", &access, agent, Some(&brought)).expect_status(200);
    let shown = send(world.web, "GET", &path, Some(&secret), None).expect_status(200).json();
    assert_eq!(shown["made_by"], "agent");
    send(world.web, "PUT", &access, Some(&secret), Some(&brought)).expect_problem(404, "UnknownPath");
    let newer = json!({ "secret": uuid().replace('-', "") });
    hotline("PUT", &access, agent, Some(&newer)).expect_problem(422, "ContentDiffers");
    hotline("PUT", &format!("{path}/access/{}", uuid()), agent, Some(&newer)).expect_status(201);
    send(world.web, "GET", &path, Some(&secret), None).expect_problem(404, "NotFound");
}

#[test]
fn agents_find_people_and_it_is_noted_before_they_hear() {
    let world = World::morning();
    let citizen = world.register_named("Müller");
    let twin = world.register_named("Mueller");
    let reference = citizen.send("GET", &citizen.path(), None).json()["reference"].clone();
    let agent = Some(world.agent_token.as_str());
    let body = json!({ "family_name": "MUELLER", "given_name": "erika", "born_on": "1936-05-01", "purpose": "a call" });
    let found = send(world.hotline, "POST", "/v1/lookups", agent, Some(&body));
    let list = found.expect_status(200).json();
    let list = list["registrations"].as_array().expect("a list");
    assert_eq!(list.len(), 2, "{list:?}");
    assert!(found.position().starts_with("0@"), "the read is noted in the office");
    let nobody = json!({ "family_name": "Niemand", "given_name": "Nina", "born_on": "1936-05-01", "purpose": "a call" });
    send(world.hotline, "POST", "/v1/lookups", agent, Some(&nobody)).expect_status(200);
    for shown in [&citizen, &twin] {
        assert_eq!(lookups_told_of(&world, &shown.id), 1, "its story tells of the lookup that showed it");
    }
    let path =
        format!("/v1/references/{}", reference.as_str().expect("text").to_lowercase().replace('-', ""));
    let shown = send(world.hotline, "GET", &path, agent, None).expect_status(200).json();
    assert_eq!(
        (&shown["registration"], &shown["person"]["family_name"]),
        (&json!(citizen.id), &json!("Müller"))
    );
    assert_eq!(shown["same_person_as"].as_array().map(Vec::len), Some(1), "{shown}");
    send(world.hotline, "GET", "/v1/references/FRA-0000-0000-1", agent, None).expect_problem(400, "BadPath");
    send(world.hotline, "GET", "/v1/references/FRA-0000-0000-0", agent, None).expect_problem(404, "NotFound");
    send(world.web, "POST", "/v1/lookups", Some(&twin.secret), Some(&body))
        .expect_problem(404, "UnknownPath");
}

/// How many lookups the story of a registration tells of; each names ids alone.
fn lookups_told_of(world: &World, registration: &str) -> usize {
    let data_dir = world.dir.path().join("data");
    let output = terminbuch(&["replay", "--data-dir", text(&data_dir), "--subject", registration]);
    let said = String::from_utf8(output.stdout).expect("text");
    let lines = said.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let reads = lines.filter(|line| line["event"] == "RecordsRead");
    let noted: Vec<String> =
        reads.map(|line| line["data"]["what"].as_str().expect("text").to_owned()).collect();
    let lookups = noted.iter().filter_map(|what| what.strip_prefix("registrations by name and birth date: "));
    let ids_alone = |ids: &&str| ids.split(", ").all(|id| id.parse::<uuid::Uuid>().is_ok());
    lookups.inspect(|ids| assert!(ids_alone(ids), "{ids}")).count()
}

#[test]
fn what_was_erased_is_gone_for_everybody_but_agents_who_hear_that_it_was() {
    let mut world = World::morning();
    world.opens();
    let (path, secret) = {
        let citizen = world.register_named("Vergessen");
        citizen.book(1);
        let erased = citizen.send("POST", &format!("{}/erase", citizen.path()), None);
        assert_eq!(erased.expect_status(201).json()["receipt"], "ErasureOrdered");
        (citizen.path(), citizen.secret.clone())
    };
    for _ in 0..2 {
        send(world.web, "GET", &path, Some(&secret), None).expect_problem(404, "NotFound");
        send(world.hotline, "GET", &path, Some(&world.agent_token), None).expect_problem(410, "Erased");
        let again = send(world.web, "PUT", &path, Some(&secret), Some(&registration("Vergessen")));
        again.expect_problem(409, "IdTaken");
        let body = json!({ "family_name": "Vergessen", "given_name": "Erika", "born_on": "1936-05-01", "purpose": "a call" });
        let found = send(world.hotline, "POST", "/v1/lookups", Some(&world.agent_token), Some(&body));
        assert_eq!(found.expect_status(200).json(), json!({ "registrations": [] }));
        assert!(world.server().views().unfinished_erasures().expect("read").is_empty());
        world.restart();
    }
}

#[test]
fn a_closed_channel_says_so_and_a_draining_one_lets_finish() {
    let world = World::morning();
    world.opens();
    let citizen = world.register();
    let (hold, placed) = citizen.hold(1);
    placed.expect_status(201);
    let set = |state: &str| {
        let body = json!({ "state": state, "reason": "maintenance" });
        let position = world.admin_put("/v1/channels/web", &body).position();
        let centres = send(world.web, "GET", &format!("/v1/centres?at_least={position}"), None, None);
        let web = centres.expect_status(200).json()["channels"][0].clone();
        assert_eq!((&web["channel"], &web["state"]), (&json!("web"), &json!(state)));
    };
    set("draining");
    let refused = citizen.hold(2).1;
    let problem = refused.expect_problem(503, "ChannelClosed");
    assert!(problem["position"].as_str().is_some_and(|position| position.starts_with("0@")), "{problem}");
    assert!(refused.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
    let confirm = format!("/v1/centres/frankfurt/holds/{hold}/confirm");
    set("closed");
    citizen.send("POST", &confirm, None).expect_problem(503, "ChannelClosed");
    set("draining");
    citizen.send("POST", &confirm, None).expect_status(201);
    set("open");
    world.register();
    let admin = world.admin_put("/v1/channels/admin", &json!({ "state": "closed", "reason": "x" }));
    admin.expect_problem(400, "BadPath");
}

/// Registers and amends, has an agent bring a secret and look the person up.
fn somebody_with_a_whole_address(world: &World, secret: &str, brought: &str) -> uuid::Uuid {
    let id = uuid();
    let path = format!("/v1/centres/frankfurt/registrations/{id}");
    let bearer = format!("Authorization: Bearer {secret}");
    for (street, revision) in [("Dornbuschgasse 7", None), ("Wacholderpfad 9", Some("If-Match: \"1\""))] {
        let body = json!({ "group": 1, "district": "06412", "made_by": "self", "person": { "family_name":
            "Quastenflosser", "given_name": "Xaverine", "born_on": "1937-06-08", "street": street, "postal_code":
            "60327", "city": "Zwiesprach", "phone": "+49 69 5550142", "email": "xq@example.org" } });
        let mut headers = vec![bearer.as_str(), "Content-Type: application/json"];
        headers.extend(revision);
        let body = body.to_string();
        Connection::to(world.web).ask("PUT", &path, &headers, body.as_bytes()).expect_status(201);
    }
    let agent = Some(world.agent_token.as_str());
    let access = json!({ "secret": brought });
    send(world.hotline, "PUT", &format!("{path}/access/{}", uuid()), agent, Some(&access)).expect_status(201);
    let wanted = json!({ "family_name": "Quastenflosser", "given_name": "Xaverine", "born_on": "1937-06-08",
        "purpose": "a call" });
    let found = send(world.hotline, "POST", "/v1/lookups", agent, Some(&wanted)).expect_status(200).json();
    assert_eq!(found["registrations"].as_array().map(Vec::len), Some(1), "{found}");
    id.parse().expect("a UUID")
}

fn rows(data: &Path) -> Vec<Vec<u8>> {
    let rows = projections::dump(&data.join("views")).expect("the views").into_iter();
    rows.flat_map(|row| [row.key, row.value]).collect()
}

fn records(log: &EmbeddedLog) -> Vec<Vec<u8>> {
    let read = |partition| log.read(partition, 0, usize::MAX).expect("it can be read").into_iter();
    (0..log.partitions()).map(Partition).flat_map(read).map(|entry| entry.value.to_vec()).collect()
}

/// Views are not waited for at the end, and what was noted last in the office may not be in them yet.
fn wait_for_views(world: &World) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for status in world.server().ledger().status() {
        let reached = world.server().views().wait_for(status.position, Duration::from_secs(30));
        assert_eq!(runtime.block_on(reached), projections::Waited::Reached);
    }
}

#[test]
fn neither_log_nor_views_name_anybody_and_a_rebuild_needs_no_vault() {
    let mut world = World::morning();
    world.opens();
    let (secret, brought) = (uuid().replace('-', ""), uuid().replace('-', ""));
    let registration = somebody_with_a_whole_address(&world, &secret, &brought);
    wait_for_views(&world);
    world.shut_down();
    let data = world.dir.path().join("data");
    for needless in ["vault", "keys"] {
        std::fs::remove_dir_all(data.join(needless)).expect("it was there");
    }
    let followed = rows(&data);
    let log = Arc::new(EmbeddedLog::open_existing(&data.join("log")).expect("the log"));
    for said in [&records(&log), &followed] {
        let says = |what: &[u8]| {
            said.iter().any(|bytes| bytes.windows(what.len()).any(|part| part.eq_ignore_ascii_case(what)))
        };
        // What is looked for like this would be found.
        assert!(says(registration.as_bytes()) && says(b"Festhalle"));
        for identifier in
            ["Quastenflosser", "Xaverine", "1937-06-08", "19370608", "Dornbuschgasse", "Wacholder"]
        {
            assert!(!says(identifier.as_bytes()), "{identifier}");
        }
        for identifier in ["60327", "Zwiesprach", "5550142", "xq@example", &secret, &brought] {
            assert!(!says(identifier.as_bytes()), "{identifier}");
        }
    }
    let views = projections::rebuild(log, &data.join("views"), Settings::default()).expect("rebuilt");
    assert!(views.halted().is_empty());
    drop(views);
    assert_eq!(rows(&data), followed);
}

#[test]
fn an_edge_opens_when_the_first_credential_for_it_is_made() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = support::config(&dir);
    let clock = ServeClock::Simulated(SimulatedClock::at(support::instant(support::MONDAY)));
    let server = Server::start(ServeOptions { config: config.clone(), clock }).expect("it starts");
    assert_eq!([server.hotline_address(), server.audit_address(), server.admin_address()], [None; 3]);
    let new = NewCredential { name: "Aurel".into(), role: Role::Auditor, centres: vec![] };
    let made = credentials::create(&config.data_dir, new, support::instant(support::MONDAY));
    let (_, token) = made.expect("a credential");
    let patience = Instant::now() + Duration::from_secs(10);
    let audit = loop {
        assert!(Instant::now() < patience, "the audit edge opens");
        match server.audit_address() {
            Some(address) => break address,
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    send(audit, "GET", "/v1/centres", Some(&token), None).expect_status(200);
    assert_eq!([server.hotline_address(), server.admin_address()], [None; 2], "nobody could use those");
    server.shut_down();
}
