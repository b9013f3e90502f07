//! The history of a whole demo, replayed through the model: the same slots, one by one.
//!
//! A small morning in CI; the whole one by command: `TERMINBUCH_PEOPLE=400000`.

use std::collections::BTreeMap;
use std::sync::Mutex;

use api::demo::run::{LogWanted, Settings, run};
use ledger::chain::Verdict;
use ledger::fold::PartitionFold;
use ledger::log::{EmbeddedLog, Log};
use ledger::past::read_values;
use replay_tests::model::Model;
use schemas::Body;
use schemas::ids::{CentreNumber, Partition};

use crate::run::same_slots;

/// At so many moments of a partition's history, evenly apart, its slots are compared; once more at its end. The model
/// recounts every place for each slot, so comparing after every record would take days for a whole demo.
const MOMENTS: u64 = 40;

/// How many slots were compared at the end of a partition, and how many of its records decide something.
fn compare(log: &dyn Log, partition: Partition) -> (usize, u64) {
    let mut fold = PartitionFold::new(None, partition);
    let mut models: BTreeMap<CentreNumber, Model> = BTreeMap::new();
    let mut records = 0;
    let same = |fold: &PartitionFold, models: &BTreeMap<CentreNumber, Model>| {
        for (&number, model) in models {
            same_slots(model, fold.state.by_number(number).unwrap())
                .unwrap_or_else(|differs| panic!("at {}: {differs}", fold.chain.position()));
            assert_eq!(model.breaches(), Vec::<String>::new(), "at {}", fold.chain.position());
        }
    };
    let apart = (log.end(partition).unwrap() / MOMENTS).max(1);
    read_values(log, partition, &mut |_| (), &mut |entry| {
        if let Verdict::Counts(record) = fold.read(entry.offset, &entry.value)?
            && let Body::Decision(events) = &record.body
        {
            let number = record.prefix.centre;
            models.entry(number).or_insert_with(|| Model::new(number)).tell(events, &record.mark);
            records += 1;
            if records % apart == 0 {
                same(&fold, &models);
            }
        }
        Ok(true)
    })
    .unwrap();
    same(&fold, &models);
    (models.values().map(|model| model.slots.len()).sum(), records)
}

/// All partitions of centres, as many at a time as the machine has processors.
fn compare_all(log: &dyn Log) -> (usize, u64) {
    let left = Mutex::new((1..log.partitions()).map(Partition));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let next = || left.lock().unwrap().next();
        std::iter::from_fn(next).map(|partition| compare(log, partition)).fold((0, 0), add)
    };
    std::thread::scope(|scope| {
        let working: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        working.into_iter().map(|worker| worker.join().unwrap()).fold((0, 0), add)
    })
}

fn add(one: (usize, u64), other: (usize, u64)) -> (usize, u64) {
    (one.0 + other.0, one.1 + other.1)
}

#[test]
fn the_history_of_a_demo_gives_the_model_the_same_slots_one_by_one() {
    let people = std::env::var("TERMINBUCH_PEOPLE").ok().and_then(|people| people.parse().ok());
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        people: people.unwrap_or(1_000),
        seed: 1,
        data_dir: Some(dir.path().join("ledger")),
        log: LogWanted::Embedded,
        json: true,
    };
    let morning = run(&settings).unwrap();
    morning.server.shut_down();
    let log = EmbeddedLog::open_read_only(&dir.path().join("ledger/log")).unwrap();
    let (slots, records) = compare_all(&log);
    eprintln!("{records} records, {slots} slots");
    assert!(slots > 100 && records > u64::from(settings.people), "{records} records, {slots} slots");
}
