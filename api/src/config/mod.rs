//! Settings: defaults, then a file, then the environment, then flags; the later wins, and unknown keys are errors.
//!
//! The environment's names are `TERMINBUCH_` and the key in upper case, with `__` for the dot: `TERMINBUCH_WEB__ADDRESS`.

mod kafka;
mod print;
mod sources;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

pub use kafka::{KafkaConfig, Secret, TOPIC};
pub use print::explain;
use sources::TextEnvironment;

use crate::edge::Edge;
pub use sources::{Flags, KafkaFlags};

/// Everything that can be set for `serve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the log, the views, the vault and the keys are.
    pub data_dir: PathBuf,
    /// Partitions of a new ledger, the office among them; an existing one keeps its own.
    pub partitions: u32,
    /// Milliseconds that a request may take before its command is dropped undecided.
    pub request_timeout_ms: u64,
    /// Whether the clock is right although it is far ahead of the ledger's newest record.
    pub accept_clock: bool,
    /// How many milliseconds a wall clock may be past the newest record of the ledger before somebody must accept it.
    pub clock_ahead_ms: u64,
    /// After how many records of a partition a snapshot is taken, from which the next start goes on.
    pub snapshot_every: u64,
    /// Where the log is when it is not the embedded one.
    pub kafka: KafkaConfig,
    /// The edge for citizens.
    pub web: EdgeConfig,
    /// The edge for agents on the phone.
    pub hotline: EdgeConfig,
    /// The edge for auditors and analysts.
    pub audit: EdgeConfig,
    /// The edge for operators.
    pub admin: EdgeConfig,
}

impl Config {
    /// The settings of an edge.
    pub(crate) fn edge(&self, edge: Edge) -> &EdgeConfig {
        match edge {
            Edge::Web => &self.web,
            Edge::Hotline => &self.hotline,
            Edge::Audit => &self.audit,
            Edge::Admin => &self.admin,
        }
    }
}

/// What can be set for one edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeConfig {
    /// Where it listens; port 0 lets the system choose.
    pub address: SocketAddr,
    /// Threads of its own.
    pub threads: usize,
    /// Connections that may wait to be accepted.
    pub backlog: u32,
    /// Connections that may be open; further ones are told to come back.
    pub max_connections: usize,
    /// Milliseconds from the first byte of a request to the end of its head.
    pub header_timeout_ms: u64,
    /// Milliseconds that a connection may be open without a request.
    pub idle_timeout_ms: u64,
    /// Milliseconds for the whole body of a request.
    pub body_timeout_ms: u64,
    /// Milliseconds that a client may leave an answer unread.
    pub write_timeout_ms: u64,
    /// Bytes that the body of a request may have.
    pub max_body_bytes: usize,
    /// Milliseconds that answers in flight have at shutdown.
    pub shutdown_grace_ms: u64,
}

/// More threads than an edge is ever better with.
const MAX_THREADS: usize = 1_024;

impl EdgeConfig {
    /// Refuses values with which an edge could answer nobody.
    fn check(&self, name: &str) -> Result<(), ConfigError> {
        if self.threads > MAX_THREADS {
            return Err(ConfigError::Senseless(format!("{name}.threads must be at most {MAX_THREADS}")));
        }
        let least = [
            ("threads", self.threads as u64),
            ("backlog", self.backlog.into()),
            ("max_connections", self.max_connections as u64),
            ("header_timeout_ms", self.header_timeout_ms),
            ("idle_timeout_ms", self.idle_timeout_ms),
            ("body_timeout_ms", self.body_timeout_ms),
            ("write_timeout_ms", self.write_timeout_ms),
            ("max_body_bytes", self.max_body_bytes as u64),
        ];
        match least.iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(ConfigError::Senseless(format!("{name}.{key} must be at least 1"))),
            None => Ok(()),
        }
    }

    fn on_port(port: u16, threads: usize, max_connections: usize) -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            threads,
            backlog: 4_096,
            max_connections,
            header_timeout_ms: 5_000,
            idle_timeout_ms: 60_000,
            body_timeout_ms: 10_000,
            write_timeout_ms: 20_000,
            max_body_bytes: 64 * 1024,
            shutdown_grace_ms: 10_000,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("terminbuch-data"),
            partitions: 16,
            request_timeout_ms: 5_000,
            accept_clock: false,
            clock_ahead_ms: 7 * 24 * 3_600_000,
            snapshot_every: ledger::snapshot::EVERY,
            kafka: KafkaConfig::default(),
            web: EdgeConfig::on_port(8080, 2, 10_000),
            hotline: EdgeConfig::on_port(8081, 1, 2_000),
            audit: EdgeConfig::on_port(8082, 1, 200),
            admin: EdgeConfig::on_port(8083, 1, 200),
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named is not there.
    #[error("the configuration file {0} is not there")]
    NoFile(PathBuf),
    /// A key is unknown or a value is not what it should be.
    #[error("{0}")]
    Invalid(Box<figment::Error>),
    /// Values that are each allowed do not fit together.
    #[error("{0}")]
    Senseless(String),
    /// Kafka is wanted, and nobody says where it is.
    #[error(
        "--kafka needs brokers: --kafka HOST:PORT, kafka.brokers in the configuration file, or TERMINBUCH_KAFKA__BROKERS"
    )]
    NoBrokers,
}

/// Puts the sources together, the later ones winning.
///
/// # Errors
/// When a file is named that is not there, or Kafka is wanted and no source names brokers.
pub fn sources(file: Option<&Path>, flags: &Flags) -> Result<Figment, ConfigError> {
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(file) = file {
        if !file.is_file() {
            return Err(ConfigError::NoFile(file.to_owned()));
        }
        figment = figment.merge(Toml::file_exact(file));
    }
    figment = figment.merge(sources::environment()).merge(TextEnvironment);
    let figment = flags.given().into_iter().fold(figment, Figment::merge);
    if flags.kafka.wants_brokers() && figment.extract_inner::<String>("kafka.brokers").is_err() {
        return Err(ConfigError::NoBrokers);
    }
    Ok(figment)
}

/// The configuration that the sources make.
///
/// # Errors
/// When a key is unknown, or a value is not what it should be.
pub fn extract(figment: &Figment) -> Result<Config, ConfigError> {
    let config: Config = figment.extract().map_err(|error| ConfigError::Invalid(Box::new(error)))?;
    if config.partitions < 2 {
        let what = "partitions must be at least 2: the office and one for centres";
        return Err(ConfigError::Senseless(what.to_owned()));
    }
    if config.request_timeout_ms == 0 {
        return Err(ConfigError::Senseless("request_timeout_ms must be at least 1".to_owned()));
    }
    if config.snapshot_every == 0 {
        return Err(ConfigError::Senseless("snapshot_every must be at least 1".to_owned()));
    }
    for (name, edge) in Edge::ALL.map(|edge| (edge.as_str(), config.edge(edge))) {
        edge.check(name)?;
    }
    config.kafka.check()?;
    Ok(config)
}

#[cfg(test)]
mod tests;
