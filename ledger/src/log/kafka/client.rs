//! Clients of the brokers: their settings as PROTOCOL 7 wants them, and an ear for what goes wrong.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use schemas::ids::Partition;

use super::super::LogError;
use super::settings::KafkaSettings;

/// The largest batch that the producer makes; the topic must take it.
pub(super) const MAX_BATCH_BYTES: u32 = 1_000_000;
/// How long a request may take before its connection is given up: a broker that was stopped holds connections open.
const REQUEST_TIMEOUT_MS: u32 = 6_000;

/// What a client is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Appends.
    Producer,
    /// Follows the end of all partitions.
    Tail,
    /// Reads a partition from anywhere.
    Cold,
    /// Asks about the topic, and reads single records.
    Survey,
    /// Creates the topic and asks for its settings.
    Admin,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Producer => "producer",
            Self::Tail => "tail",
            Self::Cold => "cold",
            Self::Survey => "survey",
            Self::Admin => "admin",
        }
    }
}

/// The settings of a client.
pub(super) fn config(settings: &KafkaSettings, role: Role) -> Result<ClientConfig, LogError> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.brokers)
        .set("client.id", format!("terminbuch-{}", role.name()))
        .set("socket.timeout.ms", REQUEST_TIMEOUT_MS.to_string())
        .set("socket.nagle.disable", "true")
        .set("socket.keepalive.enable", "true")
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "1000")
        .set("topic.metadata.refresh.interval.ms", "30000")
        .set("enable.metrics.push", "false")
        // A topic that is gone stays gone: one that an append made anew would have neither its settings nor genesis.
        .set("allow.auto.create.topics", "false")
        .set_log_level(RDKafkaLogLevel::Info);
    secure(&mut config, settings)?;
    match role {
        Role::Producer => producer(&mut config, settings),
        Role::Tail | Role::Cold | Role::Survey => consumer(&mut config, role),
        Role::Admin => {}
    }
    Ok(config)
}

fn secure(config: &mut ClientConfig, settings: &KafkaSettings) -> Result<(), LogError> {
    let security = &settings.security;
    config.set("security.protocol", security.protocol.name());
    if security.protocol.is_encrypted() {
        let files = [
            ("ssl.ca.location", "ca_file", &security.ca_file),
            ("ssl.certificate.location", "certificate_file", &security.certificate_file),
            ("ssl.key.location", "key_file", &security.key_file),
        ];
        for (key, name, file) in files {
            let Some(file) = file else { continue };
            std::fs::File::open(file).map_err(|error| {
                LogError::Mismatch(format!("{name} {} cannot be read: {error}", file.display()))
            })?;
            config.set(key, file.display().to_string());
        }
        if let Some(password) = &security.key_password {
            config.set("ssl.key.password", password.reveal());
        }
    }
    if security.protocol.has_sasl() {
        let (Some(username), Some(password)) = (&security.username, &security.password) else {
            return Err(LogError::Mismatch(format!(
                "protocol {} needs username and password",
                security.protocol.name()
            )));
        };
        config
            .set("sasl.mechanisms", security.sasl_mechanism.name())
            .set("sasl.username", username)
            .set("sasl.password", password.reveal());
    }
    Ok(())
}

fn producer(config: &mut ClientConfig, settings: &KafkaSettings) {
    config
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("linger.ms", "0")
        // A broker works off one request of a connection after the other anyway. What is decided while one is under way
        // makes the next batch, so that there are few large ones under load and none waits when there is none.
        .set("max.in.flight.requests.per.connection", "1")
        // The headers are the same nearly everywhere, and longer than many a record. The topic keeps what comes so.
        .set("compression.type", "lz4")
        .set("message.timeout.ms", settings.message_timeout_ms.to_string())
        .set("request.timeout.ms", (REQUEST_TIMEOUT_MS - 2_000).to_string())
        .set("message.max.bytes", MAX_BATCH_BYTES.to_string())
        .set("batch.size", MAX_BATCH_BYTES.to_string())
        // What does not fit is told as unknown at once: a writer bounds what it has in flight far below this.
        .set("queue.buffering.max.messages", "500000")
        .set("queue.buffering.max.kbytes", "262144")
        .set("retry.backoff.ms", "50");
}

/// How long brokers keep a request of readers for whom there is nothing. The library has one under way at a time, so whoever
/// is assigned to another place waits that long for its first record.
const SHORT_WAIT_MS: &str = "5";

fn consumer(config: &mut ClientConfig, role: Role) {
    config
        // The library wants a name for every consumer; nobody joins the group, and nothing is committed.
        .set("group.id", "terminbuch")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("isolation.level", "read_uncommitted")
        .set("auto.offset.reset", "error")
        .set("check.crcs", "true")
        .set("fetch.error.backoff.ms", "100");
    match role {
        Role::Tail => config
            .set("fetch.wait.max.ms", "500")
            .set("fetch.queue.backoff.ms", "2")
            .set("queued.max.messages.kbytes", "32768"),
        Role::Cold => config
            .set("enable.partition.eof", "true")
            .set("fetch.wait.max.ms", SHORT_WAIT_MS)
            .set("fetch.queue.backoff.ms", "2")
            .set("fetch.message.max.bytes", "4194304")
            .set("queued.max.messages.kbytes", "8192"),
        _ => config
            .set("enable.partition.eof", "true")
            .set("fetch.wait.max.ms", SHORT_WAIT_MS)
            // What was answered already must not keep the rest waiting.
            .set("fetch.queue.backoff.ms", "2")
            .set("fetch.message.max.bytes", "16384")
            .set("queued.min.messages", "1"),
    };
}

/// A consumer of ours.
pub(super) type Reader = BaseConsumer<Ear>;

/// A consumer for one of the reading roles.
pub(super) fn reader(settings: &KafkaSettings, role: Role) -> Result<Reader, LogError> {
    config(settings, role)?.create_with_context(Ear::new(role)).map_err(|error| cannot_make(role, &error))
}

pub(super) fn cannot_make(role: Role, error: &KafkaError) -> LogError {
    LogError::Mismatch(format!("the {} client cannot be made: {error}", role.name()))
}

/// These partitions from these offsets on.
pub(super) fn assign(
    reader: &Reader,
    topic: &str,
    places: impl IntoIterator<Item = (Partition, u64)>,
) -> Result<(), LogError> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in places {
        let offset = Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX));
        list.add_partition_offset(topic, number(partition), offset).map_err(|error| failed(&error))?;
    }
    reader.assign(&list).map_err(|error| failed(&error))
}

/// The partition's number as Kafka has it.
pub(super) fn number(partition: Partition) -> i32 {
    i32::try_from(partition.0).unwrap_or(i32::MAX)
}

/// The lowest offset of a partition, and the one after its last.
pub(super) fn watermarks(
    reader: &Reader,
    topic: &str,
    partition: Partition,
    timeout: Duration,
) -> Result<(u64, u64), KafkaError> {
    let (low, high) = reader.fetch_watermarks(topic, number(partition), timeout)?;
    Ok((u64::try_from(low).unwrap_or(0), u64::try_from(high).unwrap_or(0)))
}

/// What the brokers know of a topic, or of all when none is named. It hears what the client has to say meanwhile.
pub(super) fn metadata(
    reader: &Reader,
    topic: Option<&str>,
    timeout: Duration,
) -> Result<Metadata, KafkaError> {
    let metadata = reader.fetch_metadata(topic, timeout);
    // Errors of connections are events that only polling delivers to the ear; records cannot come, nothing is assigned.
    while reader.poll(Duration::ZERO).is_some() {}
    metadata
}

pub(super) fn failed(error: &KafkaError) -> LogError {
    LogError::Unreachable(error.to_string())
}

/// Hears what a client says about its connections.
#[derive(Debug, Clone)]
pub(super) struct Ear {
    role: Role,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Debug, Default)]
struct Heard {
    /// Why the brokers will not have us, whatever we try.
    refused: Option<String>,
    /// Why the last connection failed.
    last: Option<String>,
    /// What was logged last, so that it is not said again each second.
    logged: Option<RDKafkaErrorCode>,
}

impl Ear {
    pub(super) fn new(role: Role) -> Self {
        Self { role, heard: Arc::default() }
    }

    /// Why the brokers will not have us, if they said so.
    pub(super) fn refused(&self) -> Option<String> {
        self.heard().refused.clone()
    }

    /// Why the last connection failed.
    pub(super) fn last(&self) -> Option<String> {
        self.heard().last.clone()
    }

    pub(super) fn hear(&self, error: &KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code() else { return };
        let mut heard = self.heard();
        match code {
            RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SSL => {
                heard.refused = Some(reason.to_owned())
            }
            // No error.
            RDKafkaErrorCode::PartitionEOF => return,
            // It only sums up what was said before.
            RDKafkaErrorCode::AllBrokersDown => {}
            _ => heard.last = Some(reason.to_owned()),
        }
        if heard.logged != Some(code) {
            heard.logged = Some(code);
            tracing::warn!(client = self.role.name(), %error, reason, "the brokers");
        }
    }

    pub(super) fn note(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        tracing::debug!(client = self.role.name(), ?level, facility, "{line}");
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Ear {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.note(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.hear(&error, reason);
    }
}

impl ConsumerContext for Ear {}
