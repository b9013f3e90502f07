//! The real program, killed again and again under load over HTTP, and what the checker says of it.
//!
//! A `Trial` is one ledger with a small world: people ask a `terminbuch serve` for places over HTTP while it is
//! killed at random moments and at named places ([`ledger::fault_point`]), its views' rebuilding is killed, an export
//! beside it is killed and made whole by the same command, and it is started anew. Whoever got no answer asks again with the same id. At the end the log is read and the whole history judged
//! by [`check`](crate::history::check), the log by `verify`, and the views laid beside the model's.
//!
//! The log is the embedded one, or a topic of Apache Kafka, a new one for each ledger. Whoever starts on a topic must first
//! claim what the dead one owned, so the moments of its work count from when it has done something. The brokers live: that
//! they die is the business of `tests/kafka`.
//!
//! What it does not show: SIGKILL leaves the system alive, so nothing that was written to a file is lost by it, synced or
//! not. That what is told is synced before is the business of the log's contract and of its tests of errors.

mod citizen;
mod death;
mod deck;
mod exported;
mod home;
mod judge;
mod program;
mod running;
mod told;
mod trial;
mod wire;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use deck::{ALL_ARE_REACHED_BY, Deck, must_be_reached};
pub use program::Program;

/// Kills of one ledger.
const KILLS_A_HISTORY: u32 = 20;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The program.
    pub program: Program,
    /// How often it is killed in all.
    pub kills: u32,
    /// What is drawn follows from this; when it happens, from threads and disks.
    pub seed: u64,
    /// Where a history that fails is kept, with its data directory.
    pub kept: PathBuf,
    /// On which brokers each ledger has its topic, `host:port`; none: each has an embedded log.
    pub brokers: Option<String>,
}

impl Plan {
    fn log(&self) -> WhichLog {
        if self.brokers.is_some() { WhichLog::Kafka } else { WhichLog::Embedded }
    }
}

/// Which log the ledgers have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhichLog {
    /// The embedded one.
    #[default]
    Embedded,
    /// A topic of Apache Kafka.
    Kafka,
}

impl WhichLog {
    fn how(self) -> &'static str {
        match self {
            Self::Embedded => {
                "SIGKILL, and abort at named places, of terminbuch serve, rebuild and export under load over HTTP"
            }
            Self::Kafka => {
                "SIGKILL, and abort at named places, of terminbuch serve, rebuild and export under load over HTTP, on a topic of Apache Kafka"
            }
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Outcome {
    /// What was promised.
    pub promise: &'static str,
    /// How it was put to the test.
    pub how: &'static str,
    /// On which log.
    pub log: WhichLog,
    /// Ledgers whose histories were judged.
    pub histories: u64,
    /// Kills in all.
    pub faults: u64,
    /// What the checker, `verify` or the views found wrong.
    pub violations: u64,
    /// Kills by place; `at random` for a moment that was drawn.
    pub places: BTreeMap<String, u64>,
    /// What must be reached in so many kills, and was not.
    pub not_reached: Vec<String>,
    /// Calls, those told as done, and those that were never answered and stand in the log, or do not.
    pub calls: u64,
    /// See above.
    pub done: u64,
    /// See above.
    pub unanswered_and_done: u64,
    /// See above.
    pub unanswered_and_not: u64,
    /// The longest time from a start to the first line that says where it serves, in milliseconds.
    pub longest_start_ms: u64,
    /// The longest time from that line to the first that is done: on Kafka alone, where a partition must be claimed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_claim_ms: Option<u64>,
    /// The first of what was found, in words.
    pub found: Vec<String>,
}

/// Kills as often as the plan says, one ledger after the other. `tell` hears after each.
///
/// # Errors
/// When the program cannot be run at all, or a start is refused.
pub fn run(plan: &Plan, tell: &mut dyn FnMut(&Outcome)) -> Result<Outcome> {
    let mut outcome = Outcome {
        promise: "nothing that was told is lost, nothing happens twice, every refusal is true",
        how: plan.log().how(),
        log: plan.log(),
        ..Outcome::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut deck = Deck::new(plan.log(), plan.seed);
    let mut left = plan.kills;
    while left > 0 {
        let kills = left.min(KILLS_A_HISTORY);
        let seed = plan.seed.wrapping_add(outcome.histories);
        runtime.block_on(trial::run(plan, &mut deck, (seed, kills), &mut outcome))?;
        left -= kills;
        tell(&outcome);
    }
    if outcome.faults >= ALL_ARE_REACHED_BY {
        let missing = must_be_reached(plan.log()).filter(|name| !outcome.places.contains_key(name));
        outcome.not_reached = missing.collect();
    }
    Ok(outcome)
}
