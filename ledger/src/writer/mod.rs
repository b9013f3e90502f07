//! The partition writer: a state machine that does no I/O, reads no clock and draws no chance.
//!
//! It keeps one state, folded and pending: it decides ahead of the log, appends, and believes only what it reads back.
//! An answer leaves when the fold reaches the position that it rests on. Inputs and outputs are values, so that a
//! simulator can drive it; [`driver`](crate::driver) is the thread that does so in earnest.

mod claim;
mod decide;
mod reign;
mod tail;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::VecDeque;
use std::sync::Arc;

use schemas::ids::{ActorId, NodeId, Partition};
use schemas::vocabulary::Channel;
use schemas::{Instant, Position};

use crate::answer::{Answer, NotDone};
use crate::civil::CivilDays;
use crate::command::Command;
use crate::fold::PartitionFold;
use crate::log::Entry;
use claim::Claims;
use tail::Tail;
use waiting::{Undecided, WaitingRoom};

/// Names a caller who waits.
pub type Ticket = u64;

/// Own records that may be under way before the writer takes no more commands.
pub const MAX_IN_FLIGHT: usize = 4_096;

/// The two clocks at an input: the ledger's, and a monotonic one for waits and limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The ledger's time.
    pub time: Instant,
    /// Milliseconds on any monotonic clock.
    pub mono_ms: u64,
}

/// A command and what the edge says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked.
    pub command: Command,
    /// Where it came in.
    pub channel: Channel,
    /// Who asks.
    pub actor: ActorId,
    /// When nobody waits for it any more, on the monotonic clock.
    pub deadline_ms: u64,
    /// Whether it is only to be decided and not to happen.
    pub dry_run: bool,
}

/// What happens to a writer.
#[derive(Debug)]
pub enum Input {
    /// Somebody asks for something.
    Command(Ticket, Box<Request>),
    /// The log has this at the next offset.
    Read(Entry),
    /// An append of this writer has this outcome; false is *unknown*.
    Delivered(bool),
    /// The partition was read anew from its beginning, as [`Output::Rewind`] asked.
    Rewound(Box<PartitionFold>),
    /// Time has passed.
    Tick,
}

/// What a writer wants done.
#[derive(Debug)]
pub enum Output {
    /// Append these, in this order.
    Append(Vec<Arc<[u8]>>),
    /// Tell the caller.
    Reply(Ticket, Answer),
    /// Read the partition anew from its beginning and hand the fold in as [`Input::Rewound`]; until then read nothing.
    Rewind,
    /// The writer has stopped for ever, for this reason.
    Halted(String),
}

/// What a writer is told once.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The process.
    pub node: NodeId,
    /// Where the node can be asked, for others to read in its claims.
    pub url: String,
    /// Whether nobody else can append: then it claims at once, and refusals need no barrier.
    pub exclusive: bool,
    /// Whether this node should own the partition when nobody does.
    pub hinted: bool,
    /// Chance for claim ids and pauses.
    pub seed: u64,
}

/// Whether the writer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// It only reads.
    Following,
    /// It read a claim of its own and no other since.
    Owning,
    /// It threw its pending state away and waits for a fold.
    Rewinding,
    /// It has stopped.
    Halted,
}

/// What a writer counted, for metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records that counted.
    pub counted: u64,
    /// Records that were repeats.
    pub repeats: u64,
    /// Records that were void.
    pub void: u64,
    /// Claims of this writer that counted.
    pub reigns: u64,
    /// Commands dropped because their caller no longer waited.
    pub late: u64,
}

/// See the module's page.
pub struct Writer {
    partition: Partition,
    settings: Settings,
    mode: Mode,
    /// The chain as read back; while owning, the state is ahead of it by what is in flight.
    fold: PartitionFold,
    tail: Tail,
    /// Own records not read back yet.
    sent: VecDeque<tail::Sent>,
    outbox: Vec<Arc<[u8]>>,
    waiting: WaitingRoom,
    undecided: VecDeque<Undecided>,
    claims: Claims,
    civil: CivilDays,
    last_read_ms: u64,
    last_barrier_ms: u64,
    tally: Tally,
}

impl Writer {
    /// A writer that follows from this fold on.
    pub fn new(fold: PartitionFold, settings: Settings, at: Moment) -> Self {
        Self {
            partition: fold.state.partition(),
            mode: Mode::Following,
            tail: Tail::after(&fold.chain),
            fold,
            sent: VecDeque::new(),
            outbox: Vec::new(),
            waiting: WaitingRoom::default(),
            undecided: VecDeque::new(),
            claims: Claims::new(settings.seed, at.mono_ms),
            civil: CivilDays::default(),
            last_read_ms: at.mono_ms,
            last_barrier_ms: 0,
            tally: Tally::default(),
            settings,
        }
    }

    /// Takes an input in. What is to be done about it is pushed to `out`; appends only by [`Self::flush`].
    pub fn handle(&mut self, input: Input, at: Moment, out: &mut Vec<Output>) {
        match input {
            Input::Command(ticket, request) => self.take(Undecided { ticket, request, sent: false }, at, out),
            Input::Read(entry) => self.read(&entry, at, out),
            Input::Delivered(true) => {}
            Input::Delivered(false) => {
                self.claims.forget_sent();
                self.give_up("an append may or may not have happened", out);
            }
            Input::Rewound(fold) => self.rewound(*fold, at, out),
            Input::Tick => self.tick(at, out),
        }
    }

    /// Hands out what was decided since the last flush as one append.
    pub fn flush(&mut self, at: Moment, out: &mut Vec<Output>) {
        self.send_barrier_if_needed(at);
        if !self.outbox.is_empty() {
            out.push(Output::Append(std::mem::take(&mut self.outbox)));
        }
    }

    /// Whether it would take a command now without keeping more than it may.
    pub fn has_room(&self) -> bool {
        self.sent.len() < MAX_IN_FLIGHT
            && self.undecided.len() < MAX_IN_FLIGHT
            && self.waiting.len() < 2 * MAX_IN_FLIGHT
    }

    /// The offset that is to be read next.
    pub fn next_offset(&self) -> u64 {
        self.fold.chain.next_offset()
    }

    /// Whether it decides now.
    pub fn owns(&self) -> bool {
        self.mode == Mode::Owning
    }

    /// Whether it has stopped for ever.
    pub fn has_halted(&self) -> bool {
        self.mode == Mode::Halted
    }

    /// The position and time of the fold: what has been read, never the pipeline.
    pub fn position(&self) -> Option<(Position, Instant)> {
        self.fold.position().map(|position| (position, self.fold.time()))
    }

    /// When something is due next in the ledger's time.
    pub fn next_due_at(&self) -> Option<Instant> {
        self.fold.state.next_due_at()
    }

    /// What it counted.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Own records under way.
    pub fn in_flight(&self) -> usize {
        self.sent.len()
    }

    fn halt(&mut self, reason: String, out: &mut Vec<Output>) {
        if self.mode == Mode::Halted {
            return;
        }
        self.mode = Mode::Halted;
        self.outbox.clear();
        for waiting in self.waiting.drain() {
            out.push(Output::Reply(waiting.ticket, Answer::Unknown));
        }
        for undecided in std::mem::take(&mut self.undecided) {
            out.push(Output::Reply(undecided.ticket, undecided.given_up(NotDone::Halted)));
        }
        out.push(Output::Halted(reason));
    }
}
