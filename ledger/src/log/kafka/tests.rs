//! What a real broker cannot be made to do, with librdkafka's own pretended one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use schemas::ids::Partition;

use super::follow::{Follower, Signals};
use super::producer::Producer;
use super::shared::Shared;
use super::{KafkaSettings, threads};
use crate::log::{LogError, Outgoing};

const PATIENCE: Duration = Duration::from_secs(60);
const OFFICE: Partition = Partition::OFFICE;

/// Producer and tail over a pretended broker.
struct Bench {
    broker: MockCluster<'static, DefaultProducerContext>,
    shared: Arc<Shared>,
    producer: Arc<Producer>,
    signals: Arc<Signals>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Bench {
    fn start() -> Self {
        let broker = MockCluster::new(1).unwrap();
        broker.create_topic("bookings", 1, 1).unwrap();
        let settings = KafkaSettings {
            message_timeout_ms: 5_000,
            ..KafkaSettings::plain(broker.bootstrap_servers(), "bookings")
        };
        let shared = Arc::new(Shared::at(&[0]));
        let signals = Arc::new(Signals::default());
        let (alarm, _) = bounded(1);
        let following = Follower::start(&settings, &shared, &signals, alarm).unwrap();
        let (producer, appending) = Producer::start(&settings, &shared).unwrap();
        Self { broker, shared, producer, signals, threads: vec![following, appending] }
    }

    fn fail(&self, error: RDKafkaRespErr) {
        self.broker.request_errors(RDKafkaApiKey::Produce, &[error]);
    }

    fn send(&self, values: &[&str]) -> Receiver<Result<(), LogError>> {
        let (outcome, outcomes) = bounded(1);
        let values: Vec<_> =
            values.iter().map(|value| Outgoing::from(Arc::<[u8]>::from(value.as_bytes()))).collect();
        self.producer.append(OFFICE, &values, Box::new(move |result| drop(outcome.send(result))));
        outcomes
    }

    fn append(&self, values: &[&str]) -> Result<(), LogError> {
        self.send(values).recv_timeout(PATIENCE).expect("every append has an outcome")
    }

    /// Tries until it succeeds.
    fn goes_on(&self, values: &[&str]) {
        let begun = Instant::now();
        while let Err(error) = self.append(values) {
            assert!(begun.elapsed() < PATIENCE, "nothing goes on: {error}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn texts(&self) -> Vec<String> {
        let entries = self.shared.read(OFFICE, 0, usize::MAX).unwrap().1.unwrap();
        entries.iter().map(|entry| String::from_utf8_lossy(&entry.value).into_owned()).collect()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.producer.stop();
        self.signals.stop.store(true, std::sync::atomic::Ordering::SeqCst);
        self.threads.drain(..).for_each(threads::join);
    }
}

#[test]
fn what_is_acknowledged_is_told_once_it_was_read_back() {
    let bench = Bench::start();
    assert_eq!(bench.append(&["a", "b"]), Ok(()));
    assert_eq!(bench.texts(), ["a", "b"]);
}

#[test]
fn an_acknowledgement_without_an_offset_is_unknown() {
    let bench = Bench::start();
    assert_eq!(bench.append(&["a"]), Ok(()));
    bench.fail(RDKafkaRespErr::RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER);
    let outcome = bench.append(&["b"]);
    assert!(
        matches!(&outcome, Err(LogError::Unreachable(what)) if what.contains("without its offset")),
        "{outcome:?}"
    );
    assert_eq!(bench.append(&["c"]), Ok(()));
}

#[test]
fn what_the_brokers_refuse_is_unknown_and_the_next_goes_on() {
    let bench = Bench::start();
    bench.fail(RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert!(bench.append(&["a"]).is_err());
    // The library asks for a while whether it still is refused.
    bench.goes_on(&["b"]);
    assert_eq!(bench.texts(), ["b"]);
}

#[test]
fn a_moment_without_a_leader_is_nothing_to_be_told_of() {
    let bench = Bench::start();
    bench.fail(RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    assert_eq!(bench.append(&["a"]), Ok(()));
    assert_eq!(bench.texts(), ["a"]);
}

#[test]
fn a_producer_that_has_failed_for_good_is_made_anew() {
    let bench = Bench::start();
    assert_eq!(bench.append(&["a"]), Ok(()));
    bench.fail(RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert!(bench.append(&["b"]).is_err());
    bench.goes_on(&["c"]);
    assert_eq!(bench.texts().last().map(String::as_str), Some("c"));
}

#[test]
fn more_than_there_is_room_for_is_unknown_at_once() {
    let bench = Bench::start();
    bench.broker.broker_down(1).unwrap();
    let value = "x".repeat(60_000);
    let values = vec![&*value; 5_000];
    let outcome = bench.send(&values);
    assert!(outcome.recv_timeout(PATIENCE).expect("an outcome").is_err());
    bench.broker.broker_up(1).unwrap();
    bench.goes_on(&["after"]);
}

#[test]
fn a_callback_that_panics_stops_nobody_else() {
    let bench = Bench::start();
    let panics: crate::log::OnOutcome = Box::new(|_| panic!("a test wants this"));
    bench.producer.append(OFFICE, &[Outgoing::from(Arc::<[u8]>::from(&b"a"[..]))], panics);
    bench.shared.subscribe(Arc::new(|_| panic!("a test wants this, too")));
    assert_eq!(bench.append(&["b"]), Ok(()));
    assert_eq!(bench.append(&["c"]), Ok(()));
}
