//! Why a cluster of one's own cannot be had.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a cluster of one's own cannot be started or told something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// Java does not run.
    #[error("{0:?} does not run: Apache Kafka needs Java 17. Run .ci/setup once, or set JAVA_HOME")]
    NoJava(OsString),
    /// Apache Kafka is not there.
    #[error(
        "there is no Apache Kafka in {0}. Run .ci/setup once, or set TERMINBUCH_KAFKA_LIBS to a folder with its jars"
    )]
    NoJars(PathBuf),
    /// Nobody says where the cache is.
    #[error("neither HOME nor XDG_CACHE_HOME nor TERMINBUCH_KAFKA_LIBS says where Apache Kafka is")]
    NoHome,
    /// The plan names a number of brokers that cannot agree on a leader.
    #[error("a cluster of one's own has 1 or 3 brokers, not {0}")]
    Count(u8),
    /// There is no such broker.
    #[error("there is no broker {asked}: they are numbered from 1 to {brokers}")]
    NoSuchBroker {
        /// Which one was named.
        asked: u8,
        /// How many there are.
        brokers: u8,
    },
    /// The system refuses something.
    #[error("{what}: {why}")]
    System {
        /// What could not be done.
        what: &'static str,
        /// What the system says.
        why: String,
    },
    /// The shell that keeps the brokers does not do its work.
    #[error("the shell that keeps the brokers fails: {0}")]
    Keeper(String),
    /// No certificates could be made.
    #[error("openssl made no certificates: {0}")]
    Certificates(String),
    /// A broker ended instead of getting ready.
    #[error("broker {broker} ended before it was ready. Its log ends with:\n{log}")]
    Ended {
        /// Its number.
        broker: u8,
        /// The end of what it said.
        log: String,
    },
    /// A broker did not get ready in time.
    #[error("broker {broker} is not ready after {limit:?}. Its log ends with:\n{log}")]
    NotReady {
        /// Its number.
        broker: u8,
        /// How long was waited.
        limit: Duration,
        /// The end of what it said.
        log: String,
    },
}

impl BrokerError {
    pub(super) fn system(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::System { what, why: error.to_string() }
    }
}
