//! A topic that somebody meddles with while `serve` runs on it, and what is said at the next start.

#![allow(clippy::expect_used, reason = "it is test code")]

mod support;

use std::time::{Duration, Instant};

use ledger::chain::{Chain, Origin, Pending};
use ledger::log::kafka::broker::{ClusterPlan, OwnCluster, cluster_for_tests};
use ledger::log::kafka::topic::check;
use ledger::log::{KafkaLog, KafkaSettings, Log as _};
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewPartitions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use schemas::Body;
use schemas::hashing::partition_of;
use schemas::ids::Partition;
use serde_json::{Value, json};

use support::program::{Serving, cannot_run, ends, last_line, terminbuch, text};
use support::{Answer, description, send, uuid};

const PARTITIONS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(60);

/// A `serve` on a topic of its own, with one centre.
struct Served {
    settings: KafkaSettings,
    dir: tempfile::TempDir,
    token: String,
    serving: Option<Serving>,
}

impl Served {
    fn start(brokers: &str) -> Self {
        let settings = KafkaSettings::plain(brokers, format!("meddled-{}", uuid()));
        let dir = tempfile::tempdir().expect("a directory");
        let at = ["--kafka", brokers, "--topic", &settings.topic];
        ends(&[&["topics", "create", "--partitions", "4"], &at[..]].concat(), 0);
        let new = ["credentials", "new", "--role", "admin", "--name", "Ada", "--data-dir", text(dir.path())];
        let token = ends(&new, 0)["token"].as_str().expect("a token").to_owned();
        let mut served = Self { settings, dir, token, serving: None };
        served.serve();
        served.describe("Festhalle").expect_status(201);
        served
    }

    fn arguments(&self) -> Vec<&str> {
        let KafkaSettings { brokers, topic, .. } = &self.settings;
        vec!["--kafka", brokers, "--topic", topic, "--data-dir", text(self.dir.path()), "--partitions", "4"]
    }

    fn serve(&mut self) {
        self.serving = Some(Serving::start(&self.arguments()));
    }

    fn end(&mut self) {
        self.serving.take().expect("it runs").end();
    }

    /// What the next start says.
    #[track_caller]
    fn cannot_start_again(&mut self, why: &str) {
        if self.serving.is_some() {
            self.end();
        }
        cannot_run(&[vec!["serve"], self.arguments()].concat(), why);
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let admin = self.serving.as_ref().expect("it runs").admin;
        send(admin, method, path, Some(&self.token), body)
    }

    fn describe(&self, address: &str) -> Answer {
        let mut centre = description("FRA");
        centre["address"] = json!(address);
        self.ask("PUT", "/v1/centres/frankfurt", Some(&centre))
    }

    fn set_web(&self, reason: &str) -> Answer {
        self.ask("PUT", "/v1/channels/web", Some(&json!({ "state": "open", "reason": reason })))
    }

    /// Waits until it is not ready for this reason.
    #[track_caller]
    fn is_not_ready_for(&self, why: &str) {
        let begun = Instant::now();
        loop {
            let answer = self.ask("GET", "/readyz", None);
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            if answer.status == 503 && said.contains(why) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{said} is not {why}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Whoever only reads it loses nothing, and hears what the brokers are going to take away.
    #[track_caller]
    fn is_read_with_a_warning(&self, why: &str) {
        let KafkaSettings { brokers, topic, .. } = &self.settings;
        let at: [&str; 4] = ["--kafka", brokers, "--topic", topic];
        let room = tempfile::tempdir().expect("a directory");
        let out = room.path().join("week");
        let week = ["export", "--raw", "--from", "2021-01-11", "--to", "2021-01-17", "--out", text(&out)];
        for command in [&["verify"][..], &["replay"], &week] {
            let output = terminbuch(&[command, &at[..]].concat());
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{command:?}: {output:?}");
            assert!(said.contains(why) && said.contains("kafka-configs.sh"), "{command:?}: {said}");
            let warning = &last_line(&output)["warnings"][0];
            assert_eq!(warning.as_str().is_some_and(|warning| warning.contains(why)), command == ["verify"]);
        }
    }

    fn write(&self, partition: Partition, value: Vec<u8>) {
        let log = KafkaLog::open(&self.settings, None).expect("the topic");
        let (outcome, outcomes) = std::sync::mpsc::channel();
        let value: std::sync::Arc<[u8]> = value.into();
        log.append(partition, vec![value.into()], Box::new(move |result| drop(outcome.send(result))));
        outcomes.recv_timeout(PATIENCE).expect("an outcome").expect("it is written");
    }

    /// What the owner would send next, and has not.
    fn next_record(&self, partition: Partition) -> Vec<u8> {
        let log = KafkaLog::open(&self.settings, None).expect("the topic");
        let mut chain = Chain::new(None, partition);
        for entry in log.read(partition, 0, usize::MAX).expect("read") {
            chain.judge(entry.offset, &entry.value).expect("judged");
        }
        let mut pending = Pending::after(&chain, chain.ledger().expect("genesis"));
        let record = pending.push(Origin::WRITER, chain.time(), &Body::Barrier).expect("a record");
        record.value.to_vec()
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        ClientConfig::new().set("bootstrap.servers", &self.settings.brokers).create().expect("a client")
    }
}

fn frankfurt() -> Partition {
    partition_of(&"frankfurt".parse().expect("an id"), PARTITIONS)
}

fn brokers() -> &'static str {
    cluster_for_tests().expect("a broker").bootstrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

#[test]
fn garbage_and_strangers_are_passed_over_and_a_forged_record_halts_its_partition_alone() {
    let mut served = Served::start(brokers());
    let record = served.next_record(frankfurt());
    let changed = |at: usize, byte: u8| {
        let mut value = record.clone();
        value[at] = byte;
        value
    };
    served.write(frankfurt(), b"garbage".to_vec());
    served.write(frankfurt(), changed(16, record[16] ^ 1));
    served.write(frankfurt(), changed(32, 99));
    served.describe("Messe").expect_status(201);
    served.ask("GET", "/readyz", None).expect_status(200);
    let KafkaSettings { brokers, topic, .. } = served.settings.clone();
    let at = ["--kafka", &brokers, "--topic", &topic];
    let report = ends(&[&["verify"], &at[..]].concat(), 0);
    assert_eq!((&report["clean"], &report["void"]), (&json!(true), &json!(3)), "{report}");

    served.write(frankfurt(), served.next_record(frankfurt()));
    served.is_not_ready_for("was not sent by it. Somebody else writes records in this owner's name");
    served.is_not_ready_for("Find who else can write to the log and take that right away, then start again");
    served.describe("Rathaus").expect_status(503);
    served.set_web("still here").expect_status(201);
    // The rules let it count, so whoever starts now reads it like any other.
    served.end();
    served.serve();
    served.describe("Rathaus").expect_status(201);

    let mut unknown = served.next_record(Partition::OFFICE);
    unknown[4] = 2;
    served.write(Partition::OFFICE, unknown);
    served.is_not_ready_for("partition 0 has halted: offset ");
    served.describe("Festhalle").expect_status(201);
    let report = ends(&[&["verify"], &at[..]].concat(), 1);
    assert!(report.to_string().contains("format"), "{report}");
    served.end();
    served.serve();
    served.is_not_ready_for("partition 0 has halted: offset ");
    served.describe("Paulskirche").expect_status(201);
    served.set_web("nobody can").expect_status(503);
}

/// Writes a record in a transaction, whose marker is the last thing in the partition.
fn stray_transaction(settings: &KafkaSettings, partition: Partition) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &settings.brokers)
        .set("transactional.id", format!("stray-{}", settings.topic))
        .create()
        .expect("a producer");
    producer.init_transactions(PATIENCE).expect("transactions");
    producer.begin_transaction().expect("a transaction");
    let number = i32::try_from(partition.0).expect("small");
    let record = BaseRecord::<(), str>::to(&settings.topic).partition(number).payload("stray");
    producer.send(record).map_err(|(error, _)| error).expect("sent");
    producer.commit_transaction(PATIENCE).expect("committed");
}

/// About half a minute of waiting, beside the other tests.
#[test]
fn a_stray_transaction_halts_its_partition_alone_now_and_at_the_next_start() {
    let mut served = Served::start(brokers());
    stray_transaction(&served.settings, frankfurt());
    let gap = format!("partition {} has nothing from offset ", frankfurt());
    let transactions = "something else writes to the topic with transactions";
    for reason in ["still here", "here again"] {
        served.is_not_ready_for(&gap);
        served.is_not_ready_for(transactions);
        served.describe("Messe").expect_problem(503, "Halted");
        served.set_web(reason).expect_status(201);
        served.end();
        // What stands before the gap is made anew, too.
        std::fs::remove_dir_all(served.dir.path().join("views")).expect("removed");
        served.serve();
        let web = served.serving.as_ref().expect("it runs").web;
        let shown = send(web, "GET", "/v1/centres", None, None);
        shown.expect_status(200);
        assert!(String::from_utf8_lossy(&shown.body).contains("frankfurt"));
    }
    let KafkaSettings { brokers, topic, .. } = served.settings.clone();
    let report = ends(&["verify", "--kafka", &brokers, "--topic", &topic], 1).to_string();
    assert!(report.contains(&gap) && report.contains(transactions), "{report}");
}

#[test]
fn records_that_are_deleted_under_a_running_serve_halt_it_and_the_next_start() {
    let mut served = Served::start(brokers());
    let mut before = TopicPartitionList::new();
    let number = i32::try_from(frankfurt().0).expect("small");
    before.add_partition_offset(&served.settings.topic, number, Offset::Offset(2)).expect("a place");
    run(served.admin().delete_records(&before, &AdminOptions::new())).expect("deleted");
    served.is_not_ready_for("begins at offset 2");
    served.describe("Messe").expect_problem(503, "Halted");
    served.cannot_start_again("restore the topic from a copy, or begin a new ledger");
}

#[test]
fn a_topic_made_anew_under_a_running_serve_halts_it_and_is_not_taken_for_the_old_one() {
    let mut served = Served::start(brokers());
    run(served.admin().delete_topics(&[&served.settings.topic], &AdminOptions::new())).expect("deleted");
    let KafkaSettings { brokers, topic, .. } = served.settings.clone();
    let create = ["topics", "create", "--partitions", "4", "--kafka", &brokers, "--topic", &topic];
    let begun = Instant::now();
    // The name is free only after a while.
    while !terminbuch(&create).status.success() {
        assert!(begun.elapsed() < PATIENCE, "it cannot be made anew");
    }
    served.is_not_ready_for("the log is damaged");
    served.describe("Messe").expect_problem(503, "Halted");
    let other = format!("topic {topic} holds ledger");
    served.cannot_start_again(&other);
    // Nor is it verified as if it were the one that everything here belongs to.
    let at = ["--kafka", &brokers, "--topic", &topic, "--data-dir", text(served.dir.path())];
    cannot_run(&[&["verify"], &at[..]].concat(), &other);
}

#[test]
fn partitions_that_are_added_change_nothing_until_the_next_start_which_is_refused() {
    let mut served = Served::start(brokers());
    let more = NewPartitions::new(&served.settings.topic, 5);
    run(served.admin().create_partitions([&more], &AdminOptions::new())).expect("added");
    served.describe("Messe").expect_status(201);
    served.ask("GET", "/readyz", None).expect_status(200);
    served.cannot_start_again("has 5 partitions, but was made with 4");
}

/// About 15 s of waiting, beside the other tests.
#[test]
fn compaction_and_retention_that_are_switched_on_halt_serve_until_they_are_mended() {
    let mut all: Vec<Served> = [brokers(), brokers()].into_iter().map(Served::start).collect();
    let change = |served: &Served, settings: &[(&str, &str)]| {
        let topic = ResourceSpecifier::Topic(&served.settings.topic);
        let changed =
            settings.iter().fold(AlterConfig::new(topic), |all, (name, value)| all.set(name, value));
        run(served.admin().alter_configs([&changed], &AdminOptions::new())).expect("asked")[0]
            .as_ref()
            .expect("changed");
    };
    let in_sync = check(&all[0].settings).expect("a topic").replication.clamp(1, 2).to_string();
    let good = [
        ("cleanup.policy", "delete"),
        ("retention.ms", "-1"),
        ("retention.bytes", "-1"),
        ("unclean.leader.election.enable", "false"),
        ("message.timestamp.type", "LogAppendTime"),
        ("min.insync.replicas", &*in_sync),
        ("max.message.bytes", "1048576"),
    ];
    let bad = [("cleanup.policy", "compact"), ("retention.ms", "604800000")];
    for (served, bad) in all.iter().zip(bad) {
        let others = good.into_iter().filter(|(name, _)| *name != bad.0);
        change(served, &others.chain([bad]).collect::<Vec<_>>());
    }
    for (served, (name, value)) in all.iter_mut().zip(bad) {
        served.is_not_ready_for(&format!("{name} is {value}: "));
        let said = String::from_utf8_lossy(&served.ask("GET", "/readyz", None).body).into_owned();
        assert!(said.contains("kafka-configs.sh") && said.contains("Then start again"), "{said}");
        served.describe("Messe").expect_problem(503, "Halted");
        served.cannot_start_again(&format!("could lose data: {name} is {value}"));
        served.is_read_with_a_warning(&format!("could lose data: {name} is {value}"));
        change(served, &good);
        served.serve();
        served.describe("Messe").expect_status(201);
    }
}

#[test]
fn a_broker_with_an_older_copy_of_its_data_halts_serve_and_views_that_know_more_refuse_the_next_start() {
    let room = tempfile::tempdir().expect("a directory");
    let (data, copy) = (room.path().join("data"), room.path().join("copy"));
    std::fs::create_dir(&data).expect("made");
    let plan = ClusterPlan { data: Some(data.clone()), ..ClusterPlan::default() };
    let mut cluster = OwnCluster::start(&plan).expect("a broker");
    let mut served = Served::start(&cluster.bootstrap());
    let mut while_it_is_down = |from: &std::path::Path, to: &std::path::Path| {
        cluster.shut_down(1).expect("ended");
        if to.exists() {
            std::fs::remove_dir_all(to).expect("removed");
        }
        let copied = std::process::Command::new("cp").arg("-a").args([from, to]).status();
        assert!(copied.expect("copied").success());
        cluster.restart(1).expect("started");
        cluster.wait_until_ready(PATIENCE).expect("ready");
    };
    while_it_is_down(&data.join("1"), &copy);
    let begun = Instant::now();
    while !matches!(served.describe("Messe").status, 200 | 201) {
        assert!(begun.elapsed() < PATIENCE, "it does not go on");
    }
    while_it_is_down(&copy, &data.join("1"));
    served.is_not_ready_for("the log is damaged: partition ");
    served.describe("Rathaus").expect_problem(503, "Halted");
    served.cannot_start_again("are not in the log");
    served.cannot_start_again("terminbuch rebuild");
}

#[test]
fn brokers_that_are_away_while_nobody_asks_are_told_by_readiness() {
    let mut cluster = OwnCluster::start(&ClusterPlan::default()).expect("a broker");
    let served = Served::start(&cluster.bootstrap());
    served.ask("GET", "/readyz", None).expect_status(200);
    cluster.shut_down(1).expect("ended");
    served.is_not_ready_for("the brokers do not answer");
    cluster.restart(1).expect("started");
    cluster.wait_until_ready(PATIENCE).expect("ready");
    let begun = Instant::now();
    while served.ask("GET", "/readyz", None).status != 200 {
        assert!(begun.elapsed() < PATIENCE, "it is not ready again");
        std::thread::sleep(Duration::from_millis(100));
    }
    served.describe("Messe").expect_status(201);
}
