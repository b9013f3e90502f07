//! Three brokers, of which one at a time goes away: leaders change under an open log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledger::log::kafka::broker::{ClusterPlan, OwnCluster};
use ledger::log::kafka::topic::check;
use ledger::log::{KafkaLog, KafkaSettings, Log};

use crate::common::{ONE, PATIENCE, append, eventually, fresh_name, make_topic, open, texts, value};

/// Appends one value after the other until it is told to stop: how many there were, and which of them succeeded.
fn append_on(log: &KafkaLog, stop: &AtomicBool) -> Vec<bool> {
    let mut told = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        told.push(append(log, vec![value(told.len())]).is_ok());
        std::thread::sleep(Duration::from_millis(2));
    }
    told
}

/// Waits until the end has moved, which it does only when somebody could append again.
fn moves_on(log: &KafkaLog) {
    let end = log.end(ONE).unwrap();
    eventually("an append that succeeds", || log.end(ONE).unwrap() > end + 5);
}

#[test]
fn leaders_change_and_nothing_that_was_told_is_lost() {
    let mut cluster = OwnCluster::start(&ClusterPlan::of_three()).unwrap();
    let settings = KafkaSettings::plain(cluster.bootstrap(), fresh_name());
    make_topic(&settings);
    let made = check(&settings).unwrap();
    assert_eq!((made.replication, made.findings.len(), made.warnings.len()), (3, 0, 0), "{made}");
    let log = open(&settings);
    let stop = Arc::new(AtomicBool::new(false));
    let appending = std::thread::spawn({
        let (log, stop) = (Arc::clone(&log), Arc::clone(&stop));
        move || append_on(&log, &stop)
    });
    moves_on(&log);
    for number in 1..=3 {
        match number {
            1 => cluster.kill(1).unwrap(),
            2 => cluster.shut_down(2).unwrap(),
            _ => cluster.pause(3).unwrap(),
        }
        moves_on(&log);
        match number {
            1 | 2 => cluster.restart(number).unwrap(),
            _ => cluster.resume(3).unwrap(),
        }
        cluster.wait_until_ready(PATIENCE).unwrap();
        moves_on(&log);
    }
    stop.store(true, Ordering::SeqCst);
    let told = appending.join().unwrap();
    assert!(append(&log, vec![value(told.len())]).is_ok());
    let found = texts(&log.read_cold(ONE, 1, usize::MAX).unwrap());
    assert_eq!(texts(&log.read(ONE, 1, usize::MAX).unwrap()), found);
    let mut rest = found.iter();
    for (number, _) in told.iter().enumerate().filter(|(_, succeeded)| **succeeded) {
        let name = format!("value {number}");
        assert!(rest.any(|found| *found == name), "{name} was told as done, and is not there in its order");
    }
}
