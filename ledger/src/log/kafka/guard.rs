//! Looks at the topic every few seconds, and when the tail has lost it: is it still the one that was opened?
//!
//! A topic that was deleted and made anew, or lost its beginning or its end, must be found before it grows over the
//! places that were read. What cannot be asked now is asked again later: brokers that are away are no damage.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use schemas::ids::Partition;

use super::super::{Entry, LogError};
use super::client::{self, Reader, Role};
use super::cold::{ANEW, ColdReaders, begins_late};
use super::follow::Signals;
use super::open::Survey;
use super::places;
use super::settings::KafkaSettings;
use super::shared::Shared;
use super::threads::spawn;
use super::topic::{self, TopicError};

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How soon it looks again after something looked wrong.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How often the topic's settings are looked at.
const SETTINGS_EVERY: Duration = Duration::from_secs(15);
/// So many looks in a row must find the same before it counts: a new leader may know the end late.
const TIMES: u32 = 3;
/// So many must find no topic, or that a reader made anew stands still: brokers that start may not know the topic yet.
const MANY_TIMES: u32 = 10;
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// The same for records of all partitions.
const READ_WITHIN: Duration = Duration::from_secs(3);
/// So many looks in a row must stay without an answer before it is told: a leader changes within one.
const OUT_OF_REACH_AFTER: u32 = 3;

pub(super) struct Guard {
    pub(super) settings: KafkaSettings,
    pub(super) shared: Arc<Shared>,
    pub(super) cold: Arc<ColdReaders>,
    pub(super) signals: Arc<Signals>,
    /// For questions and single records; nothing is assigned to it between looks.
    pub(super) survey: Reader,
    /// As it was read at opening.
    pub(super) office_genesis: Vec<u8>,
    /// How often something was found in a row.
    pub(super) suspicions: HashMap<Suspicion, u32>,
    /// How many looks in a row the brokers did not answer.
    pub(super) unanswered: u32,
    /// When the topic's settings were looked at.
    pub(super) settings_at: Instant,
}

/// What looks wrong, and need not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Suspicion {
    /// The brokers know no such topic.
    NoTopic,
    /// A partition ends before what was read.
    EndsEarly(Partition),
    /// There is more to read, and the tail stays at this end.
    StandsStill(Partition, u64),
}

impl Guard {
    /// Looks until it is told to stop: by the signal, and an alarm so that it hears of it.
    pub(super) fn start(self, alarm: Receiver<()>) -> Result<JoinHandle<()>, LogError> {
        spawn("kafka-guard", move || self.run(&alarm))
    }

    fn run(mut self, alarm: &Receiver<()>) {
        loop {
            let asks = self.signals.look.load(Ordering::SeqCst);
            let urgent = asks || self.unanswered > 0 || !self.suspicions.is_empty();
            let wait = if urgent { AGAIN_AFTER } else { LOOK_EVERY };
            match alarm.recv_timeout(wait) {
                Err(RecvTimeoutError::Disconnected) => return,
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            }
            if self.signals.stop.load(Ordering::SeqCst) {
                return;
            }
            self.cold.close_unused();
            if self.shared.sound().is_ok() {
                self.look_and_tell();
            }
            if self.settings_at.elapsed() > SETTINGS_EVERY
                // Under load something is a little behind at every look.
                && self.suspicions.values().all(|&times| times < TIMES)
                && self.unanswered == 0
                && self.shared.sound().is_ok()
            {
                self.settings_at = Instant::now();
                self.look_at_settings();
            }
        }
    }

    /// Looks, and lets the tail read on if it waits for that and nothing looks wrong.
    fn look_and_tell(&mut self) {
        // Taken before the look: what the tail asks for meanwhile needs another one.
        let asked = self.signals.look.swap(false, Ordering::SeqCst);
        match self.look() {
            Ok(true) => drop(self.signals.read_on.fetch_or(asked, Ordering::SeqCst)),
            Err(LogError::Damaged(what)) => {
                self.shared.is_out_of_reach(None);
                self.shared.damaged(what);
            }
            // Asked again soon.
            Ok(false) | Err(_) => drop(self.signals.look.fetch_or(asked, Ordering::SeqCst)),
        }
    }

    /// Whether all was looked at and is as it should be.
    fn look(&mut self) -> Result<bool, LogError> {
        let before = std::mem::take(&mut self.suspicions);
        // Of one that has a gap nobody reads or promises anything any more.
        let sound = |partition: &Partition| self.shared.sound_in(*partition).is_ok();
        let partitions: Vec<_> = self.shared.all().filter(sound).collect();
        for &partition in &partitions {
            if self.signals.stop.load(Ordering::SeqCst) {
                return Ok(false);
            }
            // Read before the brokers are asked: it moves meanwhile.
            let read_to = self.shared.end(partition)?;
            match client::watermarks(&self.survey, &self.settings.topic, partition, ANSWER_WITHIN) {
                Ok(found) => match self.compare(partition, read_to, found, &before) {
                    Err(gap @ LogError::Gap { .. }) => self.shared.has_gap(partition, &gap),
                    compared => compared?,
                },
                Err(error) => return self.unanswered(partition, &error, &before),
            }
        }
        self.answered();
        self.same_genesis()?;
        self.same_records(&partitions)?;
        for (partition, gap) in self.cold.ask_why()? {
            self.shared.has_gap(partition, &gap);
        }
        Ok(!self.suspicions.keys().any(|suspicion| matches!(suspicion, Suspicion::EndsEarly(_))))
    }

    fn answered(&mut self) {
        if self.unanswered >= OUT_OF_REACH_AFTER {
            tracing::info!("the brokers answer again");
            self.shared.is_out_of_reach(None);
        }
        self.unanswered = 0;
    }

    fn unanswered(
        &mut self,
        partition: Partition,
        error: &KafkaError,
        before: &HashMap<Suspicion, u32>,
    ) -> Result<bool, LogError> {
        let gone = [
            RDKafkaErrorCode::UnknownTopicOrPartition,
            RDKafkaErrorCode::UnknownTopic,
            RDKafkaErrorCode::UnknownPartition,
        ];
        if error.rdkafka_error_code().is_some_and(|code| gone.contains(&code)) {
            let times = self.suspect(Suspicion::NoTopic, before);
            // A client that knows newer leaders than brokers with older data do takes all their words for stale.
            if times == TIMES {
                self.survey = client::reader(&self.settings, Role::Survey)?;
            }
            if times >= MANY_TIMES {
                let topic = &self.settings.topic;
                return Err(LogError::Damaged(format!("there is no topic {topic} any more. {ANEW}")));
            }
            return Ok(false);
        }
        self.unanswered = self.unanswered.saturating_add(1);
        if self.unanswered == OUT_OF_REACH_AFTER {
            tracing::warn!(%partition, %error, "the brokers do not answer");
            let heard =
                self.survey.client().context().last().map_or(String::new(), |heard| format!(" ({heard})"));
            self.shared.is_out_of_reach(Some(format!(
                "the brokers do not answer for partition {partition}: {error}{heard}"
            )));
        }
        tracing::debug!(%error, "the topic cannot be looked at now");
        Ok(false)
    }

    fn compare(
        &mut self,
        partition: Partition,
        read_to: u64,
        (low, high): (u64, u64),
        before: &HashMap<Suspicion, u32>,
    ) -> Result<(), LogError> {
        if low > 0 {
            return Err(begins_late(partition, low));
        }
        if high < read_to && self.suspect(Suspicion::EndsEarly(partition), before) >= TIMES {
            return Err(LogError::Damaged(format!(
                "partition {partition} ends at offset {high}, but was read to {read_to}: the topic was made anew, or \
                 brokers lost what they had acknowledged. {ANEW}"
            )));
        }
        let end = self.shared.end(partition)?;
        if high > end {
            let times = self.suspect(Suspicion::StandsStill(partition, end), before);
            self.stands_still(partition, end, high, times)?;
        }
        Ok(())
    }

    /// The reader is made anew once. Should that not help, the brokers have nothing to read before their end.
    fn stands_still(
        &mut self,
        partition: Partition,
        end: u64,
        high: u64,
        times: u32,
    ) -> Result<(), LogError> {
        if times == TIMES {
            tracing::warn!(
                partition = partition.0,
                end,
                high,
                "the tail of the log stands still; beginning anew"
            );
            self.signals.begin_anew.store(true, Ordering::SeqCst);
        }
        if times < MANY_TIMES {
            return Ok(());
        }
        self.suspicions.remove(&Suspicion::StandsStill(partition, end));
        self.cold.read(partition, end, high, 1).map(drop)
    }

    /// How often it was found in a row.
    fn suspect(&mut self, suspicion: Suspicion, before: &HashMap<Suspicion, u32>) -> u32 {
        let times = before.get(&suspicion).copied().unwrap_or(0) + 1;
        self.suspicions.insert(suspicion, times);
        times
    }

    /// Whoever changes them under a running ledger hears of it: what is lost then is lost for good. Nothing more is
    /// promised in a topic that is going to lose what it holds; the other settings harm nobody before something else
    /// happens, and are told.
    fn look_at_settings(&self) {
        let told = Survey::begin(&self.settings)
            .map_err(TopicError::from)
            .and_then(|survey| topic::findings_now(&self.settings, &survey));
        match told {
            Ok((partitions, findings)) => {
                let topic = &self.settings.topic;
                let own = self.shared.all().count();
                if u32::try_from(own) != Ok(partitions) {
                    tracing::error!(
                        "topic {topic} has {partitions} partitions now, and its ledger {own}: the next start is refused. \
                         Copy the ledger's own to a topic of as many before that"
                    );
                }
                findings
                    .iter()
                    .for_each(|finding| tracing::error!("topic {topic} could lose data: {finding}"));
                if let Some(finding) = findings.iter().find(|finding| finding.takes_away()) {
                    self.shared.damaged(format!(
                        "topic {topic} was changed and is going to lose what it holds: {finding}. Then start again; \
                         `terminbuch verify` tells whether anything is gone"
                    ));
                }
            }
            Err(error) => tracing::debug!(%error, "the topic's settings cannot be looked at now"),
        }
    }

    fn same_genesis(&self) -> Result<(), LogError> {
        match self.entries_at(&[(Partition::OFFICE, 0)]).as_deref() {
            Ok([Some(genesis)]) if *genesis.value != *self.office_genesis => Err(LogError::Damaged(format!(
                "topic {} begins otherwise than when it was opened: it was deleted and made anew. {ANEW}",
                self.settings.topic
            ))),
            _ => Ok(()),
        }
    }

    /// A partition that lost its end and has grown since is found by what it has where we read last.
    fn same_records(&self, partitions: &[Partition]) -> Result<(), LogError> {
        let last = |&partition| Some((partition, self.shared.last_read(partition)?));
        let last: Vec<_> = partitions.iter().filter_map(last).collect();
        let places: Vec<_> = last.iter().map(|(partition, entry)| (*partition, entry.offset)).collect();
        for ((partition, was), found) in last.iter().zip(self.entries_at(&places)?) {
            // An end that came early was looked at before.
            let Some(found) = found else { continue };
            if found.value != was.value {
                return Err(LogError::Damaged(format!(
                    "partition {partition} has another record at offset {} than was read there: the topic was made anew, or \
                     brokers lost what they had acknowledged and wrote something else since. {ANEW}",
                    was.offset
                )));
            }
        }
        Ok(())
    }

    fn entries_at(&self, places: &[(Partition, u64)]) -> Result<Vec<Option<Entry>>, LogError> {
        places::entries_at(&self.survey, &self.settings.topic, places, READ_WITHIN)
    }
}
