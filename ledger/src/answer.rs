//! What a caller is told.

use schemas::ids::Partition;
use schemas::{Event, Instant, Position};

use crate::rejection::{Mark, Rejection};

/// What `decide` makes of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// These events are to be one record.
    Events(Vec<Event>),
    /// It was decided before: there.
    Repeat(Mark),
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It stands in the log and counts.
    Done(Receipt),
    /// A rule refuses it, as of this position.
    Refused {
        /// The rule.
        rejection: Rejection,
        /// The position that the refusal rests on.
        as_of: Position,
        /// The fold's time there.
        at: Instant,
    },
    /// It may or may not come to stand in the log: ask again with the same id.
    Unknown,
    /// This request surely was not done. An earlier one of the same id that nobody answered may have been.
    NotDone(NotDone),
}

/// That something stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Where.
    pub position: Position,
    /// The record's time.
    pub recorded_at: Instant,
    /// Whether it stood there before this command came.
    pub repeated: bool,
    /// The record's events; empty for a repeat.
    pub events: Vec<Event>,
}

impl Receipt {
    /// The receipt of what was decided before.
    pub fn of_repeat(partition: Partition, mark: Mark) -> Self {
        Self {
            position: mark.position(partition),
            recorded_at: mark.time,
            repeated: true,
            events: Vec::new(),
        }
    }
}

/// Why a command surely was not done. All of these are worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// The mailbox is full.
    #[error("too many commands are waiting")]
    Overloaded,
    /// The caller's deadline passed before it was decided.
    #[error("it waited past its deadline and was dropped undecided")]
    Late,
    /// The partition's writer has stopped with a reason that the operator sees.
    #[error("the writer of this partition has halted")]
    Halted,
    /// This process does not own the partition now.
    #[error("another process owns this partition")]
    NotOwner,
    /// This process's clock disagrees with the log's, or is far ahead of the ledger; the partition's status says which.
    #[error("the clock of this process is in doubt")]
    ClockInDoubt,
    /// The program is ending.
    #[error("the program is shutting down")]
    ShuttingDown,
    /// The decision does not fit into a record, or panicked; it is a fault of the program and was logged.
    #[error("the command could not be decided")]
    Failed,
}
