//! The history of a whole demo, replayed through the model: the same slots, one by one.
//!
//! A small morning in CI; the whole one by command: `TERMINBUCH_PEOPLE=400000`.

use std::collections::BTreeMap;

use api::demo::run::{LogWanted, Settings, run};
use ledger::chain::Verdict;
use ledger::fold::PartitionFold;
use ledger::log::{EmbeddedLog, Log};
use ledger::past::read_values;
use replay_tests::model::Model;
use schemas::Body;
use schemas::ids::{CentreNumber, Partition};

use crate::run::same_slots;

/// After so many records of a partition its slots are compared, and at the end.
const COMPARED_EVERY: u64 = 100;

/// How many slots were compared at the end of a partition, and how many records it has.
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
    read_values(log, partition, &mut |_| (), &mut |entry| {
        if let Verdict::Counts(record) = fold.read(entry.offset, &entry.value)?
            && let Body::Decision(events) = &record.body
        {
            let number = record.prefix.centre;
            models.entry(number).or_insert_with(|| Model::new(number)).tell(events, &record.mark);
            records += 1;
            if records % COMPARED_EVERY == 0 {
                same(&fold, &models);
            }
        }
        Ok(true)
    })
    .unwrap();
    same(&fold, &models);
    (models.values().map(|model| model.slots.len()).sum(), records)
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
    let (mut slots, mut records) = (0, 0);
    for partition in (1..log.partitions()).map(Partition) {
        let (of_partition, read) = compare(&log, partition);
        slots += of_partition;
        records += read;
    }
    eprintln!("{records} records, {slots} slots");
    assert!(slots > 100 && records > u64::from(settings.people), "{records} records, {slots} slots");
}
