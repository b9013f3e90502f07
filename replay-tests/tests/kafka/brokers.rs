//! The clusters that the tests share, one test at a time.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ledger::log::kafka::broker::{ClusterPlan, OwnCluster};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::metadata::{Metadata, MetadataPartition, MetadataTopic};

use super::proxy::{Proxy, Way};
use super::trial::pause_ms;

pub(crate) const READY: Duration = Duration::from_secs(90);
/// How long the brokers are asked at a time: one that stands still does not answer.
const ASK_FOR: Duration = Duration::from_secs(3);

/// A cluster whose brokers are reached through proxies alone.
pub(crate) struct Brokers {
    pub(crate) cluster: OwnCluster,
    pub(crate) proxies: Vec<Proxy>,
}

impl Brokers {
    pub(crate) fn start(plan: ClusterPlan) -> Self {
        let proxies: Vec<_> = (0..plan.brokers).map(|_| Proxy::start()).collect();
        let advertised = proxies.iter().map(Proxy::address).collect();
        let cluster = OwnCluster::start(&ClusterPlan { advertised, ..plan }).unwrap();
        for (number, proxy) in (1..).zip(&proxies) {
            proxy.lead_to(cluster.address(number).unwrap());
        }
        Self { cluster, proxies }
    }

    /// A test that failed may have left it broken.
    fn mended(mut brokers: MutexGuard<'static, Self>) -> MutexGuard<'static, Self> {
        brokers.proxies.iter().for_each(|proxy| proxy.make(Way::Open));
        for number in 1..=brokers.cluster.brokers() {
            brokers.cluster.resume(number).unwrap();
            if brokers.cluster.pid(number).is_none() {
                brokers.cluster.restart(number).unwrap();
            }
        }
        brokers.cluster.wait_until_ready(READY).unwrap();
        brokers
    }

    /// Who leads each partition of a topic, once this holds for all of them.
    pub(crate) fn leaders_once(
        &self,
        topic: &str,
        holds: impl Fn(&MetadataPartition) -> bool,
    ) -> BTreeMap<i32, i32> {
        let begun = Instant::now();
        loop {
            let told = self.ask(topic);
            let partitions: Vec<_> =
                told.iter().flat_map(Metadata::topics).flat_map(MetadataTopic::partitions).collect();
            if !partitions.is_empty() && partitions.iter().all(|partition| holds(partition)) {
                return partitions.iter().map(|partition| (partition.id(), partition.leader())).collect();
            }
            assert!(
                begun.elapsed() < READY,
                "the leaders of {topic} stay as they are: {:?}",
                told.as_ref().err()
            );
            pause_ms(100);
        }
    }

    /// By a client made anew each time: one that has asked a broker which stands still would wait for it.
    fn ask(&self, topic: &str) -> Result<Metadata, KafkaError> {
        let client: BaseConsumer =
            ClientConfig::new().set("bootstrap.servers", self.cluster.bootstrap()).create().unwrap();
        client.fetch_metadata(Some(topic), ASK_FOR)
    }

    pub(crate) fn restart_all(&mut self) {
        for number in 1..=self.cluster.brokers() {
            self.cluster.restart(number).unwrap();
        }
        self.cluster.wait_until_ready(READY).unwrap();
    }
}

static ONE: LazyLock<Mutex<Brokers>> = LazyLock::new(|| Mutex::new(Brokers::start(ClusterPlan::default())));
static THREE: LazyLock<Mutex<Brokers>> =
    LazyLock::new(|| Mutex::new(Brokers::start(ClusterPlan::of_three())));

/// One broker, for this test alone.
pub(crate) fn one() -> MutexGuard<'static, Brokers> {
    Brokers::mended(ONE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Three brokers, for this test alone.
pub(crate) fn three() -> MutexGuard<'static, Brokers> {
    Brokers::mended(THREE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Runs a test that does nothing to the brokers on the cluster that `KAFKA_BROKERS` names, or on the one of our own.
pub(crate) fn anywhere(test: impl FnOnce(&str)) {
    match std::env::var("KAFKA_BROKERS") {
        Ok(given) if !given.is_empty() => test(&given),
        _ => test(&one().cluster.bootstrap()),
    }
}
