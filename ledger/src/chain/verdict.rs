//! What is said of a value.

use schemas::ids::{LedgerId, Partition};
use schemas::record::PrefixError;
use schemas::{Body, BodyError, Prefix};

use crate::rejection::Mark;

/// What a value in the log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A record that counts.
    Counts(Counted),
    /// It stood here before, in this epoch: tallied, never applied.
    Repeat,
    /// It does not count in this place. A later copy may.
    Void(VoidReason),
}

/// A record that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// As written.
    pub prefix: Prefix,
    /// As read, every event in its newest version.
    pub body: Body,
    /// Its place and time; for a claim the seq is the one it takes.
    pub mark: Mark,
}

/// Why a value does not count where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VoidReason {
    /// The bytes are no record of any version.
    #[error("no record: {0}")]
    NoRecord(PrefixError),
    /// Genesis stands at offset 0 alone.
    #[error("a second genesis")]
    SecondGenesis,
    /// Of another ledger.
    #[error("of another ledger: {0}")]
    ForeignLedger(LedgerId),
    /// Of another partition.
    #[error("of another partition: {0}")]
    ForeignPartition(Partition),
    /// A claim that came too late, or before those it follows.
    #[error("a claim of epoch {found}, where the next is {next}")]
    ClaimEpoch {
        /// Its own.
        found: u64,
        /// The one that would count.
        next: u64,
    },
    /// A claim by a program that cannot fold what stands here.
    #[error("a claim by a program that knows fold version {knows}, where {in_force} is in force")]
    ClaimantTooOld {
        /// The highest it knows.
        knows: u16,
        /// The one in force.
        in_force: u16,
    },
    /// Of another reign.
    #[error("of epoch {found}, where {current} reigns")]
    Epoch {
        /// Its own.
        found: u64,
        /// The one in force.
        current: u64,
    },
    /// Something before it did not come to stand here.
    #[error("seq {found}, where {next} is next")]
    Seq {
        /// Its own.
        found: u64,
        /// The one that would count.
        next: u64,
    },
    /// It follows another history.
    #[error("it follows another head")]
    Prev,
    /// Written under other rules.
    #[error("of fold version {found}, where {in_force} is in force")]
    FoldVersion {
        /// Its own.
        found: u16,
        /// The one in force.
        in_force: u16,
    },
}

impl VoidReason {
    /// Whether it is a record of the current epoch: its owner has to claim anew.
    pub fn is_of_current_epoch(&self) -> bool {
        matches!(self, Self::Seq { .. } | Self::Prev | Self::FoldVersion { .. })
    }
}

/// Why reading cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// Values are missing, or come twice.
    #[error(
        "offset {found} follows where {expected} is due: values were taken away, or something else writes here with \
         transactions. This ledger cannot go on with it: restore the log from a copy, or begin a new ledger"
    )]
    Gap {
        /// The next offset.
        expected: u64,
        /// The one that came.
        found: u64,
    },
    /// The partition does not begin with genesis.
    #[error("there is no genesis at offset 0: {0}")]
    NoGenesis(String),
    /// Genesis contradicts itself.
    #[error("genesis is wrong: {0}")]
    GenesisWrong(&'static str),
    /// Genesis names another ledger.
    #[error("this is ledger {found}, not {expected}")]
    ForeignLedger {
        /// The one that was asked for.
        expected: LedgerId,
        /// The one that stands there.
        found: LedgerId,
    },
    /// Genesis names another partition.
    #[error("this is partition {found}, not {expected}")]
    ForeignPartition {
        /// The one that was asked for.
        expected: Partition,
        /// The one that stands there.
        found: Partition,
    },
    /// A record has the right place and cannot be read.
    #[error(
        "record {seq} counts but cannot be read: {why}. Use the program that wrote it; if none of ours did, restore the \
         log from a copy"
    )]
    Unreadable {
        /// The seq it takes.
        seq: u64,
        /// What cannot be read.
        why: Unreadable,
    },
    /// The rules in force are of a newer program.
    #[error("fold version {needed} comes into force, this program knows {known}: a newer one is needed")]
    FoldVersionUnknown {
        /// The one that comes into force.
        needed: u16,
        /// The newest that is known.
        known: u16,
    },
}

/// What of a record cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A newer program wrote it.
    #[error("format {0} is unknown to this program: a newer one is needed")]
    Format(u16),
    /// A newer program wrote it.
    #[error("channel {0} is unknown to this program: a newer one is needed")]
    Channel(u8),
    /// Before 1970 or after 9998.
    #[error("its time, {0} ms, is outside 1970 to 9998")]
    Time(i64),
    /// The kind, a version or a payload.
    #[error(transparent)]
    Body(BodyError),
}
