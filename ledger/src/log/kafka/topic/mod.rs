//! The topic that is the log: making it, and looking whether it could lose data.

mod admin;
mod check;
mod create;
mod settings;

use std::fmt;

use schemas::Genesis;
use schemas::ids::LedgerId;

use super::super::{LogError, NewLedger};
pub use check::check;
pub(super) use check::{findings_now, look};
pub use create::create;
pub use settings::{Finding, Warning};

/// What a topic is to be made like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicPlan {
    /// The ledger that begins in it.
    pub ledger: NewLedger,
    /// How many copies the brokers keep. None: 3, or one on each broker when there are fewer.
    pub replication: Option<i32>,
}

/// What was found about a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicReport {
    /// Its name.
    pub topic: String,
    /// How many partitions it has.
    pub partitions: u32,
    /// How many copies the brokers keep of the partition that has the fewest.
    pub replication: usize,
    /// The ledger that begins in it.
    pub ledger: LedgerId,
    /// What its geneses say.
    pub genesis: Genesis,
    /// What could lose data. Nothing runs on such a topic.
    pub findings: Vec<Finding>,
    /// What loses no data while the disks live, and should be known.
    pub warnings: Vec<Warning>,
}

impl TopicReport {
    /// Whether the topic keeps what it is given.
    pub fn is_safe(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for TopicReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, partitions, replication, ledger, .. } = self;
        let copies = if *replication == 1 { "copy" } else { "copies" };
        write!(f, "topic {topic}: ledger {ledger}, {partitions} partitions, {replication} {copies}")?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n{finding}"))?;
        self.warnings.iter().try_for_each(|warning| write!(f, "\nwarning: {warning}"))
    }
}

/// Why a topic could not be made or looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// There is one of that name.
    #[error(
        "there is a topic {0} already, and it is left as it is: name another one, or delete it first if its ledger is \
         not wanted any more"
    )]
    Exists(String),
    /// There is none of that name.
    #[error("the brokers have no topic {0}: make it with `terminbuch topics`, or name another one")]
    Missing(String),
    /// There is one, and no ledger that could go on begins in it.
    #[error("{what}")]
    NoLedger {
        /// Its name.
        topic: String,
        /// What is wrong, and what to do.
        what: String,
    },
    /// The brokers refuse what was asked for.
    #[error("the brokers refuse it: {0}")]
    Refused(String),
    /// Anything else.
    #[error(transparent)]
    Log(#[from] LogError),
}
