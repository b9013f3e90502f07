//! Two believers over one faulty log. Each decides the next place by what it has read and sent, as a writer does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemas::ids::{ClaimId, CommandId, NodeId};
use schemas::{Body, Claim, Instant};

use super::super::rules::Rule;
use super::super::{Chain, Origin, Pending, Verdict, claim_value};
use super::forge::{Forge, LEDGER, PARTITION};

const STEPS: usize = 120;

/// The fold of a reader: which places are given, and which sendings counted.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Fold {
    pub(super) given: BTreeMap<u64, u32>,
    pub(super) counted: BTreeMap<u64, u32>,
}

impl Fold {
    pub(super) fn apply(&mut self, verdict: &Verdict) {
        if let Verdict::Counts(counted) = verdict
            && matches!(counted.body, Body::HandOver)
        {
            let (place, sending) = halves(counted.prefix.command);
            *self.given.entry(place).or_default() += 1;
            *self.counted.entry(sending).or_default() += 1;
        }
    }

    pub(super) fn hurt(&self) -> bool {
        self.given.values().chain(self.counted.values()).any(|&times| times > 1)
    }
}

fn halves(id: CommandId) -> (u64, u64) {
    let number = u128::from_be_bytes(id.0);
    (u64::try_from(number >> 64).unwrap(), u64::try_from(number & u128::from(u64::MAX)).unwrap())
}

/// One who may believe that it owns the partition.
struct Believer {
    node: u8,
    chain: Chain,
    fold: Fold,
    pending: Pending,
    in_flight: BTreeSet<u64>,
    claims: u8,
    paused: bool,
}

pub(super) struct World {
    rng: ChaCha8Rng,
    pub(super) log: Vec<Arc<[u8]>>,
    late: Vec<Arc<[u8]>>,
    believers: [Believer; 2],
    sendings: u64,
}

impl World {
    /// Runs one history and gives the log, with everything late delivered at its end.
    pub(super) fn run(seed: u64, taken_away: [Option<Rule>; 2]) -> Vec<Arc<[u8]>> {
        let log = Forge::begun().values.into_iter().map(|(_, value)| Arc::from(value)).collect();
        let rng = ChaCha8Rng::seed_from_u64(seed);
        let believers = [1, 2].map(|node| Believer::new(node, taken_away));
        let mut world = Self { rng, log, late: Vec::new(), believers, sendings: 0 };
        for _ in 0..STEPS {
            world.step();
        }
        world.log.append(&mut world.late);
        world.log
    }

    fn step(&mut self) {
        let index = self.rng.random_range(0..2_usize);
        match self.rng.random_range(0..100_u8) {
            0..5 => self.believers[index].paused ^= true,
            5..20 => self.deliver(),
            _ if self.believers[index].paused => {}
            20..28 => self.claim(index),
            28..60 => self.read(index),
            _ => self.decide(index),
        }
    }

    fn deliver(&mut self) {
        if !self.late.is_empty() {
            let which = self.rng.random_range(0..self.late.len());
            let value = self.late.swap_remove(which);
            self.log.push(value);
        }
    }

    /// Drops, delays and doubles what is sent.
    fn send(&mut self, value: Arc<[u8]>) {
        match self.rng.random_range(0..100_u8) {
            0..10 => {}
            10..30 => self.late.push(value),
            30..45 => {
                self.log.push(Arc::clone(&value));
                self.late.push(value);
            }
            _ => self.log.push(value),
        }
    }

    fn claim(&mut self, index: usize) {
        let value = self.believers[index].claim();
        self.send(value);
    }

    fn read(&mut self, index: usize) {
        let many = self.rng.random_range(1..12_usize);
        let believer = &mut self.believers[index];
        let from = usize::try_from(believer.chain.next_offset()).unwrap();
        let values: Vec<_> = self.log.iter().skip(from).take(many).cloned().collect();
        let lost = values.iter().filter(|value| believer.read(value)).count() > 0;
        // A void record of its own epoch, or silence while something is in flight.
        if lost || (values.is_empty() && !believer.in_flight.is_empty()) {
            self.claim(index);
        }
    }

    fn decide(&mut self, index: usize) {
        if self.believers[index].owns() {
            self.sendings += 1;
            let value = self.believers[index].decide(self.sendings);
            self.send(value);
        }
    }
}

impl Believer {
    fn new(node: u8, taken_away: [Option<Rule>; 2]) -> Self {
        let mut chain = Chain::new(Some(LEDGER), PARTITION);
        chain.rules.taken_away = taken_away;
        let pending = Pending::after(&chain, LEDGER);
        let (fold, in_flight) = (Fold::default(), BTreeSet::new());
        Self { node, chain, fold, pending, in_flight, claims: 0, paused: false }
    }

    fn owns(&self) -> bool {
        self.chain.claim().is_some_and(|(_, node)| node == NodeId([self.node; 16]))
    }

    fn claim(&mut self) -> Arc<[u8]> {
        self.claims += 1;
        let (claim, node) = (ClaimId([self.claims; 16]), NodeId([self.node; 16]));
        let claim = Claim { claim, node, knows_fold: 1, clock_accepted: false, url: String::new() };
        claim_value(&self.chain, LEDGER, claim, Instant::EPOCH).unwrap().into()
    }

    /// The least place that is given neither by what it has read nor by what it has sent.
    fn decide(&mut self, sending: u64) -> Arc<[u8]> {
        let taken = |place: &u64| self.fold.given.contains_key(place) || self.in_flight.contains(place);
        let place = (0..).find(|place| !taken(place)).unwrap();
        let command = CommandId(((u128::from(place) << 64) | u128::from(sending)).to_be_bytes());
        let origin = Origin { command, ..Origin::WRITER };
        self.in_flight.insert(place);
        self.pending.push(origin, Instant::EPOCH, &Body::HandOver).unwrap().value
    }

    /// Whether it has to claim anew.
    fn read(&mut self, value: &[u8]) -> bool {
        let verdict = self.chain.judge(self.chain.next_offset(), value).unwrap();
        self.fold.apply(&verdict);
        match &verdict {
            Verdict::Counts(counted) => {
                if matches!(counted.body, Body::Claim(_) | Body::Genesis(_)) {
                    self.in_flight.clear();
                    self.pending = Pending::after(&self.chain, LEDGER);
                } else {
                    self.in_flight.remove(&halves(counted.prefix.command).0);
                }
                false
            }
            Verdict::Void(reason) => self.owns() && reason.is_of_current_epoch(),
            Verdict::Repeat => false,
        }
    }
}
