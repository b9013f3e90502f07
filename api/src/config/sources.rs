//! Where settings come from: flags and environment variables as sources of figment.

use std::net::SocketAddr;
use std::path::PathBuf;

use figment::providers::Env;
use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

/// What all names in the environment begin with.
const PREFIX: &str = "TERMINBUCH_";

/// Settings that are text whatever it looks like: a password may be all digits, and so may the name of a directory.
const TEXTS: [&str; 9] = [
    "data_dir",
    "kafka__brokers",
    "kafka__topic",
    "kafka__ca_file",
    "kafka__certificate_file",
    "kafka__key_file",
    "kafka__key_password",
    "kafka__username",
    "kafka__password",
];

/// No settings of ours: where Apache Kafka's jars are, for whoever starts a broker, and where a test wants the process to die.
const NO_SETTINGS: [&str; 2] = ["kafka_libs", "die_at"];

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
    /// Where the edge for auditors and analysts listens
    #[arg(long = "audit", value_name = "ADDRESS")]
    pub audit_address: Option<SocketAddr>,
    /// Where the edge for operators listens
    #[arg(long = "admin", value_name = "ADDRESS")]
    pub admin_address: Option<SocketAddr>,
    /// The clock is right although it is far ahead of the ledger's newest record
    #[arg(long)]
    pub accept_clock: bool,
    /// Which log.
    #[command(flatten)]
    pub kafka: KafkaFlags,
}

/// Which log is meant.
#[derive(Debug, Default, Clone, clap::Args)]
pub struct KafkaFlags {
    /// The log is in Apache Kafka: HOST:PORT of some brokers, with commas in between. Without BROKERS, at those that are
    /// configured
    #[arg(long, value_name = "BROKERS", num_args = 0..=1)]
    pub kafka: Option<Option<String>>,
    /// The topic that is the log (`terminbuch` if absent)
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
}

impl KafkaFlags {
    /// Whether Kafka is wanted without saying where.
    pub fn wants_brokers(&self) -> bool {
        matches!(self.kafka, Some(None))
    }
}

impl Flags {
    /// The flags that were given, by key.
    pub(super) fn given(&self) -> Vec<Flag> {
        let address = |address: Option<SocketAddr>| address.map(|address| Value::from(address.to_string()));
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        [
            ("data_dir", self.data_dir.as_ref().map(|path| Value::from(path.display().to_string()))),
            ("partitions", self.partitions.map(Value::from)),
            ("web.address", address(self.web_address)),
            ("hotline.address", address(self.hotline_address)),
            ("audit.address", address(self.audit_address)),
            ("admin.address", address(self.admin_address)),
            ("accept_clock", self.accept_clock.then(|| Value::from(true))),
            ("kafka.brokers", self.kafka.kafka.as_ref().and_then(text)),
            ("kafka.topic", text(&self.kafka.topic)),
        ]
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| Flag { key, value }))
        .collect()
    }
}

/// One flag as a source.
pub(super) struct Flag {
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

/// The variables whose values are read as what they look like.
pub(super) fn environment() -> Env {
    let others: Vec<&str> = TEXTS.iter().copied().chain(NO_SETTINGS).collect();
    Env::prefixed(PREFIX).ignore(&others).split("__")
}

/// The variables whose values are text.
pub(super) struct TextEnvironment;

impl Provider for TextEnvironment {
    fn metadata(&self) -> Metadata {
        Env::prefixed(PREFIX).metadata()
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let texts = Env::prefixed(PREFIX).only(&TEXTS);
        let (mut kafka, mut settings) = (Dict::new(), Dict::new());
        for (key, text) in texts.iter() {
            let key = key.as_str().to_ascii_lowercase();
            match key.strip_prefix("kafka__") {
                Some(name) => kafka.insert(name.to_owned(), Value::from(text)),
                None => settings.insert(key, Value::from(text)),
            };
        }
        // Where nothing is said, nothing is set: an empty table would be one that came from the environment.
        if !kafka.is_empty() {
            settings.insert("kafka".to_owned(), Value::from(kafka));
        }
        Ok(Profile::Default.collect(settings))
    }
}
