//! A small ledger in memory, written by hand.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part of it")]

use std::path::Path;
use std::sync::Arc;

use ledger::chain::{Chain, Origin, Pending, claim_value};
use ledger::log::{Log, MemoryLog, NewLedger};
use projections::{Projector, ProjectorHandle, Settings, Views};
use schemas::events::{CentreDescribed, RegistrationAccepted};
use schemas::hashing::partition_of;
use schemas::ids::{
    CentreId, CentreNumber, ClaimId, Commitment, ContentHash, Group, LedgerId, NodeId, Partition, Pseudonym,
    RegistrationId,
};
use schemas::vocabulary::{AgeBand, MadeBy};
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
    pub now: Instant,
}

impl World {
    pub fn new(ledger: u8) -> Self {
        let ledger = LedgerId(uuid(ledger));
        let now = instant("2021-01-11T10:00:00.000+01:00");
        let new =
            NewLedger { partitions: PARTITIONS, clock: Clock::Simulated, time: now, ledger: Some(ledger) };
        let log = Arc::new(MemoryLog::new(&new).unwrap());
        let mut world = Self { log, ledger, pendings: Vec::new(), now };
        for partition in (0..PARTITIONS).map(Partition) {
            let pending = world.claim(partition);
            world.pendings.push(pending);
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
        self.log.append(partition, vec![value], Box::new(|outcome| outcome.unwrap()));
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
        pended.mark.position(partition)
    }

    pub fn pass_ms(&mut self, millis: u64) {
        self.now = self.now.plus_millis(millis);
    }
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
        reference: reference.clone(),
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

pub fn start(log: &Arc<MemoryLog>, views_dir: &Path) -> (Views, ProjectorHandle) {
    start_with(log, views_dir, Settings::default())
}

pub fn start_with(log: &Arc<MemoryLog>, views_dir: &Path, settings: Settings) -> (Views, ProjectorHandle) {
    Projector::start(Arc::clone(log) as Arc<dyn Log>, views_dir, settings).unwrap()
}
