//! The beginning of a ledger: genesis of every partition.

use std::sync::Arc;

use schemas::ids::{LedgerId, Partition};
use schemas::{Clock, Genesis, Instant};

use super::LogError;
use crate::chain::{FOLD_VERSION, genesis_value};

/// What a ledger is made with, and what one that exists must agree with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewLedger {
    /// How many partitions, the office among them: 2 or more.
    pub partitions: u32,
    /// Which clock.
    pub clock: Clock,
    /// The time of genesis; an existing ledger keeps its own.
    pub time: Instant,
    /// The ledger's id. None: drawn for a new ledger, and any will do of an existing one.
    pub ledger: Option<LedgerId>,
}

/// Genesis of every partition, in their order.
pub type Geneses = Vec<Arc<[u8]>>;

impl NewLedger {
    /// The ledger's id, drawn if none was given, and genesis of every partition in their order.
    ///
    /// # Errors
    /// When there would be under 2 partitions, or the system has no randomness.
    pub fn geneses(&self) -> Result<(LedgerId, Geneses), LogError> {
        if self.partitions < 2 {
            return Err(LogError::Mismatch(format!(
                "a ledger has 2 partitions or more, the office and one for centres, not {}",
                self.partitions
            )));
        }
        let ledger = match self.ledger {
            Some(ledger) => ledger,
            None => draw()?,
        };
        let genesis = Genesis { partitions: self.partitions, fold_version: FOLD_VERSION, clock: self.clock };
        let values = (0..self.partitions).map(|partition| {
            genesis_value(ledger, Partition(partition), genesis, self.time)
                .map(Arc::from)
                .map_err(|error| LogError::Storage(error.to_string()))
        });
        Ok((ledger, values.collect::<Result<_, _>>()?))
    }
}

fn draw() -> Result<LedgerId, LogError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| LogError::Storage(format!("no randomness for the ledger's id: {error}")))?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().into())
}
