//! PROTOCOL 2 once more, in its own words: which records count.

use schemas::hashing::{first_head, next_head};
use schemas::ids::{Head, Partition};
use schemas::{Body, Instant, Prefix, RecordKind};

/// A record that counts.
pub(super) struct Counting {
    pub(super) prefix: Prefix,
    pub(super) body: Body,
    pub(super) seq: u64,
    pub(super) head: Head,
    pub(super) offset: usize,
    /// The greatest time up to here.
    pub(super) fold_time: Instant,
}

/// Reads a log from its beginning and keeps what counts.
pub(super) struct Judge {
    partition: Partition,
    epoch: u64,
    pub(super) counting: Vec<Counting>,
    pub(super) repeats: u64,
    pub(super) void: u64,
    read: usize,
}

impl Judge {
    pub(super) fn new(partition: Partition) -> Self {
        Self { partition, epoch: 0, counting: Vec::new(), repeats: 0, void: 0, read: 0 }
    }

    /// Reads the next value; whether it counts.
    pub(super) fn read(&mut self, value: &[u8]) -> bool {
        let offset = self.read;
        self.read += 1;
        let Ok((prefix, body)) = Prefix::split(value) else {
            self.void += 1;
            return false;
        };
        if offset == 0 {
            return self.count(prefix, body, first_head(value), offset);
        }
        let ours = prefix.partition == self.partition && prefix.ledger == self.counting[0].prefix.ledger;
        let next = self.counting.len() as u64;
        let last = self.counting.last().unwrap();
        let claim = prefix.kind == RecordKind::Claim as u8;
        let counts = if claim {
            prefix.epoch == self.epoch + 1
        } else {
            prefix.epoch == self.epoch && prefix.seq == next && prefix.prev == last.head
        };
        if ours && counts && prefix.kind != RecordKind::Genesis as u8 {
            self.epoch = prefix.epoch;
            let head = next_head(&last.head, value);
            return self.count(prefix, body, head, offset);
        }
        let repeat = ours && !claim && prefix.epoch == self.epoch && prefix.seq < next;
        if repeat {
            self.repeats += 1
        } else {
            self.void += 1
        }
        false
    }

    fn count(&mut self, prefix: Prefix, body: &[u8], head: Head, offset: usize) -> bool {
        let body = Body::read(prefix.kind, body).expect("what counts can be read");
        let time = Instant::from_millis(prefix.time_ms).expect("what counts has a time");
        let fold_time = self.counting.last().map_or(time, |last| last.fold_time.max(time));
        let seq = self.counting.len() as u64;
        self.counting.push(Counting { prefix, body, seq, head, offset, fold_time });
        true
    }
}
