//! Views that were stopped, deleted, or are somebody else's.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::cut::CutLog;
use common::{World, centre, described, reference, registered, start, start_log, start_with, uuid};
use ledger::log::{Log, MemoryLog};
use projections::{Settings, StartError, StoreError, dump, rebuild};
use schemas::ids::{Partition, RegistrationId};

/// Some registrations at two centres.
fn some_world() -> World {
    let mut world = World::new(9);
    for name in ["frankfurt", "kassel"] {
        let (_, partition) = centre(name);
        world.record(partition, 1, vec![described(name, 1)]);
    }
    for number in 1..20 {
        world.pass_ms(250);
        let name = if number % 3 == 0 { "kassel" } else { "frankfurt" };
        let (_, partition) = centre(name);
        let said = reference(&name[..3].to_uppercase(), u64::from(number));
        world.record(partition, 1, vec![registered(number, &said, &[number % 4, 100])]);
    }
    world
}

/// The offset in the checkpoint of a partition, as it stands in the bytes: the first field after the format.
fn offset_in(views_dir: &Path, partition: Partition) -> u64 {
    let rows = dump(views_dir).unwrap();
    let checkpoints = || rows.iter().filter(|row| row.table == "checkpoints");
    let row = checkpoints().find(|row| row.key.ends_with(&partition.0.to_be_bytes())).unwrap();
    u64::from_le_bytes(row.value[1..9].try_into().unwrap())
}

fn whole(log: &Arc<MemoryLog>) -> Arc<dyn Log> {
    Arc::clone(log) as Arc<dyn Log>
}

#[test]
fn stopped_after_any_record_it_goes_on_where_it_was() {
    let (in_steps, in_one_go) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = some_world();
    let (_, partition) = centre("frankfurt");
    let cut = CutLog::new(&world.log);
    for end in 1..=world.log.end(partition).unwrap() {
        cut.cut(partition, end);
        let (views, projector) = start_log(cut.clone(), in_steps.path()).unwrap();
        assert_eq!(views.progress()[usize::try_from(partition.0).unwrap()].offset, end);
        projector.stop();
        drop(views);
        assert_eq!(offset_in(in_steps.path(), partition), end, "the checkpoint stands beside the rows");
    }
    let (views, projector) = start(&world.log, in_one_go.path());
    projector.stop();
    drop(views);
    assert_eq!(dump(in_steps.path()).unwrap(), dump(in_one_go.path()).unwrap());
}

#[test]
fn rebuilt_views_are_the_same_bytes_whatever_the_batches_and_the_order() {
    let (followed, rebuilt) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = some_world();
    let (views, projector) = start(&world.log, followed.path());
    let beside_a_running_one = dump(followed.path()).unwrap();
    projector.stop();
    drop(views);
    let expected = dump(followed.path()).unwrap();
    assert_eq!(beside_a_running_one, expected);
    assert!(expected.iter().filter(|row| row.table == "registrations").count() == 19);
    let reversed: Vec<Partition> = (0..common::PARTITIONS).rev().map(Partition).collect();
    for (batch_entries, order) in [(1, Vec::new()), (3, reversed), (1_000, Vec::new())] {
        let settings =
            Settings { batch_entries, bulk_bytes: 1, bulk_rows: batch_entries, order, ..Settings::default() };
        drop(rebuild(whole(&world.log), rebuilt.path(), settings).unwrap());
        assert_eq!(dump(rebuilt.path()).unwrap(), expected, "batches of {batch_entries}");
    }
}

#[test]
fn a_folder_dropped_in_the_middle_is_made_anew() {
    let views_dir = tempfile::tempdir().unwrap();
    let inside = views_dir.path().join("views");
    let world = some_world();
    let cut = CutLog::new(&world.log);
    let (_, partition) = centre("kassel");
    cut.cut(partition, 4);
    drop(start_log(cut, &inside).unwrap());
    std::fs::remove_dir_all(&inside).unwrap();
    drop(start_with(&world.log, &inside, Settings { batch_entries: 2, ..Settings::default() }));
    let other = views_dir.path().join("other");
    drop(start(&world.log, &other));
    assert_eq!(dump(&inside).unwrap(), dump(&other).unwrap());
}

fn refusal(log: Arc<dyn Log>, views_dir: &Path) -> StartError {
    match start_log(log, views_dir) {
        Ok(_) => panic!("the views were believed"),
        Err(error) => error,
    }
}

#[test]
fn views_of_another_ledger_are_refused_by_its_name() {
    let views_dir = tempfile::tempdir().unwrap();
    drop(start(&some_world().log, views_dir.path()));
    let other = World::new(8);
    let error = refusal(whole(&other.log), views_dir.path());
    assert!(matches!(error, StartError::Store(StoreError::ForeignLedger { .. })), "{error}");
    assert!(error.to_string().contains(&other.ledger.to_string()), "{error}");
    // They can be rebuilt for the ledger that is there.
    drop(rebuild(whole(&other.log), views_dir.path(), Settings::default()).unwrap());
    assert!(start_log(other.log, views_dir.path()).is_ok());
}

#[test]
fn views_that_know_more_than_the_log_are_not_believed() {
    let views_dir = tempfile::tempdir().unwrap();
    let world = some_world();
    drop(start(&world.log, views_dir.path()));
    let (_, partition) = centre("frankfurt");
    let cut = CutLog::new(&world.log);
    cut.cut(partition, world.log.end(partition).unwrap() - 1);
    let error = refusal(cut, views_dir.path());
    assert!(
        matches!(&error, StartError::NotInTheLog { partition: named, .. } if *named == partition),
        "{error}"
    );
}

#[test]
fn views_of_another_history_of_the_ledger_are_not_believed() {
    let views_dir = tempfile::tempdir().unwrap();
    drop(start(&some_world().log, views_dir.path()));
    // The same ledger, as many records, but one of them says something else.
    let mut other = World::new(9);
    for name in ["frankfurt", "kassel"] {
        let (_, partition) = centre(name);
        for number in 1..25 {
            other.record(partition, 1, vec![described(name, number)]);
        }
    }
    let error = refusal(whole(&other.log), views_dir.path());
    assert!(matches!(error, StartError::NotInTheLog { .. }), "{error}");
}

#[test]
fn views_that_cannot_be_rebuilt_to_the_end_of_the_log_are_not_said_to_be() {
    let views_dir = tempfile::tempdir().unwrap();
    let cut = CutLog::new(&some_world().log);
    cut.away_from(5);
    let settings = Settings { batch_bytes: 1, ..Settings::default() };
    let refused = rebuild(cut, views_dir.path(), settings).err().map(|error| error.to_string());
    assert!(refused.as_ref().is_some_and(|error| error.contains("it is away")), "{refused:?}");
}

#[test]
fn a_log_without_genesis_has_no_views() {
    let views_dir = tempfile::tempdir().unwrap();
    let error = refusal(Arc::new(MemoryLog::empty(3)), views_dir.path());
    assert!(matches!(error, StartError::NoGenesis(Partition(0))), "{error}");
}

#[test]
fn a_partition_that_halts_says_why_and_the_others_go_on() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut world = some_world();
    let (frankfurt, partition) = centre("frankfurt");
    let (kassel, sound) = centre("kassel");
    assert_ne!(partition, sound);
    let before = world.log.end(partition).unwrap();
    // Nobody registered this one.
    let erased = schemas::events::ErasureDone { registration: RegistrationId(uuid(200)) };
    world.record(partition, 1, vec![erased.into()]);
    world.record(partition, 1, vec![registered(201, &reference("FRA", 201), &[1])]);
    world.record(sound, 1, vec![registered(202, &reference("KAS", 202), &[1])]);
    let (views, _projector) =
        start_with(&world.log, views_dir.path(), Settings { batch_entries: 1, ..Settings::default() });

    let halted = views.halted();
    assert_eq!(halted.len(), 1);
    assert_eq!(halted[0].0, partition);
    assert!(halted[0].1.contains(&RegistrationId(uuid(200)).to_string()), "{}", halted[0].1);
    let progress = views.progress();
    assert_eq!(progress[usize::try_from(partition.0).unwrap()].offset, before);
    assert!(views.registration(&frankfurt, RegistrationId(uuid(1))).unwrap().value.is_some());
    assert!(views.registration(&frankfurt, RegistrationId(uuid(201))).unwrap().value.is_none());
    assert!(views.registration(&kassel, RegistrationId(uuid(202))).unwrap().value.is_some());
}
