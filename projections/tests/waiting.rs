//! Who waits for what, and who does not.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::cut::CutLog;
use common::{World, centre, described, reference, registered, start, start_log, start_with, uuid};
use projections::{Settings, Waited};
use schemas::Position;
use schemas::ids::{Partition, RegistrationId};

const PATIENCE: Duration = Duration::from_secs(20);
const A_MOMENT: Duration = Duration::from_millis(30);

#[tokio::test]
async fn a_position_of_another_history_is_told_from_one_that_is_not_there_yet() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut world = World::new(9);
    let (_, partition) = centre("frankfurt");
    let first = world.record(partition, 1, vec![described("frankfurt", 1)]);
    let last = world.record(partition, 1, vec![described("frankfurt", 2)]);
    let (views, _projector) = start(&world.log, views_dir.path());

    assert_eq!(views.position(partition), Some((last, world.now)));
    assert_eq!(views.wait_for(first, A_MOMENT).await, Waited::Reached);
    assert_eq!(views.wait_for(last, A_MOMENT).await, Waited::Reached);
    for seq in [first.seq, last.seq] {
        let other = Position { partition, seq, head: [1; 8] };
        assert_eq!(views.wait_for(other, A_MOMENT).await, Waited::OtherHistory);
        assert_eq!(views.wait_for_availability(other, A_MOMENT).await, Waited::OtherHistory);
    }
    let later = Position { seq: last.seq + 1, ..last };
    assert_eq!(views.wait_for(later, A_MOMENT).await, Waited::NotReached);
    let nowhere = Position { partition: Partition(99), ..last };
    assert_eq!(views.wait_for(nowhere, A_MOMENT).await, Waited::OtherHistory);
    assert_eq!(views.position(Partition(99)), None);
}

#[tokio::test]
async fn after_a_restart_older_positions_are_still_told_apart() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut world = World::new(9);
    let (_, partition) = centre("frankfurt");
    let first = world.record(partition, 1, vec![described("frankfurt", 1)]);
    world.record(partition, 1, vec![described("frankfurt", 2)]);
    drop(start(&world.log, views_dir.path()));
    let (views, _projector) = start(&world.log, views_dir.path());
    assert_eq!(views.wait_for(first, A_MOMENT).await, Waited::Reached);
    let other = Position { head: [1; 8], ..first };
    assert_eq!(views.wait_for(other, A_MOMENT).await, Waited::OtherHistory);
}

#[tokio::test]
async fn who_waits_is_woken_by_the_record() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut world = World::new(9);
    let (frankfurt, partition) = centre("frankfurt");
    world.record(partition, 1, vec![described("frankfurt", 1)]);
    let (views, _projector) = start(&world.log, views_dir.path());
    for number in 1..50 {
        let said = reference("FRA", u64::from(number));
        let position = world.record(partition, 1, vec![registered(number, &said, &[number])]);
        assert_eq!(views.wait_for(position, PATIENCE).await, Waited::Reached);
        let read = views.registration(&frankfurt, RegistrationId(uuid(number))).unwrap();
        assert!(read.value.is_some() && read.position == position);
        assert_eq!(views.wait_for_availability(position, PATIENCE).await, Waited::Reached);
    }
}

#[tokio::test]
async fn availability_is_drawn_seldom_unless_somebody_waits_for_it() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut world = World::new(9);
    let (frankfurt, partition) = centre("frankfurt");
    let first = world.record(partition, 1, vec![described("frankfurt", 1)]);
    let settings = Settings { draw_every: Duration::from_secs(3_600), ..Settings::default() };
    let (views, _projector) = start_with(&world.log, views_dir.path(), settings);
    let as_of = || views.centre_availability(&frankfurt).unwrap().as_of;
    assert_eq!(as_of(), first);
    let second = world.record(partition, 1, vec![described("frankfurt", 2)]);
    assert_eq!(views.wait_for(second, PATIENCE).await, Waited::Reached);
    assert_eq!(as_of(), first);
    assert_eq!(views.wait_for_availability(second, PATIENCE).await, Waited::Reached);
    assert_eq!(as_of(), second);
}

#[tokio::test]
async fn availability_follows_by_itself() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut world = World::new(9);
    let (frankfurt, partition) = centre("frankfurt");
    world.record(partition, 1, vec![described("frankfurt", 1)]);
    let (views, _projector) = start(&world.log, views_dir.path());
    let last =
        (2..20).map(|revision| world.record(partition, 1, vec![described("frankfurt", revision)])).last();
    let began = std::time::Instant::now();
    while Some(views.centre_availability(&frankfurt).unwrap().as_of) != last {
        assert!(began.elapsed() < PATIENCE, "it was not drawn");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_read_does_not_wait_while_the_projector_is_stuck() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut world = World::new(9);
    let (frankfurt, partition) = centre("frankfurt");
    world.record(partition, 1, vec![described("frankfurt", 1)]);
    let known = world.record(partition, 1, vec![registered(1, &reference("FRA", 1), &[1])]);
    let log = CutLog::new(&world.log);
    let (views, projector) = start_log(Arc::<CutLog>::clone(&log), views_dir.path()).unwrap();
    log.shut(true);
    let next = world.record(partition, 1, vec![registered(2, &reference("FRA", 2), &[2])]);

    let _open = OpenAtTheEnd(Arc::clone(&log));
    // All of these would hang, and the test with them, if a reader needed anything that the projector holds.
    let read = views.registration(&frankfurt, RegistrationId(uuid(1))).unwrap();
    assert_eq!(read.position, known);
    assert!(views.centre_availability(&frankfurt).is_some());
    assert_eq!(views.availability().as_of.iter().find(|at| at.partition == partition), Some(&known));
    assert_eq!(views.wait_for(next, A_MOMENT).await, Waited::NotReached);
    assert_eq!(views.wait_for_availability(next, A_MOMENT).await, Waited::NotReached);

    log.shut(false);
    assert_eq!(views.wait_for(next, PATIENCE).await, Waited::Reached);
    projector.stop();
}

#[tokio::test]
async fn views_go_on_by_themselves_when_the_log_is_back() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut world = World::new(9);
    let (_, partition) = centre("frankfurt");
    let known = world.record(partition, 1, vec![described("frankfurt", 1)]);
    let log = CutLog::new(&world.log);
    let (views, _projector) = start_log(Arc::<CutLog>::clone(&log), views_dir.path()).unwrap();
    log.away(true);
    let next = world.record(partition, 1, vec![described("frankfurt", 2)]);
    assert_eq!(views.wait_for(next, A_MOMENT).await, Waited::NotReached);
    assert_eq!(views.position(partition).map(|(position, _)| position), Some(known));
    assert!(views.progress().iter().all(|progress| progress.halted.is_none()));

    log.away(false);
    assert_eq!(views.wait_for_availability(next, PATIENCE).await, Waited::Reached);
}

#[test]
fn waiting_can_be_handed_from_thread_to_thread() {
    fn is_send<T: Send>(_: &T) {}
    let views_dir = tempfile::tempdir().unwrap();
    let world = World::new(9);
    let (views, _projector) = start(&world.log, views_dir.path());
    let position = world.position(Partition::OFFICE);
    is_send(&views.wait_for(position, A_MOMENT));
    is_send(&views.wait_for_availability(position, A_MOMENT));
}

/// Lets the projector go when the test fails, so that it fails at once.
struct OpenAtTheEnd(Arc<CutLog>);

impl Drop for OpenAtTheEnd {
    fn drop(&mut self) {
        self.0.shut(false);
    }
}
