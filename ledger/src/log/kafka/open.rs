//! Opening: are the brokers there, do they know us, is the topic safe, and is it the ledger that was asked for?

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;
use schemas::Prefix;
use schemas::ids::Partition;

use super::super::LogError;
use super::super::identity::Identity;
use super::client::{self, Reader, Role};
use super::cold::begins_late;
use super::places::{entries_at, first_entries_from};
use super::settings::KafkaSettings;

/// How long one question may take, so that a refusal is noticed between two.
const ASK_FOR: Duration = Duration::from_millis(500);
/// A topic whose brokers just started may be unknown for so long.
const UNKNOWN_FOR: Duration = Duration::from_secs(2);

/// A client that the brokers answer, with the time there is for questions.
pub(super) struct Survey {
    pub(super) reader: Reader,
    settings: KafkaSettings,
    deadline: Instant,
    unknown_for: Duration,
}

/// How the topic is spread over the brokers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spread {
    pub(super) partitions: u32,
    /// The fewest replicas that a partition has.
    pub(super) replication: usize,
}

impl Spread {
    fn all(&self) -> impl Iterator<Item = Partition> + use<> {
        (0..self.partitions).map(Partition)
    }
}

impl Survey {
    /// # Errors
    /// When the settings cannot be used.
    pub(super) fn begin(settings: &KafkaSettings) -> Result<Self, LogError> {
        let reader = client::reader(settings, Role::Survey)?;
        let deadline = Instant::now() + settings.open_timeout();
        Ok(Self { reader, settings: settings.clone(), deadline, unknown_for: UNKNOWN_FOR })
    }

    /// Of a topic that was just made: it is there, however late each broker hears of it.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub(super) fn of_new(settings: &KafkaSettings) -> Result<Self, LogError> {
        Ok(Self { unknown_for: settings.open_timeout(), ..Self::begin(settings)? })
    }

    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// How many brokers there are.
    pub(super) fn brokers(&self) -> Result<usize, LogError> {
        self.ask(None, |metadata| Some(metadata.brokers().len()).filter(|&brokers| brokers > 0))
    }

    /// How the topic is spread; none: there is no such topic.
    pub(super) fn spread(&self) -> Result<Option<Spread>, LogError> {
        let begun = Instant::now();
        self.ask(Some(&self.settings.topic), |metadata| {
            let topic = metadata.topics().iter().find(|topic| topic.name() == self.settings.topic)?;
            if let Some(error) = topic.error() {
                let unknown = RDKafkaErrorCode::from(error) == RDKafkaErrorCode::UnknownTopicOrPartition;
                return (unknown && begun.elapsed() > self.unknown_for).then_some(Ok(None)).or_else(|| {
                    let refused = RDKafkaErrorCode::from(error) == RDKafkaErrorCode::TopicAuthorizationFailed;
                    refused.then(|| {
                        Err(LogError::Mismatch(format!(
                            "the brokers do not let us use topic {}: allow this user to describe, read and write it",
                            self.settings.topic
                        )))
                    })
                });
            }
            // A leader is being elected.
            if topic.partitions().iter().any(|partition| partition.leader() < 0) {
                return None;
            }
            let replication = topic.partitions().iter().map(|partition| partition.replicas().len()).min()?;
            let partitions = u32::try_from(topic.partitions().len()).unwrap_or(u32::MAX);
            Some(Ok(Some(Spread { partitions, replication })))
        })?
    }

    /// Asks until `answer` finds one, the brokers refuse us or the time is over.
    fn ask<T>(
        &self,
        topic: Option<&str>,
        mut answer: impl FnMut(&Metadata) -> Option<T>,
    ) -> Result<T, LogError> {
        let mut last = None;
        while !self.left().is_zero() {
            let begun = Instant::now();
            match client::metadata(&self.reader, topic, ASK_FOR.min(self.left())) {
                Ok(metadata) => {
                    if let Some(answer) = answer(&metadata) {
                        return Ok(answer);
                    }
                    last = Some("the topic has no leader for some partition".to_owned());
                }
                Err(error) => last = Some(error.to_string()),
            }
            if let Some(reason) = self.reader.context().refused() {
                return Err(self.refused(&reason));
            }
            std::thread::sleep(ASK_FOR.saturating_sub(begun.elapsed()).min(self.left()) / 4);
        }
        Err(self.no_answer(last))
    }

    fn refused(&self, reason: &str) -> LogError {
        LogError::Mismatch(format!(
            "the brokers {} refuse us: {reason}. Look at the protocol, user name, password and certificates that are set",
            self.settings.brokers
        ))
    }

    fn no_answer(&self, last: Option<String>) -> LogError {
        let reason = self.reader.context().last().or(last).unwrap_or_else(|| "no answer".to_owned());
        LogError::Unreachable(format!(
            "no answer from the brokers {} within {} s: {reason}. Start them, or name others; brokers that want TLS or a \
             password do not answer who comes without",
            self.settings.brokers,
            self.settings.open_timeout().as_secs_f32()
        ))
    }

    /// Nobody is told to delete a topic because a broker did not know it for a moment.
    fn has_no_genesis(&self, partition: Partition) -> Result<(), LogError> {
        let topic = &self.settings.topic;
        let asked = self.reader.fetch_watermarks(topic, client::number(partition), self.left());
        let (begins, ends) = asked.map_err(|error| {
            LogError::Unreachable(format!(
                "where partition {partition} of topic {topic} ends cannot be asked: {error}"
            ))
        })?;
        if begins == 0 && ends > 0 {
            return Err(LogError::Unreachable(format!(
                "partition {partition} of topic {topic} has {ends} records, and the first one cannot be read now"
            )));
        }
        Ok(())
    }

    /// What the geneses of all partitions agree on.
    pub(super) fn identity(&self, spread: &Spread) -> Result<(Identity, Vec<u8>), LogError> {
        let topic = &self.settings.topic;
        let mut office = Vec::new();
        let places: Vec<_> = spread.all().map(|partition| (partition, 0)).collect();
        let mut firsts = entries_at(&self.reader, topic, &places, self.left())?.into_iter();
        let identity = Identity::of_all(|partition| {
            let value = firsts.next().flatten().map(|entry| entry.value.to_vec());
            if value.is_none() {
                self.has_no_genesis(partition)?;
                return Err(LogError::Mismatch(format!(
                    "topic {topic} is no ledger: partition {partition} has no genesis. Delete the topic if it is yours, and \
                     make it with `terminbuch topics`"
                )));
            }
            if partition == Partition::OFFICE {
                office = value.clone().unwrap_or_default();
            }
            Ok(value)
        });
        let identity = identity.map_err(|error| match error {
            LogError::Damaged(what) => LogError::Mismatch(format!(
                "topic {topic} is no ledger that this program can read: {what}. Name another topic, or make one with \
                 `terminbuch topics`"
            )),
            other => other,
        })?;
        if identity.genesis.partitions != spread.partitions {
            return Err(LogError::Mismatch(format!(
                "topic {topic} has {} partitions, but was made with {}: partitions cannot be taken away. The ledger's own are \
                 as they were; copy them to a topic of {} partitions",
                spread.partitions, identity.genesis.partitions, identity.genesis.partitions
            )));
        }
        Ok((identity, office))
    }

    /// The ends of all partitions, which must begin at 0.
    pub(super) fn ends(&self, spread: &Spread) -> Result<Vec<u64>, LogError> {
        let ends = spread.all().map(|partition| match self.begin_and_end(partition)? {
            (0, high) => Ok(high),
            (low, _) => Err(begins_late(partition, low)),
        });
        ends.collect::<Result<Vec<_>, LogError>>().map_err(|error| match error {
            // Nobody is to restore somebody else's topic, nor to mourn a ledger that was never there.
            LogError::Damaged(_) if self.is_somebody_elses(spread) => LogError::Mismatch(format!(
                "topic {} is no ledger that this program can read: its beginning is gone, and what stands there is no record \
                 of a ledger. Name another topic, or make one with `terminbuch topics`",
                self.settings.topic
            )),
            other => other,
        })
    }

    /// Whether something stands in the topic, and the first that a partition still has is a record in none of them. In
    /// one of them it may be garbage.
    fn is_somebody_elses(&self, spread: &Spread) -> bool {
        let begins = |partition| Some((partition, self.begin_and_end(partition).ok()?.0));
        let places: Vec<_> = spread.all().filter_map(begins).collect();
        let firsts = first_entries_from(&self.reader, &self.settings.topic, &places, self.left());
        let firsts: Vec<_> = firsts.unwrap_or_default().into_iter().flatten().collect();
        !firsts.is_empty() && firsts.iter().all(|first| Prefix::split(&first.value).is_err())
    }

    fn begin_and_end(&self, partition: Partition) -> Result<(u64, u64), LogError> {
        loop {
            match client::watermarks(&self.reader, &self.settings.topic, partition, self.left()) {
                Ok(found) => return Ok(found),
                Err(error) if self.left().is_zero() || !passes(&error) => {
                    return Err(self.no_answer(Some(error.to_string())));
                }
                Err(_) => std::thread::sleep(ASK_FOR / 10),
            }
        }
    }
}

/// Whether asking again may help, as while a leader changes.
fn passes(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::NotLeaderForPartition
                | RDKafkaErrorCode::LeaderNotAvailable
                | RDKafkaErrorCode::OffsetNotAvailable
                | RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownPartition
        )
    )
}
