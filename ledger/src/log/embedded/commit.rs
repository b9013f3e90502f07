//! The one thread that writes: all that is queued goes into one batch and becomes durable with one fsync.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::Receiver;
use rocksdb::WriteBatch;
use schemas::ids::Partition;

use super::super::{LogError, OnOutcome};
use super::shared::Shared;
use super::store::key;
use crate::fault_point;

/// About how many bytes go into one batch.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// One call of `append`.
pub(super) struct Append {
    pub(super) partition: Partition,
    pub(super) values: Vec<Arc<[u8]>>,
    pub(super) on_outcome: OnOutcome,
}

/// Writes until nobody can append any more and nothing is queued.
pub(super) fn run(shared: &Shared, queue: &Receiver<Append>) {
    while let Ok(first) = queue.recv() {
        commit(shared, gather(first, queue));
    }
}

/// What is queued now, without waiting for more: while one batch is synced, the next one gathers by itself.
fn gather(first: Append, queue: &Receiver<Append>) -> Vec<Append> {
    let size = |append: &Append| append.values.iter().map(|value| value.len()).sum::<usize>();
    let mut bytes = size(&first);
    let mut group = vec![first];
    while bytes < BATCH_BYTES
        && let Ok(append) = queue.try_recv()
    {
        bytes += size(&append);
        group.push(append);
    }
    group
}

fn commit(shared: &Shared, group: Vec<Append>) {
    let written = write(shared, &group);
    fault_point::reach("log-synced");
    let moved = match &written {
        Ok(()) => publish(shared, &group),
        Err(error) => {
            tracing::error!(%error, "the log could not be written; opening it anew");
            shared.reopen()
        }
    };
    for append in group {
        let outcome = written.clone();
        call("an outcome", || (append.on_outcome)(outcome));
    }
    shared.wake(&moved);
}

/// Calls what somebody handed in. Should it panic, the thread that all others depend on goes on.
pub(super) fn call(what: &str, callback: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(callback)).is_err() {
        tracing::error!("{what} panicked");
    }
}

fn write(shared: &Shared, group: &[Append]) -> Result<(), LogError> {
    let mut ends = shared.ends();
    let mut batch = WriteBatch::default();
    for append in group {
        let index = usize::try_from(append.partition.0).unwrap_or(usize::MAX);
        // `append` has refused partitions that do not exist.
        let Some(end) = ends.get_mut(index) else { continue };
        for value in &append.values {
            batch.put(key(append.partition, *end), value);
            *end += 1;
        }
    }
    shared.write(batch)
}

fn publish(shared: &Shared, group: &[Append]) -> Vec<Partition> {
    let mut moved = Vec::new();
    for append in group.iter().filter(|append| !append.values.is_empty()) {
        shared.publish(append.partition, &append.values);
        if !moved.contains(&append.partition) {
            moved.push(append.partition);
        }
    }
    moved
}
