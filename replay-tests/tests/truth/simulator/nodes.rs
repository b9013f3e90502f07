//! A process with a writer, a clock of its own and a reader that lags.

use ledger::fold::PartitionFold;
use ledger::writer::{Settings, Writer};
use schemas::Instant;
use schemas::ids::NodeId;

use super::world::{PARTITION, World};

/// Ledger time runs so many times faster than waits and limits, so that holds lapse within a run.
pub(super) const LEDGER_MS_PER_MS: u64 = 400;

pub(super) struct Node {
    pub(super) writer: Writer,
    /// Counted up by a crash: what was meant for an earlier life is dropped.
    pub(super) life: u64,
    pub(super) clock_ahead_ms: u64,
    pub(super) paused_until_ms: u64,
    /// When its last append arrived, since calls of one appender keep their order.
    pub(super) last_arrival_ms: u64,
    pub(super) rewinding: bool,
    /// Every moment at which it may have decided something: real milliseconds and the clock's time.
    pub(super) moments: Vec<(u64, Instant)>,
    /// The place in the order of positions of the last answer that has one.
    pub(super) last_answer: u64,
}

impl Node {
    pub(super) fn clock(&self, mono_ms: u64) -> Instant {
        let begin = crate::universe::beginning();
        begin.plus_millis(mono_ms * LEDGER_MS_PER_MS).plus_millis(self.clock_ahead_ms)
    }
}

impl World {
    pub(super) fn born(&mut self, life: u64) -> Node {
        let fold = self.fold_of(self.log.len());
        let mut node = [7; 16];
        node[..8].copy_from_slice(&self.chance.draw().to_be_bytes());
        let settings = Settings {
            node: NodeId(node),
            url: String::new(),
            exclusive: self.faults.exclusive,
            hinted: true,
            seed: self.chance.draw(),
            accept_clock: false,
            clock_ahead_ms: u64::MAX,
        };
        // One clock may be some seconds ahead of another; none ever falls behind what it has read.
        let clock_ahead_ms = self.chance.between(0, 90_000);
        let mut node = Node {
            writer: Writer::new(fold, settings, self.moment_of(clock_ahead_ms)),
            life,
            clock_ahead_ms,
            paused_until_ms: 0,
            last_arrival_ms: 0,
            rewinding: false,
            moments: Vec::new(),
            last_answer: 0,
        };
        node.moments.push((self.mono_ms, node.clock(self.mono_ms)));
        node
    }

    /// The fold over the first so many values.
    pub(super) fn fold_of(&self, values: usize) -> PartitionFold {
        let mut fold = PartitionFold::new(None, PARTITION);
        for (offset, value) in (0..).zip(&self.log[..values]) {
            fold.read(offset, value).expect("the log can be folded");
        }
        fold
    }
}
