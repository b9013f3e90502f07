//! A small ledger in memory, written by hand.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part of it")]
#![allow(clippy::unwrap_used, reason = "these are the helpers of tests")]

pub mod cut;
pub mod day;

use std::path::Path;
use std::sync::Arc;

use ledger::chain::{Chain, Origin, Pending, claim_value};
use ledger::fold::State;
use ledger::log::{Log, MemoryLog, NewLedger};
use ledger::{Asked, CentreCommand, Command, Decision, Rejection};
use projections::{Projector, ProjectorHandle, Settings, StartError, Views};
use schemas::events::{CentreDescribed, RegistrationAccepted};
use schemas::hashing::partition_of;
use schemas::ids::{
    ActorId, CentreId, CentreNumber, ClaimId, Commitment, ContentHash, Group, LedgerId, NodeId, Partition,
    Pseudonym, RegistrationId,
};
use schemas::vocabulary::{AgeBand, Channel, MadeBy};
use schemas::{Body, CivilDate, Claim, Clock, Event, Instant, Position, Reference};

pub const PARTITIONS: u32 = 4;

pub fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

pub fn date(text: &str) -> CivilDate {
    text.parse().unwrap()
}

pub fn uuid(number: u8) -> [u8; 16] {
    [number, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, number]
}

/// Writes records that count.
pub struct World {
    pub log: Arc<MemoryLog>,
    pub ledger: LedgerId,
    pendings: Vec<Pending>,
    pub states: Vec<State>,
    pub now: Instant,
}

impl World {
    pub fn new(ledger: u8) -> Self {
        let ledger = LedgerId(uuid(ledger));
        let now = instant("2021-01-11T10:00:00.000+01:00");
        let new =
            NewLedger { partitions: PARTITIONS, clock: Clock::Simulated, time: now, ledger: Some(ledger) };
        let log = Arc::new(MemoryLog::new(&new).unwrap());
        let mut world = Self { log, ledger, pendings: Vec::new(), states: Vec::new(), now };
        for partition in (0..PARTITIONS).map(Partition) {
            let pending = world.claim(partition);
            world.pendings.push(pending);
            world.states.push(State::new(partition));
        }
        world
    }

    fn claim(&self, partition: Partition) -> Pending {
        let mut chain = Chain::new(Some(self.ledger), partition);
        let genesis = self.log.read(partition, 0, 1).unwrap();
        chain.judge(0, &genesis[0].value).unwrap();
        let claim = Claim {
            claim: ClaimId(uuid(1)),
            node: NodeId(uuid(2)),
            knows_fold: 1,
            clock_accepted: false,
            url: String::new(),
        };
        let value = claim_value(&chain, self.ledger, claim, self.now).unwrap();
        chain.judge(1, &value).unwrap();
        self.append(partition, value.into());
        Pending::after(&chain, self.ledger)
    }

    pub fn append(&self, partition: Partition, value: Arc<[u8]>) {
        self.log.append(partition, vec![value.into()], Box::new(|outcome| outcome.unwrap()));
    }

    /// One record with these events.
    pub fn record(&mut self, partition: Partition, number: u32, events: Vec<Event>) -> Position {
        self.body(partition, number, &Body::Decision(events))
    }

    pub fn body(&mut self, partition: Partition, number: u32, body: &Body) -> Position {
        let origin = Origin { centre: CentreNumber(number), ..Origin::WRITER };
        let at = usize::try_from(partition.0).unwrap();
        let pended = self.pendings[at].push(origin, self.now, body).unwrap();
        self.append(partition, pended.value);
        if let Body::Decision(events) = body {
            // What does not add up is for the reader to find.
            let _ = self.states[at].apply(CentreNumber(number), events, &pended.mark);
        }
        pended.mark.position(partition)
    }

    /// Decides what is due, then a command; the position of its record.
    pub fn command(
        &mut self,
        centre: &CentreId,
        channel: Channel,
        command: CentreCommand,
    ) -> Result<Position, Rejection> {
        let partition = partition_of(centre, PARTITIONS);
        self.due(partition);
        let asked = Asked { now: self.now, on: civil(self.now), channel, actor: ActorId::NIL };
        let state = &self.states[usize::try_from(partition.0).unwrap()];
        match state.decide(&Command::Centre(centre.clone(), command), &asked)? {
            (number, Decision::Events(events)) => Ok(self.record(partition, number.0, events)),
            (_, Decision::Repeat(mark)) => Ok(mark.position(partition)),
        }
    }

    /// Decides what is due now.
    pub fn due(&mut self, partition: Partition) {
        let at = usize::try_from(partition.0).unwrap();
        while let Some((number, events)) = self.states[at].due(self.now) {
            self.record(partition, number.0, events);
        }
    }

    /// The last record of a partition.
    pub fn position(&self, partition: Partition) -> Position {
        self.pendings[usize::try_from(partition.0).unwrap()].position()
    }

    pub fn pass_ms(&mut self, millis: u64) {
        self.now = self.now.plus_millis(millis);
    }
}

/// The civil day in Hessen; the tests stay on one side of summer time's night.
fn civil(now: Instant) -> CivilDate {
    now.plus_millis(3_600_000).to_string()[..10].parse().unwrap()
}

pub fn centre(name: &str) -> (CentreId, Partition) {
    let id: CentreId = name.parse().unwrap();
    let partition = partition_of(&id, PARTITIONS);
    (id, partition)
}

pub fn described(name: &str, revision: u32) -> Event {
    CentreDescribed {
        revision,
        number: CentreNumber(1),
        id: name.parse().unwrap(),
        reference_prefix: name[..3].to_uppercase().parse().unwrap(),
        name: format!("Impfzentrum {name}"),
        address: "Festplatz 1".to_owned(),
        phone: "116117".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        opens_on: date("2021-01-19"),
        catchment: vec!["06412".parse().unwrap()],
        content: ContentHash([0; 16]),
    }
    .into()
}

pub fn registered(number: u8, reference: &Reference, pseudonyms: &[u8]) -> Event {
    RegistrationAccepted {
        registration: RegistrationId(uuid(number)),
        reference: *reference,
        pseudonyms: pseudonyms.iter().map(|&number| Pseudonym([number; 16])).collect(),
        commitment: Commitment([7; 32]),
        group: Group(1),
        district: "06412".parse().unwrap(),
        age_band: AgeBand::of_years(82),
        made_by: MadeBy::SelfMade,
        content: ContentHash([number; 16]),
    }
    .into()
}

pub fn reference(prefix: &str, number: u64) -> Reference {
    Reference::new(prefix.parse().unwrap(), number)
}

pub fn start_log(log: Arc<dyn Log>, views_dir: &Path) -> Result<(Views, ProjectorHandle), StartError> {
    Projector::start(log, views_dir, Settings::default())
}

pub fn start(log: &Arc<MemoryLog>, views_dir: &Path) -> (Views, ProjectorHandle) {
    start_with(log, views_dir, Settings::default())
}

pub fn start_with(log: &Arc<MemoryLog>, views_dir: &Path, settings: Settings) -> (Views, ProjectorHandle) {
    Projector::start(Arc::clone(log) as Arc<dyn Log>, views_dir, settings).unwrap()
}
