//! After an error of the storage the outcome is unknown, and the log goes on.

use std::sync::Arc;

use crossbeam_channel::unbounded;

use super::super::super::{Log, LogError, Outgoing};
use super::super::shared::Injected;
use super::{ONE, TWO, append, open, send, stand_still, texts};

#[test]
fn an_error_before_the_write_loses_the_values_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    append(&log, ONE, &["a"]).unwrap();
    log.shared.injected.lock().unwrap().push(Injected::BeforeTheWrite);
    assert!(matches!(append(&log, ONE, &["b"]), Err(LogError::Storage(_))));
    assert_eq!(log.end(ONE), Ok(2));
    append(&log, ONE, &["c"]).unwrap();
    assert_eq!(texts(&log, ONE), ["a", "c"]);
}

#[test]
fn an_error_after_the_write_leaves_the_values_and_wakes_readers() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    append(&log, ONE, &["a"]).unwrap();
    let (moved, moves) = unbounded();
    log.subscribe(Arc::new(move |partition| moved.send(partition).unwrap()));
    log.shared.injected.lock().unwrap().push(Injected::AfterTheWrite);
    assert!(matches!(append(&log, ONE, &["b"]), Err(LogError::Storage(_))));
    assert_eq!(moves.recv().unwrap(), ONE);
    assert_eq!(texts(&log, ONE), ["a", "b"]);
    append(&log, ONE, &["c"]).unwrap();
    append(&log, TWO, &["d"]).unwrap();
    assert_eq!(texts(&log, ONE), ["a", "b", "c"]);
    assert_eq!(log.read(ONE, 0, 100), log.read_cold(ONE, 0, 100));
}

#[test]
fn everything_in_one_batch_shares_its_error() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let go = stand_still(&log);
    let others = [send(&log, ONE, &["x"]), send(&log, TWO, &["y"])];
    log.shared.injected.lock().unwrap().push(Injected::BeforeTheWrite);
    go.send(()).unwrap();
    for outcome in others {
        assert!(outcome.recv().unwrap().is_err());
    }
    assert_eq!((log.end(ONE), log.end(TWO)), (Ok(2), Ok(1)));
}

#[test]
fn a_folder_that_was_lost_under_it_is_damage_and_stays_so() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    append(&log, ONE, &["a"]).unwrap();
    std::fs::remove_dir_all(dir.path().join("rocks")).unwrap();
    std::fs::create_dir(dir.path().join("rocks")).unwrap();
    log.shared.injected.lock().unwrap().push(Injected::BeforeTheWrite);
    assert!(append(&log, ONE, &["b"]).is_err());
    assert!(append(&log, ONE, &["c"]).is_err());
    assert!(log.read_cold(ONE, 0, 100).is_err());
    // What was shown stays as it was shown.
    assert_eq!(log.end(ONE), Ok(2));
}

#[test]
fn a_callback_that_panics_stops_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    log.subscribe(Arc::new(|partition| assert!(partition != TWO, "a subscriber that fails")));
    let (moved, moves) = unbounded();
    log.subscribe(Arc::new(move |partition| moved.send(partition).unwrap()));
    log.append(
        TWO,
        vec![Outgoing::from(Arc::<[u8]>::from(*b"x"))],
        Box::new(|_| panic!("an outcome that fails")),
    );
    append(&log, ONE, &["a"]).unwrap();
    assert_eq!((moves.recv().unwrap(), moves.recv().unwrap()), (TWO, ONE));
    assert_eq!((texts(&log, ONE), texts(&log, TWO)), (vec!["a".to_owned()], vec!["x".to_owned()]));
}

#[test]
fn a_storage_that_could_not_be_opened_for_a_while_is_opened_by_whoever_reads() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    append(&log, ONE, &["a"]).unwrap();
    let (rocks, away) = (dir.path().join("rocks"), dir.path().join("away"));
    std::fs::rename(&rocks, &away).unwrap();
    log.shared.injected.lock().unwrap().push(Injected::AfterTheWrite);
    assert!(append(&log, ONE, &["b"]).is_err());
    assert!(log.read_cold(ONE, 0, 100).is_err());
    // What was left in the place of the folder is no log.
    let _none = std::fs::remove_dir_all(&rocks);
    std::fs::rename(&away, &rocks).unwrap();
    assert_eq!(log.read_cold(ONE, 1, 1).unwrap().len(), 1);
    assert_eq!(texts(&log, ONE), ["a", "b"]);
    append(&log, ONE, &["c"]).unwrap();
}
