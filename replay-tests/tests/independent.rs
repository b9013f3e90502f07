//! A reader that has nothing of our code reads a topic: the same heads, verdicts and counts, from genesis and from the middle.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop at the first thing that is not right"
)]

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, mpsc};

use ledger::log::kafka::broker::cluster_for_tests;
use ledger::log::kafka::topic::{self, TopicPlan};
use ledger::log::kafka::{KafkaLog, KafkaSettings};
use ledger::log::{Log, NewLedger, Outgoing};
use ledger::verify::verify;
use replay_tests::figures::history;
use schemas::Clock;
use schemas::ids::Partition;
use serde_json::{Value, json};

const PARTITIONS: u32 = 4;

/// A topic with a history that is lawful but for what strangers wrote into it.
struct Disturbed {
    settings: KafkaSettings,
    log: KafkaLog,
    partition: Partition,
}

impl Disturbed {
    fn make() -> Self {
        let brokers = cluster_for_tests().expect("a broker").bootstrap();
        let settings = KafkaSettings::plain(brokers, format!("independent-{}", uuid::Uuid::new_v4()));
        let time = "2021-01-11T07:00:00+01:00".parse().unwrap();
        let ledger = NewLedger { partitions: PARTITIONS, clock: Clock::Simulated, time, ledger: None };
        topic::create(&settings, &TopicPlan { ledger, replication: None }).unwrap();
        let log = KafkaLog::open(&settings, Some(&ledger)).unwrap();
        let partition = history::write(&log, 2_000).unwrap();
        let disturbed = Self { settings, log, partition };
        disturbed.disturb();
        disturbed
    }

    /// Repeats, a forged record, one of another partition, garbage, and nothing at all.
    fn disturb(&self) {
        let entries = self.log.read(self.partition, 0, usize::MAX).unwrap();
        let old = |at: usize| entries[at].value.to_vec();
        let mut forged = old(5);
        let end = forged.len() - 1;
        forged[end] ^= 1;
        forged[40..48].copy_from_slice(&u64::MAX.to_le_bytes());
        let strange = [old(7), old(8), forged, b"garbage".to_vec(), Vec::new(), old(0), old(1)];
        self.append(self.partition, &strange);
        self.append(Partition((self.partition.0 + 1) % PARTITIONS), &[old(9), vec![7; 61_000]]);
    }

    fn append(&self, partition: Partition, values: &[Vec<u8>]) {
        let (outcome, outcomes) = mpsc::channel();
        let values = values.iter().map(|value| Outgoing::from(Arc::<[u8]>::from(value.as_slice()))).collect();
        self.log.append(partition, values, Box::new(move |result| outcome.send(result).unwrap()));
        outcomes.recv().unwrap().unwrap();
    }

    /// What the reader in Python prints, given these arguments.
    fn read(&self, arguments: &[&str]) -> Value {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("kafka/read_topic.py");
        let mut command = Command::new("python3");
        command.arg(script).args(["--brokers", &self.settings.brokers, "--topic", &self.settings.topic]);
        command.args(arguments).env("PYTHONPATH", python_packages());
        let Output { stdout, stderr, status } = command.output().expect("python3");
        assert!(
            status.success(),
            "{}\n{}",
            String::from_utf8_lossy(&stdout),
            String::from_utf8_lossy(&stderr)
        );
        serde_json::from_slice(&stdout).unwrap()
    }
}

/// Where `.ci/setup` puts confluent-kafka.
fn python_packages() -> PathBuf {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache"))).expect("a home");
    let room = cache.join("terminbuch").join("python-confluent-kafka-2.16.1");
    assert!(room.is_dir(), "{} is missing: run .ci/setup", room.display());
    room
}

#[test]
fn a_reader_without_our_code_finds_the_same_heads_verdicts_and_counts() {
    let topic = Disturbed::make();
    let found = topic.read(&[]);
    let ours = verify(&topic.log, &mut |_| {}).unwrap();
    assert_eq!(found["halted"], Value::Null);
    assert!(ours.void >= 6 && ours.repeats >= 2, "the history is not disturbed: {ours:?}");
    for (name, expected) in [
        ("records", ours.records),
        ("void", ours.void),
        ("repeats", ours.repeats),
        ("pairs", ours.live_pairs),
        ("with_headers", ours.records),
    ] {
        assert_eq!(found[name], json!(expected), "{name}");
    }
    assert_eq!(found["copies_that_disagree"], json!({}));
    for (found, ours) in found["partitions"].as_array().unwrap().iter().zip(&ours.partitions) {
        assert_eq!(found["head"], json!(ours.head.to_string()), "partition {}", ours.partition);
        let numbers = |name: &str| found[name].as_u64().unwrap();
        let theirs = [numbers("end"), numbers("seq"), numbers("epoch"), numbers("counts")];
        assert_eq!(theirs, [ours.values, ours.seq, ours.epoch, ours.records]);
        assert_eq!([numbers("void"), numbers("repeats")], [ours.void, ours.repeats]);
    }

    let middle = tempfile::NamedTempFile::new().unwrap();
    let until = json!({ topic.partition.0.to_string(): 700 }).to_string();
    let before = topic.read(&["--until", &until]);
    assert_eq!(before["partitions"][usize::try_from(topic.partition.0).unwrap()]["end"], json!(700));
    std::fs::write(middle.path(), before.to_string()).unwrap();
    let after = topic.read(&["--from", middle.path().to_str().unwrap()]);
    for name in ["records", "void", "repeats", "pairs", "partitions"] {
        assert_eq!(after[name], found[name], "{name}, read on from the middle");
    }
}

#[test]
fn kcat_shows_key_and_headers() {
    let topic = Disturbed::make();
    let (brokers, name) = (&topic.settings.brokers, &topic.settings.topic);
    let partition = topic.partition.0.to_string();
    let arguments = ["-C", "-q", "-e", "-b", brokers, "-t", name, "-p", &partition, "-o", "2", "-c", "1"];
    let output = Command::new("kcat").args(arguments).args(["-f", "%k|%h\n"]).output().expect("kcat");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("frankfurt|"), "{text:?}");
    for header in
        ["ce_specversion=1.0", "ce_type=", "ce_id=", "ce_source=", "ce_time=", "ce_subject=frankfurt"]
    {
        assert!(text.contains(header), "{header} is missing: {text:?}");
    }
}
