//! Starts from snapshots: what is read, what is believed, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use common::cut::CutLog;
use common::day::Desk;
use common::{PARTITIONS, start};
use ledger::clock::SimulatedClock;
use ledger::log::{Entry, Log, LogError, MemoryLog, OnMoved, OnOutcome, Outgoing};
use ledger::snapshot::{SnapshotError, Snapshots};
use ledger::{Ledger, Options};
use projections::{Projector, Settings, StartError};
use schemas::ids::{NodeId, Partition};
use schemas::vocabulary::CancelDoses;

/// A log that notes where it is read from.
struct NotedLog {
    inner: Arc<dyn Log>,
    reads: Mutex<BTreeSet<(Partition, u64)>>,
}

impl NotedLog {
    fn over(log: &Arc<MemoryLog>) -> Arc<Self> {
        Arc::new(Self { inner: Arc::clone(log) as Arc<dyn Log>, reads: Mutex::default() })
    }

    /// Where a partition was read from, but for a look at genesis.
    fn reads(&self, partition: Partition) -> Vec<u64> {
        let reads = self.reads.lock().unwrap();
        reads.iter().filter(|(of, from)| *of == partition && *from > 0).map(|(_, from)| *from).collect()
    }
}

impl Log for NotedLog {
    fn partitions(&self) -> u32 {
        self.inner.partitions()
    }

    fn exclusive(&self) -> bool {
        self.inner.exclusive()
    }

    fn append(&self, partition: Partition, values: Vec<Outgoing>, on_outcome: OnOutcome) {
        self.inner.append(partition, values, on_outcome);
    }

    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        // A look at one record is no reading on from there.
        self.reads.lock().unwrap().insert((partition, if max_bytes == 1 { 0 } else { from.max(1) }));
        self.inner.read(partition, from, max_bytes)
    }

    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        self.inner.end(partition)
    }

    fn subscribe(&self, on_moved: OnMoved) {
        self.inner.subscribe(on_moved);
    }
}

/// A morning with bookings, its views, and snapshots of it.
struct Morning {
    desk: Desk,
    folder: tempfile::TempDir,
}

impl Morning {
    fn new(ledger: u8) -> Self {
        let mut desk = Desk::open(ledger, "frankfurt");
        for number in 1..9 {
            desk.world.pass_ms(1_000);
            desk.register(number);
            desk.place(number, 1 + u32::from(number) % 2, None).unwrap();
            desk.confirm(number);
        }
        desk.cancel(3, CancelDoses::Both);
        desk.cancel(4, CancelDoses::Second);
        let morning = Self { desk, folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(morning.snapshots().folder()).unwrap();
        // Each start takes one of where it has come to; the last one of the log's end.
        let cut = CutLog::new(&morning.desk.world.log);
        for end in [12, 22, morning.log().end(morning.desk.partition()).unwrap()] {
            cut.cut(morning.desk.partition(), end);
            morning.follow_over(Arc::clone(&cut) as Arc<dyn Log>).unwrap();
        }
        morning
    }

    fn snapshots(&self) -> Snapshots {
        Snapshots::new(self.folder.path().join("snapshots"), 1)
    }

    fn views(&self) -> PathBuf {
        self.folder.path().join("views")
    }

    fn settings(&self) -> Settings {
        Settings { snapshots: Some(self.snapshots()), ..Settings::default() }
    }

    fn log(&self) -> Arc<dyn Log> {
        Arc::clone(&self.desk.world.log) as Arc<dyn Log>
    }

    /// Starts and stops the views with snapshots; what they offer.
    fn follow(&self) -> Result<Vec<u8>, StartError> {
        self.follow_over(self.log())
    }

    fn follow_over(&self, log: Arc<dyn Log>) -> Result<Vec<u8>, StartError> {
        let (views, projector) = Projector::start(log, &self.views(), self.settings())?;
        let offered = views.availability().bytes.to_vec();
        projector.stop();
        Ok(offered)
    }

    /// What views offer that have read the whole log.
    fn expected(&self) -> Vec<u8> {
        let fresh = tempfile::tempdir().unwrap();
        let (views, projector) = start(&self.desk.world.log, fresh.path());
        let offered = views.availability().bytes.to_vec();
        projector.stop();
        offered
    }

    /// The snapshots of the centre's partition, the newest first.
    fn files(&self) -> Vec<PathBuf> {
        let begin = format!("{:05}-", self.desk.partition().0);
        let all = std::fs::read_dir(self.snapshots().folder()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> =
            all.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(&begin)).collect();
        files.sort();
        files.reverse();
        files
    }

    fn start_ledger(&self, log: Arc<dyn Log>) -> Result<Ledger, ledger::StartError> {
        let options = Options { snapshots: Some(self.snapshots()), ..Options::new(NodeId([1; 16]), 1) };
        Ledger::start(log, Arc::new(SimulatedClock::at(self.desk.world.now)), options)
    }

    /// Both who begin from snapshots refuse this log; how.
    fn refusal(&self, log: &Arc<dyn Log>) -> SnapshotError {
        let of_the_views = match self.follow_over(Arc::clone(log)) {
            Err(StartError::Snapshot(error)) => error,
            other => panic!("the views: {other:?}"),
        };
        match self.start_ledger(Arc::clone(log)) {
            Err(ledger::StartError::Snapshot(error)) => assert_eq!(error, of_the_views),
            other => panic!("the ledger: {:?}", other.err()),
        }
        of_the_views
    }
}

fn offset_of(path: &Path) -> u64 {
    path.file_stem().unwrap().to_str().unwrap().split_once('-').unwrap().1.parse().unwrap()
}

/// A log on brokers fetches again what it is asked for again, and all that it had ready behind it.
#[test]
fn what_was_read_is_followed_in_small_batches_and_not_read_again() {
    let morning = Morning::new(1);
    let noted = NotedLog::over(&morning.desk.world.log);
    let settings = Settings { batch_entries: 2, ..Settings::default() };
    let folder = tempfile::tempdir().unwrap();
    let (_, projector) =
        Projector::start(Arc::clone(&noted) as Arc<dyn Log>, folder.path(), settings).unwrap();
    projector.stop();
    let partition = morning.desk.partition();
    let end = noted.end(partition).unwrap();
    assert!(end > 10);
    let reads = noted.reads(partition);
    assert!(reads.iter().all(|&from| from == 1 || from == end), "it was read from {reads:?}");
}

#[test]
fn a_start_reads_the_log_from_the_newest_snapshot_on() {
    let morning = Morning::new(9);
    let (partition, newest) = (morning.desk.partition(), offset_of(&morning.files()[0]));
    assert!(newest > 20, "{newest}");
    let log = NotedLog::over(&morning.desk.world.log);
    let ledger = morning.start_ledger(Arc::clone(&log) as Arc<dyn Log>).unwrap();
    let (read, _) = ledger.read_position(partition).unwrap();
    assert_eq!(read, morning.desk.world.position(partition));
    ledger.shut_down();
    assert!(log.reads(partition).iter().all(|from| *from > newest), "{:?}", log.reads(partition));

    let log = NotedLog::over(&morning.desk.world.log);
    let offered = morning.follow_over(Arc::clone(&log) as Arc<dyn Log>).unwrap();
    assert_eq!(offered, morning.expected());
    assert!(log.reads(partition).iter().all(|from| *from > newest), "{:?}", log.reads(partition));
}

#[test]
fn the_newest_two_are_kept_of_a_partition() {
    let morning = Morning::new(9);
    assert_eq!(morning.files().len(), 2, "three were taken: {:?}", morning.files());
}

#[test]
fn every_snapshot_can_be_deleted() {
    let morning = Morning::new(9);
    let taken = morning.files();
    for at in 0..taken.len() {
        // Each end took a new one, too.
        let older = &taken[at + 1..];
        let newer = morning.files().into_iter().filter(|path| !older.contains(path));
        newer.for_each(|path| std::fs::remove_file(path).unwrap());
        let log = NotedLog::over(&morning.desk.world.log);
        let ledger = morning.start_ledger(log).unwrap();
        let (read, _) = ledger.read_position(morning.desk.partition()).unwrap();
        assert_eq!(read, morning.desk.world.position(morning.desk.partition()));
        ledger.shut_down();
        assert_eq!(morning.follow().unwrap(), morning.expected());
    }
}

#[test]
fn a_damaged_one_is_thrown_away_and_the_log_is_read() {
    let morning = Morning::new(9);
    let expected = morning.expected();
    for path in morning.files() {
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    let read = |path: &PathBuf| std::fs::read(path).unwrap_or_default();
    let damaged: Vec<(PathBuf, Vec<u8>)> =
        morning.files().into_iter().map(|path| (path.clone(), read(&path))).collect();
    assert_eq!(morning.follow().unwrap(), expected);
    // A new one may stand there.
    assert!(damaged.iter().all(|(path, bytes)| read(path) != *bytes), "a damaged one is still there");
}

#[test]
fn views_that_know_less_than_the_newest_begin_from_none_that_knows_more() {
    let morning = Morning::new(9);
    std::fs::remove_dir_all(morning.views()).unwrap();
    assert_eq!(morning.follow().unwrap(), morning.expected());
}

#[test]
fn one_that_is_past_the_logs_end_refuses_the_start() {
    let morning = Morning::new(9);
    let cut = CutLog::new(&morning.desk.world.log);
    let newest = offset_of(&morning.files()[0]);
    cut.cut(morning.desk.partition(), newest);
    match morning.start_ledger(cut) {
        Err(ledger::StartError::Snapshot(SnapshotError::NotInTheLog { reason, .. })) => {
            assert!(reason.contains(&format!("ends at offset {newest}")), "{reason}");
        }
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn one_of_another_history_of_the_same_ledger_refuses_the_start() {
    let morning = Morning::new(9);
    let mut other = Desk::open(9, "frankfurt");
    while other.world.log.end(other.partition()).unwrap()
        < morning.desk.world.log.end(morning.desk.partition()).unwrap()
    {
        other.world.pass_ms(7);
        let next = u8::try_from(other.world.log.end(other.partition()).unwrap()).unwrap();
        other.register(next);
    }
    let log = Arc::clone(&other.world.log) as Arc<dyn Log>;
    let refused = morning.refusal(&log);
    assert!(matches!(refused, SnapshotError::NotInTheLog { .. }), "{refused}");
}

#[test]
fn one_of_another_ledger_is_refused_by_its_name() {
    let (morning, other) = (Morning::new(9), Morning::new(8));
    for path in other.files() {
        std::fs::copy(&path, morning.snapshots().folder().join(path.file_name().unwrap())).unwrap();
    }
    let refused = morning.refusal(&morning.log());
    let named = matches!(refused, SnapshotError::Foreign { found, .. } if found == other.desk.world.ledger);
    assert!(named, "{refused}");
}

#[test]
fn one_of_another_partition_is_refused() {
    let morning = Morning::new(9);
    let newest = &morning.files()[0];
    let elsewhere = (morning.desk.partition().0 + 1) % PARTITIONS;
    let name = format!("{elsewhere:05}-{:020}.fold", 0);
    std::fs::copy(newest, morning.snapshots().folder().join(name)).unwrap();
    let refused = morning.start_ledger(morning.log()).err().unwrap();
    assert!(refused.to_string().contains("of partition"), "{refused}");
}
