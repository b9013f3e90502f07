//! A verification that is stopped or killed goes on where it was saved, and ends with the same report.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use schemas::ids::{CentreId, LedgerId, Partition, RegistrationId};

use super::super::{Commitments, Outcome, Report, ResumeError, Verification, VerifyError};
use super::random::morning;
use super::story::{ONE, Story, ledger, placed, put};
use crate::log::{Entry, Log, LogError, MemoryLog, NewLedger, OnMoved, OnOutcome, Outgoing};
use crate::vault::Committed;

/// A log that gives out little at a time.
struct Slow<'a>(&'a MemoryLog, usize);

impl Log for Slow<'_> {
    fn partitions(&self) -> u32 {
        self.0.partitions()
    }
    fn exclusive(&self) -> bool {
        false
    }
    fn append(&self, _: Partition, _: Vec<Outgoing>, on_outcome: OnOutcome) {
        on_outcome(Err(LogError::Closed));
    }
    fn read(&self, partition: Partition, from: u64, _: usize) -> Result<Vec<Entry>, LogError> {
        self.0.read(partition, from, self.1)
    }
    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        self.0.end(partition)
    }
    fn subscribe(&self, _: OnMoved) {}
}

fn json(report: &Report) -> String {
    serde_json::to_string(report).unwrap()
}

fn done(outcome: Outcome) -> Report {
    match outcome {
        Outcome::Done(report) => *report,
        Outcome::Stopped(progress) => panic!("stopped at {progress:?}"),
    }
}

/// Runs until it was told to stop after so many batches, and returns the report if it came to its end before.
fn run_for(log: &dyn Log, file: &Path, batches: usize) -> Option<Report> {
    let stop = AtomicBool::new(false);
    let mut told = 0;
    let verification = Verification::of(log).resumable(file.to_owned()).stopped_by(&stop);
    let outcome = verification.run(&mut |_| {
        told += 1;
        stop.store(told > batches, Ordering::Relaxed);
    });
    match outcome.unwrap() {
        Outcome::Done(report) => Some(*report),
        Outcome::Stopped(progress) => {
            assert!(progress.values <= progress.of);
            None
        }
    }
}

#[test]
fn a_run_that_is_stopped_again_and_again_ends_with_the_same_report() {
    let story = morning(7, 400);
    // Something wrong in it, so that faults are kept too; and a hold that begins again.
    put(&story.log, ONE, b"nonsense".to_vec());
    let log = Slow(&story.log, 2_000);
    let whole = done(Verification::of(&log).run(&mut |_| ()).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("state");
    let mut runs = 1;
    let resumed = loop {
        if let Some(report) = run_for(&log, &file, 1) {
            break report;
        }
        assert!(file.exists());
        runs += 1;
        assert!(runs < 1_000, "it does not get on");
    };
    assert!(runs > 3, "{runs}");
    assert_eq!(json(&resumed), json(&whole));
    assert!(!file.exists(), "nothing is left to go on from");
}

#[test]
fn a_run_that_is_killed_goes_on_from_what_was_saved() {
    let mut story = morning(8, 300);
    let log = Slow(&story.log, 4_000);
    let whole = done(Verification::of(&log).run(&mut |_| ()).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (file, mut copies) = (dir.path().join("state"), Vec::new());
    let verification = Verification::of(&log).resumable(file.clone()).saved_every(Duration::ZERO);
    let outcome = verification.run(&mut |_| {
        // What would be there if the process had ended now.
        copies.extend(fs::read(&file).ok());
    });
    assert_eq!(json(&done(outcome.unwrap())), json(&whole));
    assert!(copies.len() > 5, "{} states", copies.len());
    for state in copies.iter().step_by(3) {
        fs::write(&file, state).unwrap();
        let resumed = Verification::of(&log).resumable(file.clone()).run(&mut |_| ());
        assert_eq!(json(&done(resumed.unwrap())), json(&whole));
    }
    // What was written since is not read: it is the same report.
    fs::write(&file, &copies[1]).unwrap();
    story.record_of(1, schemas::vocabulary::Channel::Web, 9_000_000, vec![placed(1, 1).into()]);
    let log = Slow(&story.log, 4_000);
    let resumed = Verification::of(&log).resumable(file).run(&mut |_| ());
    assert_eq!(json(&done(resumed.unwrap())), json(&whole));
}

fn refusal(log: &dyn Log, file: &Path) -> ResumeError {
    match Verification::of(log).resumable(file.to_owned()).run(&mut |_| ()) {
        Err(VerifyError::Resume(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_state_that_is_not_of_this_log_is_refused_by_name() {
    let story = Story::opened();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("state");
    assert_eq!(run_for(&Slow(&story.log, 1), &file, 2), None);
    let state = fs::read(&file).unwrap();
    let changed = |at: usize, bytes: &[u8]| {
        let mut state = state.clone();
        state[at..at + bytes.len()].copy_from_slice(bytes);
        fs::write(&file, state).unwrap();
    };
    let other = MemoryLog::new(&NewLedger { ledger: Some(LedgerId([9; 16])), ..ledger() }).unwrap();
    let refused = refusal(&other, &file);
    assert!(matches!(refused, ResumeError::OtherLedger { .. }), "{refused}");
    let shorter = MemoryLog::new(&ledger()).unwrap();
    let refused = refusal(&shorter, &file);
    assert!(matches!(refused, ResumeError::OtherLog { .. }), "{refused}");
    changed(18, &[3, 0]);
    let refused = refusal(&story.log, &file);
    assert!(refused.to_string().contains("has format 3, and this program reads 2"), "{refused}");
    changed(60, &[99]);
    assert!(matches!(refusal(&story.log, &file), ResumeError::Damaged(_)));
    fs::write(&file, "something else").unwrap();
    assert!(matches!(refusal(&story.log, &file), ResumeError::Foreign(_)));
    fs::write(&file, &state[..40]).unwrap();
    assert!(matches!(refusal(&story.log, &file), ResumeError::Damaged(_)));
    fs::write(&file, &state).unwrap();
    done(Verification::of(&story.log).resumable(file).run(&mut |_| ()).unwrap());
}

#[test]
fn what_was_read_without_a_vault_is_not_said_to_be_compared_with_one() {
    struct Empty;
    impl Commitments for Empty {
        fn committed(&self, _: &CentreId, _: RegistrationId, _: u32) -> Result<Committed, String> {
            Err("it is empty".to_owned())
        }
    }
    let story = Story::opened();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("state");
    assert_eq!(run_for(&Slow(&story.log, 1), &file, 2), None);
    let with_one = Verification::of(&story.log).with_vault(&Empty).resumable(file.clone()).run(&mut |_| ());
    let Err(VerifyError::Resume(refused)) = with_one else { panic!("{with_one:?}") };
    assert_eq!(refused, ResumeError::OtherVault { file, with: false });
}

#[test]
fn a_log_with_another_record_where_reading_stopped_is_refused() {
    let story = morning(9, 400);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("state");
    // Long before its end: what is read ahead goes on for a moment.
    assert_eq!(run_for(&Slow(&story.log, 500), &file, 2), None);
    let other = MemoryLog::empty(2);
    for partition in [Partition::OFFICE, ONE] {
        for entry in story.log.read(partition, 0, usize::MAX).unwrap() {
            let mut value = entry.value.to_vec();
            *value.last_mut().unwrap() ^= u8::from(entry.offset > 0);
            put(&other, partition, value);
        }
    }
    let refused = refusal(&other, &file);
    assert!(refused.to_string().contains("partition 1 has another record at offset"), "{refused}");
}
