//! As of any position or instant of a random history, what is folded from the log alone is what the model has there; with
//! claims, repeats and void records in between, and void ones at the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::chain::{Chain, Origin, Pending, Verdict, claim_value};
use ledger::log::{Log as _, MemoryLog, NewLedger};
use ledger::past::{PastError, Until, fold_until};
use projections::Past;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use replay_tests::chance::Chance;
use replay_tests::model::Model;
use schemas::hashing::partition_of;
use schemas::ids::{CentreId, CentreNumber, ClaimId, LedgerId, NodeId, Partition, SlotId};
use schemas::vocabulary::Dose;
use schemas::{Body, Claim, Clock, Event, Instant, Position};

use crate::run::{Run, same_slots};
use crate::steps::history;
use crate::universe;

const PARTITIONS: u32 = 2;
const HISTORIES: u32 = 20;
/// Of each history; twenty histories make a thousand.
const POSITIONS: u64 = 50;
/// Of each history, looked at through views.
const THROUGH_VIEWS: u64 = 3;

/// How it was after a record that counts.
struct Truth {
    position: Position,
    /// The greatest time of what counted so far.
    time: Instant,
    model: Model,
}

/// A log in which a history stands, and the truth at each of its positions.
struct Written {
    log: Arc<MemoryLog>,
    partition: Partition,
    chain: Chain,
    pending: Pending,
    truths: Vec<Truth>,
    model: Model,
    void: u64,
}

impl Written {
    fn new() -> Self {
        let ledger = LedgerId([7; 16]);
        let new = NewLedger {
            partitions: PARTITIONS,
            clock: Clock::Simulated,
            time: universe::beginning(),
            ledger: Some(ledger),
        };
        let log = Arc::new(MemoryLog::new(&new).unwrap());
        let partition = partition_of(&centre(), PARTITIONS);
        let mut chain = Chain::new(Some(ledger), partition);
        chain.judge(0, &log.read(partition, 0, 1).unwrap()[0].value).unwrap();
        let pending = Pending::after(&chain, ledger);
        let model = Model::new(CentreNumber(1));
        let mut written = Self { log, partition, chain, pending, truths: Vec::new(), model, void: 0 };
        written.note();
        written.claim(universe::beginning());
        written
    }

    fn note(&mut self) {
        let truth =
            Truth { position: self.chain.position(), time: self.chain.time(), model: self.model.clone() };
        self.truths.push(truth);
    }

    /// Appends a value as it is, and notes the truth when it counts.
    fn append(&mut self, value: Arc<[u8]>) {
        let verdict = self.chain.judge(self.chain.next_offset(), &value).unwrap();
        self.log.append(self.partition, vec![value.into()], Box::new(|outcome| outcome.unwrap()));
        match verdict {
            Verdict::Counts(record) => {
                if let Body::Decision(events) = &record.body {
                    self.model.tell(events, &record.mark);
                }
                self.note();
            }
            Verdict::Repeat | Verdict::Void(_) => self.void += 1,
        }
    }

    fn claim(&mut self, at: Instant) {
        let claim = Claim {
            claim: ClaimId([9; 16]),
            node: NodeId([8; 16]),
            knows_fold: 1,
            clock_accepted: false,
            url: String::new(),
        };
        let ledger = LedgerId([7; 16]);
        let value: Arc<[u8]> = claim_value(&self.chain, ledger, claim, at).unwrap().into();
        self.append(Arc::clone(&value));
        // It comes too late when it comes again.
        self.append(value);
        self.pending = Pending::after(&self.chain, ledger);
    }

    fn record(&mut self, at: Instant, body: &Body) -> Arc<[u8]> {
        let origin = Origin { centre: CentreNumber(1), ..Origin::WRITER };
        let value = self.pending.push(origin, at, body).unwrap().value;
        self.append(Arc::clone(&value));
        value
    }

    /// A record of the history, and now and then something that does not count.
    fn step(&mut self, chance: &mut Chance, events: &[Event], at: Instant) {
        if chance.of_thousand(60) {
            let mut stale = self.pending.clone();
            // A claim may carry an earlier time than what counted before it.
            self.claim(at.minus_millis(chance.between(0, 9_000)));
            let origin = Origin { centre: CentreNumber(1), ..Origin::WRITER };
            let late = stale.push(origin, at, &Body::Decision(events.to_vec())).unwrap().value;
            self.append(late);
        }
        if chance.of_thousand(80) {
            self.record(at, &Body::Barrier);
        }
        let value = self.record(at, &Body::Decision(events.to_vec()));
        if chance.of_thousand(120) {
            self.append(value);
        }
        if chance.of_thousand(120) {
            self.append(vec![1, 2, 3].into());
        }
    }
}

fn centre() -> CentreId {
    universe::description(0).id
}

/// One random history as bytes.
fn written(runner: &mut TestRunner, chance: &mut Chance) -> Written {
    let steps = history(160).new_tree(runner).unwrap().current();
    let mut run = Run::new();
    for step in &steps {
        run.step(step).unwrap();
    }
    let mut written = Written::new();
    for (events, mark) in &run.records {
        written.step(chance, events, mark.time);
    }
    written.append(vec![0; 200].into());
    written
}

/// What is folded from the log until there is what the model has.
fn same(written: &Written, until: Until, truth: &Truth) -> Result<(), String> {
    let fold = fold_until(&*written.log, written.partition, until, &mut |_| ())
        .map_err(|error| format!("{until:?}: {error}"))?;
    if fold.chain.position() != truth.position || fold.time() != truth.time {
        return Err(format!("{until:?} came to {} and not to {}", fold.chain.position(), truth.position));
    }
    let Some(folded) = fold.state.centre(&centre()) else {
        let none = truth.model.slots.is_empty();
        return none.then_some(()).ok_or_else(|| format!("{until:?}: there is no centre"));
    };
    same_slots(&truth.model, folded).map_err(|differs| format!("{until:?}: {differs}"))?;
    let totals = folded.totals();
    let live = |hold: &&replay_tests::model::Hold| hold.ended().is_none();
    let holds = || truth.model.holds.iter().filter(live);
    let counts = [
        truth.model.registrations.iter().filter(|person| person.ended().is_none()).count(),
        holds().filter(|hold| hold.confirmed.is_none()).count(),
        holds().filter(|hold| hold.confirmed.is_some()).count(),
    ];
    let got = [totals.registrations, totals.holds, totals.bookings];
    if got.map(|count| usize::try_from(count).unwrap()) != counts {
        return Err(format!("{until:?}: counted {counts:?}, got {got:?}"));
    }
    Ok(())
}

/// The same through views: what was shown of every slot.
fn same_in_views(written: &Written, truth: &Truth) -> Result<u64, String> {
    let dir = tempfile::tempdir().unwrap();
    let untils = BTreeMap::from([(written.partition, Until::Position(truth.position))]);
    let log = Arc::clone(&written.log);
    let past = Past::look_back(log, &dir.path().join("past"), &untils, false, &|| true).unwrap();
    let mut slots = 0;
    for slot in &truth.model.slots {
        let day = past.views().day(&centre(), slot.local_date).ok_or("a day is missing")?;
        assert_eq!(day.as_of, truth.position);
        let day: serde_json::Value = serde_json::from_slice(&day.bytes).unwrap();
        let shown = day["slots"].as_array().unwrap().iter().find(|shown| shown["slot"] == slot.id.0);
        let shown = shown.ok_or_else(|| format!("slot {} is missing", slot.id))?;
        for (name, count) in counts(&truth.model, slot.id, slot.dose) {
            if shown[name] != count {
                return Err(format!("{}: slot {}: {name} {count}: {shown}", truth.position, slot.id));
            }
        }
        slots += 1;
    }
    Ok(slots)
}

fn counts(model: &Model, slot: SlotId, dose: Dose) -> Vec<(&'static str, u32)> {
    let places = model.places.iter().filter(|place| place.slot == slot);
    let mut all = replay_tests::model::Tally::default();
    let mut contingents: Vec<_> = places.map(|place| place.contingent).collect();
    contingents.sort();
    contingents.dedup();
    for contingent in contingents {
        let tally = model.tally(slot, contingent);
        all.capacity += tally.capacity;
        all.free += tally.free;
        all.held += tally.held;
        all.resting += tally.resting;
        all.reserved += tally.reserved;
        all.booked += tally.booked;
    }
    let kept = if dose == Dose::First { ("resting", all.resting) } else { ("reserved", all.reserved) };
    vec![("capacity", all.capacity), ("free", all.free), ("held", all.held), kept, ("booked", all.booked)]
}

/// The last truth that is not after an instant.
fn at(written: &Written, instant: Instant) -> Option<&Truth> {
    written.truths.iter().rev().find(|truth| truth.time <= instant)
}

fn seed() -> u64 {
    std::env::var("TERMINBUCH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_210_112)
}

#[test]
fn at_a_thousand_random_positions_the_past_is_what_the_model_has_there() {
    let seed = seed();
    eprintln!("seed {seed}: TERMINBUCH_SEED={seed} runs these histories again");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut chance = Chance::new(seed);
    let (mut checked, mut void, mut slots, mut ties) = (0, 0, 0, 0);
    for number in 0..HISTORIES {
        let written = written(&mut runner, &mut chance);
        for _ in 0..POSITIONS {
            let truth = chance.one_of(&written.truths).unwrap();
            same(&written, Until::Position(truth.position), truth)
                .unwrap_or_else(|differs| panic!("seed {seed}, history {number}: {differs}"));
            // At the very time of a record, just before it, and just after it.
            let instant = truth.time.minus_millis(1).plus_millis(chance.between(0, 3));
            let expected = at(&written, instant);
            ties += u64::from(expected.is_some_and(|at| at.time == instant && at.position != truth.position));
            match expected {
                Some(expected) => same(&written, Until::Instant(instant), expected)
                    .unwrap_or_else(|differs| panic!("seed {seed}, history {number}: {differs}")),
                None => assert!(matches!(
                    fold_until(&*written.log, written.partition, Until::Instant(instant), &mut |_| ()),
                    Err(PastError::BeforeGenesis { .. })
                )),
            }
            checked += 1;
        }
        for _ in 0..THROUGH_VIEWS {
            let truth = chance.one_of(&written.truths).unwrap();
            slots += same_in_views(&written, truth)
                .unwrap_or_else(|differs| panic!("seed {seed}, history {number}: {differs}"));
        }
        same(&written, Until::End, written.truths.last().unwrap()).unwrap();
        void += written.void;
    }
    eprintln!(
        "{checked} positions, {void} records that do not count, {ties} ties, {slots} slots through views"
    );
    assert!(checked >= 1_000 && void > 200 && ties > 50 && slots > 100, "too little of it was reached");
}

#[test]
fn what_is_not_in_the_history_is_refused_by_name() {
    let mut runner = TestRunner::deterministic();
    let written = written(&mut runner, &mut Chance::new(7));
    let last = written.truths.last().unwrap().position;
    let ask = |position| fold_until(&*written.log, written.partition, Until::Position(position), &mut |_| ());
    let ahead = ask(Position { seq: last.seq + 1, ..last });
    assert!(matches!(ahead, Err(PastError::Ahead { end, .. }) if end == last));
    let other = ask(Position { head: [1; 8], ..last });
    assert!(matches!(other, Err(PastError::OtherHistory { found, .. }) if found == last));
}
