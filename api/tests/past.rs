//! The time machine: what was answered once is answered again, and what cannot be answered says why.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "it is test code")]

mod support;

use std::collections::BTreeMap;

use schemas::ids::Partition;
use schemas::{Instant, Position};
use serde_json::{Value, json};
use support::program::{terminbuch, text};
use support::{Answer, Citizen, World, send, uuid};

/// A question as the web asked it, and what it was told.
struct Told {
    path: String,
    position: String,
    etag: Option<String>,
    body: Vec<u8>,
}

impl World {
    fn audit(&self, path: &str) -> Answer {
        send(self.audit, "GET", path, Some(&self.auditor_token), None)
    }
}

fn now(world: &World) -> Instant {
    ledger::clock::Clock::now(&world.clock)
}

/// Asks the web, not before a position.
fn told(world: &World, path: &str, at_least: &str) -> Told {
    let sign = if path.contains('?') { '&' } else { '?' };
    let answer = send(world.web, "GET", &format!("{path}{sign}at_least={at_least}"), None, None);
    answer.expect_status(200);
    let etag = answer.header("etag").map(str::to_owned);
    Told { path: path.to_owned(), position: answer.position(), etag, body: answer.body }
}

/// What one person does next: registers, holds, confirms, cancels, or lets the hold lapse.
fn step<'a>(world: &'a World, citizens: &mut Vec<(Citizen<'a>, String)>, number: u64) -> String {
    let (holds, last) = ("/v1/centres/frankfurt/holds", citizens.last());
    match (number % 5, last) {
        (1, Some((citizen, hold))) => {
            citizen.send("POST", &format!("{holds}/{hold}/confirm"), None).expect_status(201).position()
        }
        (2, Some((citizen, hold))) => {
            let path = format!("/v1/centres/frankfurt/bookings/{hold}");
            citizen.send("DELETE", &path, None).expect_status(201).position()
        }
        (3, _) => {
            let citizen = world.register();
            let (hold, answer) = citizen.hold(1 + number % 40);
            citizens.push((citizen, hold));
            world.clock.advance_to(now(world).plus_millis(11 * 60_000));
            answer.expect_status(201).position()
        }
        _ => {
            let citizen = world.register();
            let (hold, answer) = citizen.hold(1 + number % 40);
            citizens.push((citizen, hold));
            answer.expect_status(201).position()
        }
    }
}

#[test]
fn a_position_gives_the_very_bytes_that_were_served_there() {
    let world = World::morning();
    world.opens();
    let (mut citizens, mut all) = (Vec::new(), Vec::new());
    for number in 0..25 {
        world.clock.advance_to(now(&world).plus_millis(number % 3 * 1_000));
        let position = step(&world, &mut citizens, number);
        for path in [
            "/v1/availability",
            "/v1/centres/frankfurt/availability",
            "/v1/centres/frankfurt/availability/2021-01-19",
            "/v1/centres/frankfurt/availability/2021-02-09",
            "/v1/centres/frankfurt/pairs?limit=20",
        ] {
            all.push(told(&world, path, &position));
        }
        // What rests on every partition changes in one while the others go on.
        let closed = json!({ "state": "closed", "reason": format!("the {number}th time") });
        let set = world.admin_put("/v1/channels/partner", &closed).expect_status(201).position();
        all.push(told(&world, "/v1/centres", &set));
    }
    let mut bodies = BTreeMap::new();
    for told in &all {
        bodies.entry(&told.path).or_insert_with(Vec::new).push(&told.body);
        let sign = if told.path.contains('?') { '&' } else { '?' };
        let then = world.audit(&format!("{}{sign}as_of={}", told.path, told.position.replace(' ', "")));
        then.expect_status(200);
        assert_eq!(then.position(), told.position, "{}", told.path);
        assert_eq!(then.header("etag"), told.etag.as_deref(), "{}", told.path);
        assert_eq!(
            String::from_utf8_lossy(&then.body),
            String::from_utf8_lossy(&told.body),
            "{}",
            then.asked
        );
        assert_eq!(then.header("cache-control"), Some("private, max-age=31536000, immutable"));
    }
    for (path, mut different) in bodies {
        different.sort();
        different.dedup();
        assert!(different.len() > 5, "{path} told {} things", different.len());
    }
    // The position in an ETag stands for the same bytes.
    for told in all.iter().filter(|told| told.path.ends_with("frankfurt/availability")) {
        let etag = told.etag.as_deref().unwrap().trim_matches('"');
        let then = world.audit(&format!("{}?as_of={etag}", told.path));
        assert_eq!(then.expect_status(200).body, told.body, "{}", then.asked);
    }
    let kept = std::fs::read_dir(world.dir.path().join("data/past")).unwrap().count();
    assert!((1..=4).contains(&kept), "{kept} pasts are kept");
}

#[test]
fn an_instant_means_the_last_position_not_after_it_also_among_several_at_one_time() {
    let world = World::morning();
    world.opens();
    let (mut citizens, mut last) = (Vec::new(), BTreeMap::new());
    for number in 0..20 {
        world.clock.advance_to(now(&world).plus_millis(number % 2 * 1_500));
        // The third of five lets time pass, and what is due then is decided before the next.
        let before = now(&world);
        let position = step(&world, &mut citizens, number);
        last.insert(before, position);
    }
    world.clock.advance_to(now(&world).plus_millis(2_000));
    let path = "/v1/centres/frankfurt/availability";
    let mut checked = 0;
    for (at, position) in &last {
        let then = world.audit(&format!("{path}?as_of={at}"));
        then.expect_status(200);
        assert_eq!(&then.position(), position, "{at}");
        assert_eq!(then.header("cache-control"), Some("private, no-cache"));
        assert_eq!(then.body, world.audit(&format!("{path}?as_of={position}")).body, "{at}");
        let just_before = world.audit(&format!("{path}?as_of={}", at.minus_millis(1)));
        let seq = |text: &str| text.parse::<Position>().unwrap().seq;
        assert!(seq(&just_before.position()) < seq(position), "{at}");
        checked += 1;
    }
    assert!(checked > 8, "{checked} instants");
    // Nothing has passed this instant yet; once something has, the same question has another answer.
    let open = now(&world);
    let first = world.audit(&format!("{path}?as_of={open}")).expect_status(200).position();
    let later = step(&world, &mut citizens, 0);
    let then = world.audit(&format!("{path}?as_of={open}")).expect_status(200).position();
    assert_ne!(first, later);
    assert_eq!(then, later, "it was recorded at that very instant");
}

#[test]
fn an_auditor_reads_things_of_persons_as_they_were_and_each_read_is_noted() {
    let world = World::morning();
    world.opens();
    let citizen = world.register();
    let registered = citizen.send("GET", &citizen.path(), None).position();
    let (hold, placed) = citizen.hold(3);
    let held = placed.expect_status(201).position();
    world.clock.advance_to(now(&world).plus_millis(30_000));
    let confirm = format!("/v1/centres/frankfurt/holds/{hold}/confirm");
    let booked = citizen.send("POST", &confirm, None).expect_status(201).position();
    let reference =
        citizen.send("GET", &citizen.path(), None).json()["reference"].as_str().unwrap().to_owned();
    let hold_path = format!("/v1/centres/frankfurt/holds/{hold}");
    let noted = || world.server().views().position(Partition::OFFICE).unwrap().0.seq;
    let ask =
        |path: &str, as_of: &str| world.audit(&format!("{path}?as_of={as_of}&purpose=complaint%204711"));

    let before = world.server().ledger().read_position(Partition::OFFICE).unwrap().0;
    let then = ask(&hold_path, &held);
    assert_eq!(then.expect_status(200).json()["state"], "live");
    assert_eq!(then.json()["remaining_s"], 600, "as of the position, not of now");
    assert_eq!(then.position(), held);
    assert_eq!(then.header("cache-control"), Some("no-store"));
    let after = world.server().ledger().read_position(Partition::OFFICE).unwrap().0;
    assert_eq!(after.seq, before.seq + 1, "the read stands in the office before the answer leaves");
    assert_eq!(ask(&hold_path, &booked).json()["state"], "booked");
    let booking = format!("/v1/centres/frankfurt/bookings/{hold}");
    ask(&booking, &held).expect_problem(404, "NotFound");
    assert_eq!(ask(&booking, &booked).json()["state"], "booked");
    let told: Value = ask(&citizen.path(), &registered).expect_status(200).json();
    assert!(told.get("hold").is_none() && told.get("booking").is_none(), "{told}");
    assert!(ask(&citizen.path(), &held).json()["hold"].is_string());
    assert!(ask(&format!("/v1/references/{reference}"), &booked).json()["booking"].is_string());
    let now = world.audit(&format!("{hold_path}?purpose=complaint"));
    assert_eq!(now.expect_status(200).json()["state"], "booked", "without as_of: now");
    assert!(noted() > before.seq);

    world.audit(&hold_path).expect_problem(400, "BadQuery");
    for path in [&hold_path, &booking, &citizen.path(), &format!("/v1/references/{reference}")] {
        let asked = format!("{path}?as_of={booked}&purpose=curiosity");
        let refused = send(world.audit, "GET", &asked, Some(&world.analyst_token), None);
        refused.expect_problem(403, "RoleNotAllowed");
        send(world.audit, "GET", &asked, None, None).expect_problem(401, "CredentialMissing");
    }
    let pairs = format!("/v1/centres/frankfurt/pairs?as_of={held}");
    send(world.audit, "GET", &pairs, Some(&world.analyst_token), None).expect_status(200);
}

#[test]
fn all_centres_are_as_of_one_moment_together() {
    let world = World::morning();
    // Frankfurt is there once somebody who registered there can be read.
    let citizen = world.register();
    citizen.send("GET", &citizen.path(), None).expect_status(200);
    let early = world.audit("/v1/centres");
    let (positions, alone) = (early.expect_status(200).position(), &early.body);
    assert_eq!(positions.split(", ").count(), 4, "it rests on every partition: {positions}");
    world.clock.advance_to(now(&world).plus_millis(1_000));
    world.open_centre("kassel", "KAS");
    let closed = json!({ "state": "closed", "reason": "a fire" });
    let set = world.admin_put("/v1/channels/web", &closed).expect_status(201).position();
    let with_kassel = world.audit(&format!("/v1/centres?at_least={set}"));
    let then = world.audit(&format!("/v1/centres?as_of={}", positions.replace(' ', "")));
    assert_eq!(&then.expect_status(200).body, alone);
    assert_eq!(then.position(), positions);
    let office = positions.split(", ").next().unwrap();
    let then = world.audit(&format!("/v1/centres?as_of={office}"));
    assert_eq!(&then.expect_status(200).body, alone, "the other partitions are as of the same time");
    assert_eq!(then.position().split(", ").count(), 4, "{}", then.position());
    world.clock.advance_to(now(&world).plus_millis(1_000));
    let instant = now(&world);
    assert_eq!(world.audit(&format!("/v1/centres?as_of={instant}")).body, with_kassel.body);
}

#[test]
fn replay_shows_how_the_channels_were() {
    let world = World::morning();
    world.clock.advance_to(now(&world).plus_millis(1_000));
    let closed = json!({ "state": "closed", "reason": "a fire" });
    let set = world.admin_put("/v1/channels/web", &closed).expect_status(201).position();
    let channels = |as_of: &str| {
        let data_dir = world.dir.path().join("data");
        let output = terminbuch(&["replay", "--data-dir", text(&data_dir), "--as-of", as_of]);
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["kind"] == "channel").collect::<Vec<_>>()
    };
    let open = |channel| json!({ "kind": "channel", "channel": channel, "state": "open" });
    let fire = json!({ "kind": "channel", "channel": "web", "state": "closed", "reason": "a fire", "set_position": set });
    let others = [open("hotline"), open("partner"), open("centre")];
    assert_eq!(channels(&set), [&[fire][..], &others].concat());
    let before = now(&world).minus_millis(1).to_string();
    assert_eq!(channels(&before), [&[open("web")][..], &others].concat());
}

#[test]
fn what_is_no_moment_of_this_ledger_says_so() {
    let world = World::morning();
    world.open_centre("kassel", "KAS");
    world.opens();
    let citizen = world.register();
    let (_, placed) = citizen.hold(1);
    let position: Position = placed.expect_status(201).position().parse().unwrap();
    let path = "/v1/centres/frankfurt/availability";
    let ask = |as_of: String| world.audit(&format!("{path}?as_of={as_of}"));
    ask(Position { head: [7; 8], ..position }.to_string()).expect_problem(409, "ForeignPosition");
    ask(Position { seq: position.seq + 1_000, ..position }.to_string()).expect_problem(409, "PositionAhead");
    ask(Position { partition: Partition(77), ..position }.to_string()).expect_problem(409, "WrongPartition");
    let other = Partition(if position.partition.0 == 1 { 2 } else { 1 });
    ask(Position { partition: other, ..position }.to_string()).expect_problem(409, "WrongPartition");
    ask("2021-01-11T06:00:00.000Z".to_owned()).expect_problem(409, "BeforeTheLedger");
    ask(now(&world).plus_millis(1).to_string()).expect_problem(409, "PositionAhead");
    ask("yesterday".to_owned()).expect_problem(400, "BadQuery");
    ask(format!("{position}&at_least={position}")).expect_problem(400, "BadQuery");
    let twice = format!("/v1/availability?as_of={position},{position}");
    world.audit(&twice).expect_problem(400, "BadQuery");
    let nowhere = format!("/v1/centres/nowhere/availability?as_of={}", now(&world));
    world.audit(&nowhere).expect_problem(404, "NotFound");
    let nobody = format!("/v1/centres/frankfurt/holds/{}?as_of={position}&purpose=a%20test", uuid());
    world.audit(&nobody).expect_problem(404, "NotFound");
}

#[test]
fn nothing_is_left_of_the_past_and_a_restart_gives_the_same() {
    let mut world = World::morning();
    world.opens();
    let path = "/v1/centres/frankfurt/availability";
    let position = world.register().hold(1).1.expect_status(201).position();
    let told = world.audit(&format!("{path}?as_of={position}")).expect_status(200).body.clone();
    world.restart();
    let past = world.dir.path().join("data/past");
    assert_eq!(std::fs::read_dir(&past).map_or(0, Iterator::count), 0, "the past is emptied at the start");
    assert_eq!(world.audit(&format!("{path}?as_of={position}")).expect_status(200).body, told);
    world.shut_down();
    assert_eq!(std::fs::read_dir(&past).map_or(0, Iterator::count), 0, "and nothing is left at the end");
}
