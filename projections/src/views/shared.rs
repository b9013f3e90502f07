//! What the projector and all readers share.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use ledger::log::Log;
use schemas::ids::{CentreId, Partition};

use super::progress::PartitionProgress;
use super::published::Published;
use crate::keys::CentreAt;
use crate::projector::Signal;
use crate::rows::Meta;
use crate::store::Store;

/// Shared by the projector, who alone writes, and all readers. Each lock is held to copy or swap a pointer (or the centres,
/// when one more is learnt), never across reading or writing the store.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) meta: Meta,
    pub(crate) partitions: Vec<Arc<PartitionProgress>>,
    pub(crate) signal: Arc<Signal>,
    published: RwLock<Arc<Published>>,
    centres: RwLock<Arc<BTreeMap<CentreId, CentreAt>>>,
}

impl Shared {
    pub(crate) fn new(store: Store, log: Arc<dyn Log>, meta: Meta, signal: Arc<Signal>) -> Self {
        let partitions = 0..meta.partitions;
        Self {
            store,
            log,
            meta,
            partitions: partitions
                .map(|number| Arc::new(PartitionProgress::new(Partition(number))))
                .collect(),
            signal,
            published: RwLock::default(),
            centres: RwLock::default(),
        }
    }

    /// The progress of a partition, if the ledger has it.
    pub(crate) fn progress(&self, partition: Partition) -> Option<&Arc<PartitionProgress>> {
        self.partitions.get(usize::try_from(partition.0).ok()?)
    }

    /// What is shown now.
    pub(crate) fn published(&self) -> Arc<Published> {
        Arc::clone(&self.published.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows something else from now on.
    pub(crate) fn publish(&self, published: Published) {
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(published);
    }

    /// Where the centres' rows stand.
    pub(crate) fn centres(&self) -> Arc<BTreeMap<CentreId, CentreAt>> {
        Arc::clone(&self.centres.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Learns where a centre's rows stand.
    pub(crate) fn learn(&self, centre: CentreId, at: CentreAt) {
        let mut centres = self.centres.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut centres).insert(centre, at);
    }
}
