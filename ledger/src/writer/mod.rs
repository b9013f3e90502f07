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
mod witness;

use std::collections::VecDeque;

use schemas::ids::{ActorId, NodeId, Partition};
use schemas::vocabulary::Channel;
use schemas::{Instant, Position};

use crate::answer::{Answer, NotDone};
use crate::civil::CivilDays;
use crate::command::Command;
use crate::fold::{PartitionFold, State};
use crate::log::{Entry, Outgoing};
use claim::Claims;
use decide::BARRIER_PAUSE_MS;
use tail::Tail;
use waiting::{Undecided, WaitingRoom};
use witness::{Doubt, WholeLedger};

/// Names a caller who waits.
pub type Ticket = u64;

/// Own records that may be under way before the writer takes no more commands.
pub const MAX_IN_FLIGHT: usize = 4_096;

/// Inputs that are further apart say that the process was held up.
const LONGEST_GAP_MS: u64 = 250;

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
    /// Whether all that stands in the log has been read, as far as anybody can tell.
    AtTheEnd(bool),
    /// The append of this number has this outcome.
    Delivered {
        /// As [`Output::Append`] named it.
        call: u64,
        /// False: *unknown*.
        happened: bool,
    },
    /// The partition was read anew, as [`Output::Rewind`] asked.
    Rewound(Box<PartitionFold>),
    /// What all partitions have together; said before the first tick, and again as it changes.
    WholeLedger {
        /// The time of the newest record.
        newest_at: Instant,
        /// Whether anything was ever decided.
        has_decisions: bool,
    },
    /// The log contradicts itself or its settings: nothing can be believed any more.
    Broken(String),
    /// Time has passed.
    Tick,
}

/// What a writer wants done.
#[derive(Debug)]
pub enum Output {
    /// Append these, in this order.
    Append {
        /// Counted up, for [`Input::Delivered`].
        call: u64,
        /// What is to be appended.
        values: Vec<Outgoing>,
    },
    /// Tell the caller.
    Reply(Ticket, Answer),
    /// Read the partition anew to before this offset, which is the next one, and hand the fold in as
    /// [`Input::Rewound`]; until then read nothing. Asked only on a log of one's own: elsewhere a state to fall back to
    /// is kept in memory.
    Rewind {
        /// The offset.
        to: u64,
    },
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
    /// Whether an operator says that a clock far ahead of the ledger is right.
    pub accept_clock: bool,
    /// How far a wall clock may be past the newest record of the ledger before an operator must accept it.
    pub clock_ahead_ms: u64,
}

/// Whether the writer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// It only reads.
    Following,
    /// It read a claim of its own and no other since.
    Owning,
    /// It gave its reign up and sends nothing but claims; what it sent before may count until one is read.
    Leaving,
    /// It has read a claim and waits for the fold there, which is ahead of what was read.
    Rewinding {
        /// Whether its reign begins then.
        won: bool,
    },
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
    /// The chain as read back; during a reign, the state is ahead of it by what is in flight.
    fold: PartitionFold,
    /// The state as read back, to fall back to: kept during a reign where others can append.
    confirmed: Option<State>,
    /// Whether the state holds what was never sent.
    spoiled: bool,
    tail: Tail,
    /// Own records not read back yet.
    sent: VecDeque<tail::Sent>,
    outbox: Vec<Outgoing>,
    /// The number of the append that the outbox will be.
    next_call: u64,
    waiting: WaitingRoom,
    undecided: VecDeque<Undecided>,
    claims: Claims,
    civil: CivilDays,
    whole_ledger: WholeLedger,
    doubt: Option<Doubt>,
    at_the_end: bool,
    /// When a record that counts was read, of whomever.
    last_counted_ms: u64,
    /// When one of another's was.
    last_foreign_ms: Option<u64>,
    /// When one of its own was.
    last_back_ms: u64,
    last_barrier_ms: u64,
    /// Since when something is due.
    due_since_ms: Option<u64>,
    /// The last input, and since when they have come without a long gap.
    last_input_ms: u64,
    awake_since_ms: u64,
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
            confirmed: None,
            spoiled: false,
            sent: VecDeque::new(),
            outbox: Vec::new(),
            next_call: 0,
            waiting: WaitingRoom::default(),
            undecided: VecDeque::new(),
            claims: Claims::new(settings.seed),
            civil: CivilDays::default(),
            whole_ledger: WholeLedger { newest_at: Instant::EPOCH, has_decisions: false },
            doubt: None,
            at_the_end: true,
            last_counted_ms: at.mono_ms,
            last_foreign_ms: None,
            last_back_ms: at.mono_ms,
            last_barrier_ms: 0,
            due_since_ms: None,
            last_input_ms: at.mono_ms,
            awake_since_ms: at.mono_ms,
            tally: Tally::default(),
            settings,
        }
    }

    /// Takes an input in. What is to be done about it is pushed to `out`; appends only by [`Self::flush`].
    pub fn handle(&mut self, input: Input, at: Moment, out: &mut Vec<Output>) {
        self.notice_a_gap(at);
        match input {
            Input::Command(ticket, request) => self.take(Undecided { ticket, request }, at, out),
            Input::Read(entry) => self.read(&entry, at, out),
            Input::AtTheEnd(at_the_end) => self.at_the_end = at_the_end,
            Input::Delivered { call, happened } => self.delivered(call, happened, at),
            Input::Rewound(fold) => self.rewound(*fold, at, out),
            Input::WholeLedger { newest_at, has_decisions } => {
                self.whole_ledger = WholeLedger { newest_at, has_decisions };
            }
            Input::Broken(reason) => self.halt(reason, out),
            Input::Tick => self.tick(at, out),
        }
    }

    /// Hands out what was decided since the last flush as one append.
    pub fn flush(&mut self, at: Moment, out: &mut Vec<Output>) {
        self.send_barrier_if_needed(at);
        if !self.outbox.is_empty() {
            out.push(Output::Append { call: self.next_call, values: std::mem::take(&mut self.outbox) });
            self.next_call += 1;
        }
    }

    /// A process that was held up knows nothing of the time between: silence begins anew.
    fn notice_a_gap(&mut self, at: Moment) {
        if at.mono_ms > self.last_input_ms + LONGEST_GAP_MS {
            self.awake_since_ms = at.mono_ms;
        }
        self.last_input_ms = at.mono_ms;
    }

    fn delivered(&mut self, call: u64, happened: bool, at: Moment) {
        self.claims.delivered(call, happened, at.mono_ms);
        // What has been read back meanwhile needs no outcome any more.
        if !happened && self.sent.iter().any(|sent| sent.call == call) {
            self.give_up("an append may or may not have happened", at);
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

    /// Whether it decides, or would claim as soon as work waits and nobody else writes.
    pub fn is_ready(&self) -> bool {
        let may_claim = !self.settings.exclusive
            && self.settings.hinted
            && self.at_the_end
            && self.doubt.is_none()
            && self.mode == Mode::Following;
        self.owns() || may_claim
    }

    /// Why it decides nothing for the time being, if its clock is in doubt.
    pub fn doubt(&self) -> Option<&str> {
        self.doubt.as_ref().map(|doubt| doubt.reason.as_str())
    }

    /// When it wants to send a barrier that it may not send yet, on the monotonic clock.
    pub fn barrier_due_ms(&self) -> Option<u64> {
        self.wants_a_barrier().then(|| self.last_barrier_ms + BARRIER_PAUSE_MS)
    }

    /// The greatest time of what has been read.
    pub fn time(&self) -> Instant {
        self.fold.time()
    }

    /// Whether anything was ever decided here.
    pub fn has_decisions(&self) -> bool {
        self.fold.state.has_decisions()
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
        for undecided in std::mem::take(&mut self.undecided) {
            let answer = self.unless_under_way(&undecided.request, NotDone::Halted);
            out.push(Output::Reply(undecided.ticket, answer));
        }
        // Nobody reads them back.
        self.sent.clear();
        self.confirmed = None;
        for waiting in self.waiting.drain() {
            out.push(Output::Reply(waiting.ticket, Answer::Unknown));
        }
        out.push(Output::Halted(reason));
    }
}
