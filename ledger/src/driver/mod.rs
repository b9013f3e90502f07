//! The thin shell: one thread that drives the writers of all partitions, and the handle that callers hold.

mod catch_up;
mod mailbox;
mod options;
mod run;
mod seat;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Monotonic};

use schemas::ids::{ActorId, CentreId, LedgerId, Partition};
use schemas::vocabulary::Channel;
use schemas::{Genesis, Instant, Position, hashing};
use tokio::sync::oneshot;

use crate::answer::{Answer, NotDone};
use crate::clock::Clock;
use crate::command::Command;
use crate::fold::{FoldError, PartitionFold};
use crate::log::{Log, LogError};
use crate::snapshot::{SnapshotError, Snapshots};
use crate::spread;
use crate::writer::{self, Tally};
use catch_up::{CatchUp, Grumbles};
use mailbox::{Letter, Mailbox, Signal};

pub use mailbox::LANE_CAPACITY;
pub use options::Options;

/// How long after its deadline a caller is still told, in milliseconds.
const GRACE: Duration = Duration::from_millis(250);

/// A command, where it came in, who asks, and how long the caller waits.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is asked.
    pub command: Command,
    /// Where it came in.
    pub channel: Channel,
    /// Who asks; nil: the bearer of the registration's secret.
    pub actor: ActorId,
    /// Until when the caller waits. Work past it is dropped before the append, never after.
    pub deadline: Monotonic,
}

/// Why the ledger could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A partition cannot be folded.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// A snapshot contradicts the log, or is not for this ledger or program.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The wall clock is far past the newest record of the ledger.
    #[error(
        "the clock says {now}, more than {days} days past the newest record of the ledger, which is of {newest_at}: \
         if the clock is right, start with --accept-clock; if not, set it"
    )]
    ClockFarAhead {
        /// What the clock says.
        now: Instant,
        /// The time of the newest record of all partitions.
        newest_at: Instant,
        /// How many days are let pass.
        days: u64,
    },
    /// The log has no genesis.
    #[error("partition {0} has no genesis")]
    NoGenesis(Partition),
    /// No thread could be started.
    #[error("cannot start the writers' thread: {0}")]
    Thread(#[from] std::io::Error),
}

/// How a partition is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionStatus {
    /// Which.
    pub partition: Partition,
    /// What its writer has read.
    pub position: Position,
    /// The fold's time there.
    pub time: Instant,
    /// Whether the writer decides.
    pub owns: bool,
    /// Whether it decides, or would claim as soon as work waits and nobody else writes.
    pub ready: bool,
    /// Why it decides nothing for the time being, if its clock is in doubt.
    pub doubt: Option<String>,
    /// What went wrong with the log last, while it decides nothing for that.
    pub trouble: Option<String>,
    /// Why it stopped for ever, if it did.
    pub halted: Option<String>,
    /// What it counted.
    pub tally: Tally,
    /// Own records under way.
    pub in_flight: usize,
    /// Commands that wait in the web's lane and in the hotline's.
    pub waiting: (usize, usize),
}

/// The caller's handle of a running ledger. Clones share it.
#[derive(Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
}

struct Shared {
    ledger: LedgerId,
    genesis: Genesis,
    clock: Arc<dyn Clock>,
    started: Monotonic,
    mailboxes: Vec<Mailbox>,
    signal: Arc<Signal>,
    moved: Arc<Vec<AtomicBool>>,
    next_due_ms: Arc<AtomicI64>,
    /// To go on from where a partition has to be read anew.
    snapshots: Option<Snapshots>,
    published: Vec<Mutex<PartitionStatus>>,
    /// Said of a log that cannot be read, and of appends without a known outcome.
    unread: Grumbles,
    unknown: Grumbles,
    /// What the log itself says of that, last asked.
    out_of_reach: Mutex<Option<String>>,
    ending: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Ledger {
    /// Reads the log, from the newest snapshots on if there are any, then starts the writers. On a log of its own they
    /// claim at once.
    ///
    /// # Errors
    /// When the log cannot be read, or contradicts itself or a snapshot.
    pub fn start(log: Arc<dyn Log>, clock: Arc<dyn Clock>, options: Options) -> Result<Self, StartError> {
        Self::start_from(Vec::new(), log, clock, options)
    }

    /// The same, going on from folds that somebody has made of this log already, so that it need not be read twice. A
    /// partition of which there is none is read.
    ///
    /// # Errors
    /// As [`Self::start`]; also when the log ends before a fold does.
    pub fn start_from(
        folds: Vec<PartitionFold>,
        log: Arc<dyn Log>,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, StartError> {
        let mut made: BTreeMap<_, _> = folds.into_iter().map(|fold| (fold.chain.partition(), fold)).collect();
        let partitions = (0..log.partitions()).map(Partition);
        let begun = partitions.map(|partition| match made.remove(&partition) {
            Some(fold) => CatchUp::after(fold),
            None => CatchUp::new(partition, options.snapshots.clone(), None),
        });
        let read = |begun: CatchUp| begun.read_all(log.as_ref());
        let begun = spread(begun.collect(), read).into_iter().collect::<Result<Vec<_>, _>>()?;
        let folds: Vec<&PartitionFold> = begun.iter().map(|begun| &begun.fold).collect();
        let office = folds.first().ok_or(StartError::NoGenesis(Partition::OFFICE))?;
        let ledger = office.chain.ledger().ok_or(StartError::NoGenesis(Partition::OFFICE))?;
        let genesis = office.chain.genesis().ok_or(StartError::NoGenesis(Partition::OFFICE))?;
        check_clock(&folds, genesis.clock, clock.look_again(), &options, log.exclusive())?;
        let published = folds.iter().copied().map(status_of).collect::<Result<Vec<_>, _>>()?;
        let shared = Arc::new(Shared {
            ledger,
            genesis,
            clock,
            started: Monotonic::now(),
            mailboxes: folds.iter().map(|_| Mailbox::default()).collect(),
            signal: Arc::new(Signal::default()),
            moved: Arc::new(folds.iter().map(|_| AtomicBool::new(true)).collect()),
            next_due_ms: Arc::new(AtomicI64::new(i64::MAX)),
            snapshots: options.snapshots.clone(),
            published: published.into_iter().map(Mutex::new).collect(),
            unread: Grumbles::default(),
            unknown: Grumbles::default(),
            out_of_reach: Mutex::default(),
            ending: AtomicBool::new(false),
            thread: Mutex::new(None),
        });
        shared.listen(log.as_ref());
        let thread = run::spawn(log, Arc::clone(&shared), begun, &options)?;
        *shared.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(Self { shared })
    }

    /// Asks for something and waits for the answer, not much longer than the deadline.
    pub async fn submit(&self, request: Request) -> Answer {
        self.ask(request, false).await
    }

    /// Decides without anything happening: `Done` has the events that would be recorded.
    pub async fn plan(&self, request: Request) -> Answer {
        self.ask(request, true).await
    }

    async fn ask(&self, request: Request, dry_run: bool) -> Answer {
        let deadline = request.deadline;
        let (reply, answer) = oneshot::channel();
        let partition = self.partition_for(&request.command);
        let Some(mailbox) = usize::try_from(partition.0).ok().and_then(|at| self.shared.mailboxes.get(at))
        else {
            return Answer::NotDone(NotDone::Failed);
        };
        let request = Box::new(self.shared.internal(request, dry_run));
        if let Err(not_done) = mailbox.post(Letter { request, reply }) {
            return Answer::NotDone(not_done);
        }
        self.shared.signal.raise();
        match tokio::time::timeout_at((deadline + GRACE).into(), answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Answer::Unknown,
        }
    }

    fn partition_for(&self, command: &Command) -> Partition {
        match command {
            Command::Office(_) => Partition::OFFICE,
            Command::Centre(id, _) => self.partition_of(id),
        }
    }

    /// The partition of a centre.
    pub fn partition_of(&self, centre: &CentreId) -> Partition {
        hashing::partition_of(centre, self.shared.genesis.partitions)
    }

    /// What the writer of a partition has read, and the fold's time there; none for a partition that is not there.
    pub fn read_position(&self, partition: Partition) -> Option<(Position, Instant)> {
        self.shared.status(partition).map(|status| (status.position, status.time))
    }

    /// The ledger's id.
    pub fn ledger_id(&self) -> LedgerId {
        self.shared.ledger
    }

    /// What genesis says.
    pub fn genesis(&self) -> Genesis {
        self.shared.genesis
    }

    /// The ledger's time.
    pub fn now(&self) -> Instant {
        self.shared.clock.now()
    }

    /// How each partition is doing.
    pub fn status(&self) -> Vec<PartitionStatus> {
        (0..self.shared.genesis.partitions)
            .filter_map(|number| self.shared.status(Partition(number)))
            .collect()
    }

    /// Why the log would not answer now, as far as it has noticed while nobody asked.
    pub fn log_out_of_reach(&self) -> Option<String> {
        self.shared.out_of_reach.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the writers of all partitions are ready or have halted, at most so long; whether they are.
    pub fn wait_until_ready(&self, at_most: Duration) -> bool {
        let until = Monotonic::now() + at_most;
        loop {
            if self.status().iter().all(|status| status.ready || status.halted.is_some()) {
                return true;
            }
            if Monotonic::now() >= until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Takes no more commands, finishes those that are under way, and ends the thread.
    pub fn shut_down(&self) {
        self.shared.ending.store(true, Ordering::SeqCst);
        self.shared.signal.raise();
        let thread = self.shared.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the writers' thread had panicked");
        }
    }
}

/// A clock far past all that stands in the ledger needs an operator's word, before a node claims anything.
fn check_clock(
    folds: &[&PartitionFold],
    kind: schemas::Clock,
    now: Instant,
    options: &Options,
    exclusive: bool,
) -> Result<(), StartError> {
    let newest_at = folds.iter().map(|fold| fold.time()).max().unwrap_or(now);
    let asks = kind == schemas::Clock::Wall
        && !options.accept_clock
        && (exclusive || options.hinted)
        && folds.iter().any(|fold| fold.state.has_decisions());
    if asks && now.millis_since(newest_at) > options.clock_ahead_ms {
        let days = options.clock_ahead_ms / 86_400_000;
        return Err(StartError::ClockFarAhead { now, newest_at, days });
    }
    Ok(())
}

fn status_of(fold: &PartitionFold) -> Result<PartitionStatus, StartError> {
    let partition = fold.state.partition();
    Ok(PartitionStatus {
        partition,
        position: fold.position().ok_or(StartError::NoGenesis(partition))?,
        time: fold.time(),
        owns: false,
        ready: false,
        doubt: None,
        trouble: None,
        halted: None,
        tally: Tally::default(),
        in_flight: 0,
        waiting: (0, 0),
    })
}

impl Shared {
    fn listen(&self, log: &dyn Log) {
        let (signal, moved) = (Arc::clone(&self.signal), Arc::clone(&self.moved));
        log.subscribe(Arc::new(move |partition| {
            if let Some(moved) = usize::try_from(partition.0).ok().and_then(|at| moved.get(at)) {
                moved.store(true, Ordering::SeqCst);
                signal.raise();
            }
        }));
        let (signal, next_due_ms) = (Arc::clone(&self.signal), Arc::clone(&self.next_due_ms));
        self.clock.on_jump(Arc::new(move |now| {
            if now.millis() >= next_due_ms.load(Ordering::SeqCst) {
                signal.raise();
            }
        }));
    }

    fn internal(&self, request: Request, dry_run: bool) -> writer::Request {
        writer::Request {
            command: request.command,
            channel: request.channel,
            actor: request.actor,
            deadline_ms: self.mono_ms(request.deadline),
            dry_run,
        }
    }

    fn mono_ms(&self, at: Monotonic) -> u64 {
        u64::try_from(at.saturating_duration_since(self.started).as_millis()).unwrap_or(u64::MAX)
    }

    fn status(&self, partition: Partition) -> Option<PartitionStatus> {
        let at = usize::try_from(partition.0).ok()?;
        let mut status = self.published.get(at)?.lock().unwrap_or_else(PoisonError::into_inner).clone();
        status.waiting = self.mailboxes.get(at)?.waiting();
        Some(status)
    }
}
