//! Which log a subcommand reads: what `verify`, `rebuild` and `topics` are told alike.

use std::path::PathBuf;

use super::Failure;
use crate::config::{self, Config, Flags, KafkaFlags};
use crate::log::{self, OpenError, ToRead};

/// The log of a data directory, or a topic of Apache Kafka.
#[derive(Debug, clap::Args)]
pub(super) struct WhichLog {
    /// Where the views, the vault, the keys and an embedded log are [terminbuch-data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    kafka: WhichTopic,
}

/// A topic of Apache Kafka.
#[derive(Debug, clap::Args)]
pub(super) struct WhichTopic {
    /// A configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: KafkaFlags,
}

/// Opens a log only to read it, and warns of what could take away what is read.
pub(super) fn open_to_read(config: &Config) -> Result<ToRead, OpenError> {
    let opened = log::to_read(config)?;
    opened.doubts().iter().for_each(|doubt| eprintln!("terminbuch: warning: {doubt}"));
    Ok(opened)
}

impl WhichLog {
    /// The configuration of file, environment and flags.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        self.kafka.config_with(self.data_dir.clone())
    }
}

impl WhichTopic {
    /// The configuration of file, environment and flags.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        self.config_with(None)
    }

    /// Whether Kafka is wanted.
    pub(super) fn is_wanted(&self) -> bool {
        self.flags.kafka.is_some()
    }

    /// A flag that was given and says nothing without Kafka, for who uses nothing else of the configuration.
    pub(super) fn needs_kafka(&self) -> Option<&'static str> {
        let given = [("--topic", self.flags.topic.is_some()), ("--config", self.config.is_some())];
        given.into_iter().find_map(|(flag, given)| given.then_some(flag))
    }

    /// The topic that was named.
    pub(super) fn topic(&self) -> Option<&str> {
        self.flags.topic.as_deref()
    }

    fn config_with(&self, data_dir: Option<PathBuf>) -> Result<Config, Failure> {
        let flags = Flags { data_dir, kafka: self.flags.clone(), ..Flags::default() };
        Ok(config::extract(&config::sources(self.config.as_deref(), &flags)?)?)
    }
}
