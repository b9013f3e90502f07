//! A reader of one partition, and what to make of it when nothing comes.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use schemas::ids::Partition;

use super::super::super::{Entry, LogError};
use super::super::client::{self, Reader};
use super::super::follow::{entry, given_up};
use super::super::settings::KafkaSettings;
use super::{ANEW, ColdReaders, begins_late};

/// How long one poll waits.
const WAIT: Duration = Duration::from_millis(100);
/// The same for who has others to serve.
const HARDLY: Duration = Duration::from_millis(2);
/// How long the end of a partition must stay where it is before what is missing there counts as missing: a new leader
/// may show it late.
const MISSING_AFTER: Duration = Duration::from_secs(2);

const END_CAME_EARLY: &str = "the end came early";

/// A reader of one partition at one place.
pub(super) struct ColdReader {
    pub(super) reader: Reader,
    pub(super) partition: Partition,
    pub(super) next: u64,
    /// Read already, and not given out yet.
    kept: Option<Entry>,
    /// Nobody reads on with it: what it has heard of the partition's end it does not hear again.
    pub(super) failed: bool,
    /// It has read all there was, and rests; what comes after is in memory.
    pub(super) at_the_end: bool,
    pub(super) used_at: Instant,
    /// Since when nothing comes, and when the end was seen meanwhile.
    waits_since: Option<Instant>,
    end_seen: Option<Instant>,
    /// It was assigned anew where the end came early: what it hears since is not of before somebody asked.
    asked_anew: bool,
}

/// What is not there for who cannot wait.
pub(super) enum NotNow {
    Later,
    /// It does not come, for this reason.
    Never(String),
}

impl ColdReader {
    pub(super) fn at(reader: Reader, topic: &str, partition: Partition, next: u64) -> Result<Self, LogError> {
        client::assign(&reader, topic, [(partition, next)])?;
        Ok(Self {
            reader,
            partition,
            next,
            kept: None,
            failed: false,
            at_the_end: false,
            used_at: Instant::now(),
            waits_since: None,
            end_seen: None,
            asked_anew: false,
        })
    }

    /// Whether what comes next is fetched for it.
    pub(super) fn reads_on(&self) -> bool {
        !self.failed && !self.at_the_end
    }

    /// Asks brokers for nothing more. Who takes it for another place would have to wait for their answer.
    pub(super) fn rest(&self) {
        if let Err(error) = self.reader.unassign() {
            tracing::debug!(%error, "a reader cannot be unassigned");
        }
    }

    pub(super) fn read<E>(
        &mut self,
        readers: &ColdReaders,
        until: u64,
        max_bytes: usize,
        next_entry: impl Fn(&mut Self, &ColdReaders, u64) -> Result<Entry, E>,
    ) -> Result<Vec<Entry>, E> {
        let mut entries = Vec::new();
        let mut bytes = 0_usize;
        while self.next < until {
            let entry = match next_entry(self, readers, until) {
                Ok(entry) => entry,
                // What comes before the error is given out; the next read meets it again.
                Err(_) if !entries.is_empty() => break,
                Err(error) => return Err(error),
            };
            bytes = bytes.saturating_add(entry.value.len());
            if !entries.is_empty() && (bytes > max_bytes || entry.offset >= until) {
                self.kept = Some(entry);
                break;
            }
            self.next = entry.offset.saturating_add(1);
            entries.push(entry);
        }
        Ok(entries)
    }

    /// The next entry there is, at whatever offset: where the log has a gap, whoever judges it must see that.
    pub(super) fn next_entry(&mut self, readers: &ColdReaders, until: u64) -> Result<Entry, LogError> {
        let settings = &readers.settings;
        self.waits_since = None;
        loop {
            match self.poll(readers, WAIT) {
                Ok(Some(entry)) => return Ok(entry),
                Ok(None) if self.end_came_early() => match self.why_it_ends(settings, until) {
                    LogError::Gap { .. } if !self.asked_anew => self.ask_anew(&settings.topic)?,
                    why => {
                        self.failed = true;
                        return Err(why);
                    }
                },
                Ok(None) if self.waited() > settings.read_timeout() => {
                    self.failed = true;
                    return Err(self.unreachable(&nothing_came(settings)));
                }
                Ok(None) => {}
                Err(error) => return Err(self.why_given_up(settings, &error)),
            }
        }
    }

    /// The same, if it is here already.
    pub(super) fn arrived_entry(&mut self, readers: &ColdReaders, _: u64) -> Result<Entry, NotNow> {
        match self.poll(readers, HARDLY) {
            Ok(Some(entry)) => Ok(entry),
            Ok(None) if self.end_came_early() => Err(NotNow::Never(END_CAME_EARLY.to_owned())),
            Ok(None) if self.waited() > readers.settings.read_timeout() => {
                Err(NotNow::Never(nothing_came(&readers.settings)))
            }
            Ok(None) => Err(NotNow::Later),
            Err(error) => Err(NotNow::Never(error.to_string())),
        }
    }

    /// One look for the next entry.
    fn poll(&mut self, readers: &ColdReaders, wait: Duration) -> Result<Option<Entry>, KafkaError> {
        if let Some(kept) = self.kept.take() {
            return Ok(Some(kept));
        }
        self.waits_since.get_or_insert_with(Instant::now);
        match self.reader.poll(wait) {
            Some(Ok(message)) => {
                let entry = entry(&message).map(|(_, entry)| entry).filter(|entry| {
                    message.partition() == client::number(self.partition) && entry.offset >= self.next
                });
                if let Some(entry) = &entry {
                    if let Some(watch) = &readers.watch {
                        watch(&message, entry);
                    }
                    (self.waits_since, self.end_seen, self.asked_anew) = (None, None, false);
                }
                Ok(entry)
            }
            Some(Err(KafkaError::PartitionEOF(ended))) if ended == client::number(self.partition) => {
                self.end_seen.get_or_insert_with(Instant::now);
                Ok(None)
            }
            Some(Err(error)) if given_up(&error) => {
                self.failed = true;
                Err(error)
            }
            Some(Err(_)) | None => Ok(None),
        }
    }

    fn waited(&self) -> Duration {
        self.waits_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn end_came_early(&self) -> bool {
        self.end_seen.is_some_and(|at| at.elapsed() > MISSING_AFTER)
    }

    /// An end may have been heard of long ago, before there was more, and a broker have stood still since.
    fn ask_anew(&mut self, topic: &str) -> Result<(), LogError> {
        (self.waits_since, self.end_seen, self.asked_anew) = (None, None, true);
        client::assign(&self.reader, topic, [(self.partition, self.next)])
    }

    /// Why there is nothing to read before an end that was seen.
    fn why_it_ends(&self, settings: &KafkaSettings, until: u64) -> LogError {
        let Self { partition, next, .. } = self;
        match client::watermarks(&self.reader, &settings.topic, *partition, settings.read_timeout()) {
            Err(error) => self.unreachable(&format!("{END_CAME_EARLY}: {error}")),
            Ok((low, _)) if low > *next => begins_late(*partition, low),
            Ok((_, high)) if high >= until => LogError::Gap {
                partition: *partition,
                offset: *next,
                what: format!(
                    "partition {partition} has nothing from offset {next} on, before its end at {high}: something else \
                     writes to the topic with transactions, or it was compacted. {ANEW}"
                ),
            },
            Ok((_, high)) => {
                self.unreachable(&format!("{END_CAME_EARLY}: it ends at {high} now, and at {until} before"))
            }
        }
    }

    /// Why the library reads no further. Brokers that start say more than is so, and what they say may be of another place:
    /// that there is nothing is only believed when the end was seen.
    fn why_given_up(&self, settings: &KafkaSettings, error: &KafkaError) -> LogError {
        let Self { partition, next, .. } = self;
        match client::watermarks(&self.reader, &settings.topic, *partition, settings.read_timeout()) {
            Ok((low, _)) if low > *next => begins_late(*partition, low),
            _ => self.unreachable(&error.to_string()),
        }
    }

    pub(super) fn unreachable(&self, what: &str) -> LogError {
        let Self { partition, next, .. } = self;
        let heard =
            self.reader.client().context().last().map_or(String::new(), |heard| format!(" ({heard})"));
        LogError::Unreachable(format!(
            "partition {partition} cannot be read from offset {next} on: {what}{heard}"
        ))
    }
}

fn nothing_came(settings: &KafkaSettings) -> String {
    format!("nothing came in {} ms", settings.read_timeout_ms)
}
