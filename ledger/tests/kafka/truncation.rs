//! A broker that comes back with less than it had acknowledged: an older copy of its data directory was put back.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use ledger::clock::WallClock;
use ledger::log::kafka::broker::{ClusterPlan, OwnCluster};
use ledger::log::{KafkaLog, KafkaSettings, Log, LogError};
use ledger::{Answer, Ledger, NotDone, Options};
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use schemas::ids::NodeId;
use tempfile::TempDir;

use crate::asking::{delivery, describe};
use crate::common::{ONE, PATIENCE, append, eventually, fresh_name, make_topic, open, value};
use crate::writers::ask;

/// A broker whose data can be put back.
struct Disk {
    cluster: OwnCluster,
    room: TempDir,
}

impl Disk {
    fn new() -> Self {
        let room = tempfile::tempdir().unwrap();
        std::fs::create_dir(room.path().join("data")).unwrap();
        let plan = ClusterPlan { data: Some(room.path().join("data")), ..ClusterPlan::default() };
        Self { cluster: OwnCluster::start(&plan).expect("a broker starts"), room }
    }

    fn data(&self) -> PathBuf {
        self.room.path().join("data/1")
    }

    fn fresh_topic(&self) -> KafkaSettings {
        let settings = KafkaSettings::plain(self.cluster.bootstrap(), fresh_name());
        make_topic(&settings);
        settings
    }

    fn keep_a_copy(&mut self) {
        self.while_it_is_down(|disk| copy(&disk.data(), &disk.room.path().join("copy")));
    }

    fn put_the_copy_back(&mut self) {
        self.while_it_is_down(|disk| copy(&disk.room.path().join("copy"), &disk.data()));
    }

    fn while_it_is_down(&mut self, work: impl FnOnce(&Self)) {
        self.cluster.shut_down(1).unwrap();
        work(self);
        self.cluster.restart(1).unwrap();
        self.cluster.wait_until_ready(PATIENCE).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    if to.exists() {
        std::fs::remove_dir_all(to).unwrap();
    }
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

fn damage(log: &KafkaLog) -> Option<String> {
    match log.end(ONE) {
        Err(LogError::Damaged(what)) => Some(what),
        _ => None,
    }
}

#[track_caller]
fn is_damaged(log: &KafkaLog, how: &[&str]) {
    eventually("damage", || damage(log).is_some());
    let what = damage(log).unwrap();
    assert!(how.iter().any(|how| what.contains(how)) && what.contains("restore the topic"), "{what}");
    assert!(matches!(append(log, vec![value(0)]), Err(LogError::Damaged(_))));
    assert!(matches!(log.read(ONE, 0, usize::MAX), Err(LogError::Damaged(_))));
}

/// Somebody else whose records wait for the broker, and are there as soon as it is.
fn fill_up(settings: &KafkaSettings, values: usize) -> BaseProducer {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", &settings.brokers).create().unwrap();
    for number in 0..values {
        let text = format!("other {number}");
        let record = BaseRecord::<(), str>::to(&settings.topic).partition(1).payload(&text);
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer
}

#[test]
fn a_log_that_lost_its_end_is_damaged_whether_it_has_grown_again_or_not() {
    let mut disk = Disk::new();
    let settings = disk.fresh_topic();
    let log = open(&settings);
    append(&log, (0..10).map(value).collect()).unwrap();
    disk.keep_a_copy();
    append(&log, (10..20).map(value).collect()).unwrap();
    assert_eq!(log.end(ONE), Ok(21));
    disk.put_the_copy_back();
    is_damaged(&log, &["partition 1 ends at offset 11, but was read to 21"]);
    drop(log);

    // What was lost is known to nobody now but to who has views of it; the copy goes on as it stands.
    let log = open(&settings);
    append(&log, (10..20).map(value).collect()).unwrap();
    let mut other = None;
    disk.while_it_is_down(|disk| {
        copy(&disk.room.path().join("copy"), &disk.data());
        other = Some(fill_up(&settings, 50));
    });
    other.unwrap().flush(PATIENCE).unwrap();
    // Whatever it meets first: what is not there yet, or what is there instead.
    is_damaged(&log, &["partition 1 has another record at offset 20", "partition 1 ends at offset"]);
    drop(log);

    // Its own record at a place that was read before tells at once.
    let log = open(&settings);
    append(&log, (0..3).map(value).collect()).unwrap();
    disk.put_the_copy_back();
    eventually("an append that the broker takes", || append(&log, vec![value(3)]).is_err());
    is_damaged(&log, &["partition 1 took a record at offset 11", "partition 1 ends at offset"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_halt_with_the_place_on_a_log_that_lost_its_end() {
    let mut disk = Disk::new();
    let log = open(&disk.fresh_topic());
    let ledger =
        Ledger::start(Arc::clone(&log) as _, Arc::new(WallClock::start()), Options::new(NodeId([1; 16]), 1))
            .unwrap();
    let done = |answer: Answer| assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    done(ask(&ledger, describe("frankfurt"), PATIENCE).await);
    disk.keep_a_copy();
    for number in 0..5 {
        done(ask(&ledger, delivery(number), PATIENCE).await);
    }
    disk.put_the_copy_back();
    let begun = std::time::Instant::now();
    // Decided on what is lost, and never told as done.
    loop {
        let answer = ask(&ledger, delivery(5), std::time::Duration::from_secs(2)).await;
        assert!(!matches!(answer, Answer::Done(_) | Answer::Refused { .. }), "{answer:?}");
        if answer == Answer::NotDone(NotDone::Halted) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE);
    }
    let centre = ledger.partition_of(&"frankfurt".parse().unwrap());
    let halted = ledger.status().into_iter().find(|status| status.partition == centre).unwrap().halted;
    assert!(halted.as_ref().is_some_and(|reason| reason.contains("partition")), "{halted:?}");
    ledger.shut_down();
}
