//! One partition, read once from its beginning.

use std::collections::BTreeMap;

use ledger::{Command, Mark};
use schemas::ids::{ActorId, CentreNumber, CommandId, ContentHash, Partition};
use schemas::vocabulary::Channel;
use schemas::{Body, Event, Instant, Position};

use super::centres::{Asking, Centres};
use super::index::{Askings, Key, Way, content_of};
use super::report::Report;
use super::violation::Violation;
use super::{End, Settings};
use crate::history::judge::{Counting, Judge, Verdict};
use crate::history::{Call, CallId, History, Told, Witness, facts_of, hash_of_events};

/// Seven days: after that an id may lawfully begin anew.
const MEMORY_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

/// A record that counts, as far as answers are laid beside it.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) position: Position,
    pub(super) time: Instant,
    fold_time: Instant,
    /// Whether it is later than all before it.
    pub(super) moved_time: bool,
    pub(super) command: CommandId,
    /// Of a client's decision at a centre.
    pub(super) key: Option<Key>,
    pub(super) events: Option<ContentHash>,
    /// The claim of its reign, and when the log had it.
    pub(super) reign: Option<(Position, Option<Instant>)>,
}

/// A partition and what counts in it.
pub(super) struct PartitionWitness {
    pub(super) partition: Partition,
    pub(super) records: Vec<Record>,
    by_key: BTreeMap<Key, Vec<usize>>,
    centres: Centres,
}

impl PartitionWitness {
    pub(super) fn read(
        witness: &Witness,
        history: &History,
        askings: &Askings<'_>,
        settings: &Settings,
        report: &mut Report,
    ) -> Self {
        let mut refusals = refusals(witness.partition, history);
        let mut reading = Reading {
            read: Self {
                partition: witness.partition,
                records: Vec::new(),
                by_key: BTreeMap::new(),
                centres: Centres::default(),
            },
            history,
            askings,
            settings,
            report,
        };
        let mut judge = Judge::new(witness.partition);
        for (offset, entry) in (0_u64..).zip(&witness.entries) {
            if entry.offset != offset {
                reading.damage(entry.offset, format!("offset {offset} is missing"));
            }
            match judge.read(&entry.value) {
                Verdict::Counts => {
                    if let Some(counting) = judge.counting.pop() {
                        reading.counts(&counting, entry.appended_at);
                        let seq = counting.seq;
                        judge.counting.push(counting.without_body());
                        reading.refusals(&refusals.remove(&seq).unwrap_or_default());
                    }
                }
                Verdict::Damage(what) => reading.damage(offset, what),
                Verdict::Repeat | Verdict::Void => {}
            }
            if judge.counting.is_empty() {
                break;
            }
        }
        reading.report.counts.values += witness.entries.len() as u64;
        reading.report.counts.counting += judge.counting.len() as u64;
        reading.report.counts.repeats += judge.repeats;
        reading.report.counts.void += judge.void;
        reading.read
    }

    /// The record at a position, if its head is the one that is named.
    pub(super) fn record(&self, position: Position) -> Option<&Record> {
        let record = self.records.get(usize::try_from(position.seq).ok()?)?;
        (record.position == position).then_some(record)
    }

    pub(super) fn stands(&self, position: Position) -> bool {
        self.partition == position.partition && self.record(position).is_some()
    }

    pub(super) fn has(&self, key: &Key) -> bool {
        self.by_key.contains_key(key)
    }

    pub(super) fn records_of(&self, key: &Key) -> impl Iterator<Item = &Record> {
        self.by_key.get(key).into_iter().flatten().filter_map(|&at| self.records.get(at))
    }

    pub(super) fn take_end(&mut self) -> End {
        End {
            partition: self.partition,
            position: self.records.last().map(|last| last.position),
            centres: std::mem::take(&mut self.centres).into_models(),
        }
    }
}

/// Calls that were refused in this partition, by the record that their refusals rest on.
fn refusals(partition: Partition, history: &History) -> BTreeMap<u64, Vec<usize>> {
    let mut refusals: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (number, call) in history.calls.iter().enumerate() {
        if let Some(Told::Refused { as_of, .. }) = call.told()
            && as_of.partition == partition
        {
            refusals.entry(as_of.seq).or_default().push(number);
        }
    }
    refusals
}

struct Reading<'all, 'history> {
    read: PartitionWitness,
    history: &'history History,
    askings: &'all Askings<'history>,
    settings: &'all Settings,
    report: &'all mut Report,
}

impl Reading<'_, '_> {
    fn damage(&mut self, offset: u64, what: String) {
        let partition = self.read.partition;
        self.report.add(Violation::Damage { partition, offset, what });
    }

    fn counts(&mut self, counting: &Counting, appended_at: Option<Instant>) {
        let before = self.read.records.last();
        let position = Position::new(self.read.partition, counting.seq, &counting.head);
        let claim = matches!(counting.body, Body::Claim(_));
        let reign = if claim { Some((position, appended_at)) } else { before.and_then(|last| last.reign) };
        let time = Instant::from_millis(counting.prefix.time_ms).unwrap_or(counting.fold_time);
        let moved_time = before.is_none_or(|last| time > last.fold_time);
        self.report.counts.claims += u64::from(claim);
        if !claim && time < counting.fold_time {
            let fold_time = counting.fold_time;
            self.report.add(Violation::TimeWentBack { position, time, fold_time });
        }
        let mut record = Record {
            position,
            time,
            fold_time: counting.fold_time,
            moved_time,
            command: counting.prefix.command,
            key: None,
            events: None,
            reign,
        };
        if let Body::Decision(events) = &counting.body {
            record.events = Some(hash_of_events(events));
            if counting.prefix.centre != CentreNumber::NONE {
                record.key = self.decision(counting, events, &record);
            }
        }
        self.read.records.push(record);
    }

    /// A decision at a centre; the command that it is of, if it is a client's.
    fn decision(&mut self, counting: &Counting, events: &[Event], record: &Record) -> Option<Key> {
        let prefix = &counting.prefix;
        let mark = Mark { seq: counting.seq, head: record.position.head, time: record.time };
        let by_a_client = prefix.channel != Channel::Writer.number();
        let centre = self.read.centres.of_record(prefix.centre, events);
        let by_the_rules = if by_a_client { Ok(()) } else { centre.are_due(events, &mark) };
        let key = self.read.centres.id_of(prefix.centre).cloned().zip(content_of(events));
        let key = key.filter(|_| by_a_client);
        let by_the_rules = match (&key, by_the_rules) {
            (Some(key), Ok(())) => self.was_asked(key, counting, events, record),
            (None, Ok(())) if by_a_client => Err("it names no command".to_owned()),
            (_, found) => found,
        };
        let position = record.position;
        if let Err(what) = by_the_rules {
            self.report.add(Violation::NotByTheRules { position, what });
        }
        let (over, breaches) = self.read.centres.of_record(prefix.centre, events).tell(events, &mark);
        for (place, taken, capacity) in over {
            self.report.add(Violation::Overbooked { position, place, taken, capacity });
        }
        for what in breaches {
            self.report.add(Violation::Breach { position, what });
        }
        if let Some(key) = &key {
            self.is_once(key, events, record);
        }
        key
    }

    fn was_asked(
        &mut self,
        key: &Key,
        counting: &Counting,
        events: &[Event],
        record: &Record,
    ) -> Result<(), String> {
        let prefix = &counting.prefix;
        let ways = self.askings.get(key).map_or(&[][..], |asking| &asking.ways);
        let fits = |way: &&Way<'_>| {
            let (id, channel) = (way.command.id(), way.channel.number());
            (id, channel, way.actor) == (prefix.command, prefix.channel, prefix.actor)
        };
        let ways: Vec<&Way<'_>> = ways.iter().filter(fits).collect();
        if ways.is_empty() {
            if !self.settings.others_ask {
                let (position, command) = (record.position, prefix.command);
                self.report.add(Violation::NobodyAsked { position, command });
            }
            return Ok(());
        }
        self.report.counts.decided_again += 1;
        self.read.centres.of_record(prefix.centre, events).are_decided(events, &ways, record.time)
    }

    fn is_once(&mut self, key: &Key, events: &[Event], record: &Record) {
        let at = self.read.records.len();
        let before = self.read.by_key.entry(key.clone()).or_default();
        let last = before.last().and_then(|&last| self.read.records.get(last));
        let lawful = matches!(events, [Event::CentreDescribed(_)]);
        let again = last.filter(|last| !lawful && record.time < last.time.plus_millis(MEMORY_MS));
        if let Some(first) = again {
            let asked_by = self.askings.get(key).map_or(&[][..], |asking| &asking.calls);
            let asked_by = asked_by.iter().filter_map(|&call| self.history.calls.get(call)).map(Call::id);
            self.report.add(Violation::Twice {
                command: record.command,
                first: first.position,
                again: record.position,
                asked_by: asked_by.collect::<Vec<CallId>>(),
            });
        }
        before.push(at);
    }

    /// Refusals that rest on the last record.
    fn refusals(&mut self, calls: &[usize]) {
        for call in calls.iter().filter_map(|&number| self.history.calls.get(number)) {
            let Some(Told::Refused { rule, facts, as_of, at, .. }) = call.told() else { continue };
            let Some(record) = self.read.records.last().filter(|record| record.position == *as_of) else {
                continue;
            };
            let Command::Centre(centre, command) = &call.asked.command else { continue };
            let found = if at.is_some_and(|at| at != record.fold_time) {
                Err(format!("the fold's time there is {}", record.fold_time))
            } else {
                let asking = self.asking(call, record.fold_time);
                self.read.centres.refuse_again(centre, command, asking, &|rejection| {
                    rejection.rule() == rule
                        && facts.as_ref().is_none_or(|facts| *facts == facts_of(rejection))
                })
            };
            if let Err(rules_say) = found {
                let told = facts.as_ref().unwrap_or(rule).clone();
                let (call, as_of) = (call.id(), *as_of);
                self.report.add(Violation::RefusalUntrue { call, as_of, told, rules_say });
            }
        }
    }

    /// A call, and between which instants it can have been refused.
    fn asking(&self, call: &Call, fold_time: Instant) -> Asking {
        let within =
            self.settings.clocks_within.map(|within| u64::try_from(within.as_millis()).unwrap_or(u64::MAX));
        let since = call.asked.ledger_at.zip(within).map(|(at, within)| at.minus_millis(within));
        let until = call.answered.as_ref().and_then(|answered| answered.ledger_at).zip(within);
        Asking {
            channel: call.asked.channel,
            actor: call.asked.actor.unwrap_or(ActorId::NIL),
            from: since.map_or(fold_time, |since| since.max(fold_time)),
            until: until.map(|(at, within)| at.plus_millis(within)),
        }
    }
}
