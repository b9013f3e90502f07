//! A broker that goes away under an open log, and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ledger::log::kafka::broker::{ClusterPlan, OwnCluster};
use ledger::log::{KafkaLog, KafkaSettings, Log, LogError};

use crate::common::{ONE, PATIENCE, append, eventually, fresh_name, make_topic, open, send, texts, value};

fn cluster() -> (OwnCluster, KafkaSettings) {
    let cluster = OwnCluster::start(&ClusterPlan::default()).expect("a broker starts");
    let plain = KafkaSettings::plain(cluster.bootstrap(), fresh_name());
    let settings = KafkaSettings { message_timeout_ms: 3_000, read_timeout_ms: 1_000, ..plain };
    make_topic(&settings);
    (cluster, settings)
}

/// A broker that has just come back may keep a reader waiting longer than the reader likes.
fn read_at_last(log: &KafkaLog) -> Vec<String> {
    let mut found = Vec::new();
    eventually("a read that succeeds", || match log.read(ONE, 1, usize::MAX) {
        Ok(entries) => {
            found = texts(&entries);
            true
        }
        Err(LogError::Unreachable(_)) => false,
        Err(error) => panic!("{error}"),
    });
    found
}

#[test]
fn it_goes_on_by_itself_when_the_broker_comes_back() {
    let (mut cluster, settings) = cluster();
    let log = open(&settings);
    let woken = Arc::new(AtomicBool::new(false));
    let wake = Arc::clone(&woken);
    log.subscribe(Arc::new(move |_| wake.store(true, Ordering::SeqCst)));
    append(&log, vec![value(0)]).unwrap();
    eventually("the first wake", || woken.load(Ordering::SeqCst));

    assert_eq!(log.out_of_reach(), None);
    cluster.kill(1).unwrap();
    // Also where nobody asks for anything.
    eventually("out of reach", || log.out_of_reach().is_some());
    // What is in memory is read all the same, and what is not says why.
    assert_eq!(texts(&log.read(ONE, 1, usize::MAX).unwrap()), ["value 0"]);
    let begun = Instant::now();
    let cold = log.read_cold(ONE, 0, 1).unwrap_err();
    assert!(matches!(cold, LogError::Unreachable(_)), "{cold:?}");
    let outcome = append(&log, vec![value(1)]);
    assert!(matches!(outcome, Err(LogError::Unreachable(_))), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());

    // What is sent while it is away may arrive when it is back.
    let sent = send(&log, vec![value(2)]);
    cluster.restart(1).unwrap();
    cluster.wait_until_ready(PATIENCE).unwrap();
    let told = sent.recv_timeout(PATIENCE).expect("an outcome");
    woken.store(false, Ordering::SeqCst);
    eventually("an append that succeeds", || append(&log, vec![value(3)]).is_ok());
    eventually("a wake", || woken.load(Ordering::SeqCst));
    eventually("within reach", || log.out_of_reach().is_none());
    let found = read_at_last(&log);
    assert_eq!(found.first().map(String::as_str), Some("value 0"));
    assert_eq!(found.last().map(String::as_str), Some("value 3"));
    assert!(told.is_err() || found.contains(&"value 2".to_owned()), "{told:?}, and {found:?}");
    eventually("the same from the broker", || {
        log.read_cold(ONE, 1, usize::MAX).is_ok_and(|entries| texts(&entries) == found)
    });
}

#[test]
fn it_survives_a_broker_that_stands_still() {
    let (mut cluster, settings) = cluster();
    let log = open(&settings);
    append(&log, vec![value(0)]).unwrap();
    cluster.pause(1).unwrap();
    let outcome = append(&log, vec![value(1)]);
    assert!(matches!(outcome, Err(LogError::Unreachable(_))), "{outcome:?}");
    cluster.resume(1).unwrap();
    eventually("an append that succeeds", || append(&log, vec![value(2)]).is_ok());
    let found = read_at_last(&log);
    assert_eq!(found.last().map(String::as_str), Some("value 2"));
    eventually("the same from the broker", || {
        log.read_cold(ONE, 1, usize::MAX).is_ok_and(|entries| texts(&entries) == found)
    });
}

#[test]
fn who_cannot_wait_is_not_kept_waiting_and_gets_it_when_the_broker_is_back() {
    let (mut cluster, settings) = cluster();
    append(&open(&settings), (0..500).map(value).collect()).unwrap();
    // Opened anew it has nothing in memory.
    let log = open(&settings);
    cluster.pause(1).unwrap();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(4) {
        let asked = Instant::now();
        let arrived = log.read_without_waiting(ONE, 0, usize::MAX);
        assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
        assert!(matches!(arrived, Ok(None) | Err(LogError::Unreachable(_))), "{arrived:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    cluster.resume(1).unwrap();
    let (mut next, mut found) = (1, Vec::new());
    eventually("all of it", || {
        if let Ok(Some(entries)) = log.read_without_waiting(ONE, next, 1_000) {
            next = entries.last().unwrap().offset + 1;
            found.extend(texts(&entries));
        }
        next == 501
    });
    assert_eq!(found, (0..500).map(|number| format!("value {number}")).collect::<Vec<_>>());
}

#[test]
fn it_is_closed_promptly_while_the_broker_is_away() {
    let (mut cluster, settings) = cluster();
    let log = open(&settings);
    append(&log, vec![value(0)]).unwrap();
    log.read_cold(ONE, 0, usize::MAX).unwrap();
    cluster.kill(1).unwrap();
    let under_way = send(&log, vec![value(1)]);
    let begun = Instant::now();
    drop(log);
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    let outcome = under_way.recv_timeout(PATIENCE).expect("an outcome");
    assert!(outcome.is_err());
}
