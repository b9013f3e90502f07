//! What a small centre offers, through its life.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::day::{Desk, hold, plan, rules};
use common::{date, instant, start, uuid};
use expect_test::{Expect, expect};
use ledger::CentreCommand;
use ledger::command::ShrinkPlan;
use projections::{Views, Waited};
use schemas::Position;
use schemas::ids::{RulesId, ShrinkId, SlotId};
use schemas::rules::BasisPoints;
use schemas::vocabulary::{CancelDoses, Channel, Dose, ShrinkReason};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(20);

/// The centre's document once it is as of a position.
async fn shown(desk: &Desk, views: &Views, position: Position) -> Value {
    assert_eq!(views.wait_for_availability(position, PATIENCE).await, Waited::Reached);
    let rendered = views.centre_availability(&desk.centre).unwrap();
    assert_eq!(rendered.as_of, position);
    let document: Value = serde_json::from_slice(&rendered.bytes).unwrap();
    assert_eq!(document["changed_position"], rendered.etag.to_string());
    document
}

/// One line a day: what a person would look at.
async fn check(desk: &Desk, views: &Views, position: Position, expected: Expect) {
    let document = shown(desk, views, position).await;
    let lines: Vec<String> = document["days"].as_array().unwrap().iter().map(line).collect();
    expected.assert_eq(&lines.join("\n"));
    sums_agree(desk, views, &document);
}

fn line(day: &Value) -> String {
    let contingent = |name: &str| {
        let counts = &day["contingents"][name];
        format!(
            "{}/{}/{}/{}<{}",
            counts["free"], counts["held"], counts["resting"], counts["booked"], counts["hold_limit"]
        )
    };
    let date = day["date"].as_str().unwrap();
    if day["dose"] == 2 {
        let [free, held, reserved, booked] = ["free", "held", "reserved", "booked"].map(|count| &day[count]);
        return format!("{date} {free}/{held}/{reserved}/{booked}");
    }
    let back = day.get("earliest_back_at").map_or("-", |at| &at.as_str().unwrap()[11..16]);
    let flows = day.get("flows_back_at").map_or("-", |at| &at.as_str().unwrap()[5..16]);
    let (web, hotline) = (&day["bookable"]["web"], &day["bookable"]["hotline"]);
    format!(
        "{date} {} web {} hotline {} open {} bookable {web}/{hotline} back {back} flows {flows}",
        day["capacity"],
        contingent("web"),
        contingent("hotline"),
        contingent("open")
    )
}

/// The three endpoints say the same at the same position.
fn sums_agree(desk: &Desk, views: &Views, document: &Value) {
    let all = views.availability();
    let all: Value = serde_json::from_slice(&all.bytes).unwrap();
    let here =
        all["centres"].as_array().unwrap().iter().find(|centre| centre["centre"] == desk.centre.as_str());
    assert_eq!(here, Some(document));
    for day in document["days"].as_array().unwrap() {
        let date = day["date"].as_str().unwrap();
        let slots = views.day(&desk.centre, common::date(date)).unwrap();
        let slots: Value = serde_json::from_slice(&slots.bytes).unwrap();
        let of_dose = slots["slots"].as_array().unwrap().iter().filter(|slot| slot["dose"] == day["dose"]);
        for count in ["capacity", "free", "held", "resting", "reserved", "booked"] {
            let sum: u64 = of_dose.clone().filter_map(|slot| slot[count].as_u64()).sum();
            assert_eq!(sum, day[count].as_u64().unwrap_or(0), "{count} on {date}");
        }
    }
}

#[tokio::test]
async fn holds_and_bookings_come_and_go() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(9, "frankfurt");
    let (views, _projector) = start(&desk.world.log, views_dir.path());
    let released = desk.world.position(desk.partition());
    check(
        &desk,
        &views,
        released,
        expect![[r#"
        2021-01-19 20 web 12/0/0/0<6 hotline 6/0/0/0<3 open 2/0/0/0<1 bookable 14/8 back - flows 01-15T12:00
        2021-02-09 2/0/20/0"#]],
    )
    .await;

    for number in 1..=3 {
        desk.register(number);
    }
    let placed = desk.place(1, 1, None).unwrap();
    check(&desk, &views, placed, expect![[r#"
        2021-01-19 20 web 11/1/0/0<6 hotline 6/0/0/0<3 open 2/0/0/0<1 bookable 13/8 back 10:10 flows 01-15T12:00
        2021-02-09 2/1/19/0"#]]).await;
    // The second place of choice is a free one, so that a backing place becomes free.
    let placed = desk.place(2, 2, Some(3)).unwrap();
    check(&desk, &views, placed, expect![[r#"
        2021-01-19 20 web 10/2/0/0<6 hotline 6/0/0/0<3 open 2/0/0/0<1 bookable 12/8 back 10:10 flows 01-15T12:00
        2021-02-09 2/2/18/0"#]]).await;
    let confirmed = desk.confirm(2);
    check(&desk, &views, confirmed, expect![[r#"
        2021-01-19 20 web 10/1/0/1<6 hotline 6/0/0/0<3 open 2/0/0/0<1 bookable 12/8 back 10:10 flows 01-15T12:00
        2021-02-09 2/1/18/1"#]]).await;
    desk.world.pass_ms(600_000);
    desk.world.due(desk.partition());
    let expired = desk.world.position(desk.partition());
    check(
        &desk,
        &views,
        expired,
        expect![[r#"
        2021-01-19 20 web 11/0/0/1<6 hotline 6/0/0/0<3 open 2/0/0/0<1 bookable 13/8 back - flows 01-15T12:00
        2021-02-09 2/0/19/1"#]],
    )
    .await;
    let cancelled = desk.cancel(2, CancelDoses::Second);
    check(
        &desk,
        &views,
        cancelled,
        expect![[r#"
        2021-01-19 20 web 11/0/0/1<6 hotline 6/0/0/0<3 open 2/0/0/0<1 bookable 13/8 back - flows 01-15T12:00
        2021-02-09 3/0/19/0"#]],
    )
    .await;
    let cancelled = desk.cancel(2, CancelDoses::Both);
    check(
        &desk,
        &views,
        cancelled,
        expect![[r#"
        2021-01-19 20 web 12/0/0/0<6 hotline 6/0/0/0<3 open 2/0/0/0<1 bookable 14/8 back - flows 01-15T12:00
        2021-02-09 2/0/20/0"#]],
    )
    .await;
}

#[tokio::test]
async fn places_are_removed_and_contingents_flow_together() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(9, "frankfurt");
    let (views, _projector) = start(&desk.world.log, views_dir.path());
    let removed = ShrinkPlan { slot: SlotId(1), contingent: None, places: 4 };
    let shrunk = desk.admin(CentreCommand::ShrinkSlots {
        shrink: ShrinkId(uuid(9)),
        reason: ShrinkReason::Staffing,
        slots: vec![removed],
    });
    check(
        &desk,
        &views,
        shrunk,
        expect![[r#"
        2021-01-19 16 web 12/0/0/0<6 hotline 3/0/0/0<2 open 1/0/0/0<1 bookable 13/4 back - flows 01-15T12:00
        2021-02-09 6/0/16/0"#]],
    )
    .await;
    desk.world.now = instant("2021-01-15T12:00:00.000+01:00");
    desk.world.due(desk.partition());
    let flowed = desk.world.position(desk.partition());
    check(
        &desk,
        &views,
        flowed,
        expect![[r#"
        2021-01-19 16 web 0/0/0/0<1 hotline 0/0/0/0<1 open 16/0/0/0<8 bookable 16/16 back - flows -
        2021-02-09 6/0/16/0"#]],
    )
    .await;
}

#[tokio::test]
async fn a_first_place_without_a_second_is_shown_resting() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(9, "frankfurt");
    let (views, _projector) = start(&desk.world.log, views_dir.path());
    desk.register(1);
    desk.place(1, 1, None).unwrap();
    desk.confirm(1);
    desk.cancel(1, CancelDoses::Second);
    // All free second places are taken away; then the first place comes back alone.
    desk.admin(CentreCommand::ShrinkSlots {
        shrink: ShrinkId(uuid(9)),
        reason: ShrinkReason::Staffing,
        slots: [(3, 1), (4, 2)]
            .map(|(slot, places)| ShrinkPlan { slot: SlotId(slot), contingent: None, places })
            .into(),
    });
    let rests = desk.cancel(1, CancelDoses::Both);
    check(
        &desk,
        &views,
        rests,
        expect![[r#"
        2021-01-19 20 web 11/0/1/0<6 hotline 6/0/0/0<3 open 2/0/0/0<1 bookable 13/8 back - flows 01-15T12:00
        2021-02-09 0/0/19/0"#]],
    )
    .await;
}

#[tokio::test]
async fn the_whole_document_and_its_slots() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(9, "frankfurt");
    let (views, _projector) = start(&desk.world.log, views_dir.path());
    desk.register(1);
    let placed = desk.place(1, 1, None).unwrap();
    assert_eq!(views.wait_for_availability(placed, PATIENCE).await, Waited::Reached);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let centre = views.centre_availability(&desk.centre).unwrap();
    expect![[r#"{"centre":"frankfurt","time_zone":"Europe/Berlin","changed_position":"<position>","days":[{"date":"2021-01-19","dose":1,"vaccine":"comirnaty","cvx":208,"capacity":20,"free":19,"held":1,"resting":0,"booked":0,"contingents":{"web":{"capacity":12,"free":11,"held":1,"hold_limit":6,"resting":0,"booked":0},"hotline":{"capacity":6,"free":6,"held":0,"hold_limit":3,"resting":0,"booked":0},"open":{"capacity":2,"free":2,"held":0,"hold_limit":1,"resting":0,"booked":0}},"bookable":{"web":13,"hotline":8},"earliest_back_at":"2021-01-11T10:10:00.000+01:00","flows_back_at":"2021-01-15T12:00:00.000+01:00","slots":"/v1/centres/frankfurt/availability/2021-01-19"},{"date":"2021-02-09","dose":2,"vaccine":"comirnaty","cvx":208,"capacity":22,"free":2,"held":1,"reserved":19,"booked":0,"slots":"/v1/centres/frankfurt/availability/2021-02-09"}]}"#]].assert_eq(&text(&centre.bytes).replace(&placed.to_string(), "<position>"));
    let day = views.day(&desk.centre, date("2021-01-19")).unwrap();
    expect![[r#"{"centre":"frankfurt","time_zone":"Europe/Berlin","date":"2021-01-19","slots":[{"slot":1,"start_at":"2021-01-19T10:00:00.000+01:00","length_min":15,"dose":1,"vaccine":"comirnaty","cvx":208,"capacity":10,"free":9,"held":1,"resting":0,"booked":0,"contingents":{"web":{"capacity":6,"free":5,"held":1,"resting":0,"booked":0},"hotline":{"capacity":3,"free":3,"held":0,"resting":0,"booked":0},"open":{"capacity":1,"free":1,"held":0,"resting":0,"booked":0}},"bookable":{"web":6,"hotline":4},"flows_back_at":"2021-01-15T12:00:00.000+01:00"},{"slot":2,"start_at":"2021-01-19T10:15:00.000+01:00","length_min":15,"dose":1,"vaccine":"comirnaty","cvx":208,"capacity":10,"free":10,"held":0,"resting":0,"booked":0,"contingents":{"web":{"capacity":6,"free":6,"held":0,"resting":0,"booked":0},"hotline":{"capacity":3,"free":3,"held":0,"resting":0,"booked":0},"open":{"capacity":1,"free":1,"held":0,"resting":0,"booked":0}},"bookable":{"web":7,"hotline":4},"flows_back_at":"2021-01-15T12:00:00.000+01:00"}]}"#]].assert_eq(&text(&day.bytes));
    let day = views.day(&desk.centre, date("2021-02-09")).unwrap();
    expect![[r#"{"centre":"frankfurt","time_zone":"Europe/Berlin","date":"2021-02-09","slots":[{"slot":3,"start_at":"2021-02-09T10:00:00.000+01:00","length_min":15,"dose":2,"vaccine":"comirnaty","cvx":208,"capacity":12,"free":0,"held":1,"reserved":11,"booked":0},{"slot":4,"start_at":"2021-02-09T10:15:00.000+01:00","length_min":15,"dose":2,"vaccine":"comirnaty","cvx":208,"capacity":10,"free":2,"held":0,"reserved":8,"booked":0}]}"#]].assert_eq(&text(&day.bytes));
    assert!(views.day(&desk.centre, date("2021-01-20")).is_none());
}

#[tokio::test]
async fn the_etag_stays_while_nothing_is_offered_otherwise() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(9, "frankfurt");
    let (views, _projector) = start(&desk.world.log, views_dir.path());
    let released = desk.world.position(desk.partition());
    let registered = desk.register(1);
    assert_eq!(views.wait_for_availability(registered, PATIENCE).await, Waited::Reached);
    let rendered = views.centre_availability(&desk.centre).unwrap();
    assert_eq!((rendered.etag, rendered.as_of), (released, registered));
    let all = views.availability();
    let placed = desk.place(1, 1, None).unwrap();
    assert_eq!(views.wait_for_availability(placed, PATIENCE).await, Waited::Reached);
    let rendered = views.centre_availability(&desk.centre).unwrap();
    assert_eq!((rendered.etag, rendered.as_of), (placed, placed));
    assert_ne!(views.availability().etag, all.etag);
}

#[tokio::test]
async fn rules_that_come_into_force_change_the_limits_of_every_day() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(9, "frankfurt");
    let (views, _projector) = start(&desk.world.log, views_dir.path());
    let mut set = rules();
    set.holds.held_share = BasisPoints(10_000);
    let effective_at = desk.world.now.plus_seconds(60);
    desk.admin(CentreCommand::SetRules { rules: RulesId(uuid(7)), effective_at, set });
    let limit = |document: &Value| document["days"][0]["contingents"]["web"]["hold_limit"].clone();
    desk.world.pass_ms(59_999);
    let before = desk.register(1);
    assert_eq!(limit(&shown(&desk, &views, before).await), 6);
    desk.world.pass_ms(1);
    let after = desk.register(2);
    let document = shown(&desk, &views, after).await;
    assert_eq!(limit(&document), 12);
    assert_eq!(document["changed_position"], after.to_string());
}

#[tokio::test]
async fn a_pair_that_is_shown_can_be_held() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(9, "frankfurt");
    let (views, _projector) = start(&desk.world.log, views_dir.path());
    for number in 1..=6 {
        let registered = desk.register(number);
        assert_eq!(views.wait_for_availability(registered, PATIENCE).await, Waited::Reached);
        let pairs = views.pairs(&desk.centre, Channel::Web, Some(date("2021-01-19")), 5).unwrap();
        assert_eq!(pairs.as_of, registered);
        let pair = &pairs.pairs[0];
        let second = pair.second.as_ref().unwrap().slot;
        let placed = desk.place(number, pair.first.slot.0, Some(second.0)).unwrap();
        assert_eq!(views.wait_for(placed, PATIENCE).await, Waited::Reached);
        let found = views.hold(&desk.centre, hold(number)).unwrap().value.unwrap();
        assert_eq!((found.hold.first, found.hold.second), (pair.first.slot, Some(second)));
        assert_eq!(found.second.unwrap().local_date, date("2021-02-09"));
    }
    // Six of twelve are held, which is the half that may be; the seventh could take the open place.
    let last = desk.register(7);
    assert_eq!(views.wait_for_availability(last, PATIENCE).await, Waited::Reached);
    let pairs = views.pairs(&desk.centre, Channel::Web, None, 5).unwrap().pairs;
    assert_eq!(pairs.iter().map(|pair| pair.bookable).collect::<Vec<_>>(), [1, 1]);
    assert!(views.pairs(&"nowhere".parse().unwrap(), Channel::Web, None, 5).is_none());
}

#[tokio::test]
async fn a_second_release_backed_by_an_earlier_one_is_drawn_whole() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(9, "frankfurt");
    let (views, _projector) = start(&desk.world.log, views_dir.path());
    // Two second places of 9 February are still free: they back a day that brings too few of its own.
    let slots =
        vec![plan("2021-01-18", "10:00", Dose::First, 10), plan("2021-02-08", "10:00", Dose::Second, 8)];
    let delivery = schemas::ids::DeliveryId(uuid(20));
    desk.admin(CentreCommand::AnnounceDelivery {
        delivery,
        vaccine: schemas::ids::Cvx(208),
        doses: 40,
        due_on: date("2021-01-17"),
    });
    let released = desk.admin(CentreCommand::ReleaseSlots {
        release: schemas::ids::ReleaseId(uuid(21)),
        delivery,
        vaccine: schemas::ids::Cvx(208),
        slots,
    });
    check(
        &desk,
        &views,
        released,
        expect![[r#"
        2021-01-18 10 web 6/0/0/0<3 hotline 3/0/0/0<2 open 1/0/0/0<1 bookable 7/4 back - flows 01-15T12:00
        2021-01-19 20 web 12/0/0/0<6 hotline 6/0/0/0<3 open 2/0/0/0<1 bookable 14/8 back - flows 01-15T12:00
        2021-02-08 0/0/8/0
        2021-02-09 0/0/22/0"#]],
    )
    .await;
}
