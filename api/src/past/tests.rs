//! Who asks for a past that is not made in time is told when to come back, and finds it made then.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::IntoResponse as _;
use ledger::log::{Entry, Log, LogError, MemoryLog, NewLedger, OnMoved, OnOutcome, Outgoing};
use ledger::past::Until;
use schemas::ids::Partition;
use schemas::{Clock, Instant};

use super::{Moment, Pasts};
use crate::problem::Problem;

const ONE: Partition = Partition(1);

/// What becomes of reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// They wait for something else.
    Shut,
    /// They fail, as when no broker answers.
    Away,
    Open,
}

/// A log that is not always to be read.
struct Gated {
    log: MemoryLog,
    gate: Mutex<Gate>,
    changed: Condvar,
}

impl Gated {
    fn at(gate: Gate) -> Arc<Self> {
        let ledger = NewLedger { partitions: 2, clock: Clock::Wall, time: at(0), ledger: None };
        let log = MemoryLog::new(&ledger).unwrap();
        Arc::new(Self { log, gate: Mutex::new(gate), changed: Condvar::new() })
    }

    fn open(&self) {
        *self.gate.lock().unwrap() = Gate::Open;
        self.changed.notify_all();
    }
}

impl Log for Gated {
    fn partitions(&self) -> u32 {
        self.log.partitions()
    }

    fn exclusive(&self) -> bool {
        self.log.exclusive()
    }

    fn append(&self, partition: Partition, values: Vec<Outgoing>, on_outcome: OnOutcome) {
        self.log.append(partition, values, on_outcome);
    }

    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        let gate = self.gate.lock().unwrap();
        match *self.changed.wait_while(gate, |gate| *gate == Gate::Shut).unwrap() {
            Gate::Away => Err(LogError::Unreachable("no broker answers".to_owned())),
            Gate::Shut | Gate::Open => self.log.read(partition, from, max_bytes),
        }
    }

    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        self.log.end(partition)
    }

    fn subscribe(&self, on_moved: OnMoved) {
        self.log.subscribe(on_moved);
    }
}

fn at(second: u64) -> Instant {
    Instant::EPOCH.plus_millis(second * 1_000)
}

fn moment(second: u64) -> Moment {
    Moment { untils: BTreeMap::from([(ONE, Until::Instant(at(second)))]), others: false }
}

#[track_caller]
fn is_not_ready(problem: Problem) -> u32 {
    assert_eq!(problem.rule(), "PastNotReady");
    let response = problem.into_response();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    response.headers()[RETRY_AFTER].to_str().unwrap().parse().unwrap()
}

#[test]
fn who_would_wait_too_long_is_told_when_to_come_back_and_finds_it_made_then() {
    let dir = tempfile::tempdir().unwrap();
    let log = Gated::at(Gate::Shut);
    let mut pasts = Pasts::start(Arc::<Gated>::clone(&log), dir.path().join("past")).unwrap();
    pasts.patience = Duration::from_millis(20);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let ask = |second| runtime.block_on(pasts.at(&moment(second)));
    // One is being made and eight wait behind it; whoever asks again joins those who wait.
    let (mut taken, mut tries) = (0, 0);
    while taken < 9 {
        // The thread may not have taken the first one up yet.
        taken += u64::from(is_not_ready(ask(taken).err().unwrap()) < 8);
        is_not_ready(ask(0).err().unwrap());
        tries += 1;
        assert!(tries < 1_000, "{taken} were taken in");
    }
    let seconds = is_not_ready(ask(99).err().unwrap());
    assert!(seconds >= 8, "{seconds} s for one that was not even taken in");
    log.open();
    pasts.patience = Duration::from_secs(60);
    let ask = |second| runtime.block_on(pasts.at(&moment(second)));
    for second in [0, 8, 99] {
        let past = ask(second).ok().unwrap();
        assert_eq!(past.reached().map(|(position, _)| position.seq).collect::<Vec<_>>(), [0]);
    }
    pasts.stop();
}

#[test]
fn a_log_that_does_not_answer_is_no_fault_of_ours_and_is_asked_again() {
    let dir = tempfile::tempdir().unwrap();
    let log = Gated::at(Gate::Away);
    let pasts = Pasts::start(Arc::<Gated>::clone(&log), dir.path().join("past")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let ask = || runtime.block_on(pasts.at(&moment(0)));
    is_not_ready(ask().err().unwrap());
    log.open();
    let past = ask().ok().unwrap();
    assert_eq!(past.reached().map(|(position, _)| position.seq).collect::<Vec<_>>(), [0]);
    pasts.stop();
}
