//! The one reader at the end of all partitions, on a thread of its own.
//!
//! What it has polled without waiting is one batch: published with one lock for each partition, and told of once. When
//! the brokers go away the library tries again by itself; when it gives a partition up, or stands still although there is
//! more to read, the reader is assigned anew, from the ends that were seen. What was given up is not read on before the
//! guard has found that the log still has what was read of it: it may have lost its end, and have grown again since.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Monotonic};

use crossbeam_channel::Sender;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message, Timestamp};
use schemas::Instant;
use schemas::ids::Partition;

use super::super::{Entry, LogError};
use super::client::{self, Reader, Role};
use super::settings::KafkaSettings;
use super::shared::{Moved, Shared};
use super::threads::spawn;

/// How long one poll waits.
const WAIT: Duration = Duration::from_millis(100);
/// At most so many records and bytes are one batch, so that nobody waits for more of them than that.
const BATCH_RECORDS: usize = 4_096;
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// How soon a reader is assigned again that could not be.
const ASSIGN_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Between the tail and the guard.
#[derive(Default)]
pub(super) struct Signals {
    pub(super) stop: AtomicBool,
    /// The guard asks the tail to begin anew with another reader.
    pub(super) begin_anew: AtomicBool,
    /// The tail asks the guard to look.
    pub(super) look: AtomicBool,
    /// The guard has looked since, and the tail may read on from where it was.
    pub(super) read_on: AtomicBool,
}

pub(super) struct Follower {
    settings: KafkaSettings,
    shared: Arc<Shared>,
    signals: Arc<Signals>,
    alarm: Sender<()>,
    reader: Reader,
    batch: Vec<Vec<Entry>>,
    moved: Moved,
    assign_at: Option<Monotonic>,
    looked_at: Monotonic,
}

impl Follower {
    /// Follows from the ends that `shared` has. `alarm` is raised when somebody should look at the topic.
    pub(super) fn start(
        settings: &KafkaSettings,
        shared: &Arc<Shared>,
        signals: &Arc<Signals>,
        alarm: Sender<()>,
    ) -> Result<JoinHandle<()>, LogError> {
        let follower = Self {
            settings: settings.clone(),
            shared: Arc::clone(shared),
            signals: Arc::clone(signals),
            alarm,
            reader: client::reader(settings, Role::Tail)?,
            batch: shared.all().map(|_| Vec::new()).collect(),
            moved: Moved::default(),
            assign_at: None,
            looked_at: Monotonic::now(),
        };
        follower.assign()?;
        spawn("kafka-tail", move || follower.run())
    }

    fn run(mut self) {
        while !self.signals.stop.load(Ordering::SeqCst) {
            self.poll_batch();
            self.keep_going();
        }
    }

    fn poll_batch(&mut self) {
        let (mut records, mut bytes, mut wait) = (0, 0, WAIT);
        while records < BATCH_RECORDS && bytes < BATCH_BYTES {
            match self.reader.poll(wait) {
                None => break,
                Some(Ok(message)) => {
                    if let Some((partition, entry)) = entry(&message) {
                        records += 1;
                        bytes += entry.value.len();
                        if let Some(batch) = self.batch.get_mut(partition) {
                            batch.push(entry);
                        }
                    }
                }
                Some(Err(error)) => {
                    if given_up(&error) && !self.signals.look.swap(true, Ordering::SeqCst) {
                        tracing::warn!(%error, "the tail of the log was given up; looking why");
                        // It is being looked at already when nobody takes it.
                        let _full = self.alarm.try_send(());
                    }
                }
            }
            wait = Duration::ZERO;
        }
        if records > 0 {
            self.publish();
        }
    }

    fn publish(&mut self) {
        for (partition, entries) in (0..).map(Partition).zip(&mut self.batch) {
            if !entries.is_empty() {
                self.shared.publish(partition, entries, &mut self.moved);
            }
        }
        self.shared.tell(&mut self.moved);
    }

    /// Once a second, and when it was asked for: whatever a reader needs to go on.
    fn keep_going(&mut self) {
        let now = Monotonic::now();
        if self.signals.begin_anew.swap(false, Ordering::SeqCst) {
            match client::reader(&self.settings, Role::Tail) {
                Ok(reader) => self.reader = reader,
                Err(error) => tracing::error!(%error, "the tail's reader cannot be made anew"),
            }
            self.assign_at = Some(now);
        }
        if self.signals.read_on.swap(false, Ordering::SeqCst) {
            self.assign_at = Some(now);
        }
        if self.assign_at.is_some_and(|at| at <= now) {
            self.assign_at = None;
            if let Err(error) = self.assign() {
                tracing::error!(%error, "the tail's reader cannot be assigned");
                self.assign_at = Some(now + ASSIGN_AGAIN_AFTER);
            }
        }
        if now.duration_since(self.looked_at) > Duration::from_secs(1) {
            self.looked_at = now;
            self.shared.give_up_waiting();
        }
    }

    /// To all partitions but those that have a gap at their end.
    fn assign(&self) -> Result<(), LogError> {
        let ends: Vec<_> = self
            .shared
            .all()
            .filter(|partition| self.shared.sound_in(*partition).is_ok())
            .map(|partition| Ok((partition, self.shared.end(partition)?)))
            .collect::<Result<_, LogError>>()?;
        client::assign(&self.reader, &self.settings.topic, ends)
    }
}

/// A message as an entry, and the index of its partition.
pub(super) fn entry(message: &BorrowedMessage<'_>) -> Option<(usize, Entry)> {
    let appended_at = match message.timestamp() {
        Timestamp::LogAppendTime(millis) => Instant::from_millis(millis),
        // A producer's clock is no witness.
        Timestamp::CreateTime(_) | Timestamp::NotAvailable => None,
    };
    let entry = Entry {
        offset: u64::try_from(message.offset()).ok()?,
        value: Arc::from(message.payload().unwrap_or_default()),
        appended_at,
    };
    Some((usize::try_from(message.partition()).ok()?, entry))
}

/// Whether a reader stops reading a partition after this error. All others it mends by itself.
pub(super) fn given_up(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::AutoOffsetReset
                | RDKafkaErrorCode::OffsetOutOfRange
                | RDKafkaErrorCode::LogTruncation
                | RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownPartition
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownTopicId
                | RDKafkaErrorCode::Fatal
        )
    )
}
