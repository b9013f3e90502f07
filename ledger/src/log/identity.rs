//! Which ledger a log is of: what the geneses of its partitions agree on.

use schemas::ids::{LedgerId, Partition};
use schemas::{Clock, Genesis, Prefix, RecordKind};

use super::{Log, LogError, NewLedger};
use crate::chain::{Chain, Halt};

/// The ledger that the genesis of a partition names; none when the partition does not begin with one.
///
/// # Errors
/// When the log cannot be read.
pub fn ledger_of(log: &dyn Log, partition: Partition) -> Result<Option<LedgerId>, LogError> {
    let first = log.read(partition, 0, 1)?;
    let prefix = first.first().and_then(|entry| Prefix::split(&entry.value).ok()).map(|(prefix, _)| prefix);
    let genesis = prefix.filter(|prefix| prefix.kind == RecordKind::Genesis as u8);
    Ok(genesis.map(|genesis| genesis.ledger))
}

/// What the geneses of a log agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) ledger: LedgerId,
    pub(super) genesis: Genesis,
}

impl Identity {
    /// As the first value of a partition tells it; none: the partition is empty.
    pub(super) fn of(
        partition: Partition,
        ledger: Option<LedgerId>,
        first: Option<&[u8]>,
    ) -> Result<Self, LogError> {
        let damaged = |what: String| LogError::Damaged(format!("partition {partition}: {what}"));
        let mut chain = Chain::new(ledger, partition);
        if let Some(value) = first {
            chain.judge(0, value).map_err(|halt| match halt {
                Halt::FoldVersionUnknown { .. } => LogError::Mismatch(halt.to_string()),
                _ => damaged(halt.to_string()),
            })?;
        }
        match (chain.ledger(), chain.genesis()) {
            (Some(ledger), Some(genesis)) => Ok(Self { ledger, genesis }),
            _ => Err(damaged("there is no genesis".to_owned())),
        }
    }

    /// As the first values of all partitions tell it, in their order, beginning with the office.
    pub(super) fn of_all(
        mut first: impl FnMut(Partition) -> Result<Option<Vec<u8>>, LogError>,
    ) -> Result<Self, LogError> {
        let identity = Self::of(Partition::OFFICE, None, first(Partition::OFFICE)?.as_deref())?;
        for partition in (1..identity.genesis.partitions).map(Partition) {
            if Self::of(partition, Some(identity.ledger), first(partition)?.as_deref())? != identity {
                return Err(LogError::Damaged(format!(
                    "genesis of partition {partition} differs from the office's"
                )));
            }
        }
        Ok(identity)
    }

    /// Names the first thing in which this is not the ledger that was asked for.
    pub(super) fn agree(&self, asked: &NewLedger) -> Result<(), LogError> {
        let Genesis { partitions, clock, .. } = self.genesis;
        let differs = if partitions != asked.partitions {
            let asked = asked.partitions;
            format!(
                "it has {partitions} partitions, not {asked}, and keeps them: start with --partitions {partitions}"
            )
        } else if clock != asked.clock {
            let how = if clock == Clock::Simulated { "with" } else { "without" };
            let (runs, asked) = (clock_name(clock), clock_name(asked.clock));
            format!("it runs on the {runs}, not on the {asked}: start {how} --simulated")
        } else if let Some(ledger) = asked.ledger
            && ledger != self.ledger
        {
            format!("it is ledger {}, not {ledger}", self.ledger)
        } else {
            return Ok(());
        };
        Err(LogError::Mismatch(format!("the log is of another ledger: {differs}")))
    }
}

/// How people call a clock.
pub(super) fn clock_name(clock: Clock) -> &'static str {
    match clock {
        Clock::Wall => "wall clock",
        Clock::Simulated => "simulated clock",
    }
}
