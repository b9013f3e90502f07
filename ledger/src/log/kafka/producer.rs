//! Appending: one idempotent producer, and a thread that hears what became of each record.
//!
//! Every error is told as unknown: only reading tells. So is a call whose last record is acknowledged without an offset,
//! as one that the brokers had already. (Those before the last stand before it, wherever that is.) After a fatal error of the library the producer is made anew; what
//! was under way is told as unknown, and the first records of the new one may stand before the last of the old.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use schemas::ids::{CentreId, Partition};

use super::super::{LogError, OnOutcome, Outgoing};
use super::client::{self, Ear, Role};
use super::cold::ANEW;
use super::headers::Scribe;
use super::settings::KafkaSettings;
use super::shared::{Shared, call};
use super::threads::spawn;

/// How long the thread listens before it looks whether it should stop.
const LISTEN: Duration = Duration::from_millis(100);
/// How long closing waits for what is under way.
const LAST_WAIT: Duration = Duration::from_secs(1);
/// How long after a producer could not be made it is tried again.
const MAKE_AGAIN_AFTER: Duration = Duration::from_secs(1);

type Current = Arc<BaseProducer<Deliveries>>;

pub(super) struct Producer {
    settings: KafkaSettings,
    shared: Arc<Shared>,
    current: RwLock<Current>,
    stop: AtomicBool,
}

impl Producer {
    pub(super) fn start(
        settings: &KafkaSettings,
        shared: &Arc<Shared>,
    ) -> Result<(Arc<Self>, JoinHandle<()>), LogError> {
        let producer = Arc::new(Self {
            settings: settings.clone(),
            shared: Arc::clone(shared),
            current: RwLock::new(make(settings, shared)?),
            stop: AtomicBool::new(false),
        });
        let listening = Arc::clone(&producer);
        let thread = spawn("kafka-outcomes", move || listening.listen())?;
        Ok((producer, thread))
    }

    /// Hands values over; it never waits.
    pub(super) fn append(&self, partition: Partition, values: &[Outgoing], on_outcome: OnOutcome) {
        if values.is_empty() {
            return call("an outcome", || on_outcome(Ok(())));
        }
        let begun_at = self.shared.end(partition).unwrap_or(0);
        let append = Arc::new(Append::new(partition, begun_at, values.len(), on_outcome));
        let producer = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let mut scribe = Scribe::default();
        for (at, outgoing) in values.iter().enumerate() {
            if let Err(error) = self.send(&producer, outgoing, &append, &mut scribe) {
                // What comes after it would follow a head that is not there.
                append.failed(failure(&error));
                append.done(values.len() - at, &self.shared);
                return;
            }
        }
    }

    fn send(
        &self,
        producer: &Current,
        outgoing: &Outgoing,
        append: &Arc<Append>,
        scribe: &mut Scribe,
    ) -> Result<(), KafkaError> {
        let key = outgoing.centre.as_ref().map(CentreId::as_str);
        let mut record =
            BaseRecord::<[u8], [u8], _>::with_opaque_to(&self.settings.topic, Arc::clone(append))
                .partition(client::number(append.partition))
                .payload(&outgoing.value);
        record.key = key.map(str::as_bytes);
        record.headers = scribe.headers(&outgoing.value, key);
        producer.send(record).map_err(|(error, _)| error)
    }

    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    fn listen(&self) {
        let mut made_at = Instant::now();
        while !self.stop.load(Ordering::SeqCst) {
            // Held while it polls: whoever drops the log in a callback must not destroy the client that calls it.
            let producer = self.now();
            producer.poll(LISTEN);
            // Asked for, for the event of it has the code of what caused it and looks like any other.
            if let Some((_, reason)) = producer.client().fatal_error() {
                tracing::warn!(reason, "the producer has failed for good and is made anew");
                // One that fails at once, as without the right to write, would be made anew all the time.
                if made_at.elapsed() < MAKE_AGAIN_AFTER {
                    std::thread::sleep(MAKE_AGAIN_AFTER);
                }
                self.make_anew();
                made_at = Instant::now();
            }
        }
        let producer = self.now();
        if producer.in_flight_count() > 0
            && let Err(error) = producer.flush(LAST_WAIT)
        {
            tracing::warn!(%error, "records were under way when the log was closed");
        }
    }

    fn now(&self) -> Current {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn make_anew(&self) {
        match make(&self.settings, &self.shared) {
            Ok(made) => {
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                *current = made;
            }
            Err(error) => {
                tracing::error!(%error, "the producer cannot be made anew");
                std::thread::sleep(MAKE_AGAIN_AFTER);
            }
        }
    }
}

fn make(settings: &KafkaSettings, shared: &Arc<Shared>) -> Result<Current, LogError> {
    let context = Deliveries { ear: Ear::new(Role::Producer), shared: Arc::clone(shared) };
    let made = client::config(settings, Role::Producer)?.create_with_context(context);
    made.map(Arc::new).map_err(|error| client::cannot_make(Role::Producer, &error))
}

fn failure(error: &KafkaError) -> LogError {
    LogError::Unreachable(match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::QueueFull) => "too much waits to be sent already".to_owned(),
        Some(RDKafkaErrorCode::MessageTimedOut) => "the brokers did not take a record in time".to_owned(),
        Some(RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight) => {
            "the log was closed, or the producer made anew, while a record was under way".to_owned()
        }
        _ => error.to_string(),
    })
}

/// One call of `append` on its way.
struct Append {
    partition: Partition,
    /// Where the log ended at least when it was handed over.
    begun_at: u64,
    /// Values of which nothing was heard yet.
    left: AtomicUsize,
    /// The offset after the last value that was acknowledged.
    until: AtomicU64,
    /// The value that was acknowledged last has no offset.
    unplaced: AtomicBool,
    failed: OnceLock<LogError>,
    on_outcome: Mutex<Option<OnOutcome>>,
}

impl Append {
    fn new(partition: Partition, begun_at: u64, values: usize, on_outcome: OnOutcome) -> Self {
        Self {
            partition,
            begun_at,
            left: AtomicUsize::new(values),
            until: AtomicU64::new(0),
            unplaced: AtomicBool::new(false),
            failed: OnceLock::new(),
            on_outcome: Mutex::new(Some(on_outcome)),
        }
    }

    fn failed(&self, error: LogError) {
        // The first error is told; those that follow from it say no more.
        let _later = self.failed.set(error);
    }

    /// So many more values are decided. Whoever decides the last one tells the outcome.
    fn done(&self, values: usize, shared: &Shared) {
        if self.left.fetch_sub(values, Ordering::AcqRel) != values {
            return;
        }
        let on_outcome = self.on_outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(on_outcome) = on_outcome else { return };
        if self.unplaced.load(Ordering::Acquire) {
            self.failed(LogError::Unreachable(
                "a record was acknowledged without its offset, as one that stands there already".to_owned(),
            ));
        }
        match self.failed.get() {
            None => shared.acknowledged(self.partition, self.until.load(Ordering::Acquire), on_outcome),
            Some(error) => call("an outcome", || on_outcome(Err(error.clone()))),
        }
    }
}

/// What is appended stands behind what was read before, unless that is gone.
fn written_over(partition: Partition, offset: u64, begun_at: u64) -> String {
    format!(
        "partition {partition} took a record at offset {offset}, and was read to {begun_at} before: the topic was made anew, \
         or brokers lost what they had acknowledged. {ANEW}"
    )
}

/// Hears what became of records.
struct Deliveries {
    ear: Ear,
    shared: Arc<Shared>,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.ear.note(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.ear.hear(&error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Arc<Append>;

    fn delivery(&self, result: &DeliveryResult<'_>, append: Arc<Append>) {
        match result {
            Ok(message) => {
                let offset = u64::try_from(message.offset());
                if let Ok(offset) = offset.as_ref()
                    && *offset < append.begun_at
                {
                    self.shared.damaged(written_over(append.partition, *offset, append.begun_at));
                }
                append.unplaced.store(offset.is_err(), Ordering::Release);
                append.until.fetch_max(offset.map_or(0, |offset| offset.saturating_add(1)), Ordering::AcqRel);
            }
            Err((error, _)) => append.failed(failure(error)),
        }
        append.done(1, &self.shared);
    }
}
