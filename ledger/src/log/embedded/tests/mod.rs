//! What the embedded log promises beyond the contract.

mod beside;
mod damage;
mod errors;
mod settings;

use std::path::Path;
use std::sync::{Arc, Mutex};

use crossbeam_channel::{Receiver, Sender, bounded};
use schemas::ids::Partition;
use schemas::{Clock, Instant};

use super::super::{Log, LogError, NewLedger, Outgoing, contract};
use super::EmbeddedLog;

const ONE: Partition = Partition(1);
const TWO: Partition = Partition(2);
const ALL: usize = usize::MAX;

fn ledger() -> NewLedger {
    NewLedger { partitions: 3, clock: Clock::Wall, time: Instant::EPOCH, ledger: None }
}

fn open(dir: &Path) -> EmbeddedLog {
    EmbeddedLog::open(dir, &ledger()).unwrap()
}

fn send(log: &EmbeddedLog, partition: Partition, values: &[&str]) -> Receiver<Result<(), LogError>> {
    let (outcome, outcomes) = bounded(1);
    let values = values.iter().map(|text| Arc::<[u8]>::from(text.as_bytes()).into()).collect();
    log.append(partition, values, Box::new(move |result| outcome.send(result).unwrap()));
    outcomes
}

fn append(log: &EmbeddedLog, partition: Partition, values: &[&str]) -> Result<(), LogError> {
    send(log, partition, values).recv().unwrap()
}

/// The values after genesis, as text.
fn texts(log: &dyn Log, partition: Partition) -> Vec<String> {
    let entries = log.read(partition, 1, ALL).unwrap();
    entries.iter().map(|entry| String::from_utf8(entry.value.to_vec()).unwrap()).collect()
}

/// Keeps the commit thread in the outcome of a first value, so that what follows queues until `send`.
fn stand_still(log: &EmbeddedLog) -> Sender<()> {
    let (go, gate) = bounded::<()>(0);
    let wait_twice = move |_| {
        gate.recv().unwrap();
        gate.recv().unwrap();
    };
    log.append(ONE, vec![Outgoing::from(Arc::<[u8]>::from(*b"first"))], Box::new(wait_twice));
    go.send(()).unwrap();
    go
}

#[test]
fn nothing_succeeds_before_it_is_synced() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    for number in 0..20_u64 {
        let (seen, sightings) = bounded(1);
        let shared = Arc::clone(&log.shared);
        let before = log.shared.syncs();
        let look = move |outcome: Result<(), LogError>| seen.send((outcome, shared.syncs())).unwrap();
        log.append(ONE, vec![Arc::<[u8]>::from(number.to_le_bytes()).into()], Box::new(look));
        let (outcome, syncs) = sightings.recv().unwrap();
        assert_eq!((outcome, syncs), (Ok(()), before + 1));
    }
}

#[test]
fn it_keeps_the_contract() {
    let dirs = Mutex::new(Vec::new());
    let fresh = || -> Arc<dyn Log> {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path());
        dirs.lock().unwrap().push(dir);
        Arc::new(log)
    };
    assert_eq!(contract::check(&fresh), Ok(()));
}

#[test]
fn what_was_written_is_there_after_it_was_opened_anew() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let id = log.ledger();
    append(&log, ONE, &["a", "b"]).unwrap();
    append(&log, TWO, &["c"]).unwrap();
    drop(log);
    let log = EmbeddedLog::open_existing(dir.path()).unwrap();
    assert_eq!((log.ledger(), log.partitions(), log.clock()), (id, 3, Clock::Wall));
    assert_eq!(texts(&log, ONE), ["a", "b"]);
    append(&log, ONE, &["d"]).unwrap();
    assert_eq!(texts(&log, ONE), ["a", "b", "d"]);
    assert_eq!(texts(&log, TWO), ["c"]);
}

#[test]
fn what_is_read_back_from_memory_is_what_a_cold_read_finds() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    // More than the memory holds, so that the older part is on the disk alone.
    let large = "x".repeat(50_000);
    let calls: Vec<_> =
        (0..200).map(|n| send(&log, ONE, &[&format!("{n} {large}"), &n.to_string()])).collect();
    calls.iter().for_each(|outcome| outcome.recv().unwrap().unwrap());
    for from in [0, 1, 100, 300, 399, 400, 401] {
        for max_bytes in [0, 60_000, 1_000_000, ALL] {
            let warm = log.read(ONE, from, max_bytes).unwrap();
            assert_eq!(warm, log.read_cold(ONE, from, max_bytes).unwrap(), "{from} {max_bytes}");
        }
    }
    assert_eq!(log.read(ONE, 0, ALL).unwrap().len(), 401);
}

#[test]
fn all_that_is_queued_in_all_partitions_is_synced_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let go = stand_still(&log);
    let others: Vec<_> = (0..300).map(|n| send(&log, Partition(n % 3), &["other"])).collect();
    go.send(()).unwrap();
    others.iter().for_each(|outcome| outcome.recv().unwrap().unwrap());
    assert_eq!(log.commits(), 2);
}

#[test]
fn a_second_claimant_is_admitted_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    assert!(log.exclusive());
    log.admit_second_claimant();
    assert!(!log.exclusive());
}

#[test]
fn the_last_reference_may_go_in_a_callback() {
    let dir = tempfile::tempdir().unwrap();
    let log = Arc::new(open(dir.path()));
    let (told, tells) = bounded(1);
    let held = Arc::clone(&log);
    let (go, gate) = bounded::<()>(0);
    let last = move |result| {
        gate.recv().unwrap();
        drop(held);
        told.send(result).unwrap();
    };
    log.append(ONE, vec![Outgoing::from(Arc::<[u8]>::from(*b"x"))], Box::new(last));
    drop(log);
    go.send(()).unwrap();
    assert_eq!(tells.recv().unwrap(), Ok(()));
}
