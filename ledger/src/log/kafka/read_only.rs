//! A topic for whoever only reads it: nothing is produced, nothing is followed, and beside the values it is looked at
//! whether what Kafka keeps with each of them (key and headers) agrees with the record.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::message::{BorrowedMessage, Headers, Message as _};
use schemas::ids::{CentreId, CentreNumber, LedgerId, Partition};
use schemas::{Body, Event, Genesis, Prefix};

use super::super::identity::Identity;
use super::super::still::Still;
use super::super::{Entry, Log, LogError, OnMoved, OnOutcome, Outgoing};
use super::cold::ColdReaders;
use super::headers;
use super::open::{Spread, Survey};
use super::settings::KafkaSettings;
use super::topic::{self, TopicError};

/// So many disagreements are kept with their words; all are counted.
const KEPT: usize = 100;

/// The topic as it stood when it was opened. It wakes nobody, and every append fails.
pub struct TopicReader {
    identity: Identity,
    still: Still,
    cold: ColdReaders,
    copies: Arc<Mutex<Comparison>>,
    doubts: Vec<String>,
}

/// How the copies that stand beside the records agree with them. No rule reads them, other programs may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copies {
    /// Records that were compared.
    pub compared: u64,
    /// Records whose key or headers say something else.
    pub differ: u64,
    /// The first of them.
    pub first: Vec<Difference>,
}

/// A record whose copies say something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where it stands.
    pub partition: Partition,
    /// Where it stands.
    pub offset: u64,
    /// What says something else, and what.
    pub what: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "partition {} offset {}: {}", self.partition, self.offset, self.what)
    }
}

impl TopicReader {
    /// Opens a topic to read it, also one whose settings could lose data: what stands there now.
    ///
    /// # Errors
    /// As [`KafkaLog::open`](super::KafkaLog::open), but for the settings.
    pub fn open(settings: &KafkaSettings) -> Result<Self, LogError> {
        let survey = Survey::begin(settings)?;
        let missing = || LogError::Mismatch(TopicError::Missing(settings.topic.clone()).to_string());
        let spread = survey.spread()?.ok_or_else(missing)?;
        let ends = survey.ends(&spread)?;
        let (identity, _) = survey.identity(&spread)?;
        let doubts = doubts(settings, &survey, &spread);
        let copies = Arc::new(Mutex::new(Comparison::of(identity.ledger)));
        let noting = Arc::clone(&copies);
        let watch = move |message: &BorrowedMessage<'_>, entry: &Entry| {
            noting.lock().unwrap_or_else(PoisonError::into_inner).compare(message, entry);
        };
        let cold = ColdReaders::watched(settings, spread.partitions, Box::new(watch));
        Ok(Self { identity, still: Still::at(ends), cold, copies, doubts })
    }

    /// Which ledger it is, and how it began.
    pub fn identity(&self) -> (LedgerId, Genesis) {
        (self.identity.ledger, self.identity.genesis)
    }

    /// How the copies agree with the records that were read so far.
    pub fn copies(&self) -> Copies {
        self.comparison().found.clone()
    }

    /// Why what stands in the topic may not stay there: each of its settings that could lose data, with the way to mend it.
    pub fn doubts(&self) -> &[String] {
        &self.doubts
    }

    fn comparison(&self) -> MutexGuard<'_, Comparison> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever only reads loses nothing by the settings, and need not be allowed to ask for them.
fn doubts(settings: &KafkaSettings, survey: &Survey, spread: &Spread) -> Vec<String> {
    let topic = &settings.topic;
    match topic::look(settings, survey, spread) {
        Ok((findings, _)) => {
            findings.iter().map(|finding| format!("topic {topic} could lose data: {finding}")).collect()
        }
        Err(error) => vec![format!("whether topic {topic} could lose data is not known: {error}")],
    }
}

impl Log for TopicReader {
    fn partitions(&self) -> u32 {
        self.identity.genesis.partitions
    }

    fn exclusive(&self) -> bool {
        false
    }

    fn append(&self, _: Partition, _: Vec<Outgoing>, on_outcome: OnOutcome) {
        Still::refuse(on_outcome);
    }

    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        let end = self.still.end_behind(partition, from)?;
        if from == end {
            return Ok(Vec::new());
        }
        self.cold.read(partition, from, end, max_bytes)
    }

    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        self.still.end(partition)
    }

    fn subscribe(&self, _: OnMoved) {}
}

/// What is known of the centres while the records are compared.
struct Comparison {
    ledger: LedgerId,
    /// The ids that some record gives to a number. Void records give ids, too, so there may be several.
    centres: BTreeMap<(Partition, CentreNumber), Vec<CentreId>>,
    /// The offset behind the last value that was looked at: some are read more than once, and count once.
    looked_to: BTreeMap<Partition, u64>,
    found: Copies,
}

impl Comparison {
    fn of(ledger: LedgerId) -> Self {
        Self { ledger, centres: BTreeMap::new(), looked_to: BTreeMap::new(), found: Copies::default() }
    }

    /// What is no record of this ledger at its place has no copies that could be right.
    fn compare(&mut self, message: &BorrowedMessage<'_>, entry: &Entry) {
        let Ok((prefix, body)) = Prefix::split(&entry.value) else { return };
        let is_here = u32::try_from(message.partition()).is_ok_and(|here| here == prefix.partition.0);
        if prefix.ledger != self.ledger || !is_here {
            return;
        }
        let looked_to = self.looked_to.entry(prefix.partition).or_default();
        if entry.offset < *looked_to {
            return;
        }
        *looked_to = entry.offset + 1;
        self.found.compared += 1;
        let key = message.key();
        let what = match self.key_agrees(&prefix, body, key) {
            Err(due) => Some(format!("the key is {}, and the record is of {due}", shown(key))),
            Ok(()) => header_that_differs(message, &entry.value, key),
        };
        let Some(what) = what else { return };
        self.found.differ += 1;
        if self.found.first.len() < KEPT {
            let (partition, offset) = (prefix.partition, entry.offset);
            self.found.first.push(Difference { partition, offset, what });
        }
    }

    /// Or what the record is of.
    fn key_agrees(&mut self, prefix: &Prefix, body: &[u8], key: Option<&[u8]>) -> Result<(), String> {
        if prefix.centre == CentreNumber::NONE {
            return if key.is_none() { Ok(()) } else { Err("no centre".to_owned()) };
        }
        let known = self.centres.entry((prefix.partition, prefix.centre)).or_default();
        let is_known = |known: &[CentreId]| known.iter().any(|id| key == Some(id.as_str().as_bytes()));
        if is_known(known) {
            return Ok(());
        }
        for id in described(prefix, body) {
            if !known.contains(&id) {
                known.push(id);
            }
        }
        if is_known(known) {
            return Ok(());
        }
        Err(known.first().map_or_else(|| format!("centre {}", prefix.centre.0), ToString::to_string))
    }
}

/// The ids that a record gives to the centre that it is of.
fn described(prefix: &Prefix, body: &[u8]) -> Vec<CentreId> {
    let Ok(Body::Decision(events)) = Body::read(prefix.kind, body) else { return Vec::new() };
    let ids = events.into_iter().filter_map(|event| match event {
        Event::CentreDescribed(centre) if centre.number == prefix.centre => Some(centre.id),
        _ => None,
    });
    ids.collect()
}

/// The first header that is not what the record makes it.
fn header_that_differs(message: &BorrowedMessage<'_>, value: &[u8], key: Option<&[u8]>) -> Option<String> {
    let centre = key.and_then(|key| std::str::from_utf8(key).ok());
    let due = headers::of(value, centre);
    let due: Vec<_> =
        due.iter().flat_map(|due| due.iter()).map(|header| (header.key, header.value)).collect();
    let found: Vec<_> = message
        .headers()
        .into_iter()
        .flat_map(|found| found.iter())
        .map(|header| (header.key, header.value))
        .collect();
    if due == found {
        return None;
    }
    let differs = due.iter().find(|due| !found.contains(due));
    Some(match differs {
        Some((name, due)) => {
            let found = found.iter().find(|(found, _)| found == name).and_then(|(_, value)| *value);
            format!("header {name} is {}, and the record makes it {}", shown(found), shown(*due))
        }
        None => format!("it has {} headers, and the record makes {}", found.len(), due.len()),
    })
}

fn shown(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(|| "absent".to_owned(), |bytes| format!("{:?}", String::from_utf8_lossy(bytes)))
}
