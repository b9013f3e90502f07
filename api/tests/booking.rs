//! The path of a person: register, hold, confirm, change, cancel.

#![allow(clippy::expect_used, reason = "it is test code")]

mod support;

use std::thread;

use schemas::Position;
use serde_json::json;
use support::{World, a_pair, registration, send, uuid};

#[test]
fn somebody_registers_holds_confirms_and_cancels() {
    let world = World::morning();
    world.opens();
    let citizen = world.register();
    let shown = citizen.send("GET", &citizen.path(), None);
    let body = shown.expect_status(200).json();
    assert_eq!(body["state"], "live");
    assert_eq!(body["age_band"], "80-84");
    assert_eq!(body["may_hold_from_at"], "2021-01-12T08:00:00.000+01:00");
    assert_eq!(shown.header("etag"), Some("\"1\""));
    assert!(body["reference"].as_str().is_some_and(|it| it.starts_with("FRA-")), "{body}");

    let (first, second) = a_pair(&world, &shown.position());
    let (hold, placed) = citizen.hold(first);
    let receipt = placed.expect_status(201).json();
    assert_eq!(receipt["receipt"], "HoldPlaced");
    assert_eq!(receipt["id"], hold);
    assert_eq!(receipt["position"], placed.position());
    assert_eq!(receipt["recorded_at"], "2021-01-12T08:00:00.000+01:00");
    let path = format!("/v1/centres/frankfurt/holds/{hold}");
    assert_eq!(placed.header("location"), Some(path.as_str()));
    let body = citizen.send("GET", &path, None).expect_status(200).json();
    assert_eq!(
        (&body["state"], &body["first"]["slot"], &body["second"]["slot"]),
        (&json!("live"), &json!(first), &json!(second))
    );
    assert_eq!((&body["remaining_s"], &body["extensions_left"]), (&json!(600), &json!(1)));
    assert_eq!(body["vaccine"], "comirnaty");

    citizen.send("POST", &format!("{path}/extend"), None).expect_status(201);
    let confirmed = citizen.send("POST", &format!("{path}/confirm"), None);
    let booking = format!("/v1/centres/frankfurt/bookings/{hold}");
    assert_eq!(confirmed.expect_status(201).header("location"), Some(booking.as_str()));
    let body = citizen.send("GET", &booking, None).expect_status(200).json();
    assert_eq!((&body["state"], &body["second"]["state"]), (&json!("booked"), &json!("booked")));
    let body = citizen.send("GET", &citizen.path(), None).json();
    assert_eq!((body.get("hold"), &body["booking"]), (None, &json!(booking)));

    citizen.send("DELETE", &format!("{booking}?doses=second"), None).expect_status(201);
    citizen.send("DELETE", &format!("{booking}?doses=second"), None).expect_status(200);
    let body = citizen.send("GET", &booking, None).json();
    assert_eq!(
        (&body["state"], &body["first"]["state"], &body["second"]["state"]),
        (&json!("booked"), &json!("booked"), &json!("cancelled"))
    );
    citizen.send("DELETE", &booking, None).expect_status(201);
    assert_eq!(citizen.send("GET", &booking, None).json()["state"], "cancelled");
    citizen.place(&hold, first).expect_problem(409, "BookingEnded");
}

#[test]
fn ten_ask_for_the_last_pair_and_one_gets_it() {
    let world = World::morning_with(1);
    world.opens();
    let people: Vec<_> = (0..10).map(|_| world.register()).collect();
    let answers: Vec<_> = thread::scope(|scope| {
        let asking: Vec<_> = people.iter().map(|citizen| scope.spawn(move || citizen.hold(1).1)).collect();
        asking.into_iter().map(|it| it.join().expect("answered")).collect()
    });
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for refusal in answers.iter().filter(|answer| answer.status != 201) {
        let problem = refusal.expect_problem(409, "SlotFull");
        assert!(
            problem.get("alternatives").is_some() || problem.get("earliest_back_at").is_some(),
            "{problem}"
        );
        assert!(problem["position"].is_string() && problem["as_of"].is_string(), "{problem}");
    }
}

#[test]
fn the_same_put_twice_at_once_and_later_is_one_hold_with_one_receipt() {
    let world = World::morning();
    world.opens();
    let citizen = world.register();
    let hold = uuid();
    let answers: Vec<_> = thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| citizen.place(&hold, 1))).collect();
        asking.into_iter().map(|it| it.join().expect("answered")).collect()
    });
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 7);
    assert!(answers.iter().all(|answer| answer.json() == answers[0].json()));
    let confirm = format!("/v1/centres/frankfurt/holds/{hold}/confirm");
    let first = citizen.send("POST", &confirm, None).expect_status(201).json();
    world.clock.advance_to(support::instant("2021-01-12T09:00:00+01:00"));
    assert_eq!(citizen.place(&hold, 1).expect_status(200).json(), answers[0].json());
    assert_eq!(citizen.send("POST", &confirm, None).expect_status(200).json(), first);
    let other = json!({ "registration": citizen.id, "first": 2 });
    let path = format!("/v1/centres/frankfurt/holds/{hold}");
    citizen.send("PUT", &path, Some(&other)).expect_problem(422, "ContentDiffers");
}

#[test]
fn a_hold_that_lapsed_says_so_and_never_begins_again() {
    let world = World::morning();
    world.opens();
    let citizen = world.register();
    let (hold, placed) = citizen.hold(1);
    placed.expect_status(201);
    world.clock.advance_to(support::instant("2021-01-12T08:10:00+01:00"));
    let confirm = format!("/v1/centres/frankfurt/holds/{hold}/confirm");
    let problem = citizen.send("POST", &confirm, None).expect_problem(409, "HoldLapsed");
    assert!(problem["ended_position"].is_string(), "{problem}");
    citizen.place(&hold, 1).expect_problem(409, "HoldLapsed");
    // A fortnight later the fold has forgotten it, and the views have not.
    world.clock.advance_to(support::instant("2021-01-26T08:10:00+01:00"));
    citizen.place(&hold, 1).expect_problem(409, "HoldLapsed");
    citizen.send("POST", &confirm, None).expect_problem(409, "HoldLapsed");
    let other = json!({ "registration": citizen.id, "first": 2 });
    let path = format!("/v1/centres/frankfurt/holds/{hold}");
    citizen.send("PUT", &path, Some(&other)).expect_problem(422, "ContentDiffers");
}

#[test]
fn before_the_cohort_opens_a_refusal_says_when() {
    let world = World::morning();
    let citizen = world.register();
    let problem = citizen.hold(1).1.expect_problem(409, "CohortNotOpen");
    assert_eq!(problem["opens_at"], "2021-01-12T08:00:00.000+01:00");
    assert!(
        problem["next"].as_str().is_some_and(|next| next.contains("12 January 2021, 08:00")),
        "{problem}"
    );
}

#[test]
fn a_booking_moves_in_one_decision_and_its_revision_counts() {
    let world = World::morning();
    world.opens();
    let citizen = world.register();
    let booking = citizen.book(1);
    let change = format!("/v1/centres/frankfurt/bookings/{booking}/changes/{}", uuid());
    let body = json!({ "first": 2 });
    let receipt = citizen.send("PUT", &change, Some(&body)).expect_status(201).json();
    assert_eq!(citizen.send("PUT", &change, Some(&body)).expect_status(200).json(), receipt);
    let path = format!("/v1/centres/frankfurt/bookings/{booking}");
    let shown = citizen.send("GET", &path, None).json();
    assert_eq!((&shown["revision"], &shown["first"]["slot"]), (&json!(2), &json!(2)));
    citizen.send("PUT", &change, Some(&json!({}))).expect_problem(400, "BadBody");
}

#[test]
fn amending_keeps_the_time_and_asks_for_the_revision() {
    let world = World::morning();
    let citizen = world.register_named("Meier");
    let before = citizen.send("GET", &citizen.path(), None).json();
    world.opens();
    let mut body = registration("Meyer");
    body["district"] = json!("06413");
    // Without If-Match it is the registering PUT with other content.
    citizen.put(&body).expect_problem(422, "ContentDiffers");
    let amend = |revision: &str| {
        let bearer = format!("Authorization: Bearer {}", citizen.secret);
        let revision = format!("If-Match: {revision}");
        let headers = [bearer.as_str(), revision.as_str(), "Content-Type: application/json"];
        support::Connection::to(world.web).ask("PUT", &citizen.path(), &headers, body.to_string().as_bytes())
    };
    let receipt = amend("\"1\"").expect_status(201).json();
    assert_eq!(receipt["receipt"], "RegistrationAmended");
    assert_eq!(amend("\"1\"").expect_status(200).json(), receipt);
    let after = citizen.send("GET", &citizen.path(), None).json();
    assert_eq!((&after["revision"], &after["district"]), (&json!(2), &json!("06413")));
    assert_eq!(after["registered_at"], before["registered_at"]);
    amend("\"2\"").expect_status(201);
    let problem = amend("\"1\"").expect_problem(412, "StaleRevision");
    assert_eq!(problem["current_revision"], 3);
    amend("1").expect_problem(400, "BadHeader");
    // The first PUT, repeated, still has its receipt.
    citizen.put(&registration("Meier")).expect_status(200);
}

#[test]
fn what_was_told_is_there_after_a_restart() {
    let mut world = World::morning();
    world.opens();
    let (id, secret, booking) = {
        let citizen = world.register();
        let booking = citizen.book(1);
        (citizen.id.clone(), citizen.secret.clone(), booking)
    };
    world.restart();
    let path = format!("/v1/centres/frankfurt/bookings/{booking}");
    let shown = send(world.web, "GET", &path, Some(&secret), None).expect_status(200).json();
    assert_eq!((&shown["registration"], &shown["state"]), (&json!(id), &json!("booked")));
}

#[test]
fn a_decision_of_several_events_is_one_record_and_a_refusal_is_none() {
    let world = World::morning();
    world.opens();
    let seq = |answer: &support::Answer| answer.position().parse::<Position>().expect("a position").seq;
    let citizen = world.register();
    let (hold, placed) = citizen.hold(1);
    placed.expect_status(201);
    citizen.hold(1).1.expect_problem(409, "AlreadyHolding");
    // The old hold ends and the new one begins.
    let swap = json!({ "registration": citizen.id, "first": 2, "instead_of": hold });
    let swapped = citizen.send("PUT", &format!("/v1/centres/frankfurt/holds/{}", uuid()), Some(&swap));
    swapped.expect_status(201);
    assert_eq!(seq(&swapped), seq(&placed) + 1);
    // The hold ends with the registration.
    let withdrawn = citizen.send("DELETE", &citizen.path(), None);
    withdrawn.expect_status(201);
    assert_eq!(seq(&withdrawn), seq(&swapped) + 1);
}

#[test]
fn the_receipt_of_a_centre_that_nobody_has_seen_yet_is_that_of_its_repeat() {
    let world = World::empty();
    for number in 0..20 {
        let path = format!("/v1/centres/centre-{number}");
        let first = world.admin_put(&path, &support::description("FRA"));
        let repeat = world.admin_put(&path, &support::description("FRA"));
        first.expect_status(201);
        repeat.expect_status(200);
        assert_eq!(first.json(), repeat.json());
        assert_eq!(first.header("terminbuch-as-of"), repeat.header("terminbuch-as-of"));
    }
}
