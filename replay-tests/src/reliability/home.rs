//! Where the ledger is that is killed: its data directory, and its log in there or in a topic of its own.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use api::config::{Config, KafkaConfig};
use api::{ServeClock, ServeOptions, Server};
use ledger::clock::{Clock as _, WallClock};
use ledger::log::kafka::topic::{self, TopicPlan};
use ledger::log::kafka::{KafkaSettings, TopicReader};
use ledger::log::{EmbeddedLog, Log, NewLedger};
use schemas::Clock;
use schemas::ids::CentreId;
use serde_json::json;
use uuid::Uuid;

use crate::history::load::{Load, LoadPlan, SmallWorld};
use crate::history::{Recorder, Witness, witnesses};

/// Of every ledger that is killed.
pub(super) const PARTITIONS: u32 = 3;

/// See the module's page.
pub(super) struct Home {
    pub(super) data_dir: PathBuf,
    topic: Option<KafkaSettings>,
}

impl Home {
    /// In this folder; where brokers are named with a new topic on them, in which a ledger has begun.
    pub(super) fn make(folder: &Path, brokers: Option<&str>) -> Result<Self> {
        Ok(Self { data_dir: folder.join("data"), topic: brokers.map(make_topic).transpose()? })
    }

    /// Whether others could write to the log, so that a partition must be claimed from whoever wrote last.
    pub(super) fn is_shared(&self) -> bool {
        self.topic.is_some()
    }

    /// Makes the ledger's small world, by a server in this process that ends in order.
    pub(super) async fn open(&self, seed: u64, centre: CentreId, recorder: Recorder) -> Result<()> {
        let options = ServeOptions { config: self.config(), clock: ServeClock::Wall };
        let server = tokio::task::spawn_blocking(|| Server::start(options)).await??;
        let world = SmallWorld { flows_back_after_s: Some(5), ..SmallWorld::new(vec![centre]) };
        let load = Load::new(vec![server.ledger().clone()], recorder, LoadPlan::new(seed, world));
        load.open().await?;
        tokio::task::spawn_blocking(|| server.shut_down()).await?;
        Ok(())
    }

    fn config(&self) -> Config {
        let kafka = self.topic.as_ref().map(|topic| KafkaConfig {
            brokers: Some(topic.brokers.clone()),
            topic: Some(topic.topic.clone()),
            ..KafkaConfig::default()
        });
        let mut config = Config {
            data_dir: self.data_dir.clone(),
            partitions: PARTITIONS,
            kafka: kafka.unwrap_or_default(),
            ..Config::default()
        };
        for edge in [&mut config.web, &mut config.hotline, &mut config.audit, &mut config.admin] {
            edge.address.set_port(0);
        }
        config
    }

    /// As every subcommand takes it.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let mut arguments = vec![OsString::from("--data-dir"), self.data_dir.clone().into()];
        if let Some(KafkaSettings { brokers, topic, .. }) = &self.topic {
            arguments.extend(["--kafka", brokers, "--topic", topic].map(OsString::from));
        }
        arguments
    }

    /// What the programs say beside their results.
    pub(super) fn noted(&self) -> PathBuf {
        self.data_dir.with_extension("log")
    }

    /// The log as it stands when nobody writes to it any more.
    pub(super) fn log(&self) -> Result<Arc<dyn Log>> {
        Ok(match &self.topic {
            Some(topic) => Arc::new(TopicReader::open(topic)?),
            None => Arc::new(EmbeddedLog::open_existing(&self.data_dir.join("log"))?),
        })
    }

    /// Writes what stands in a topic beside the data directory, as JSON lines: the topic goes with its brokers.
    pub(super) fn keep_topic(&self) -> Result<()> {
        if self.topic.is_none() {
            return Ok(());
        }
        let mut file = BufWriter::new(File::create(self.data_dir.with_extension("topic.jsonl"))?);
        for Witness { partition, entries } in witnesses(self.log()?.as_ref())? {
            for entry in entries {
                let value: String = entry.value.iter().map(|byte| format!("{byte:02x}")).collect();
                let line = json!({ "partition": partition, "offset": entry.offset, "value": value });
                writeln!(file, "{line}")?;
            }
        }
        Ok(file.flush()?)
    }
}

fn make_topic(brokers: &str) -> Result<KafkaSettings> {
    let settings = KafkaSettings::plain(brokers, format!("reliability-{}", Uuid::new_v4()));
    let time = WallClock::start().now();
    let ledger = NewLedger { partitions: PARTITIONS, clock: Clock::Wall, time, ledger: None };
    topic::create(&settings, &TopicPlan { ledger, replication: None })?;
    Ok(settings)
}
