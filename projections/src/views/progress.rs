//! How far each partition has been followed, and who waits for it.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use schemas::ids::Partition;
use schemas::{Instant, Position};
use tokio::sync::watch;

/// How many heads of a partition are remembered to tell another history by.
const HEADS_KEPT: usize = 65_536;

/// What came of waiting for a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// The views are there, or further.
    Reached,
    /// They were not, within the time given; or the partition has halted before it.
    NotReached,
    /// The position is of another history than this ledger's.
    OtherHistory,
}

/// How far a partition has been followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The last record that counted; before genesis seq 0 with a head of zeros.
    pub position: Position,
    /// The fold's time there.
    pub at: Instant,
    /// The offset after the last entry that was judged.
    pub offset: u64,
    /// Why the partition is followed no further.
    pub halted: Option<Arc<str>>,
    /// Why it is not followed for the time being: the log cannot be read or the views not be written, which is tried
    /// again.
    pub waits: Option<Arc<str>>,
}

/// One partition's progress, to be read by anybody and set by the projector alone.
pub(crate) struct PartitionProgress {
    /// What stands in the store.
    written: watch::Sender<Progress>,
    /// What availability shows.
    shown: watch::Sender<Position>,
    heads: RwLock<Heads>,
}

/// The newest heads, by seq.
#[derive(Default)]
struct Heads {
    /// The seq after the newest.
    next_seq: u64,
    heads: VecDeque<[u8; 8]>,
}

impl PartitionProgress {
    pub(crate) fn new(partition: Partition) -> Self {
        let position = Position { partition, seq: 0, head: [0; 8] };
        let progress = Progress { position, at: Instant::EPOCH, offset: 0, halted: None, waits: None };
        Self {
            written: watch::Sender::new(progress),
            shown: watch::Sender::new(position),
            heads: RwLock::new(Heads::default()),
        }
    }

    /// What stands in the store now.
    pub(crate) fn now(&self) -> Progress {
        self.written.borrow().clone()
    }

    /// Remembers the heads of records that counted, in their order.
    pub(crate) fn remember(&self, counted: &[Position]) {
        let mut heads = self.heads.write().unwrap_or_else(PoisonError::into_inner);
        for position in counted {
            heads.heads.push_back(position.head);
            heads.next_seq = position.seq + 1;
        }
        let over = heads.heads.len().saturating_sub(HEADS_KEPT);
        heads.heads.drain(..over);
    }

    /// Tells everybody what stands in the store.
    pub(crate) fn written(&self, progress: Progress) {
        self.written.send_replace(progress);
    }

    /// Tells everybody what availability shows.
    pub(crate) fn shown(&self, position: Position) {
        self.shown.send_replace(position);
    }

    /// Waits until the store has a position.
    pub(crate) async fn wait_written(&self, position: Position, timeout: Duration) -> Waited {
        let mut written = self.written.subscribe();
        let arrived = written.wait_for(|now| now.position.seq >= position.seq || now.halted.is_some());
        // The answer is looked up anew, so that a time-out and an arrival at one moment are told alike.
        let _ = tokio::time::timeout(timeout, arrived).await;
        if self.now().position.seq >= position.seq { self.judge(position) } else { Waited::NotReached }
    }

    /// Waits until availability shows a position that the store has.
    pub(crate) async fn wait_shown(&self, position: Position, timeout: Duration) -> Waited {
        let mut shown = self.shown.subscribe();
        let arrived = shown.wait_for(|now| now.seq >= position.seq);
        match tokio::time::timeout(timeout, arrived).await {
            Ok(Ok(_)) => Waited::Reached,
            Ok(Err(_)) | Err(_) => Waited::NotReached,
        }
    }

    /// Whether availability shows a position already.
    pub(crate) fn shows(&self, position: Position) -> bool {
        self.shown.borrow().seq >= position.seq
    }

    /// A position whose seq has passed: ours, as far as its head is remembered.
    fn judge(&self, position: Position) -> Waited {
        let heads = self.heads.read().unwrap_or_else(PoisonError::into_inner);
        let kept = u64::try_from(heads.heads.len()).unwrap_or(u64::MAX);
        let known = position
            .seq
            .checked_sub(heads.next_seq.saturating_sub(kept))
            .and_then(|index| heads.heads.get(usize::try_from(index).ok()?));
        match known {
            Some(head) if *head != position.head => Waited::OtherHistory,
            _ => Waited::Reached,
        }
    }
}
