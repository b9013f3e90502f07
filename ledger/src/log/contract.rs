//! The contract of [`Log`] as a suite that every implementation must pass.
//!
//! A test gives [`check`] a function that makes a fresh log: at least three partitions, with genesis and nothing else in each.

mod append;
mod claimants;
mod read;
mod wake;

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded, unbounded};
use schemas::ids::Partition;

use super::{Entry, Log, LogError, Outgoing};

/// How long the suite waits for a log to do what it must before it says that it does not.
const PATIENCE: Duration = Duration::from_secs(20);
/// The partition that most clauses work on.
const ONE: Partition = Partition(1);
/// Another one.
const OTHER: Partition = Partition(2);
/// Enough for everything that a clause writes.
const ALL_BYTES: usize = 1 << 30;

/// What a clause found: nothing, or in what the log breaks it.
type Found = Result<(), String>;

/// A clause of the contract that a log breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the log breaks the contract: {clause}: {what}")]
pub struct Breach {
    /// Which clause.
    pub clause: &'static str,
    /// What happened.
    pub what: String,
}

/// One clause, tried on a fresh log.
type Clause = fn(&Arc<dyn Log>) -> Found;

/// Every clause, each tried on a log of its own.
const CLAUSES: &[(&str, Clause)] = &[
    ("a fresh log holds genesis alone", read::fresh),
    ("values keep their order within a call and between calls", append::order),
    ("every call has exactly one outcome", append::outcomes),
    ("an empty call succeeds and moves nothing", append::nothing),
    ("a partition that does not exist is refused", append::no_partition),
    ("partitions do not mix", append::partitions),
    ("a large batch is taken whole", append::large),
    ("two appenders share a partition without a gap", append::two_appenders),
    ("a reader may begin anywhere", read::from_the_middle),
    ("reading ends at the end and refuses to begin past it", read::past_the_end),
    ("reading keeps to the bytes asked for, one value at least", read::max_bytes),
    ("what was read once is read again", read::the_same_for_ever),
    ("whoever is woken can read what moved", wake::after_the_end_moved),
    ("no wake is lost", wake::none_lost),
    ("every subscriber is woken", wake::all_subscribers),
    ("nothing is shown before its outcome could be success", wake::outcome_means_readable),
    ("two claimants: the first claim of an epoch counts", claimants::two_claims),
    ("a late claim takes over wherever it lands", claimants::late_claim),
    ("a repeat is told as one", claimants::repeats),
    ("barriers count in their order", claimants::barriers),
];

/// Tries every clause on a fresh log.
///
/// # Errors
/// The first clause that is broken.
pub fn check(fresh: &dyn Fn() -> Arc<dyn Log>) -> Result<(), Breach> {
    for &(clause, tried) in CLAUSES {
        tried(&fresh()).map_err(|what| Breach { clause, what })?;
    }
    Ok(())
}

/// A value that can be told from others.
fn value(number: usize) -> Arc<[u8]> {
    Arc::from(format!("value {number}").as_bytes())
}

fn ensure(kept: bool, what: impl FnOnce() -> String) -> Found {
    if kept { Ok(()) } else { Err(what()) }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Found {
    ensure(found == expected, || format!("{what}: {found:?}, not {expected:?}"))
}

/// Hands values over and gives the outcome to be waited for.
fn send(log: &Arc<dyn Log>, partition: Partition, values: Vec<Arc<[u8]>>) -> Receiver<Result<(), LogError>> {
    let (outcome, outcomes) = bounded(1);
    let values = values.into_iter().map(Outgoing::from).collect();
    log.append(partition, values, Box::new(move |result| drop(outcome.send(result))));
    outcomes
}

fn wait(outcomes: &Receiver<Result<(), LogError>>) -> Found {
    match outcomes.recv_timeout(PATIENCE) {
        Ok(result) => result.map_err(|error| format!("an append failed: {error}")),
        Err(_) => Err("an append had no outcome".to_owned()),
    }
}

fn append(log: &Arc<dyn Log>, partition: Partition, values: Vec<Arc<[u8]>>) -> Found {
    wait(&send(log, partition, values))
}

fn read(log: &Arc<dyn Log>, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, String> {
    log.read(partition, from, max_bytes).map_err(|error| format!("a read from {from} failed: {error}"))
}

/// The values after genesis.
fn values(log: &Arc<dyn Log>, partition: Partition) -> Result<Vec<Arc<[u8]>>, String> {
    let entries = read(log, partition, 1, ALL_BYTES)?;
    let offsets: Vec<u64> = entries.iter().map(|entry| entry.offset).collect();
    same("offsets", &offsets, &(1..=entries.len() as u64).collect())?;
    Ok(entries.into_iter().map(|entry| entry.value).collect())
}

fn end(log: &Arc<dyn Log>, partition: Partition) -> Result<u64, String> {
    log.end(partition).map_err(|error| format!("the end cannot be told: {error}"))
}

/// The partitions that a subscriber is told of.
fn subscribe(log: &Arc<dyn Log>) -> Receiver<Partition> {
    let (moved, moves) = unbounded();
    log.subscribe(Arc::new(move |partition| _ = moved.send(partition)));
    moves
}
