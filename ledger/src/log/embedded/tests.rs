//! What the embedded log promises beyond the contract.

use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded};
use schemas::ids::Partition;
use schemas::{Clock, Instant};

use super::super::{Log, LogError, NewLedger, contract};
use super::EmbeddedLog;

const ONE: Partition = Partition(1);
const ALL: usize = usize::MAX;

fn ledger() -> NewLedger {
    NewLedger { partitions: 3, clock: Clock::Wall, time: Instant::EPOCH, ledger: None }
}

fn open(dir: &Path) -> EmbeddedLog {
    EmbeddedLog::open(dir, &ledger()).unwrap()
}

fn value(text: &str) -> Arc<[u8]> {
    Arc::from(text.as_bytes())
}

fn send(log: &EmbeddedLog, partition: Partition, values: &[&str]) -> Receiver<Result<(), LogError>> {
    let (outcome, outcomes) = bounded(1);
    let values = values.iter().map(|text| value(text)).collect();
    log.append(partition, values, Box::new(move |result| outcome.send(result).unwrap()));
    outcomes
}

fn append(log: &EmbeddedLog, partition: Partition, values: &[&str]) -> Result<(), LogError> {
    send(log, partition, values).recv().unwrap()
}

fn texts(log: &dyn Log, partition: Partition) -> Vec<String> {
    let entries = log.read(partition, 1, ALL).unwrap();
    entries.iter().map(|entry| String::from_utf8(entry.value.to_vec()).unwrap()).collect()
}

#[test]
fn it_keeps_the_contract() {
    let dirs = std::sync::Mutex::new(Vec::new());
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
    append(&log, Partition(2), &["c"]).unwrap();
    drop(log);
    let log = EmbeddedLog::open_existing(dir.path()).unwrap();
    assert_eq!((log.ledger(), log.partitions(), log.clock()), (id, 3, Clock::Wall));
    assert_eq!(texts(&log, ONE), ["a", "b"]);
    append(&log, ONE, &["d"]).unwrap();
    assert_eq!(texts(&log, ONE), ["a", "b", "d"]);
    assert_eq!(texts(&log, Partition(2)), ["c"]);
}
