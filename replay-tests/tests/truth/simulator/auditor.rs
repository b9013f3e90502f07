//! Decides everything again: every record that counts, and every answer at the position that it names.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use ledger::writer::Ticket;
use ledger::{Answer, Asked, CentreCommand, Decision, Mark, Receipt, Rejection};
use replay_tests::history::judge::{Counting, Judge, Verdict};
use replay_tests::model::Model;
use schemas::ids::{CentreNumber, ContentHash, Partition};
use schemas::vocabulary::Channel;
use schemas::{Body, Event, Instant, Position, Prefix, RecordKind};

use crate::coverage::Coverage;
use crate::run::plain;
use crate::universe;

struct Asking {
    command: CentreCommand,
    channel: Channel,
    deadline_ms: u64,
    received: Option<(usize, u64)>,
    answers: Vec<Answer>,
    crashed: bool,
}

pub(super) struct Auditor {
    partition: Partition,
    pub(super) judge: Judge,
    /// The model after each record that counts.
    models: Vec<Rc<Model>>,
    askings: BTreeMap<Ticket, Asking>,
    /// For whom values were appended, where that is plain.
    sent_for: BTreeMap<Arc<[u8]>, Ticket>,
    /// Whose records count.
    done_for: Vec<Ticket>,
    /// Where the record of each command stands, by the command's content.
    records: BTreeMap<ContentHash, u64>,
    pub(super) coverage: Coverage,
}

impl Auditor {
    pub(super) fn new(partition: Partition) -> Self {
        Self {
            partition,
            judge: Judge::new(partition),
            models: Vec::new(),
            askings: BTreeMap::new(),
            sent_for: BTreeMap::new(),
            done_for: Vec::new(),
            records: BTreeMap::new(),
            coverage: Coverage::default(),
        }
    }

    pub(super) fn model(&self) -> &Model {
        self.models.last().unwrap()
    }

    pub(super) fn fold_time(&self) -> Instant {
        self.judge.counting.last().unwrap().fold_time
    }

    pub(super) fn sent(
        &mut self,
        ticket: Ticket,
        command: &CentreCommand,
        channel: Channel,
        deadline_ms: u64,
    ) {
        let command = command.clone();
        let (received, answers, crashed) = (None, Vec::new(), false);
        let asking = Asking { command, channel, deadline_ms, received, answers, crashed };
        self.askings.insert(ticket, asking);
    }

    /// A node appends this: if it is a command's, somebody still waits for it there.
    pub(super) fn appends(&mut self, node: usize, value: &Arc<[u8]>, mono_ms: u64) {
        let Ok((prefix, _)) = Prefix::split(value) else { return };
        if prefix.kind == RecordKind::Claim as u8 {
            self.coverage.note("claim");
        }
        if prefix.channel == Channel::Writer.number() {
            return;
        }
        let open = self.askings.iter().filter(|(_, asking)| {
            asking.command.id() == prefix.command
                && asking.answers.is_empty()
                && asking.received.is_some_and(|(at, _)| at == node)
        });
        let open: Vec<(Ticket, u64)> = open.map(|(&ticket, asking)| (ticket, asking.deadline_ms)).collect();
        let waits = open.iter().any(|&(_, deadline_ms)| mono_ms < deadline_ms);
        assert!(waits, "nobody waits any more for {}", prefix.command);
        if let [(ticket, _)] = open[..] {
            self.sent_for.insert(Arc::clone(value), ticket);
        }
    }

    pub(super) fn received(&mut self, ticket: Ticket, node: usize, mono_ms: u64) {
        self.askings.get_mut(&ticket).unwrap().received = Some((node, mono_ms));
    }

    pub(super) fn crashed(&mut self, node: usize) {
        self.coverage.note("crash");
        for asking in self.askings.values_mut() {
            if asking.answers.is_empty() && asking.received.is_some_and(|(at, _)| at == node) {
                asking.crashed = true;
            }
        }
    }

    /// The log has grown by this value.
    pub(super) fn reads(&mut self, value: &[u8]) {
        match self.judge.read(value) {
            Verdict::Counts => {}
            Verdict::Repeat | Verdict::Void => return,
            Verdict::Damage(what) => panic!("{what}"),
        }
        self.done_for.extend(self.sent_for.get(value));
        let counting = self.judge.counting.last().unwrap();
        let Body::Decision(events) = &counting.body else {
            let model = self.models.last().map_or_else(|| Rc::new(Model::new(CentreNumber(1))), Rc::clone);
            return self.models.push(model);
        };
        let time = Instant::from_millis(counting.prefix.time_ms).unwrap();
        assert_eq!(time, counting.fold_time, "a decision is stamped with the fold's time or later");
        let mark = Mark {
            seq: counting.seq,
            head: Position::new(self.partition, counting.seq, &counting.head).head,
            time,
        };
        let mut model = Model::clone(self.models.last().unwrap());
        if counting.prefix.channel == Channel::Writer.number() {
            for event in events {
                assert_eq!(model.due(time).as_ref(), Some(event), "record {}: not due", counting.seq);
                model.tell(std::slice::from_ref(event), &mark);
                self.coverage.note(format!("record: {}", event.name()));
            }
        } else {
            assert_eq!(model.due(time), None, "record {}: what is due comes first", counting.seq);
            let content = Self::explain(&self.askings, &model, counting, events, time);
            let before = self.records.insert(content, counting.seq).filter(|_| !is_description(events));
            assert_eq!(before, None, "record {} does again what was done", counting.seq);
            model.tell(events, &mark);
            events.iter().for_each(|event| self.coverage.note(format!("record: {}", event.name())));
        }
        assert_eq!(model.breaches(), [""; 0], "after record {}", counting.seq);
        self.models.push(Rc::new(model));
    }

    /// The content of the command that this record decided, and rightly so.
    fn explain(
        askings: &BTreeMap<Ticket, Asking>,
        model: &Model,
        counting: &Counting,
        events: &[Event],
        now: Instant,
    ) -> ContentHash {
        let prefix = &counting.prefix;
        let asked_for = askings.values().find(|asking| {
            let channel = asking.channel;
            let asked = Asked { now, on: universe::civil_day(now), channel, actor: prefix.actor };
            asking.command.id() == prefix.command
                && channel.number() == prefix.channel
                && model.decide(&asking.command, &asked) == Ok(Decision::Events(events.to_vec()))
        });
        let asked_for = asked_for.unwrap_or_else(|| panic!("nobody asked for {events:?}"));
        asked_for.command.content()
    }

    /// An answer has left: is it true, and was it time? `moments` are those at which it can have been decided.
    pub(super) fn answered(
        &mut self,
        ticket: Ticket,
        answer: &Answer,
        read: u64,
        moments: &[(u64, Instant)],
        exclusive: bool,
    ) -> Option<u64> {
        let asking = self.askings.get_mut(&ticket).unwrap();
        asking.answers.push(answer.clone());
        assert_eq!(asking.answers.len(), 1, "ticket {ticket} is answered again: {:?}", asking.answers);
        let asking = &self.askings[&ticket];
        let (note, order) = match answer {
            Answer::Done(receipt) => {
                self.is_read_back(receipt.position, read);
                self.stands_there(asking, receipt);
                let fresh = Some(receipt.position.seq).filter(|_| !receipt.repeated);
                (if receipt.repeated { "repeated".into() } else { "done".into() }, fresh)
            }
            Answer::Refused { rejection, as_of, at } => {
                self.is_read_back(*as_of, read);
                self.is_refused_there(asking, rejection, *as_of, *at, moments);
                if !exclusive && !rejection.is_final() {
                    let next = self.judge.counting.get(usize::try_from(as_of.seq + 1).unwrap());
                    let rests = next.is_some_and(|next| (next.offset as u64) < read);
                    assert!(rests, "ticket {ticket}: nothing after {as_of} was read yet");
                }
                let order = Some(as_of.seq).filter(|_| !rejection.is_final());
                (format!("refused: {}", rejection.rule()), order)
            }
            Answer::Unknown => ("unknown".into(), None),
            Answer::NotDone(why) => (format!("not done: {why:?}"), None),
        };
        self.coverage.note(note);
        order
    }

    fn is_read_back(&self, position: Position, read: u64) {
        let seq = usize::try_from(position.seq).unwrap();
        let counting = self.judge.counting.get(seq).unwrap_or_else(|| panic!("{position} is not in the log"));
        assert_eq!(position, Position::new(self.partition, counting.seq, &counting.head));
        assert!((counting.offset as u64) < read, "{position} was answered before it was read back");
    }

    fn stands_there(&self, asking: &Asking, receipt: &Receipt) {
        let counting = &self.judge.counting[usize::try_from(receipt.position.seq).unwrap()];
        assert_eq!(receipt.recorded_at.millis(), counting.prefix.time_ms);
        assert_eq!(counting.prefix.command, asking.command.id(), "{:?} is told {receipt:?}", asking.command);
        let Body::Decision(events) = &counting.body else { panic!("{receipt:?} names no decision") };
        if !receipt.repeated {
            assert_eq!(&receipt.events, events);
        }
        if !is_description(events) {
            let stands = self.records.get(&asking.command.content()).copied();
            assert_eq!(stands, Some(receipt.position.seq), "{:?} is told {receipt:?}", asking.command);
        }
    }

    fn is_refused_there(
        &self,
        asking: &Asking,
        rejection: &Rejection,
        as_of: Position,
        at: Instant,
        moments: &[(u64, Instant)],
    ) {
        let model = &self.models[usize::try_from(as_of.seq).unwrap()];
        let counting = &self.judge.counting[usize::try_from(as_of.seq).unwrap()];
        assert_eq!(at, counting.fold_time, "{as_of} is as of another time");
        let wanted = plain(&Err(rejection.clone()));
        let true_at = |now: Instant| {
            let now = now.max(at);
            let asked = Asked {
                now,
                on: universe::civil_day(now),
                channel: asking.channel,
                actor: schemas::ids::ActorId::NIL,
            };
            plain(&model.decide(&asking.command, &asked)) == wanted
        };
        let told_truly = true_at(at) || {
            let since = asking.received.map_or(0, |(_, mono_ms)| mono_ms);
            let while_it_waited = moments.iter().rev().take_while(|&&(mono_ms, _)| mono_ms >= since);
            while_it_waited.into_iter().any(|&(_, moment)| true_at(moment))
        };
        assert!(told_truly, "{:?} was refused as of {as_of}: {rejection:?}", asking.command);
    }

    /// At the end: who was told that nothing was done was told the truth, and nobody was forgotten.
    pub(super) fn finish(&self) {
        for ticket in &self.done_for {
            let answer = self.askings[ticket].answers.first();
            let untrue = matches!(answer, Some(Answer::NotDone(_)));
            assert!(!untrue, "ticket {ticket} was told {answer:?}, and was done");
        }
        let mut surely_not: BTreeMap<ContentHash, bool> = BTreeMap::new();
        for (ticket, asking) in &self.askings {
            let waits = asking.answers.is_empty() && asking.received.is_some() && !asking.crashed;
            assert!(!waits, "ticket {ticket} was never answered: {:?}", asking.command);
            let not = matches!(asking.answers.first(), Some(Answer::NotDone(_)))
                || (asking.answers.is_empty() && asking.received.is_none());
            *surely_not.entry(asking.command.content()).or_insert(true) &= not;
        }
        for (content, not) in surely_not {
            assert!(
                !(not && self.records.contains_key(&content)),
                "what was surely not done stands in the log"
            );
        }
    }
}

/// A centre may be described again as it once was.
fn is_description(events: &[Event]) -> bool {
    matches!(events, [Event::CentreDescribed(_)])
}
