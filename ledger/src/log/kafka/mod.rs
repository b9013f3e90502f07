//! The log in Apache Kafka: one topic, whose partitions are those of the ledger.
//!
//! Three kinds of clients: one idempotent producer (`producer`), one reader that follows the end of all partitions into
//! memory (`follow`), and readers from anywhere that last as long as somebody reads on with them (`cold`). An append
//! is told as done once the tail has read what was acknowledged, so whoever hears of it can read it. A guard (`guard`)
//! looks now and then whether the topic is still the one that was opened.
//!
//! Nothing is decided here about what counts: whoever may write to the topic can append anything, and the chain judges.
//! Offsets are passed on as the brokers have them, so that a gap halts the reader.

pub mod broker;
mod client;
mod cold;
mod follow;
mod guard;
mod headers;
mod open;
mod places;
mod producer;
mod read_only;
mod settings;
mod shared;
#[cfg(test)]
mod tests;
mod threads;
pub mod topic;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Sender, bounded};
use schemas::Genesis;
use schemas::ids::{LedgerId, Partition};

use self::cold::ColdReaders;
use self::follow::{Follower, Signals};
use self::guard::Guard;
use self::open::Survey;
use self::producer::Producer;
pub use self::read_only::{Copies, Difference, TopicReader};
pub use self::settings::{KafkaSettings, Password, Protocol, SaslMechanism, Security};
use self::shared::Shared;
use self::threads::join;
use self::topic::TopicError;
use super::identity::Identity;
use super::{Entry, Log, LogError, NewLedger, OnMoved, OnOutcome, Outgoing};

/// A log in a topic of Apache Kafka. Other processes may append to it, too.
pub struct KafkaLog {
    identity: Identity,
    shared: Arc<Shared>,
    cold: Arc<ColdReaders>,
    producer: Arc<Producer>,
    signals: Arc<Signals>,
    alarm: Sender<()>,
    appending: Option<JoinHandle<()>>,
    following: Option<JoinHandle<()>>,
    guarding: Option<JoinHandle<()>>,
}

impl KafkaLog {
    /// Opens the ledger in a topic that `topic::create` has made, after a look whether the topic could lose data.
    ///
    /// # Errors
    /// Within about the settings' `open_timeout_ms`. `Unreachable` when no broker answers; `Mismatch` when they refuse
    /// us, there is no such topic, it could lose data, it is no ledger, or not the one that is expected; `Damaged` when
    /// it has lost its beginning.
    pub fn open(settings: &KafkaSettings, expect: Option<&NewLedger>) -> Result<Self, LogError> {
        let survey = Survey::begin(settings)?;
        let missing = || LogError::Mismatch(TopicError::Missing(settings.topic.clone()).to_string());
        let spread = survey.spread()?.ok_or_else(missing)?;
        // Whose topic it is comes first: nobody is to mend somebody else's.
        let ends = survey.ends(&spread)?;
        let (identity, office_genesis) = survey.identity(&spread)?;
        let (findings, warnings) = topic::look(settings, &survey, &spread).map_err(|error| match error {
            TopicError::Log(error) => error,
            other => LogError::Mismatch(other.to_string()),
        })?;
        warnings.iter().for_each(|warning| tracing::warn!("topic {}: {warning}", settings.topic));
        if !findings.is_empty() {
            let findings: Vec<_> = findings.iter().map(ToString::to_string).collect();
            let topic = &settings.topic;
            return Err(LogError::Mismatch(format!(
                "topic {topic} could lose data: {}",
                findings.join("; ")
            )));
        }
        expect.map_or(Ok(()), |expected| identity.agree(expected))?;
        Self::start(settings, identity, &ends, survey, office_genesis)
    }

    fn start(
        settings: &KafkaSettings,
        identity: Identity,
        ends: &[u64],
        survey: Survey,
        office_genesis: Vec<u8>,
    ) -> Result<Self, LogError> {
        let shared = Arc::new(Shared::at(ends));
        let cold = Arc::new(ColdReaders::new(settings, shared.partitions()));
        let signals = Arc::new(Signals::default());
        let (alarm, alarms) = bounded(1);
        let following = Follower::start(settings, &shared, &signals, alarm.clone())?;
        let guard = Guard {
            settings: settings.clone(),
            shared: Arc::clone(&shared),
            cold: Arc::clone(&cold),
            signals: Arc::clone(&signals),
            survey: survey.reader,
            office_genesis,
            suspicions: HashMap::new(),
            unanswered: 0,
            settings_at: Instant::now(),
        };
        let guarding = guard.start(alarms)?;
        let (producer, appending) = Producer::start(settings, &shared)?;
        Ok(Self {
            identity,
            shared,
            cold,
            producer,
            signals,
            alarm,
            appending: Some(appending),
            following: Some(following),
            guarding: Some(guarding),
        })
    }

    /// Which ledger it is, and how it began.
    pub fn identity(&self) -> (LedgerId, Genesis) {
        (self.identity.ledger, self.identity.genesis)
    }

    /// Reads as [`Log::read`] does, but never from memory: what was read back and what stands in the topic must be the
    /// same.
    ///
    /// # Errors
    /// As [`Log::read`].
    pub fn read_cold(
        &self,
        partition: Partition,
        from: u64,
        max_bytes: usize,
    ) -> Result<Vec<Entry>, LogError> {
        self.shared.sound()?;
        let (end, _) = self.shared.read(partition, from, 0)?;
        self.note_last(partition, self.cold.read(partition, from, end, max_bytes))
    }

    /// What was read last must stand there for ever: the guard looks.
    fn note_last(
        &self,
        partition: Partition,
        read: Result<Vec<Entry>, LogError>,
    ) -> Result<Vec<Entry>, LogError> {
        if let Some(last) = read.as_ref().ok().and_then(|entries| entries.last()) {
            self.shared.was_read(partition, last);
        }
        read
    }
}

impl Log for KafkaLog {
    fn partitions(&self) -> u32 {
        self.shared.partitions()
    }

    fn exclusive(&self) -> bool {
        false
    }

    fn append(&self, partition: Partition, values: Vec<Outgoing>, on_outcome: OnOutcome) {
        match self.shared.sound_in(partition) {
            Ok(()) => self.producer.append(partition, &values, on_outcome),
            Err(damage) => on_outcome(Err(damage)),
        }
    }

    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        self.shared.sound()?;
        match self.shared.read(partition, from, max_bytes)? {
            (_, Some(entries)) => Ok(entries),
            (end, None) => self.note_last(partition, self.cold.read(partition, from, end, max_bytes)),
        }
    }

    fn read_without_waiting(
        &self,
        partition: Partition,
        from: u64,
        max_bytes: usize,
    ) -> Result<Option<Vec<Entry>>, LogError> {
        self.shared.sound()?;
        match self.shared.read(partition, from, max_bytes)? {
            (_, Some(entries)) => Ok(Some(entries)),
            (end, None) => {
                let arrived = self.cold.read_arrived(partition, from, end, max_bytes);
                let arrived = self.note_last(partition, arrived)?;
                Ok((!arrived.is_empty()).then_some(arrived))
            }
        }
    }

    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        self.shared.sound()?;
        self.shared.end(partition)
    }

    fn subscribe(&self, on_moved: OnMoved) {
        self.shared.subscribe(on_moved);
    }

    fn out_of_reach(&self) -> Option<String> {
        self.shared.out_of_reach()
    }
}

impl Drop for KafkaLog {
    /// Waits a second at most for what is under way; what is left then is told as unknown.
    fn drop(&mut self) {
        self.producer.stop();
        self.appending.take().into_iter().for_each(join);
        self.signals.stop.store(true, Ordering::SeqCst);
        // It is about to look when nobody takes it. The tail's thread holds an end of it, too, and may be this one.
        let _full = self.alarm.try_send(());
        self.following.take().into_iter().for_each(join);
        self.guarding.take().into_iter().for_each(join);
        self.shared.end_waiting(&LogError::Closed);
    }
}
