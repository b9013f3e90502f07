//! The story of one thing: of a registration, hold, booking, slot, delivery, release, set of rules or shrink, every event
//! that concerns it, in order, in words; and the void records that would have.
//!
//! A pure fold over the log's values. It keeps what the subject leads to (the holds of a registration, the slots of a
//! release) and when each slot begins: a few bytes a slot, and nothing for each record.

mod mentions;
mod subject;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use ledger::chain::{Chain, Counted, Halt, Verdict};
use schemas::ids::{ActorId, CentreId, CentreNumber, CommandId, LedgerId, NodeId, Partition, SlotId};
use schemas::vocabulary::Channel;
use schemas::{Body, Event, Instant, Position, Prefix};

use subject::Thread;
pub use subject::{Subject, SubjectError};
use words::{Face, Words};

/// One event that concerns the subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The partition.
    pub partition: Partition,
    /// Where its record stands in the log.
    pub offset: u64,
    /// The record's place in the history; none: it does not count.
    pub position: Option<Position>,
    /// Why it does not count.
    pub void: Option<String>,
    /// The reign it was written in.
    pub epoch: u64,
    /// The node whose claim began that reign, where it is the one in force.
    pub node: Option<NodeId>,
    /// The record's time.
    pub at: Option<Instant>,
    /// IANA name of the zone that its centre shows times in.
    pub time_zone: String,
    /// Where it came in; none: a channel that this program does not know.
    pub channel: Option<Channel>,
    /// Who; nil: the bearer of the registration's secret, or the writer.
    pub actor: ActorId,
    /// The last UUID of the command's path; nil: none.
    pub command: CommandId,
    /// The centre.
    pub centre: Option<CentreId>,
    /// The event itself.
    pub event: Event,
    /// What happened, as a sentence.
    pub words: String,
}

/// Tells the story from the values of one partition, from its beginning.
pub struct Story {
    chain: Chain,
    thread: Thread,
    faces: BTreeMap<CentreNumber, Face>,
    starts: BTreeMap<(CentreNumber, SlotId), Instant>,
}

impl Story {
    /// Nothing read yet.
    pub fn new(ledger: Option<LedgerId>, partition: Partition, subject: Subject) -> Self {
        Self {
            chain: Chain::new(ledger, partition),
            thread: Thread::new(subject),
            faces: BTreeMap::new(),
            starts: BTreeMap::new(),
        }
    }

    /// Goes on in another partition with what is known of the subject.
    #[must_use]
    pub fn go_on_in(self, partition: Partition) -> Self {
        let chain = Chain::new(self.chain.ledger(), partition);
        Self { chain, thread: self.thread, faces: BTreeMap::new(), starts: BTreeMap::new() }
    }

    /// How far the partition is read.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Reads the value at the next offset; the events in it that concern the subject.
    ///
    /// # Errors
    /// When it cannot be judged: nothing behind it may be read.
    pub fn read(&mut self, offset: u64, value: &[u8]) -> Result<Vec<Told>, Halt> {
        Ok(match self.chain.judge(offset, value)? {
            Verdict::Counts(record) => self.counted(offset, &record),
            Verdict::Repeat => self.void(offset, value, "it stood here before"),
            Verdict::Void(reason) => self.void(offset, value, &reason.to_string()),
        })
    }

    fn counted(&mut self, offset: u64, record: &Counted) -> Vec<Told> {
        let Body::Decision(events) = &record.body else { return Vec::new() };
        let number = record.prefix.centre;
        events.iter().for_each(|event| self.learn(number, event));
        let centre = self.centre(number).cloned();
        let mut told = Vec::new();
        for event in events {
            if self.thread.follow(centre.as_ref(), event) {
                let place = Place { offset, position: Some(self.chain.position()), void: None };
                told.push(self.tell(place, &record.prefix, event));
            }
        }
        told
    }

    /// What does not count leads nowhere: it is shown, and not followed.
    fn void(&self, offset: u64, value: &[u8], reason: &str) -> Vec<Told> {
        let Ok((prefix, body)) = Prefix::split(value) else { return Vec::new() };
        let Ok(Body::Decision(events)) = Body::read(prefix.kind, body) else { return Vec::new() };
        let centre = self.centre(prefix.centre);
        let concerned = events.iter().filter(|event| self.thread.concerns(centre, event));
        let place = || Place { offset, position: None, void: Some(reason.to_owned()) };
        concerned.map(|event| self.tell(place(), &prefix, event)).collect()
    }

    fn learn(&mut self, number: CentreNumber, event: &Event) {
        match event {
            Event::CentreDescribed(described) => {
                let face = Face { centre: described.id.clone(), time_zone: described.time_zone.clone() };
                self.faces.insert(number, face);
            }
            Event::SlotsReleased(released) => {
                self.starts.extend(released.slots.iter().map(|slot| ((number, slot.slot), slot.start_at)));
            }
            _ => {}
        }
    }

    fn centre(&self, number: CentreNumber) -> Option<&CentreId> {
        self.faces.get(&number).map(|face| &face.centre)
    }

    fn tell(&self, place: Place, prefix: &Prefix, event: &Event) -> Told {
        let face = self.faces.get(&prefix.centre);
        let in_force = prefix.epoch == self.chain.epoch();
        let words = Words::new(face, prefix.centre, &self.starts);
        Told {
            partition: self.chain.partition(),
            offset: place.offset,
            position: place.position,
            void: place.void,
            epoch: prefix.epoch,
            node: self.chain.claim().filter(|_| in_force).map(|(_, node)| node),
            at: Instant::from_millis(prefix.time_ms),
            time_zone: face.map_or("Etc/UTC", |face| &face.time_zone).to_owned(),
            channel: Channel::from_number(prefix.channel),
            actor: prefix.actor,
            command: prefix.command,
            centre: face.map(|face| face.centre.clone()),
            event: event.clone(),
            words: words.of(event, self.thread.slots(face.map(|face| &face.centre))),
        }
    }
}

/// Where a record stands.
struct Place {
    offset: u64,
    position: Option<Position>,
    void: Option<String>,
}

/// Slots that the subject is about; none: all that an event names are worth telling.
type Narrow<'a> = Option<&'a BTreeSet<SlotId>>;
