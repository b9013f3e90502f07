//! Reads a whole log, judges every record anew, and recounts every place without the code that decided.
//!
//! `chain` judges, as for everybody. What follows is counted from the events alone, with plain maps: nothing here knows
//! `centre`. The recount notes what is wrong and goes on, so that one fault does not hide the next.
//!
//! | file | its one question |
//! |---|---|
//! | `run` | which thread reads what, and when is the state saved? [`Verification`] |
//! | `reader`, `step` | which values count? One thread for each partition, a batch ahead of the recount |
//! | `partition` | what is to be looked at in a record, whatever is in it? All that is known of a partition, so that it can be saved |
//! | `recount` | does what the events of a centre say add up, and do they keep the rules? |
//! | `seen` | was this id there before? In a fixed amount of memory |
//! | `beside` | what stands beside the log and must agree with it: commitments, checkpoints |
//! | `resume` | how is the state saved, and whose is it? |
//! | `report`, `wrong` | what was found, and what does each sort of fault mean? |
//!
//! # Memory
//! What is kept grows with what lives: registrations, holds, bookings, and the slots, deliveries and rules of a centre.
//! Holds and bookings leave when they end, registrations seven days of ledger time after their end, as in the fold. That an
//! id which ended long ago does not begin again is found all the same: a filter of fixed size says of each beginning whether
//! it may have been there before, and where it says so the partition is read once more for these ids alone.

mod beside;
mod partition;
mod reader;
mod recount;
mod report;
mod resume;
mod run;
mod seen;
mod step;
#[cfg(test)]
mod tests;
mod wrong;

pub use self::beside::{Commitments, Standing};
pub use self::report::{Fault, PartitionReport, Progress, Report};
pub use self::resume::ResumeError;
pub use self::run::{Outcome, Verification};
pub use self::wrong::Wrong;
use crate::log::{Log, LogError};

/// Why a log could not be verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The log cannot be read. Damage that is found while reading is a fault in the report instead.
    #[error("the log cannot be verified: {0}")]
    Log(#[from] LogError),
    /// The file to resume from cannot be used.
    #[error(transparent)]
    Resume(#[from] ResumeError),
}

/// Verifies all that stands in the log now, and tells how far it is after each batch.
///
/// # Errors
/// When the log cannot be read.
pub fn verify(log: &dyn Log, progress: &mut dyn FnMut(&Progress)) -> Result<Report, VerifyError> {
    match Verification::of(log).run(progress)? {
        Outcome::Done(report) => Ok(*report),
        Outcome::Stopped(_) => Err(LogError::Closed.into()),
    }
}
