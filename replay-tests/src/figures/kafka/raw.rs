//! The yardsticks: the Kafka client alone, with the settings that keep data, and nothing of the ledger.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant as Stopwatch};

use anyhow::{Result, bail, ensure};
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, DeliveryResult, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::{Offset, TopicPartitionList};

/// How long a single step may take before the brokers are taken for gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is sent of one record, and to which partition.
#[derive(Clone)]
pub(super) struct Whole {
    partition: i32,
    key: Option<Arc<[u8]>>,
    headers: Option<OwnedHeaders>,
    pub(super) value: Arc<[u8]>,
}

impl Whole {
    /// A value alone.
    pub(super) fn bare(partition: i32, value: &[u8]) -> Self {
        Self { partition, key: None, headers: None, value: Arc::from(value) }
    }
}

/// A topic to try the client alone on.
pub(super) struct Raw<'a> {
    /// `host:port` of each broker.
    pub(super) brokers: &'a str,
    /// The topic, which is there.
    pub(super) topic: &'a str,
    /// How many partitions it has.
    pub(super) partitions: i32,
}

/// Counts what was acknowledged and what was not.
#[derive(Clone, Default)]
struct Acknowledged {
    done: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
}

impl ClientContext for Acknowledged {}

impl ProducerContext for Acknowledged {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let counter = if result.is_ok() { &self.done } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Raw<'_> {
    /// Records a second, from the first send to the last acknowledgement.
    pub(super) fn produce(&self, records: &[Whole]) -> Result<f64> {
        self.produce_in_windows(records, records.len())
    }

    /// Records a second in transactions of so many each.
    pub(super) fn produce_in_transactions(&self, records: &[Whole], batch: usize) -> Result<f64> {
        let mut to_send = copies(records);
        let counts = Acknowledged::default();
        let producer: BaseProducer<Acknowledged> =
            self.producer(Some(self.topic)).create_with_context(counts)?;
        producer.init_transactions(PATIENCE)?;
        let watch = Stopwatch::now();
        for batch in records.chunks(batch) {
            producer.begin_transaction()?;
            for record in to_send.by_ref().take(batch.len()) {
                self.send(&producer, record)?;
            }
            producer.commit_transaction(PATIENCE)?;
        }
        Ok(rate(records.len(), watch.elapsed()))
    }

    /// Records a second in windows of so many, each acknowledged before the next is sent.
    pub(super) fn produce_in_windows(&self, records: &[Whole], window: usize) -> Result<f64> {
        let mut to_send = copies(records);
        let counts = Acknowledged::default();
        let producer: BaseProducer<Acknowledged> = self.producer(None).create_with_context(counts.clone())?;
        let watch = Stopwatch::now();
        let mut sent = 0;
        for window in records.chunks(window.max(1)) {
            for record in to_send.by_ref().take(window.len()) {
                self.send(&producer, record)?;
            }
            sent += window.len();
            while counts.done.load(Ordering::Relaxed) < sent {
                producer.poll(Duration::from_millis(10));
                ensure!(counts.failed.load(Ordering::Relaxed) == 0, "a record was not taken");
                ensure!(watch.elapsed() < 10 * PATIENCE, "the brokers take no more records");
            }
        }
        Ok(rate(records.len(), watch.elapsed()))
    }

    /// The middle of the times from sending one record to reading it, one at a time.
    pub(super) fn round_trip(&self, value: &[u8], times: usize) -> Result<Duration> {
        // One record at a time is not kept waiting for more.
        let producer: BaseProducer<Acknowledged> =
            self.producer(None).set("linger.ms", "0").create_with_context(Acknowledged::default())?;
        let consumer = self.consumer()?;
        let (ready, is_ready) = mpsc::channel();
        let mut list = TopicPartitionList::new();
        let (_, end) = consumer.fetch_watermarks(self.topic, 0, PATIENCE)?;
        list.add_partition_offset(self.topic, 0, Offset::Offset(end))?;
        consumer.assign(&list)?;
        std::thread::scope(|scope| {
            let reader = scope.spawn(move || -> Result<()> {
                for _ in 0..times {
                    next(&consumer)?;
                    ready.send(())?;
                }
                Ok(())
            });
            let mut taken = Vec::with_capacity(times);
            let record = Whole::bare(0, value);
            for _ in 0..times {
                let watch = Stopwatch::now();
                self.send(&producer, record.clone())?;
                loop {
                    producer.poll(Duration::ZERO);
                    match is_ready.recv_timeout(Duration::from_millis(20)) {
                        Ok(()) => break,
                        Err(mpsc::RecvTimeoutError::Timeout) if watch.elapsed() < PATIENCE => {}
                        Err(error) => bail!("the record that was sent is not read: {error}"),
                    }
                }
                taken.push(watch.elapsed());
            }
            reader.join().map_err(|_| anyhow::anyhow!("the reader panicked"))??;
            taken.sort_unstable();
            Ok(taken.get(taken.len() / 2).copied().unwrap_or_default())
        })
    }

    /// Records a second, reading the whole topic with one consumer.
    pub(super) fn consume(&self) -> Result<f64> {
        let consumer = self.consumer()?;
        let (list, all) = self.whole_topic(&consumer)?;
        let watch = Stopwatch::now();
        consumer.assign(&list)?;
        let mut bytes = 0;
        for _ in 0..all {
            bytes += next(&consumer)?.payload_len();
        }
        std::hint::black_box(bytes);
        Ok(rate(all, watch.elapsed()))
    }

    /// Everything in the topic, as whoever sent it did.
    pub(super) fn records(&self) -> Result<Vec<Whole>> {
        let consumer = self.consumer()?;
        let (list, all) = self.whole_topic(&consumer)?;
        consumer.assign(&list)?;
        let mut records = Vec::with_capacity(all);
        for _ in 0..all {
            let message = next(&consumer)?;
            records.push(Whole {
                partition: message.partition(),
                key: message.key().map(Arc::from),
                headers: message.headers().map(BorrowedHeaders::detach),
                value: Arc::from(message.payload().unwrap_or_default()),
            });
        }
        Ok(records)
    }

    /// All partitions from their beginnings, and how many records they have.
    fn whole_topic(&self, consumer: &BaseConsumer) -> Result<(TopicPartitionList, usize)> {
        let (mut list, mut records) = (TopicPartitionList::new(), 0);
        for partition in 0..self.partitions {
            records += consumer.fetch_watermarks(self.topic, partition, PATIENCE)?.1;
            list.add_partition_offset(self.topic, partition, Offset::Beginning)?;
        }
        Ok((list, usize::try_from(records)?))
    }

    fn send(&self, producer: &BaseProducer<Acknowledged>, whole: Whole) -> Result<()> {
        let Whole { partition, key, headers, value } = whole;
        let mut record = BaseRecord::<[u8], [u8]>::to(self.topic).partition(partition).payload(&value);
        record.key = key.as_deref();
        record.headers = headers;
        loop {
            match producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), same)) => {
                    record = same;
                    producer.poll(Duration::from_millis(1));
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
    }

    fn producer(&self, transactional: Option<&str>) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.brokers)
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "1")
            .set("queue.buffering.max.messages", "200000");
        if let Some(id) = transactional {
            config.set("transactional.id", id);
        }
        config
    }

    fn consumer(&self) -> Result<BaseConsumer> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.brokers)
            .set("group.id", "figures")
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_uncommitted")
            .set("check.crcs", "true")
            .set("fetch.wait.max.ms", "100");
        Ok(config.create()?)
    }
}

/// Made before any watch runs: sending takes a record's headers.
fn copies(records: &[Whole]) -> impl Iterator<Item = Whole> + use<> {
    let copies: Vec<_> = records.iter().map(Whole::clone).collect();
    copies.into_iter()
}

fn next(consumer: &BaseConsumer) -> Result<BorrowedMessage<'_>> {
    match consumer.poll(PATIENCE) {
        Some(message) => Ok(message?),
        None => bail!("nothing more comes from the topic"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate of far fewer than 2^52 records")]
fn rate(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}
