//! Views whose disk is full, and gets room again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;
#[path = "common/small_disk.rs"]
mod small_disk;

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{World, centre, described, reference, registered, start, uuid};
use ledger::log::Log;
use projections::{Settings, Views, dump, rebuild};
use schemas::ids::RegistrationId;
use small_disk::Disk;

/// RocksDB would set aside more than that for its log, and goes on when it cannot.
const SIZE: &str = "size=24m";
const PATIENCE: Duration = Duration::from_secs(30);

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Registers so many more at Frankfurt.
fn register(world: &mut World, numbers: std::ops::Range<u8>) {
    let (_, partition) = centre("frankfurt");
    for number in numbers {
        world.pass_ms(250);
        let said = reference("FRA", u64::from(number));
        world.record(partition, 1, vec![registered(number, &said, &[number])]);
    }
}

fn why_they_wait(views: &Views) -> Option<String> {
    views.waiting().first().map(|(_, why)| why.to_string())
}

#[test]
fn views_without_room_wait_with_the_reason_and_go_on_by_themselves_when_there_is_some() {
    let disk = Disk::mount(SIZE);
    let views_dir = disk.path().join("views");
    let mut world = World::new(9);
    let (frankfurt, partition) = centre("frankfurt");
    world.record(partition, 1, vec![described("frankfurt", 1)]);
    let (views, projector) = start(&world.log, &views_dir);
    register(&mut world, 1..10);
    let end = |world: &World| world.log.end(partition).unwrap();
    let offset = || views.progress()[usize::try_from(partition.0).unwrap()].offset;
    eventually("the first ones", || offset() == end(&world));

    let filler = disk.fill();
    register(&mut world, 10..200);
    eventually("waiting", || why_they_wait(&views).is_some());
    assert!(why_they_wait(&views).unwrap().contains("No space left on device"), "{:?}", views.waiting());
    // Longer than it is between two tries.
    std::thread::sleep(Duration::from_millis(2_500));
    assert!(why_they_wait(&views).is_some() && views.halted().is_empty());
    assert!(offset() < end(&world));
    let known = views.registration(&frankfurt, RegistrationId(uuid(1))).unwrap();
    assert!(known.value.is_some(), "what was written can still be read");

    fs::remove_file(filler).unwrap();
    register(&mut world, 200..220);
    eventually("the last ones", || offset() == end(&world) && views.waiting().is_empty());
    assert!(views.halted().is_empty());
    let last = views.registration(&frankfurt, RegistrationId(uuid(219))).unwrap();
    assert!(last.value.is_some());
    projector.stop();
    drop(views);
    let elsewhere = tempfile::tempdir().unwrap();
    drop(rebuild(Arc::clone(&world.log) as _, elsewhere.path(), Settings::default()).unwrap());
    assert_eq!(dump(&views_dir).unwrap(), dump(elsewhere.path()).unwrap());
}
