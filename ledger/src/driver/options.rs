//! What a node is told when it starts.

use schemas::ids::NodeId;

use crate::snapshot::Snapshots;

/// What a node is told once.
#[derive(Debug, Clone)]
pub struct Options {
    /// The process; drawn at its start.
    pub node: NodeId,
    /// Where the node can be asked.
    pub url: String,
    /// Whether this node should own partitions that nobody owns.
    pub hinted: bool,
    /// Chance for claim ids and pauses.
    pub seed: u64,
    /// Whether an operator says that a clock far ahead of the ledger is right (`--accept-clock`).
    pub accept_clock: bool,
    /// How far a wall clock may be past the newest record of the ledger before an operator must accept it, in
    /// milliseconds.
    pub clock_ahead_ms: u64,
    /// Snapshots to begin from, so that the log need not be read from its beginning.
    pub snapshots: Option<Snapshots>,
}

impl Options {
    /// A node that should own whatever nobody owns, cannot be asked by others, and accepts no clock that is more than
    /// seven days ahead of the ledger.
    pub fn new(node: NodeId, seed: u64) -> Self {
        Self {
            node,
            url: String::new(),
            hinted: true,
            seed,
            accept_clock: false,
            clock_ahead_ms: 7 * 24 * 3_600_000,
            snapshots: None,
        }
    }
}
