//! A broker for all tests of this file, and topics of their own for each.

use std::sync::Arc;
use std::time::{Duration, Instant as Monotonic};

use crossbeam_channel::{Receiver, bounded};
use ledger::log::kafka::broker::cluster_for_tests;
use ledger::log::kafka::topic::{TopicPlan, check, create};
use ledger::log::{Entry, KafkaLog, KafkaSettings, Log, LogError, NewLedger, Outgoing};
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use schemas::ids::Partition;
use schemas::{Clock, Instant};

pub(crate) const ONE: Partition = Partition(1);
/// Enough for everything that is slow for a reason.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Where the brokers are.
pub(crate) fn brokers() -> &'static str {
    cluster_for_tests().expect("a broker for the tests").bootstrap()
}

/// A name that no topic has.
pub(crate) fn fresh_name() -> String {
    format!("test-{}", uuid::Uuid::new_v4().simple())
}

pub(crate) fn new_ledger() -> NewLedger {
    NewLedger { partitions: 3, clock: Clock::Wall, time: Instant::EPOCH, ledger: None }
}

/// A topic of these brokers with genesis alone.
pub(crate) fn make_topic(settings: &KafkaSettings) {
    create(settings, &TopicPlan { ledger: new_ledger(), replication: None }).expect("a topic is made");
}

/// A topic of the common brokers with genesis alone.
pub(crate) fn fresh_topic() -> KafkaSettings {
    let settings = KafkaSettings::plain(brokers(), fresh_name());
    make_topic(&settings);
    settings
}

/// How many copies of a topic must have a record: brokers elsewhere may keep more of them than one.
pub(crate) fn due_in_sync(settings: &KafkaSettings) -> usize {
    check(settings).expect("the topic is there").replication.clamp(1, 2)
}

pub(crate) fn open(settings: &KafkaSettings) -> Arc<KafkaLog> {
    Arc::new(KafkaLog::open(settings, None).expect("the log opens"))
}

pub(crate) fn value(number: usize) -> Arc<[u8]> {
    Arc::from(format!("value {number}").as_bytes())
}

/// Hands values over and gives the outcome to be waited for.
pub(crate) fn send(log: &KafkaLog, values: Vec<Arc<[u8]>>) -> Receiver<Result<(), LogError>> {
    let (outcome, outcomes) = bounded(1);
    let values = values.into_iter().map(Outgoing::from).collect();
    log.append(ONE, values, Box::new(move |result| drop(outcome.send(result))));
    outcomes
}

pub(crate) fn append(log: &KafkaLog, values: Vec<Arc<[u8]>>) -> Result<(), LogError> {
    send(log, values).recv_timeout(PATIENCE).expect("every append has an outcome")
}

pub(crate) fn texts(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| String::from_utf8_lossy(&entry.value).into_owned()).collect()
}

/// Tries until it holds.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Monotonic::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A client that does to topics what nobody should.
pub(crate) fn admin(brokers: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", brokers).create().expect("an admin client")
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}
