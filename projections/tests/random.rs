//! Views are a function of the positions they stand at: random histories, followed in random steps, give the same
//! bytes as when they are followed in one go, and the same availability at every position.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::cut::CutLog;
use common::day::{Desk, hold};
use common::{PARTITIONS, centre, date, instant, start, uuid};
use ledger::CentreCommand;
use ledger::centre::Places;
use ledger::command::{PersonFacts, ShrinkPlan};
use ledger::log::Log;
use ledger::snapshot::Snapshots;
use projections::{DumpedRow, PairShown, Projector, Settings, Views, Waited, dump, rebuild};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemas::ids::{
    AccessId, CentreId, ChangeId, Commitment, Group, HoldId, Partition, Pseudonym, RegistrationId, ShrinkId,
    SlotId,
};
use schemas::vocabulary::{
    AgeBand, CancelDoses, CancelReason, Channel, Contingent, ShrinkReason, WithdrawReason,
};
use schemas::{Body, Position};

const PATIENCE: Duration = Duration::from_secs(20);
const PEOPLE: u8 = 30;
const FIRSTS: [SlotId; 4] = [SlotId(1), SlotId(2), SlotId(5), SlotId(6)];
const SECONDS: [SlotId; 4] = [SlotId(3), SlotId(4), SlotId(7), SlotId(8)];

/// Somebody at one of two centres who asks for anything.
struct Crowd {
    desk: Desk,
    centres: [CentreId; 2],
    random: ChaCha8Rng,
    done: u32,
    /// The newest hold of everybody, and the holds there have been.
    holds: BTreeMap<u8, HoldId>,
    placed: u8,
    /// Whose erasure was ordered.
    erasing: Vec<u8>,
}

impl Crowd {
    fn new(seed: u64) -> Self {
        let mut desk = Desk::open(9, "frankfurt");
        desk.second_day();
        desk.centre = centre("kassel").0;
        desk.describe();
        desk.second_day();
        Self {
            desk,
            centres: [centre("frankfurt").0, centre("kassel").0],
            random: ChaCha8Rng::seed_from_u64(seed),
            done: 0,
            holds: BTreeMap::new(),
            placed: 0,
            erasing: Vec::new(),
        }
    }

    fn below(&mut self, below: u8) -> u8 {
        self.random.random_range(0..below)
    }

    fn one_of<T: Copy, const N: usize>(&mut self, of: [T; N]) -> T {
        of[self.random.random_range(0..N)]
    }

    /// One step, which a rule may refuse.
    fn step(&mut self) -> Option<Position> {
        let number = 1 + self.below(PEOPLE);
        self.desk.centre = self.centres[usize::from(number % 2)].clone();
        let wait = self.random.random_range(0..20_000);
        self.desk.world.pass_ms(wait);
        let channel = self.one_of([Channel::Web, Channel::Hotline]);
        let command = self.command(number);
        let done = self.desk.world.command(&self.desk.centre, channel, command.clone());
        if done.is_ok() {
            self.done += 1;
            self.remember(number, &command);
        }
        done.ok()
    }

    fn remember(&mut self, number: u8, command: &CentreCommand) {
        match command {
            CentreCommand::PlaceHold { hold, .. } => drop(self.holds.insert(number, *hold)),
            CentreCommand::Erase { .. } => self.erasing.push(number),
            _ => {}
        }
    }

    /// A command about somebody.
    fn command(&mut self, number: u8) -> CentreCommand {
        let registration = RegistrationId(uuid(number));
        let booking = self.holds.get(&number).copied().unwrap_or(hold(number));
        match self.below(32) {
            0..3 => self.desk.registration(number),
            3..11 => self.place(registration, booking),
            11..18 => CentreCommand::ConfirmHold { hold: booking },
            18 => CentreCommand::ReleaseHold { hold: booking },
            19 => CentreCommand::ExtendHold { hold: booking },
            20..25 => {
                let doses = self.one_of([CancelDoses::Both, CancelDoses::Second]);
                CentreCommand::CancelBooking { booking, doses, reason: CancelReason::Ill }
            }
            25..28 => self.reschedule(booking),
            28 => self.amend(registration),
            29 => self.rarely(registration),
            _ => CentreCommand::ShrinkSlots {
                shrink: ShrinkId(uuid(self.below(250))),
                reason: ShrinkReason::Staffing,
                slots: vec![ShrinkPlan {
                    slot: self.one_of([SlotId(2), SlotId(3), SlotId(4), SlotId(7), SlotId(8)]),
                    contingent: None,
                    places: 1,
                }],
            },
        }
    }

    fn place(&mut self, registration: RegistrationId, before: HoldId) -> CentreCommand {
        self.placed += 1;
        let second = self.one_of(SECONDS);
        CentreCommand::PlaceHold {
            hold: hold(self.placed),
            registration,
            first: self.one_of(FIRSTS),
            second: self.one_of([None, Some(second)]),
            instead_of: self.one_of([None, Some(before)]),
        }
    }

    fn reschedule(&mut self, booking: HoldId) -> CentreCommand {
        let (first, second) = (self.one_of(FIRSTS), self.one_of(SECONDS));
        CentreCommand::RescheduleBooking {
            booking,
            change: ChangeId(uuid(self.below(250))),
            first: self.one_of([None, Some(first)]),
            second: self.one_of([None, Some(second)]),
        }
    }

    fn amend(&mut self, registration: RegistrationId) -> CentreCommand {
        let person = PersonFacts {
            pseudonyms: vec![Pseudonym([self.below(250); 16])],
            commitment: Commitment([self.below(250); 32]),
            group: Group(1),
            district: "06412".parse().unwrap(),
            age_band: AgeBand::of_years(91),
        };
        CentreCommand::AmendRegistration { registration, revision: 1, person, distinct_from: Vec::new() }
    }

    fn rarely(&mut self, registration: RegistrationId) -> CentreCommand {
        if let Some(number) = self.erasing.pop() {
            self.desk.centre = self.centres[usize::from(number % 2)].clone();
            return CentreCommand::FinishErasure { registration: RegistrationId(uuid(number)) };
        }
        match self.below(4) {
            0 => CentreCommand::WithdrawRegistration { registration, reason: WithdrawReason::Person },
            1 => CentreCommand::Erase { registration, ended_in_views: false },
            _ => CentreCommand::ReissueAccess {
                registration,
                access: AccessId(uuid(self.below(250))),
                secret_hash: [3; 32],
            },
        }
    }
}

/// What is shown of the centre with the newest record is what its fold says, slot by slot.
fn recount(crowd: &Crowd, views: &Views, partition: Partition) {
    let fold =
        crowd.desk.world.states[usize::try_from(partition.0).unwrap()].centre(&crowd.desk.centre).unwrap();
    let near = Some(date("2021-01-20"));
    for channel in [Channel::Web, Channel::Hotline, Channel::Partner] {
        let shown = views.pairs(&crowd.desk.centre, channel, near, 50).unwrap();
        let pair = |pair: &PairShown| (pair.first.slot, pair.second.as_ref().map(|second| second.slot));
        let held = fold.pairs(channel, shown.at, near, 50);
        assert_eq!(
            shown.pairs.iter().map(pair).collect::<Vec<_>>(),
            held.iter().map(|pair| (pair.first, pair.second)).collect::<Vec<_>>(),
            "{channel}"
        );
    }
    for date in fold.dates() {
        let day = views.day(&crowd.desk.centre, date).unwrap();
        let day: serde_json::Value = serde_json::from_slice(&day.bytes).unwrap();
        let shown = day["slots"].as_array().unwrap();
        assert_eq!(shown.len(), fold.slots_on(date).count());
        for slot in shown {
            let id = u32::try_from(slot["slot"].as_u64().unwrap()).unwrap();
            let count = |of: &serde_json::Value| {
                ["free", "held", "resting", "reserved", "booked"].map(|name| of[name].as_u64().unwrap_or(0))
            };
            match &fold.slot(SlotId(id)).unwrap().places {
                Places::First(first) => {
                    for contingent in Contingent::ALL {
                        let is = first.counts(*contingent);
                        let is = [is.free, is.held, is.resting, 0, is.booked].map(u64::from);
                        assert_eq!(count(&slot["contingents"][contingent.as_str()]), is, "slot {id}");
                    }
                }
                Places::Second(is) => {
                    let is = [is.free, is.held, 0, is.reserved, is.booked].map(u64::from);
                    assert_eq!(count(slot), is, "slot {id}");
                }
            }
        }
    }
}

fn content(log: Arc<dyn Log>, settings: Settings) -> Vec<DumpedRow> {
    let views_dir = tempfile::tempdir().unwrap();
    drop(rebuild(log, views_dir.path(), settings).unwrap());
    dump(views_dir.path()).unwrap()
}

/// The centres by day, and every day slot by slot.
fn offer(views: &Views, centres: &[CentreId]) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut documents = Vec::new();
    for centre in centres {
        documents.push(text(&views.centre_availability(centre).unwrap().bytes));
        for day in ["2021-01-19", "2021-01-20", "2021-02-09", "2021-02-10"] {
            documents.extend(views.day(centre, date(day)).map(|day| text(&day.bytes)));
        }
    }
    documents
}

/// What is offered when the log is followed in one go up to these ends.
fn offer_of_a_cut(
    crowd: &Crowd,
    ends: &[(Partition, u64)],
    views_dir: &Path,
    snapshots: Option<Snapshots>,
) -> Vec<String> {
    let cut = CutLog::new(&crowd.desk.world.log);
    ends.iter().for_each(|&(partition, end)| cut.cut(partition, end));
    let settings = Settings { batch_entries: 5, bulk_bytes: 1, snapshots, ..Settings::default() };
    let (views, _projector) = Projector::start(cut, views_dir, settings).unwrap();
    offer(&views, &crowd.centres)
}

#[tokio::test]
async fn the_same_bytes_however_they_were_followed() {
    let mut kinds = BTreeMap::new();
    for seed in 0..10 {
        eprintln!("seed {seed}");
        let (followed, stepped) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut crowd = Crowd::new(seed);
        let (views, projector) = start(&crowd.desk.world.log, followed.path());
        for step in 0..700 {
            let Some(position) = crowd.step() else { continue };
            // Some records are drawn one by one, so that nothing later hides a day that was forgotten.
            if step % 3 == 0 {
                // What was due before the command may stand behind the record that a repeat names.
                let newest = crowd.desk.world.position(position.partition);
                assert_eq!(views.wait_for_availability(newest, PATIENCE).await, Waited::Reached);
                recount(&crowd, &views, position.partition);
            }
        }
        crowd.desk.world.now = instant("2021-01-15T12:00:00.000+01:00");
        let partitions = crowd.centres.clone().map(|centre| views.partition_of(&centre));
        partitions.iter().for_each(|&partition| crowd.desk.world.due(partition));
        for partition in partitions {
            let end = crowd.desk.world.position(partition);
            assert_eq!(views.wait_for_availability(end, PATIENCE).await, Waited::Reached);
        }
        assert_eq!(views.halted(), []);
        assert!(crowd.done > 100, "only {} of the steps did something", crowd.done);
        partitions.iter().for_each(|&partition| count_kinds(&crowd, partition, &mut kinds));
        let last_offer = offer(&views, &crowd.centres);
        projector.stop();
        drop(views);

        let expected = dump(followed.path()).unwrap();
        let log = || Arc::clone(&crowd.desk.world.log) as Arc<dyn Log>;
        let order: Vec<Partition> = (0..PARTITIONS).rev().map(Partition).collect();
        let small = Settings {
            batch_entries: 7,
            batch_bytes: 900,
            bulk_bytes: 20_000,
            bulk_rows: 9,
            order,
            ..Settings::default()
        };
        assert_eq!(content(log(), Settings::default()), expected);
        assert_eq!(content(log(), small), expected);
        // Stopped and started again and again, each time from snapshots, it offers the same at the end.
        let taken = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::new(taken.path().to_owned(), 10);
        let ends = partitions.map(|partition| (partition, crowd.desk.world.log.end(partition).unwrap()));
        for part in 1..=3 {
            let ends = ends.map(|(partition, end)| (partition, (end * part / 3).max(8)));
            let fresh = tempfile::tempdir().unwrap();
            let resumed = offer_of_a_cut(&crowd, &ends, stepped.path(), Some(snapshots.clone()));
            assert_eq!(resumed, offer_of_a_cut(&crowd, &ends, fresh.path(), None));
            assert_eq!(part == 3, resumed == last_offer);
        }
        assert_eq!(dump(stepped.path()).unwrap(), expected);
        assert!(std::fs::read_dir(taken.path()).unwrap().count() > 1, "snapshots were taken");
    }
    // What no hand-written history has to have been thought of for.
    let at_a_centre = schemas::Event::CATALOGUE.iter().filter(|(kind, ..)| *kind < 24);
    for (_, _, name, _) in at_a_centre.filter(|(_, _, name, _)| *name != "DeliveryReceived") {
        assert!(kinds.contains_key(name), "no history had {name}: {kinds:?}");
    }
}

fn count_kinds(crowd: &Crowd, partition: Partition, kinds: &mut BTreeMap<&'static str, u32>) {
    let entries = crowd.desk.world.log.read(partition, 0, usize::MAX).unwrap();
    for entry in entries {
        let (prefix, body) = schemas::Prefix::split(&entry.value).unwrap();
        if let Body::Decision(events) = Body::read(prefix.kind, body).unwrap() {
            events.iter().for_each(|event| *kinds.entry(event.name()).or_default() += 1);
        }
    }
}
