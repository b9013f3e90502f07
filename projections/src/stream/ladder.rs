//! Places in each partition that were judged before, so that a stream which goes on far behind need not judge everything.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ledger::chain::Chain;
use schemas::ids::Partition;

use super::feed::Names;

/// Records between two rungs.
const STEP: u64 = 4_096;
/// Rungs that are kept of a ledger; each is a few hundred bytes.
const MOST: usize = 16_384;

/// Chains at some records of each partition. A verdict is final when it is read, so none of them ever becomes wrong.
#[derive(Default)]
pub struct Ladder(Mutex<BTreeMap<(Partition, u64), (Chain, Names)>>);

impl Ladder {
    /// The last rung from which the record `next` can be reached.
    pub(super) fn below(&self, partition: Partition, next: u64) -> Option<(Chain, Names)> {
        let rungs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let below = rungs.range((partition, 0)..=(partition, next)).next_back();
        below.map(|(_, rung)| rung.clone())
    }

    /// Keeps a chain if it is due here.
    pub(super) fn note(&self, chain: &Chain, names: &Names) {
        if !chain.next_seq().is_multiple_of(STEP) {
            return;
        }
        let mut rungs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rungs.len() < MOST {
            rungs
                .entry((chain.partition(), chain.next_seq()))
                .or_insert_with(|| (chain.clone(), Names::clone(names)));
        }
    }
}
