//! Settings: defaults, then a file, then the environment, then flags; the later wins, and unknown keys are errors.
//!
//! The environment's names are `TERMINBUCH_` and the key in upper case, with `__` for the dot: `TERMINBUCH_WEB__ADDRESS`.

mod print;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::providers::{Env, Format as _, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::{Deserialize, Serialize};

pub use print::explain;

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
    /// The edge for citizens.
    pub web: EdgeConfig,
    /// The edge for agents on the phone.
    pub hotline: EdgeConfig,
    /// The edge for operators.
    pub admin: EdgeConfig,
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

impl EdgeConfig {
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
            web: EdgeConfig::on_port(8080, 2, 10_000),
            hotline: EdgeConfig::on_port(8081, 1, 2_000),
            admin: EdgeConfig::on_port(8083, 1, 200),
        }
    }
}

/// What the command line says; what is absent is left to the environment, the file and the defaults.
#[derive(Debug, Default, Clone, clap::Args)]
pub struct Flags {
    /// Where the log, the views, the vault and the keys are
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Partitions of a new ledger, the office among them
    #[arg(long, value_name = "COUNT")]
    pub partitions: Option<u32>,
    /// Where the edge for citizens listens
    #[arg(long = "web", value_name = "ADDRESS")]
    pub web_address: Option<SocketAddr>,
    /// Where the edge for agents listens
    #[arg(long = "hotline", value_name = "ADDRESS")]
    pub hotline_address: Option<SocketAddr>,
    /// Where the edge for operators listens
    #[arg(long = "admin", value_name = "ADDRESS")]
    pub admin_address: Option<SocketAddr>,
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
    Senseless(&'static str),
}

/// Puts the sources together, the later ones winning.
///
/// # Errors
/// When a file is named that is not there.
pub fn sources(file: Option<&Path>, flags: &Flags) -> Result<Figment, ConfigError> {
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(file) = file {
        if !file.is_file() {
            return Err(ConfigError::NoFile(file.to_owned()));
        }
        figment = figment.merge(Toml::file_exact(file));
    }
    figment = figment.merge(Env::prefixed("TERMINBUCH_").split("__"));
    Ok(flags.given().into_iter().fold(figment, Figment::merge))
}

/// The configuration that the sources make.
///
/// # Errors
/// When a key is unknown, or a value is not what it should be.
pub fn extract(figment: &Figment) -> Result<Config, ConfigError> {
    let config: Config = figment.extract().map_err(|error| ConfigError::Invalid(Box::new(error)))?;
    if config.partitions < 2 {
        return Err(ConfigError::Senseless("partitions must be at least 2: the office and one for centres"));
    }
    Ok(config)
}

impl Flags {
    /// The flags that were given, by key.
    fn given(&self) -> Vec<Flag> {
        let address = |address: Option<SocketAddr>| address.map(|address| Value::from(address.to_string()));
        [
            ("data_dir", self.data_dir.as_ref().map(|path| Value::from(path.display().to_string()))),
            ("partitions", self.partitions.map(Value::from)),
            ("web.address", address(self.web_address)),
            ("hotline.address", address(self.hotline_address)),
            ("admin.address", address(self.admin_address)),
        ]
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| Flag { key, value }))
        .collect()
    }
}

/// One flag as a source.
struct Flag {
    key: &'static str,
    value: Value,
}

impl Provider for Flag {
    fn metadata(&self) -> Metadata {
        Metadata::named("flag")
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let nested = figment::util::nest(self.key, self.value.clone());
        Ok(nested.into_dict().map(|dict| Profile::Default.collect(dict)).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
