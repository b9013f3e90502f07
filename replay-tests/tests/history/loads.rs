//! Loads over ledgers that run, and what the checker says of them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ledger::clock::{Clock as _, WallClock};
use ledger::log::{
    EmbeddedLog, Entry, Fault, FaultyLog, Log, LogError, MemoryLog, NewLedger, OnMoved, OnOutcome, Outgoing,
};
use ledger::{Ledger, Options};
use projections::{Projector, Settings as ProjectorSettings, Waited};
use replay_tests::chance::Chance;
use replay_tests::history::checker::views;
use replay_tests::history::load::{AnswerTally, Load, LoadPlan, SmallWorld, Stop};
use replay_tests::history::{Checked, History, Recorder, Settings, Told, Witness, check, witnesses};
use schemas::ids::{NodeId, Partition};
use schemas::{Clock, Prefix};

fn new_ledger() -> NewLedger {
    NewLedger { partitions: 3, clock: Clock::Wall, time: WallClock::start().now(), ledger: None }
}

fn start(log: &Arc<dyn Log>, number: u8) -> Ledger {
    let options = Options::new(NodeId([number; 16]), u64::from(number));
    Ledger::start(Arc::clone(log), Arc::new(WallClock::start()), options).unwrap()
}

fn small_world() -> SmallWorld {
    let world = SmallWorld::new(vec!["frankfurt".parse().unwrap(), "kassel".parse().unwrap()]);
    SmallWorld { flows_back_after_s: Some(3), ..world }
}

/// `TERMINBUCH_SEED`, or this one; printed in any case, since what a load does follows from it (and from the threads).
fn seed_or(fixed: u64) -> u64 {
    let seed = std::env::var("TERMINBUCH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(fixed);
    eprintln!("seed {seed}");
    seed
}

/// `TERMINBUCH_SECONDS`, or so many.
fn seconds_or(fixed: u64) -> Duration {
    let seconds = std::env::var("TERMINBUCH_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(fixed))
}

/// Lets a load run for so long; something happens when half of it is over.
fn run(load: &Load, at_most: Duration, at_half_time: impl FnOnce() + Send + 'static) -> AnswerTally {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        load.open().await.expect("the centres open");
        let stop = Stop::default();
        let running = tokio::spawn({
            let (load, stop) = (load.clone(), stop.clone());
            async move { load.run(&stop).await }
        });
        tokio::time::sleep(at_most / 2).await;
        tokio::task::spawn_blocking(at_half_time).await.unwrap();
        tokio::time::sleep(at_most / 2).await;
        stop.now();
        running.await.unwrap()
    })
}

/// All processes of these tests are one, with one clock; a busy machine may hold a thread up.
const ONE_MACHINE: Settings = Settings { clocks_within: Some(Duration::from_millis(50)), others_ask: false };

/// The history must be true; one that is not is kept.
fn judge(log: &dyn Log, history: &History, seed: u64) -> Checked {
    let (witnesses, began) = (witnesses(log).unwrap(), Instant::now());
    let checked = check(&witnesses, history, &ONE_MACHINE);
    eprintln!("checked in {:?}", began.elapsed());
    if !checked.report.is_clean() {
        let kept = std::env::temp_dir().join(format!("terminbuch-history-{seed}.jsonl"));
        history.save(&kept).unwrap();
        panic!("seed {seed}, history in {}: {}", kept.display(), checked.report);
    }
    eprintln!("{}", checked.report);
    assert!(!without_the_last_record(&witnesses, history).report.is_clean(), "a lost record is found");
    checked
}

/// The same history beside a log that has lost the newest record of a client.
fn without_the_last_record(witnesses: &[Witness], history: &History) -> Checked {
    let told = history.calls.iter().filter_map(|call| match call.told() {
        Some(Told::Done { position, .. }) => Some(*position),
        _ => None,
    });
    let last = told.max_by_key(|position| position.seq).unwrap();
    let mut witnesses = witnesses.to_vec();
    let damaged = witnesses.iter_mut().find(|witness| witness.partition == last.partition).unwrap();
    let is_last = |entry: &Entry| {
        Prefix::split(&entry.value).is_ok_and(|(prefix, _)| prefix.seq == last.seq && prefix.kind == 2)
    };
    let at = damaged.entries.iter().position(is_last).unwrap();
    damaged.entries.truncate(at);
    check(&witnesses, history, &ONE_MACHINE)
}

fn views_are_the_same(log: &Arc<dyn Log>, checked: &Checked) {
    let folder = tempfile::tempdir().unwrap();
    let (views, projector) =
        Projector::start(Arc::clone(log), folder.path(), ProjectorSettings::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for end in &checked.ends {
        let position = end.position.unwrap();
        let waited = runtime.block_on(views.wait_for_availability(position, Duration::from_secs(10)));
        assert_eq!(waited, Waited::Reached);
    }
    assert_eq!(views::compare(&views, &checked.ends), []);
    projector.stop();
}

/// How often each of them came to own a partition.
fn reigns(ledgers: &[Ledger]) -> Vec<u64> {
    let of_one = |ledger: &Ledger| ledger.status().iter().map(|status| status.tally.reigns).sum();
    ledgers.iter().map(of_one).collect()
}

/// What a load reaches depends on the machine; these are kinds of which every run has many.
fn not_reached(tally: &AnswerTally, kinds: &[&'static str]) -> Vec<&'static str> {
    kinds.iter().copied().filter(|&kind| tally.get(kind).copied().unwrap_or(0) == 0).collect()
}

#[test]
fn people_compete_over_an_embedded_log() {
    let seed = seed_or(1);
    let folder = tempfile::tempdir().unwrap();
    let log: Arc<dyn Log> = Arc::new(EmbeddedLog::open(folder.path(), &new_ledger()).unwrap());
    let ledger = start(&log, 1);
    let recording = folder.path().join("calls.jsonl");
    let recorder = Recorder::to_file(1, Path::new(&recording)).unwrap();
    let load = Load::new(vec![ledger.clone()], recorder.clone(), LoadPlan::new(seed, small_world()));
    let tally = run(&load, seconds_or(6), || ());
    ledger.shut_down();
    let history = recorder.history();
    assert_eq!(History::load(&[recording.as_path()]).unwrap(), history, "the file says the same");
    let checked = judge(log.as_ref(), &history, seed);
    views_are_the_same(&log, &checked);
    let reached = [
        "done",
        "repeated",
        "not done: Late",
        "refused: AlreadyBooked",
        "refused: AlreadyHolding",
        "refused: BookingEnded",
        "refused: ContingentSpent",
        "refused: HoldEnded",
        "refused: HoldLapsed",
        "refused: NothingToChange",
        "refused: RegistrationEnded",
        "refused: SecondPlaceReserved",
    ];
    assert_eq!(not_reached(&tally, &reached), [""; 0], "{tally:?}");
}

#[test]
fn a_second_ledger_takes_over_when_the_first_ends() {
    let seed = seed_or(2);
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new(&new_ledger()).unwrap());
    let ledgers = vec![start(&log, 1), start(&log, 2)];
    let recorder = Recorder::in_memory(1);
    let load = Load::new(ledgers.clone(), recorder.clone(), LoadPlan::new(seed, small_world()));
    let owner = ledgers[0].clone();
    let tally = run(&load, seconds_or(6), move || owner.shut_down());
    let reigns = reigns(&ledgers);
    ledgers.iter().for_each(Ledger::shut_down);
    let checked = judge(log.as_ref(), &recorder.history(), seed);
    views_are_the_same(&log, &checked);
    let reached = ["done", "repeated", "not done: NotOwner", "not done: ShuttingDown"];
    assert_eq!(not_reached(&tally, &reached), [""; 0], "{tally:?}");
    assert!(reigns[1] > 0, "the second never reigned");
}

/// One log, as each of several processes has it before itself.
struct Shared(Arc<MemoryLog>);

impl Log for Shared {
    fn partitions(&self) -> u32 {
        self.0.partitions()
    }
    fn exclusive(&self) -> bool {
        false
    }
    fn append(&self, partition: Partition, values: Vec<Outgoing>, on_outcome: OnOutcome) {
        self.0.append(partition, values, on_outcome);
    }
    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        self.0.read(partition, from, max_bytes)
    }
    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        self.0.end(partition)
    }
    fn subscribe(&self, on_moved: OnMoved) {
        self.0.subscribe(on_moved);
    }
}

/// A way to the log that loses, doubles and delays, and everything as long as it is cut.
fn faulty(log: &Arc<MemoryLog>, seed: u64, cut: Arc<AtomicBool>) -> Arc<FaultyLog<Shared>> {
    let mut chance = Chance::new(seed);
    let draw = move |_| match chance.between(0, 1_000) {
        _ if cut.load(Ordering::SeqCst) => Fault::Lost,
        0..15 => Fault::Lost,
        15..30 => Fault::AnswerLost,
        30..50 => Fault::Twice,
        50..70 => Fault::Late { calls: u32::try_from(chance.between(1, 60)).unwrap() },
        _ => Fault::None,
    };
    Arc::new(FaultyLog::new(Shared(Arc::clone(log)), Box::new(draw)))
}

/// Cuts one ledger off until the other has won, and then the other way round.
fn cut_in_turn(ledgers: &[Ledger], cuts: &[Arc<AtomicBool>]) {
    for (cut, other) in [(0, 1), (1, 0)] {
        let before = reigns(ledgers)[other];
        cuts[cut].store(true, Ordering::SeqCst);
        let until = Instant::now() + Duration::from_secs(20);
        while reigns(ledgers)[other] == before && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        cuts[cut].store(false, Ordering::SeqCst);
    }
}

#[test]
fn two_ledgers_quarrel_over_a_log_that_loses_doubles_and_delays() {
    let seed = seed_or(3);
    let log = Arc::new(MemoryLog::new(&new_ledger()).unwrap());
    let cuts = [Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false))];
    let ways = [faulty(&log, seed, Arc::clone(&cuts[0])), faulty(&log, seed + 1, Arc::clone(&cuts[1]))];
    let ledgers: Vec<Ledger> =
        (1..).zip(&ways).map(|(number, way)| start(&(Arc::clone(way) as Arc<dyn Log>), number)).collect();
    let recorder = Recorder::in_memory(1);
    let plan = LoadPlan { impatient: 400, ..LoadPlan::new(seed, small_world()) };
    let load = Load::new(ledgers.clone(), recorder.clone(), plan);
    let quarrel = {
        let ledgers = ledgers.clone();
        move || cut_in_turn(&ledgers, &cuts)
    };
    let tally = run(&load, seconds_or(6), quarrel);
    let reigns = reigns(&ledgers);
    ledgers.iter().for_each(Ledger::shut_down);
    ways.iter().for_each(|way| way.deliver_late());
    let log: Arc<dyn Log> = log;
    let checked = judge(log.as_ref(), &recorder.history(), seed);
    views_are_the_same(&log, &checked);
    assert_eq!(not_reached(&tally, &["done", "repeated", "not done: NotOwner"]), [""; 0], "{tally:?}");
    let counts = checked.report.counts;
    assert!(counts.void > 0 && counts.repeats > 0 && counts.claims > 4, "{counts:?}");
    assert!(reigns.iter().all(|&reigns| reigns > 0), "one never reigned: {reigns:?}");
}
