//! An existing log must be the one that was asked for.

use std::fs;

use schemas::Clock;
use schemas::ids::LedgerId;

use super::super::super::{LogError, NewLedger};
use super::super::{EmbeddedLog, Log};
use super::{ledger, open};

fn mismatch(asked: &NewLedger) -> String {
    let dir = tempfile::tempdir().unwrap();
    let made = NewLedger { ledger: Some(LedgerId([1; 16])), ..ledger() };
    drop(EmbeddedLog::open(dir.path(), &made).unwrap());
    match EmbeddedLog::open(dir.path(), asked).map(|_| ()) {
        Err(LogError::Mismatch(what)) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_count_clock_or_ledger_is_refused_by_name() {
    let more = NewLedger { partitions: 16, ..ledger() };
    assert_eq!(
        mismatch(&more),
        "the log is of another ledger: it has 3 partitions, not 16, and keeps them: start with --partitions 3"
    );
    let simulated = NewLedger { clock: Clock::Simulated, ..ledger() };
    assert_eq!(
        mismatch(&simulated),
        "the log is of another ledger: it runs on the wall clock, not on the simulated clock: start \
         without --simulated"
    );
    let other = NewLedger { ledger: Some(LedgerId([2; 16])), ..ledger() };
    assert!(mismatch(&other).contains("it is ledger 01010101-"), "{}", mismatch(&other));
    let one = NewLedger { partitions: 1, ..ledger() };
    assert!(mismatch(&one).contains("3 partitions, not 1"));
}

#[test]
fn a_ledger_has_two_partitions_or_more() {
    let dir = tempfile::tempdir().unwrap();
    let one = NewLedger { partitions: 1, ..ledger() };
    assert!(matches!(EmbeddedLog::open(dir.path(), &one), Err(LogError::Mismatch(_))));
    // The refusal has left nothing that stands in the way.
    assert_eq!(open(dir.path()).partitions(), 3);
}

#[test]
fn nothing_is_made_where_an_existing_log_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(EmbeddedLog::open_existing(dir.path()), Err(LogError::Mismatch(_))));
    assert!(matches!(EmbeddedLog::open_read_only(dir.path()), Err(LogError::Mismatch(_))));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn only_one_handle_can_write() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    assert!(matches!(EmbeddedLog::open_existing(dir.path()), Err(LogError::Storage(_))));
    drop(first);
    EmbeddedLog::open_existing(dir.path()).unwrap();
}

#[test]
fn a_first_start_that_was_cut_off_before_genesis_begins_again() {
    let dir = tempfile::tempdir().unwrap();
    drop(super::super::store::Store::open(&dir.path().join("rocks"), true).unwrap());
    assert_eq!(open(dir.path()).end(super::ONE), Ok(1));
}
