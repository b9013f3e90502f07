//! The past of a ledger in Apache Kafka, on a real broker: told as the embedded log tells it.

#![allow(clippy::expect_used, reason = "it is test code")]

mod support;

use std::path::Path;

use ledger::clock::Clock as _;
use ledger::data_dir::DataDir;
use ledger::log::kafka::broker::cluster_for_tests;
use ledger::log::kafka::topic::{TopicPlan, create};
use ledger::log::{EmbeddedLog, KafkaLog, KafkaSettings, Log as _, NewLedger};
use schemas::Clock;
use schemas::ids::Partition;
use serde_json::{Value, json};

use support::program::{ends, terminbuch, text};
use support::{Answer, Connection, MONDAY, World, instant, send, uuid};

/// The morning on a topic of its own.
fn morning_in_a_topic() -> (World, KafkaSettings) {
    let settings =
        KafkaSettings::plain(cluster_for_tests().expect("a broker").bootstrap(), format!("was-{}", uuid()));
    let ledger = NewLedger { partitions: 4, clock: Clock::Simulated, time: instant(MONDAY), ledger: None };
    create(&settings, &TopicPlan { ledger, replication: None }).expect("a topic");
    let world = World::morning_on(240, |config| {
        config.kafka.brokers = Some(settings.brokers.clone());
        config.kafka.topic = Some(settings.topic.clone());
    });
    (world, settings)
}

/// The ids and cursors of the stream's events from a cursor on, until what was recorded at this instant.
fn events(world: &World, cursor: &str, to: &str) -> Vec<(String, String)> {
    let mut connection = Connection::to(world.audit);
    let (token, to) = (&world.auditor_token, to.replace('+', "%2B"));
    let query = format!("purpose=audit&type=hold-placed,booking-confirmed,slots-released&to={to}{cursor}");
    let head = format!("Host: t\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n");
    connection.write(format!("GET /v1/events?{query} HTTP/1.1\r\n{head}").as_bytes());
    let answer = String::from_utf8(connection.rest()).expect("text");
    // The lines between the chunks' lengths.
    let lines = answer.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let events = lines.filter(|line| line["id"].is_string());
    let text = |event: &Value, name: &str| event[name].as_str().expect("text").to_owned();
    events.map(|event| (text(&event, "id"), text(&event, "cursor"))).collect()
}

fn audit(world: &World, path: &str) -> Answer {
    send(world.audit, "GET", path, Some(&world.auditor_token), None)
}

/// An embedded log with the records of a topic.
fn copy_to_embedded(settings: &KafkaSettings, data_dir: &Path) {
    let topic = KafkaLog::open(settings, None).expect("the topic");
    let (ledger, genesis) = topic.identity();
    let new = NewLedger {
        partitions: genesis.partitions,
        clock: genesis.clock,
        time: instant(MONDAY),
        ledger: Some(ledger),
    };
    let data_dir = DataDir::open(data_dir).expect("a directory");
    let copy = EmbeddedLog::open(&data_dir.log(), &new).expect("a log");
    for partition in (0..genesis.partitions).map(Partition) {
        let mut entries = topic.read(partition, 0, usize::MAX).expect("read").into_iter();
        let begun = copy.read(partition, 0, usize::MAX).expect("read");
        assert_eq!(entries.next().map(|entry| entry.value), Some(begun[0].value.clone()), "one genesis");
        let (outcome, outcomes) = std::sync::mpsc::channel();
        let values = entries.map(|entry| entry.value.into()).collect();
        copy.append(partition, values, Box::new(move |result| drop(outcome.send(result))));
        outcomes.recv().expect("an outcome").expect("it is written");
    }
}

#[test]
fn the_past_of_a_topic_is_told_alike_by_position_by_instant_and_by_an_embedded_log_of_its_records() {
    let (mut world, settings) = morning_in_a_topic();
    world.opens();
    let citizen = world.register();
    let person = citizen.id.clone();
    let (hold, placed) = citizen.hold(3);
    let held = placed.expect_status(201).position();
    let held_at = world.clock.now();
    let path = "/v1/centres/frankfurt/availability";
    let now = |at_least: &str| send(world.web, "GET", &format!("{path}?at_least={at_least}"), None, None);
    let before = now(&held);
    world.clock.advance_to(held_at.plus_millis(30_000));
    let confirm = format!("/v1/centres/frankfurt/holds/{hold}/confirm");
    let booked = citizen.send("POST", &confirm, None).expect_status(201).position();
    let after = now(&booked);
    assert_ne!(before.body, after.body);
    for (as_of, told) in
        [(before.position(), &before), (held_at.to_string(), &before), (after.position(), &after)]
    {
        let then = audit(&world, &format!("{path}?as_of={as_of}"));
        assert_eq!(then.expect_status(200).body, told.body, "{as_of}");
    }

    world.clock.advance_to(held_at.plus_millis(60_000));
    let to = world.clock.now().to_string();
    let all = events(&world, "", &to);
    assert_eq!(all.len(), 3, "{all:?}");
    world.restart();
    for (at, (_, cursor)) in all.iter().enumerate() {
        assert_eq!(events(&world, &format!("&cursor={cursor}"), &to), all[at + 1..], "after event {at}");
    }
    world.shut_down();
    same_on_the_embedded_log(&world, &settings, &[&held, &held_at.to_string(), &booked], &[&person, &hold]);
}

/// `replay` and `export` say the same of a topic and of an embedded log with its records.
fn same_on_the_embedded_log(world: &World, settings: &KafkaSettings, moments: &[&str], subjects: &[&str]) {
    let copy = world.dir.path().join("copy");
    copy_to_embedded(settings, &copy);
    let nowhere = world.dir.path().join("nowhere");
    let embedded = ["--data-dir", text(&copy)];
    let topic = ["--kafka", &settings.brokers, "--topic", &settings.topic, "--data-dir", text(&nowhere)];
    let moments = moments.iter().map(|moment| ["replay", "--as-of", moment]);
    for asked in moments.chain(subjects.iter().map(|subject| ["replay", "--subject", subject])) {
        let [of_topic, of_copy] =
            [&topic[..], &embedded].map(|which| terminbuch(&[&asked[..], which].concat()));
        assert!(of_topic.status.success() && of_topic.stdout.len() > 500, "{asked:?}: {of_topic:?}");
        let [of_topic, of_copy] = [of_topic, of_copy].map(|output| String::from_utf8(output.stdout));
        assert_eq!(of_topic, of_copy, "{asked:?}");
    }
    let rows = [&topic[..], &embedded].map(|which| {
        let out = world.dir.path().join(format!("export-{}", which.len()));
        let week = ["export", "--raw", "--from", "2021-01-11", "--to", "2021-01-17", "--out", text(&out)];
        ends(&[&week, which].concat(), 0);
        let manifest = std::fs::read(out.join("manifest.json")).expect("a manifest");
        serde_json::from_slice::<Value>(&manifest).expect("a manifest")
    });
    assert_eq!(rows[0]["files"], rows[1]["files"], "each file has the same bytes");
    assert_eq!(rows[0]["partitions"], rows[1]["partitions"]);
    // A topic does not tell where its serve has its data.
    assert_eq!((&rows[0]["noted"], &rows[1]["noted"]), (&json!("nowhere"), &json!("in_the_data_directory")));
}
