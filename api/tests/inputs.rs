//! Bad inputs: each gets a problem that names what is wrong, and nothing is half written.

#![allow(clippy::expect_used, reason = "it is test code")]

mod support;

use serde_json::{Value, json};
use support::{Connection, World, registration, send, uuid};

/// Method, path, body, status, rule, and a word that the detail has to have.
type Row = (&'static str, String, Value, u16, &'static str, &'static str);

fn described(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = support::description("FRA");
    change(&mut body);
    body
}

fn person(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = registration("Muster");
    change(&mut body);
    body
}

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn web_rows() -> Vec<Row> {
    let registration = format!("/v1/centres/frankfurt/registrations/{}", uuid());
    let put = |body, word| ("PUT", registration.clone(), body, 400, "BadBody", word);
    let v1 = "7c0e4f2a-1111-1111-8111-111111111111";
    vec![
        put(json!([]), "object"),
        put(json!([1, "06412", "self", ["Muster", "Anna", "1936-05-01"], []]), "object"),
        put(person(|it| it["person"] = json!(["Muster", "Anna", "1936-05-01"])), "object"),
        put(person(|it| it["person"]["family_name"] = json!("-")), "letter"),
        put(person(|it| it["person"]["given_name"] = json!("\u{200b}")), "letter"),
        put(person(|it| it["group"] = json!("one")), "group"),
        put(person(|it| it["group"] = json!(70_000)), "group"),
        put(person(|it| it["district"] = json!("6412")), "district"),
        put(person(|it| it["colour"] = json!("red")), "colour"),
        put(person(|it| it["person"]["born_on"] = json!("1936-02-30")), "born_on"),
        put(person(|it| it["person"]["born_on"] = json!("2036-01-01")), "future"),
        put(person(|it| it["person"]["family_name"] = json!("")), "family_name"),
        put(person(|it| it["person"]["family_name"] = json!("x".repeat(201))), "family_name"),
        put(person(|it| it["person"]["given_name"] = json!("a\u{0}b")), "given_name"),
        put(person(|it| it["person"]["nick"] = json!("x")), "nick"),
        put(person(|it| it["made_by"] = json!("nobody")), "made_by"),
        put(person(|it| it["made_by"] = json!("agent")), "made_by"),
        put(person(|it| it["distinct_from"] = json!([uuid()])), "distinct_from"),
        put(person(|it| drop(it.as_object_mut().expect("an object").remove("person"))), "person"),
        (
            "PUT",
            registration.clone(),
            person(|it| it["district"] = json!("09162")),
            409,
            "OutsideCatchment",
            "",
        ),
        ("GET", "/v1/centres/Frankfurt/availability".into(), Value::Null, 400, "BadPath", "centre"),
        ("GET", "/v1/centres/f%FF/availability".into(), Value::Null, 400, "BadPath", "UTF-8"),
        ("GET", "/v1/centres/nowhere/availability".into(), Value::Null, 404, "NotFound", "centre"),
        ("GET", "/v1/centres/frankfurt/availability/2021-13-01".into(), Value::Null, 400, "BadPath", "date"),
        ("GET", "/v1/centres/frankfurt/availability/2031-01-01".into(), Value::Null, 404, "NotFound", ""),
        ("GET", "/v1/centres/frankfurt/holds/1".into(), Value::Null, 400, "BadPath", "UUID"),
        ("GET", format!("/v1/centres/frankfurt/holds/{v1}"), Value::Null, 400, "BadPath", "version 4"),
        ("GET", "/v1/centres/frankfurt/pairs?limit=0".into(), Value::Null, 400, "BadQuery", "limit"),
        ("GET", "/v1/centres/frankfurt/pairs?limit=many".into(), Value::Null, 400, "BadQuery", "limit"),
        ("GET", "/v1/centres/frankfurt/pairs?near=today".into(), Value::Null, 400, "BadQuery", "date"),
        ("GET", "/v1/centres/frankfurt/pairs?colour=red".into(), Value::Null, 400, "BadQuery", "colour"),
        ("GET", "/v1/availability?at_least=7".into(), Value::Null, 400, "BadQuery", "position"),
        (
            "GET",
            "/v1/availability?at_least=1@1-0000000000000000".into(),
            Value::Null,
            409,
            "ForeignPosition",
            "",
        ),
        (
            "GET",
            "/v1/availability?at_least=99@1-0000000000000000".into(),
            Value::Null,
            409,
            "ForeignPosition",
            "",
        ),
        ("GET", "/v1/nothing".into(), Value::Null, 404, "UnknownPath", "/v1/nothing"),
        ("GET", "/".into(), Value::Null, 404, "UnknownPath", ""),
        ("GET", "/problems/nothing".into(), Value::Null, 404, "UnknownProblem", ""),
        ("PUT", "/v1/channels/web".into(), json!({}), 404, "UnknownPath", ""),
        ("DELETE", "/v1/availability".into(), Value::Null, 405, "MethodNotAllowed", "DELETE"),
        ("PATCH", registration.clone(), json!({}), 405, "MethodNotAllowed", "PATCH"),
        (
            "DELETE",
            format!("/v1/centres/frankfurt/bookings/{}?doses=first", uuid()),
            Value::Null,
            400,
            "BadQuery",
            "doses",
        ),
        (
            "DELETE",
            format!("/v1/centres/frankfurt/bookings/{}?reason=died", uuid()),
            Value::Null,
            400,
            "BadQuery",
            "died",
        ),
        (
            "PUT",
            format!("/v1/centres/frankfurt/holds/{}", uuid()),
            json!({ "registration": uuid() }),
            400,
            "BadBody",
            "first",
        ),
        (
            "PUT",
            format!("/v1/centres/frankfurt/holds/{}", uuid()),
            json!([uuid(), 1]),
            400,
            "BadBody",
            "object",
        ),
        (
            "PUT",
            format!("/v1/centres/frankfurt/holds/{}", uuid()),
            json!({ "registration": uuid(), "first": -1 }),
            400,
            "BadBody",
            "first",
        ),
        (
            "POST",
            format!("/v1/centres/frankfurt/holds/{}/confirm", uuid()),
            json!([]),
            400,
            "BadBody",
            "object",
        ),
        ("GET", "/openapi.json?colour=red".into(), Value::Null, 400, "BadQuery", "colour"),
        ("GET", "/problems?colour=red".into(), Value::Null, 400, "BadQuery", "colour"),
        (
            "POST",
            format!("/v1/centres/frankfurt/holds/{}/confirm", uuid()),
            json!({ "now": true }),
            400,
            "BadBody",
            "now",
        ),
    ]
}

fn rules(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = serde_json::from_str(support::RULES).expect("rules");
    change(&mut body);
    body
}

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn admin_rows() -> Vec<Row> {
    let at = |what: &str| format!("/v1/centres/frankfurt/{what}/{}", uuid());
    let put = |path: String, body, word| ("PUT", path, body, 400, "BadBody", word);
    let release = |first: Value, second: Value| json!({ "delivery": uuid(), "vaccine": "comirnaty", "first": first, "second": second });
    let day = |date: &str, places: u32| json!({ "date": date, "places": places });
    vec![
        put(at("rules"), rules(|it| it["holds"]["held_share"] = json!(0.333_33)), "basis point"),
        put(at("rules"), rules(|it| it["contingents"]["web"] = json!(1.5)), "basis point"),
        put(at("rules"), rules(|it| it["vaccines"]["comirnaty"]["doses"] = json!(3)), "doses"),
        put(at("rules"), rules(|it| it["vaccines"]["comirnaty"] = json!([208, 2, [21, 42]])), "object"),
        put(
            at("rules"),
            rules(|it| it["vaccines"]["comirnaty"]["interval_days"] = json!([21, 42])),
            "object",
        ),
        put(at("rules"), rules(|it| it["holds"] = json!([600, 900, 300, 3, 0.25])), "object"),
        put(at("rules"), rules(|it| it["cohorts"] = json!([[1, "2021-01-12T08:00:00+01:00"]])), "object"),
        put(at("releases"), release(json!(["2021-02-01", 10]), day("2021-02-22", 10)), "object"),
        put(at("shrinks"), json!({ "reason": "closure", "slots": [[1, "web", 1]] }), "object"),
        put(at("rules"), rules(|it| it["time_zone"] = json!("Europe/Hessen")), "time_zone"),
        put(at("rules"), rules(|it| it["time_zone"] = json!("Europe/Vienna")), "Europe/Berlin"),
        put(
            "/v1/centres/frankfurt".to_owned(),
            described(|it| it["time_zone"] = json!("Europe/Vienna")),
            "Europe/Berlin",
        ),
        put(at("rules"), rules(|it| it["slot"]["opens"] = json!("7 o'clock")), "time of day"),
        put(
            at("rules"),
            rules(|it| drop(it["vaccines"]["moderna"].as_object_mut().expect("one").remove("interval_days"))),
            "moderna",
        ),
        put(at("rules"), rules(|it| it["effective_at"] = json!("2021-01-12")), "effective_at"),
        ("PUT", at("rules"), rules(|it| it["contingents"]["web"] = json!(0.5)), 409, "RulesIncomplete", ""),
        (
            "PUT",
            at("rules"),
            rules(|it| it["effective_at"] = json!("2020-01-12T08:00:00+01:00")),
            409,
            "RulesInThePast",
            "",
        ),
        (
            "PUT",
            at("deliveries"),
            json!({ "vaccine": "sputnik", "doses": 1, "due_on": "2021-01-15" }),
            409,
            "RulesIncomplete",
            "sputnik",
        ),
        put(
            at("deliveries"),
            json!({ "vaccine": "comirnaty", "doses": -1, "due_on": "2021-01-15" }),
            "doses",
        ),
        (
            "PUT",
            format!("{}/receipt", at("deliveries")),
            json!({ "lot": "EJ6796", "doses": 1, "received_on": "2021-01-15" }),
            404,
            "NotFound",
            "",
        ),
        (
            "PUT",
            at("releases"),
            release(day("2021-01-20", 10), day("2021-02-10", 10)),
            404,
            "NotFound",
            "delivery",
        ),
        put(
            at("releases"),
            json!({ "delivery": uuid(), "vaccine": "comirnaty", "first": day("2021-01-20", 10) }),
            "second",
        ),
        put(at("releases"), release(day("2021-01-20", 0), day("2021-02-10", 10)), "places"),
        put(at("releases"), release(day("2021-01-32", 1), day("2021-02-10", 10)), "date"),
        put(at("shrinks"), json!({ "reason": "delivery", "slots": [] }), "slots"),
        put(at("shrinks"), json!({ "reason": "boredom", "slots": [{ "slot": 1, "places": 1 }] }), "boredom"),
        (
            "PUT",
            at("shrinks"),
            json!({ "reason": "delivery", "slots": [{ "slot": 999, "places": 1 }] }),
            404,
            "NotFound",
            "",
        ),
        ("PUT", "/v1/channels/fax".into(), json!({ "state": "open", "reason": "x" }), 400, "BadPath", "fax"),
        put("/v1/channels/web".into(), json!({ "state": "ajar", "reason": "x" }), "ajar"),
        put("/v1/centres/kassel".into(), json!({ "reference_prefix": "kas" }), "reference"),
        (
            "PUT",
            format!("{}?dry_run=perhaps", at("releases")),
            release(day("2021-01-20", 1), day("2021-02-10", 1)),
            400,
            "BadQuery",
            "dry_run",
        ),
        ("POST", "/v1/lookups".into(), json!({}), 404, "UnknownPath", ""),
    ]
}

#[test]
fn every_bad_input_gets_its_problem_and_writes_nothing() {
    let world = World::morning();
    let before: Vec<_> = world.server().ledger().status().iter().map(|it| it.tally.counted).collect();
    let secret = uuid().replace('-', "");
    let web = web_rows().into_iter().map(|row| (world.web, secret.as_str(), row));
    let admin = admin_rows().into_iter().map(|row| (world.admin, world.admin_token.as_str(), row));
    for (edge, bearer, (method, path, body, status, rule, word)) in web.chain(admin) {
        let body = Some(&body).filter(|body| !body.is_null());
        let answer = send(edge, method, &path, Some(bearer), body);
        let problem = answer.expect_problem(status, rule);
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(word), "{method} {path} {body:?}: {problem} should name {word:?}");
        assert!(answer.header("terminbuch-position").is_some(), "{method} {path}");
        if status == 405 {
            assert!(answer.header("allow").is_some_and(|methods| methods.contains("GET")), "{method} {path}");
        }
    }
    let after: Vec<_> = world.server().ledger().status().iter().map(|it| it.tally.counted).collect();
    assert_eq!(after, before, "a refusal writes nothing");
}

#[test]
fn bodies_that_are_no_json_or_too_large_are_refused_with_the_place() {
    let world = World::morning();
    let path = format!("/v1/centres/frankfurt/registrations/{}", uuid());
    let secret = format!("Authorization: Bearer {}", uuid().replace('-', ""));
    let json = "Content-Type: application/json; charset=utf-8";
    let ask = |headers: &[&str], body: &[u8]| Connection::to(world.web).ask("PUT", &path, headers, body);
    let problem = ask(&[&secret, json], b"{\n  \"group\": 1,\n  oops").expect_problem(400, "BadJson");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("line 3 column 3")), "{problem}");
    ask(&[&secret, json], b"\xff\xfe").expect_problem(400, "BadJson");
    ask(&[&secret, json], b"").expect_problem(400, "BadJson");
    ask(&[&secret], b"{}").expect_problem(415, "UnsupportedMediaType");
    ask(&[&secret, "Content-Type: text/plain"], b"{}").expect_problem(415, "UnsupportedMediaType");
    let large = vec![b' '; 65 * 1024];
    let answer = ask(&[&secret, json], &large);
    assert_eq!(answer.expect_problem(413, "BodyTooLarge")["max_bytes"], 65_536);
    assert_eq!(answer.header("connection"), Some("close"));
    // Without a length it is counted as it comes.
    let mut connection = Connection::to(world.web);
    let head =
        format!("PUT {path} HTTP/1.1\r\nHost: t\r\n{secret}\r\n{json}\r\nTransfer-Encoding: chunked\r\n\r\n");
    connection.write(head.as_bytes());
    for _ in 0..17 {
        connection.write(b"1000\r\n");
        connection.write(&[b' '; 4096]);
        connection.write(b"\r\n");
    }
    let mut answer = connection.read(false);
    answer.asked = "chunked".into();
    answer.expect_problem(413, "BodyTooLarge");
    ask(&[&secret, "Authorization: Bearer x", json], b"{}").expect_problem(400, "BadHeader");
    ask(&["Authorization: Basic eDp5", json], b"{}").expect_problem(400, "BadHeader");
}

#[test]
fn the_clocks_that_skip_an_hour_skip_its_slots() {
    let world = World::morning();
    let rules = rules(|it| {
        it["slot"] = json!({ "opens": "01:00", "closes": "05:00", "length_min": 15 });
        it["effective_at"] = json!("2021-01-11T09:00:00+01:00");
    });
    world.admin_put(&format!("/v1/centres/frankfurt/rules/{}", uuid()), &rules).expect_status(201);
    world.clock.advance_to(support::instant("2021-01-11T09:00:00+01:00"));
    let delivery = uuid();
    let announced = json!({ "vaccine": "comirnaty", "doses": 100, "due_on": "2021-01-15" });
    world.admin_put(&format!("/v1/centres/frankfurt/deliveries/{delivery}"), &announced).expect_status(201);
    let body = json!({ "delivery": delivery, "vaccine": "comirnaty", "first": { "date": "2021-03-07", "places": 16 },
        "second": { "date": "2021-03-28", "places": 16 } });
    let refused = world.admin_put(&format!("/v1/centres/frankfurt/releases/{}", uuid()), &body);
    let problem = refused.expect_problem(422, "NotALocalTime");
    assert_eq!(problem["detail"], "2021-03-28 has no 02:00 here");
}

#[test]
fn a_release_can_be_tried_and_a_repeat_survives_new_rules() {
    let world = World::morning();
    let delivery = uuid();
    let announced = json!({ "vaccine": "comirnaty", "doses": 100, "due_on": "2021-01-15" });
    world.admin_put(&format!("/v1/centres/frankfurt/deliveries/{delivery}"), &announced).expect_status(201);
    let body = json!({ "delivery": delivery, "vaccine": "comirnaty", "first": { "date": "2021-01-20", "places": 30 },
        "second": { "date": "2021-02-10", "places": 30 } });
    let path = format!("/v1/centres/frankfurt/releases/{}", uuid());
    let plan = world.admin_put(&format!("{path}?dry_run"), &body).expect_status(200).json();
    assert_eq!(plan["plan"][0]["slots"].as_array().map(Vec::len), Some(60), "{plan}");
    let receipt = world.admin_put(&path, &body).expect_status(201).json();
    let rules = rules(|it| {
        it["slot"]["length_min"] = json!(30);
        it["effective_at"] = json!("2021-01-11T09:00:00+01:00");
    });
    world.admin_put(&format!("/v1/centres/frankfurt/rules/{}", uuid()), &rules).expect_status(201);
    world.clock.advance_to(support::instant("2021-01-11T10:00:00+01:00"));
    assert_eq!(world.admin_put(&path, &body).expect_status(200).json(), receipt);
    let shrink = json!({ "reason": "staffing", "slots": [{ "slot": 1, "contingent": "web", "places": 1 }] });
    let path = format!("/v1/centres/frankfurt/shrinks/{}", uuid());
    let plan = world.admin_put(&format!("{path}?dry_run=true"), &shrink).expect_status(200).json();
    assert_eq!(plan["plan"][0]["slots"][0]["removed"], 1, "{plan}");
    world.admin_put(&path, &shrink).expect_status(201);
    world.admin_put(&path, &shrink).expect_status(200);
}
