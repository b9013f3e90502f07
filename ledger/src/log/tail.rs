//! The newest entries of a partition, in memory, so that reading back what was just written needs no disk and no network.

use std::collections::VecDeque;

use super::{Entry, entries_within};

/// Bytes of values kept for each partition.
const BOUND_BYTES: usize = 4 * 1024 * 1024;

/// The end of a partition and the entries before it that are still in memory.
pub(super) struct Tail {
    end: u64,
    /// From here to the end the memory has all that the log has.
    first: u64,
    bytes: usize,
    entries: VecDeque<Entry>,
}

impl Tail {
    /// With nothing in memory.
    pub(super) fn at(end: u64) -> Self {
        Self { end, first: end, bytes: 0, entries: VecDeque::new() }
    }

    /// The offset after the last durable entry.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Adds what has become durable, and lets the oldest go. An offset before the end is there already.
    pub(super) fn push(&mut self, entry: Entry) {
        if entry.offset < self.end {
            return;
        }
        self.end = entry.offset.saturating_add(1);
        self.bytes += entry.value.len();
        self.entries.push_back(entry);
        while self.bytes > BOUND_BYTES
            && let Some(oldest) = self.entries.pop_front()
        {
            self.bytes -= oldest.value.len();
            self.first = oldest.offset.saturating_add(1);
        }
    }

    /// The entries from `from` on; none when they have left the memory.
    pub(super) fn read(&self, from: u64, max_bytes: usize) -> Option<Vec<Entry>> {
        if from < self.first {
            return None;
        }
        // Offsets may have gaps where the log has them; who reads on halts there.
        let skip = self.entries.partition_point(|entry| entry.offset < from);
        Some(entries_within(self.entries.iter().skip(skip).cloned(), max_bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn entry(offset: u64, bytes: usize) -> Entry {
        Entry::new(offset, Arc::from(vec![7; bytes]))
    }

    fn offsets(tail: &Tail, from: u64) -> Option<Vec<u64>> {
        Some(tail.read(from, usize::MAX)?.iter().map(|entry| entry.offset).collect())
    }

    #[test]
    fn a_gap_is_passed_on_as_it_is() {
        let mut tail = Tail::at(5);
        [5, 6, 9].into_iter().for_each(|offset| tail.push(entry(offset, 1)));
        assert_eq!(tail.end(), 10);
        assert_eq!(offsets(&tail, 4), None);
        assert_eq!(offsets(&tail, 6), Some(vec![6, 9]));
        assert_eq!(offsets(&tail, 7), Some(vec![9]));
        assert_eq!(offsets(&tail, 10), Some(vec![]));
    }

    #[test]
    fn what_comes_twice_stands_once() {
        let mut tail = Tail::at(0);
        [0, 1, 0, 1, 2].into_iter().for_each(|offset| tail.push(entry(offset, 1)));
        assert_eq!(offsets(&tail, 0), Some(vec![0, 1, 2]));
    }

    #[test]
    fn the_oldest_leave_the_memory() {
        let mut tail = Tail::at(0);
        (0..5).for_each(|offset| tail.push(entry(offset, BOUND_BYTES / 2)));
        assert_eq!(tail.end(), 5);
        assert_eq!(offsets(&tail, 2), None);
        assert_eq!(offsets(&tail, 3), Some(vec![3, 4]));
    }
}
