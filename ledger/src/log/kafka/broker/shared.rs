//! The cluster that all tests of a process share.

use std::env;
use std::sync::OnceLock;

use super::{BrokerError, ClusterPlan, OwnCluster};

/// Points the tests at another cluster.
const VARIABLE: &str = "KAFKA_BROKERS";

/// A cluster that tests may write to, each in topics of its own: the one that `KAFKA_BROKERS` names, or one broker of this
/// process's own.
#[derive(Debug)]
pub struct TestCluster {
    bootstrap: String,
    own: Option<OwnCluster>,
}

impl TestCluster {
    /// `host:port` of each broker, with commas in between.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// The cluster when it is our own.
    pub fn own(&self) -> Option<&OwnCluster> {
        self.own.as_ref()
    }
}

static SHARED: OnceLock<Result<TestCluster, BrokerError>> = OnceLock::new();

/// The cluster that `KAFKA_BROKERS` names, or one broker of this process's own, started when it is asked for first.
///
/// # Errors
/// When there is none and none can be started. A test must fail then: what was not tried is not shown.
pub fn cluster_for_tests() -> Result<&'static TestCluster, BrokerError> {
    let given = || env::var(VARIABLE).ok().filter(|brokers| !brokers.is_empty());
    SHARED
        .get_or_init(|| match given() {
            Some(bootstrap) => Ok(TestCluster { bootstrap, own: None }),
            None => OwnCluster::start(&ClusterPlan::default())
                .map(|own| TestCluster { bootstrap: own.bootstrap(), own: Some(own) }),
        })
        .as_ref()
        .map_err(Clone::clone)
}
