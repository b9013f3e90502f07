//! What of a history cannot be true, with the log as witness. Linear in the history and in the log, but for sorting and maps;
//! what one record or refusal costs grows with the places and the live holds of its centre, never with what is over.
//!
//! # What it sees
//! - **Chain.** Every value is judged anew by [`judge`](super::judge). A gap in the offsets, a record of the reign in force that
//!   rests on another head, and what would count but cannot be read are damage.
//! - **Once.** Every OK names a record that counts, with the head, the time, the command and the events that were told; no two
//!   records are of one command (its centre and content), and all OKs of one command name one record. What is *unknown*, and
//!   what was never answered, stands there once or not at all. What was only ever told as *not done* does not stand there.
//!   Excepted are what may honestly come again: a centre described as it once was, all that the office is asked, and an id that
//!   is used anew after the seven days of its memory.
//! - **Order.** A record is later than every position that had been told to anybody before its command was first asked.
//! - **Refusals.** The model refuses the same command for the same reason at `as_of`, at some moment between the fold's time
//!   there (or when it was asked, if that is later) and when it was answered, before anything else is due. `as_of` is not before
//!   what had been told to anybody when it was asked, except of refusals that rest on what cannot change.
//! - **Rules.** Every record of a client is what the model makes of a command that somebody asked; every other event was due.
//!   No slot and no contingent ever has more places taken than it has, by a count that knows nothing of the model.
//! - **Deadlines.** When a record was decided cannot be seen, but not before what it rests on: not before the command of any
//!   record that stands before it in the chain was first asked, not before the broker had the claim of its reign
//!   (`Entry::appended_at`), and, where it moved the fold's time, not before its own time. If one of these is after the deadlines
//!   of all its callers, it was decided too late. The latter two are asked only where [`Settings::clocks_within`] says how far
//!   clocks may be apart. A record that was *sent* in time and arrived late is no violation, and cannot be told from one that was
//!   sent late as long as nothing before it in the chain was asked after its deadline.
//! - **Views.** [`views::compare`] lays the published numbers and rows beside the model's at the end.
//!
//! # What it does not see
//! Refusals without facts (of callers over HTTP) are held to their rule's name alone; refusals by the office are only held to
//! their position. Whether a refusal's alternatives can be had is the business of `agreement`. Whether a call that was never
//! recorded had been answered rightly nobody knows; [`Settings::others_ask`] says that there are such calls.

mod answers;
mod capacity;
mod centres;
mod deadlines;
mod index;
mod moments;
mod order;
mod partition;
mod report;
mod shelf;
pub mod views;
mod violation;

use std::collections::BTreeMap;
use std::time::Duration;

use schemas::Position;
use schemas::ids::{CentreId, Partition};

use self::index::Askings;
use self::partition::PartitionWitness;
pub use self::report::{Counts, Report};
pub use self::violation::Violation;
use super::{History, Witness};
use crate::model::Model;

/// What the checker may take for granted.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// How far the clocks of the ledger's processes, of the callers and of the log may be apart; none: they are simulated, or
    /// nobody knows, and no deadline is compared with them.
    pub clocks_within: Option<Duration>,
    /// Whether somebody asks whose calls are not in the history. Then records that nobody asked for are passed over.
    pub others_ask: bool,
}

/// The checker's words, and where everything stands at the end.
#[derive(Debug)]
pub struct Checked {
    /// What was found.
    pub report: Report,
    /// Every centre as the model has it at the end of the log.
    pub ends: Vec<End>,
}

/// The end of a partition.
#[derive(Debug)]
pub struct End {
    /// Which partition.
    pub partition: Partition,
    /// The last position; none if nothing counts.
    pub position: Option<Position>,
    /// Its centres.
    pub centres: BTreeMap<CentreId, Model>,
}

/// Checks a history against the values of all partitions, which must have been read after its last answer.
pub fn check(witnesses: &[Witness], history: &History, settings: &Settings) -> Checked {
    let mut report = Report::default();
    let askings = Askings::of(history);
    let mut read: Vec<PartitionWitness> = witnesses
        .iter()
        .map(|witness| PartitionWitness::read(witness, history, &askings, settings, &mut report))
        .collect();
    let stands = |position: Position| read.iter().any(|partition| partition.stands(position));
    let floors = order::floors(history, witnesses.len(), &stands);
    answers::check(history, &askings, &read, &floors, &mut report);
    for partition in &read {
        order::check_records(partition, &askings, &floors, history, &mut report);
        deadlines::check(partition, &askings, history, settings, &mut report);
    }
    let ends = read.iter_mut().map(PartitionWitness::take_end).collect();
    Checked { report, ends }
}
