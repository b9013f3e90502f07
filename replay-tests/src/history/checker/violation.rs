//! What can be wrong, by name.

use std::fmt;

use schemas::ids::{CommandId, Partition, SlotId};
use schemas::vocabulary::Contingent;
use schemas::{Instant, Position};

use crate::history::CallId;

/// A sentence that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each field says what its variant's sentence needs")]
pub enum Violation {
    /// The chain does not hold together.
    #[error("{partition}, offset {offset}: {what}")]
    Damage { partition: Partition, offset: u64, what: String },
    /// Time went back between records that count.
    #[error("{position} is stamped {time}, before the fold's time {fold_time}")]
    TimeWentBack { position: Position, time: Instant, fold_time: Instant },
    /// Somebody was told a position that is none.
    #[error("{call} was told {position}, which does not stand in the log")]
    NoSuchPosition { call: CallId, position: Position },
    /// Somebody was told of a record that is not his.
    #[error("{call} was told {position}, but {what}")]
    AnotherRecord { call: CallId, position: Position, what: &'static str },
    /// Two records are of one command.
    #[error("command {command} stands in the log at {first} and again at {again}; {asked_by:?} asked")]
    Twice { command: CommandId, first: Position, again: Position, asked_by: Vec<CallId> },
    /// Two answers to one command name two records.
    #[error("{call} was told {told}, but {before} was told {told_before} for the same command")]
    AnswersDiffer { call: CallId, told: Position, before: CallId, told_before: Position },
    /// All callers were told that it surely was not done.
    #[error("{call} was told that it surely was not done, but it stands at {position}")]
    DoneAllTheSame { call: CallId, position: Position },
    /// Something asked later stands earlier.
    #[error("{call} asked after {told_to} had been told {told}, but was recorded before, at {position}")]
    OutOfOrder { call: CallId, position: Position, told_to: CallId, told: Position },
    /// A refusal rests on what was known to be past.
    #[error("{call} asked after {told_to} had been told {told}, but was refused as of {as_of}")]
    RefusalOutdated { call: CallId, as_of: Position, told_to: CallId, told: Position },
    /// A refusal is not what the rules say.
    #[error("{call} was refused as of {as_of} ({told}), where the rules say: {rules_say}")]
    RefusalUntrue { call: CallId, as_of: Position, told: String, rules_say: String },
    /// A record is not what the rules make of what was asked.
    #[error("{position} is not what the rules ask for: {what}")]
    NotByTheRules { position: Position, what: String },
    /// A record answers no call.
    #[error("{position} decides command {command}, which nobody asked")]
    NobodyAsked { position: Position, command: CommandId },
    /// More places are taken than there are.
    #[error("{position}: {taken} places are taken of {capacity} in {place}")]
    Overbooked { position: Position, place: Room, taken: u32, capacity: u32 },
    /// The model's lists contradict themselves.
    #[error("{position}: {what}")]
    Breach { position: Position, what: String },
    /// It was decided when nobody waited any more.
    #[error("{position} was decided {late_ms} ms or more after the last deadline of {call}: {witness}")]
    DecidedTooLate { position: Position, call: CallId, late_ms: u64, witness: LateWitness },
    /// The views are not what follows from the log.
    #[error("the views differ: {what}")]
    ViewsDiffer { what: String },
}

/// Where places are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// The slot.
    pub slot: SlotId,
    /// The contingent of a first-dose slot.
    pub contingent: Option<Contingent>,
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.contingent {
            Some(contingent) => write!(f, "slot {}, {contingent}", self.slot),
            None => write!(f, "slot {}", self.slot),
        }
    }
}

/// What shows that a record was decided too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateWitness {
    /// A record that stands before it was asked for later.
    Asked(CallId),
    /// The broker took the claim of its reign later.
    Claim(Position),
    /// Its own time is later.
    OwnTime,
}

impl fmt::Display for LateWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked(call) => write!(f, "the chain before it has what {call} asked"),
            Self::Claim(claim) => write!(f, "the broker took the claim {claim} of its reign only then"),
            Self::OwnTime => f.write_str("its own time says so"),
        }
    }
}
