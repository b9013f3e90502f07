//! The newest values of a partition, in memory, so that reading back what was just written needs no disk.

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::{Entry, entries_within};

/// Bytes of values kept for each partition.
const BOUND_BYTES: usize = 4 * 1024 * 1024;

/// The end of a partition and the values before it that are still in memory.
pub(super) struct Tail {
    end: u64,
    bytes: usize,
    values: VecDeque<Arc<[u8]>>,
}

impl Tail {
    /// With nothing in memory.
    pub(super) fn at(end: u64) -> Self {
        Self { end, bytes: 0, values: VecDeque::new() }
    }

    /// The offset after the last durable value.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Adds what has become durable, and lets the oldest go.
    pub(super) fn push(&mut self, value: Arc<[u8]>) {
        self.end += 1;
        self.bytes += value.len();
        self.values.push_back(value);
        while self.bytes > BOUND_BYTES
            && let Some(oldest) = self.values.pop_front()
        {
            self.bytes -= oldest.len();
        }
    }

    /// The entries from `from` on; none when they have left the memory.
    pub(super) fn read(&self, from: u64, max_bytes: usize) -> Option<Vec<Entry>> {
        let first = self.end - self.values.len() as u64;
        let skip = usize::try_from(from.checked_sub(first)?).ok()?;
        Some(entries_within(from, self.values.iter().skip(skip), max_bytes))
    }
}
