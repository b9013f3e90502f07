use ledger::log::{EmbeddedLog, NewLedger};
use schemas::Instant;
use schemas::ids::LedgerId;

use super::*;
use crate::config::KafkaConfig;

fn new_ledger() -> NewLedger {
    NewLedger { partitions: 2, clock: schemas::Clock::Wall, time: Instant::EPOCH, ledger: None }
}

fn config(dir: &tempfile::TempDir) -> Config {
    Config { data_dir: dir.path().to_owned(), partitions: 2, ..Config::default() }
}

/// Nobody listens there: whoever asks the brokers hears that they cannot be reached.
fn with_kafka(config: &Config) -> Config {
    let brokers = Some("127.0.0.1:1".to_owned());
    Config {
        kafka: KafkaConfig { brokers, open_timeout_ms: 200, ..KafkaConfig::default() },
        ..config.clone()
    }
}

#[test]
fn an_embedded_ledger_is_not_continued_in_kafka() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(&dir);
    let data_dir = DataDir::open(dir.path()).unwrap();
    drop(EmbeddedLog::open(&data_dir.log(), &new_ledger()).unwrap());
    let refused = to_append(&with_kafka(&config), &data_dir, &new_ledger()).err().unwrap();
    assert!(matches!(&refused, OpenError::HasEmbeddedLog(path) if path == dir.path()), "{refused}");
    assert!(matches!(existing(&with_kafka(&config), &data_dir), Err(OpenError::HasEmbeddedLog(_))));
    assert!(to_append(&config, &data_dir, &new_ledger()).is_ok());
}

#[test]
fn what_follows_a_topic_gets_no_embedded_log() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(&dir);
    let data_dir = DataDir::open(dir.path()).unwrap();
    let ledger = LedgerId::from(uuid::Uuid::new_v4());
    Note { ledger, topic: "bookings".to_owned() }.write(&data_dir).unwrap();
    let refused = to_append(&config, &data_dir, &new_ledger()).err().unwrap();
    assert!(refused.to_string().contains("--topic bookings"), "{refused}");
    assert!(matches!(existing(&config, &data_dir), Err(OpenError::FollowsTopic { .. })));
    assert!(matches!(to_read(&config), Err(OpenError::FollowsTopic { .. })));
    assert!(!EmbeddedLog::is_begun(&data_dir.log()).unwrap(), "nothing was begun");
}

#[test]
fn a_note_that_says_nothing_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(dir.path()).unwrap();
    std::fs::write(dir.path().join("topic"), "bookings").unwrap();
    let refused = to_append(&config(&dir), &data_dir, &new_ledger()).err().unwrap();
    assert!(matches!(&refused, OpenError::Note { path, .. } if path.ends_with("topic")), "{refused}");
}

#[test]
fn brokers_that_are_not_there_are_named_and_nothing_is_noted() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(dir.path()).unwrap();
    let refused = to_append(&with_kafka(&config(&dir)), &data_dir, &new_ledger()).err().unwrap();
    assert!(
        matches!(&refused, OpenError::Log(LogError::Unreachable(what)) if what.contains("127.0.0.1:1")),
        "{refused}"
    );
    assert_eq!(Note::read(&data_dir).unwrap(), None);
}

#[test]
fn where_only_the_log_is_gone_no_other_is_begun() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(dir.path()).unwrap();
    std::fs::write(data_dir.views().join("CURRENT"), "x").unwrap();
    for _ in 0..2 {
        let config = Config::default();
        let refused = to_append(&config, &data_dir, &new_ledger()).map(|_| ()).unwrap_err();
        assert!(matches!(refused, OpenError::LogLost(_)), "{refused}");
        assert!(!EmbeddedLog::is_begun(&data_dir.log()).unwrap());
    }
    let kafka = to_append(&with_kafka(&config(&dir)), &data_dir, &new_ledger());
    assert!(matches!(kafka, Err(OpenError::LogLost(_))), "whose views these are is not known");
}
