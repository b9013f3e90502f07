//! The clusters that the tests share, one test at a time.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ledger::log::kafka::broker::{ClusterPlan, OwnCluster};

use super::proxy::{Proxy, Way};

pub(crate) const READY: Duration = Duration::from_secs(90);

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
