use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use schemas::{Body, Event, Instant, Position, Prefix};
use serde_json::{Value, json};

use crate::samples::{self, RecordSample, Sample};
use crate::{all_well, check_published, file_names, here};

#[test]
fn every_event_has_its_golden_vector() {
    all_well(samples::events().iter().map(|sample| {
        let json = serde_json::to_string_pretty(&sample.event).unwrap();
        check_golden(&event_path(sample), &event_title(sample), &json, &sample.payload)
    }));
}

#[test]
fn every_golden_event_is_read_and_written_again() {
    for sample in samples::events() {
        let (json, payload) = read_golden(&event_path(&sample));
        let event = Event::read(sample.event.kind(), sample.version, &payload).unwrap();
        assert_eq!(event, sample.event, "{}", event_title(&sample));
        assert_eq!(event.to_json().unwrap(), json, "{}", event_title(&sample));
        assert_eq!(written_again(&sample, &payload), payload, "{}", event_title(&sample));
    }
}

/// A retired version is written by its own type; no program writes it any more.
fn written_again(sample: &Sample, payload: &[u8]) -> Vec<u8> {
    use schemas::codec::{from_bytes, to_bytes};
    use schemas::events::CentreDescribedV1;
    match (sample.event.kind(), sample.version) {
        (1, 1) => to_bytes(&from_bytes::<CentreDescribedV1>(payload).unwrap()).unwrap(),
        (kind, version) => Event::read(kind, version, payload).unwrap().payload().unwrap(),
    }
}

#[test]
fn the_whole_catalogue_and_what_is_retired_has_golden_vectors() {
    let found: BTreeSet<(u16, u8)> =
        samples::events().iter().map(|sample| (sample.event.kind(), sample.version)).collect();
    let mut wanted: BTreeSet<(u16, u8)> =
        Event::CATALOGUE.iter().map(|&(kind, version, _, _)| (kind, version)).collect();
    wanted.insert((1, 1));
    assert_eq!(found, wanted);
    let every_version: BTreeSet<(u16, u8)> = (0..=u16::MAX)
        .flat_map(|kind| (0..=u8::MAX).map(move |version| (kind, version)))
        .filter(|&(kind, version)| !is_unknown(kind, version))
        .collect();
    assert_eq!(every_version, wanted, "a version that can be read has no golden vector");
}

fn is_unknown(kind: u16, version: u8) -> bool {
    matches!(Event::read(kind, version, &[]), Err(schemas::events::EventError::Unknown { .. }))
}

#[test]
fn the_golden_history_is_as_it_was() {
    all_well(samples::history().iter().enumerate().map(|(at, sample)| {
        let json = serde_json::to_string_pretty(&record_json(&sample.value, sample)).unwrap();
        let title = format!("record {at} of the history, {}: {}", sample.name, sample.about);
        check_golden(&record_path(at, sample), &title, &json, &sample.value)
    }));
}

#[test]
fn every_golden_record_is_read_and_written_again() {
    for (at, sample) in samples::history().iter().enumerate() {
        let (json, value) = read_golden(&record_path(at, sample));
        assert_eq!(record_json(&value, sample), json, "{}", sample.name);
        let (prefix, body) = Prefix::split(&value).unwrap();
        let body = Body::read(prefix.kind, body).unwrap().to_bytes().unwrap();
        assert_eq!(prefix.with_body(&body).unwrap(), value, "{}", sample.name);
    }
}

#[test]
fn no_golden_vector_is_left_over() {
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut events: Vec<String> = samples::events().iter().map(|sample| name(event_path(sample))).collect();
    events.sort();
    assert_eq!(file_names(&here().join("golden/events")), events);
    let records: Vec<String> =
        samples::history().iter().enumerate().map(|(at, sample)| name(record_path(at, sample))).collect();
    assert_eq!(file_names(&here().join("golden/history")), records);
}

#[test]
fn where_centres_live_is_as_it_was() {
    let mut text = "centre\tpartitions\tpartition\n".to_owned();
    for centre in ["frankfurt", "wiesbaden", "kassel", "giessen", "fulda", "darmstadt"] {
        for partitions in [2, 16, 64] {
            let partition = schemas::hashing::partition_of(&centre.parse().unwrap(), partitions);
            text += &format!("{centre}\t{partitions}\t{partition}\n");
        }
    }
    all_well([check_published(&here().join("golden/partitions.tsv"), &text)]);
}

fn event_title(sample: &Sample) -> String {
    let event = &sample.event;
    format!("{}, event kind {}, version {}: {}", event.name(), event.kind(), sample.version, sample.about)
}

fn event_path(sample: &Sample) -> PathBuf {
    let event = &sample.event;
    let name = format!("{:02}-{}.v{}{}.txt", event.kind(), event.slug(), sample.version, sample.suffix);
    here().join("golden/events").join(name)
}

fn record_path(at: usize, sample: &RecordSample) -> PathBuf {
    here().join("golden/history").join(format!("{at}-{}.txt", sample.name))
}

/// Members of JSON objects may stand in any order.
fn check_golden(path: &Path, title: &str, json: &str, bytes: &[u8]) -> Result<(), String> {
    let differs = match check_published(path, &golden_text(title, json, bytes)) {
        Ok(()) => return Ok(()),
        Err(differs) => differs,
    };
    let found = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let same = found.starts_with(&format!("{title}\n\n"))
        && read_golden(path) == (serde_json::from_str(json).unwrap(), bytes.to_vec());
    if same { Ok(()) } else { Err(differs) }
}

fn golden_text(title: &str, json: &str, bytes: &[u8]) -> String {
    let hex: Vec<String> = bytes
        .chunks(16)
        .map(|line| line.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "))
        .collect();
    format!("{title}\n\njson\n{json}\n\nhex ({} bytes)\n{}\n", bytes.len(), hex.join("\n"))
}

fn read_golden(path: &Path) -> (Value, Vec<u8>) {
    let text = std::fs::read_to_string(path).unwrap();
    let (_, text) = text.split_once("\njson\n").unwrap();
    let (json, hex) = text.split_once("\nhex (").unwrap();
    let (_, hex) = hex.split_once('\n').unwrap();
    let bytes = hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    (serde_json::from_str(json).unwrap(), bytes)
}

/// A record as its golden file tells it, with the head after it and its position.
fn record_json(value: &[u8], sample: &RecordSample) -> Value {
    let (prefix, body) = Prefix::split(value).unwrap();
    let seq = if prefix.kind == 1 { 1 } else { prefix.seq };
    json!({
        "prefix": {
            "format": prefix.format, "kind": prefix.kind, "channel": prefix.channel,
            "fold_version": prefix.fold_version, "partition": prefix.partition, "ledger": prefix.ledger,
            "epoch": prefix.epoch, "seq": prefix.seq, "prev": prefix.prev,
            "time": Instant::from_millis(prefix.time_ms).unwrap(),
            "command": prefix.command, "actor": prefix.actor, "centre": prefix.centre,
        },
        "body": body_json(&Body::read(prefix.kind, body).unwrap()),
        "head": sample.head,
        "position": Position::new(prefix.partition, seq, &sample.head),
    })
}

fn body_json(body: &Body) -> Value {
    match body {
        Body::Barrier | Body::HandOver => json!({}),
        Body::Raise(raise) => json!({ "fold_version": raise.fold_version }),
        Body::Genesis(genesis) => json!({
            "partitions": genesis.partitions, "fold_version": genesis.fold_version,
            "clock": match genesis.clock { schemas::Clock::Wall => "wall", schemas::Clock::Simulated => "simulated" },
        }),
        Body::Claim(claim) => json!({
            "claim": claim.claim, "node": claim.node, "knows_fold": claim.knows_fold,
            "clock_accepted": claim.clock_accepted, "url": claim.url,
        }),
        Body::Decision(events) => Value::from_iter(events.iter().map(|event| {
            json!({ "kind": event.kind(), "version": event.version(), "name": event.name(), "data": event })
        })),
    }
}
