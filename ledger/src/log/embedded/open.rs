//! Opening: what stands in the folder must be one sound beginning, and agree with what was asked for.

use std::path::Path;

use rocksdb::WriteBatch;
use schemas::Clock;
use schemas::ids::{LedgerId, Partition};

use super::super::{LogError, NewLedger};
use super::high_water::{HighWater, compare};
use super::store::{Store, key};
use crate::chain::{Chain, Halt};

/// What the geneses of a log agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) ledger: LedgerId,
    pub(super) partitions: u32,
    pub(super) clock: Clock,
}

/// Writes genesis of every partition into an empty store, all in one batch.
pub(super) fn begin(store: &Store, new: &NewLedger, note: &HighWater) -> Result<(), LogError> {
    let (_, geneses) = new.geneses()?;
    let mut batch = WriteBatch::default();
    for (partition, genesis) in (0..).map(Partition).zip(&geneses) {
        batch.put(key(partition, 0), genesis);
    }
    store.write(batch)?;
    note.write(&vec![1; geneses.len()])
}

/// Reads every genesis, and the ends, and compares these with what was noted.
pub(super) fn survey(store: &Store, noted: Option<&[u64]>) -> Result<(Identity, Vec<u64>), LogError> {
    let identity = identity_of(store, Partition::OFFICE, None)?;
    let mut ends = Vec::new();
    for partition in (0..identity.partitions).map(Partition) {
        if identity_of(store, partition, Some(identity.ledger))? != identity {
            return Err(LogError::Damaged(format!(
                "genesis of partition {partition} differs from the office's"
            )));
        }
        ends.push(store.end(partition)?);
    }
    if let Some((last, _)) = store.last()?
        && last.0 >= identity.partitions
    {
        return Err(LogError::Damaged(format!("there is a partition {last} of {}", identity.partitions)));
    }
    compare(noted, &ends)?;
    Ok((identity, ends))
}

fn identity_of(store: &Store, partition: Partition, ledger: Option<LedgerId>) -> Result<Identity, LogError> {
    let damaged = |what: String| LogError::Damaged(format!("partition {partition}: {what}"));
    let mut chain = Chain::new(ledger, partition);
    for entry in store.read(partition, 0, 1, 0)? {
        chain.judge(entry.offset, &entry.value).map_err(|halt| match halt {
            Halt::FoldVersionUnknown { .. } => LogError::Mismatch(halt.to_string()),
            _ => damaged(halt.to_string()),
        })?;
    }
    match (chain.ledger(), chain.genesis()) {
        (Some(ledger), Some(genesis)) => {
            Ok(Identity { ledger, partitions: genesis.partitions, clock: genesis.clock })
        }
        _ => Err(damaged("there is no genesis".to_owned())),
    }
}

/// Whether a database stands in the folder.
pub(super) fn exists(rocks: &Path) -> bool {
    rocks.join("CURRENT").exists()
}

impl Identity {
    /// Names the first thing in which this is not the ledger that was asked for.
    pub(super) fn agree(&self, asked: &NewLedger) -> Result<(), LogError> {
        let differs = if self.partitions != asked.partitions {
            format!("it has {} partitions, not {}", self.partitions, asked.partitions)
        } else if self.clock != asked.clock {
            format!("it runs on the {}, not on the {}", name(self.clock), name(asked.clock))
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

fn name(clock: Clock) -> &'static str {
    match clock {
        Clock::Wall => "wall clock",
        Clock::Simulated => "simulated clock",
    }
}
