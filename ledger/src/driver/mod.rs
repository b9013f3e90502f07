//! The thin shell: one thread that drives the writers of all partitions, and the handle that callers hold.

mod mailbox;
mod run;

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Monotonic};

use schemas::ids::{ActorId, CentreId, LedgerId, NodeId, Partition};
use schemas::vocabulary::Channel;
use schemas::{Genesis, Instant, Position, hashing};
use tokio::sync::oneshot;

use crate::answer::{Answer, NotDone};
use crate::clock::Clock;
use crate::command::Command;
use crate::fold::{FoldError, PartitionFold};
use crate::log::{Log, LogError};
use crate::writer::{self, Tally};
use mailbox::{Letter, Mailbox, Signal};

pub use mailbox::LANE_CAPACITY;

/// How long after its deadline a caller is still told, in milliseconds.
const GRACE: Duration = Duration::from_millis(250);
const READ_BYTES: usize = 4 << 20;

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
}

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
    published: Vec<Mutex<PartitionStatus>>,
    ending: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Ledger {
    /// Reads the whole log, then starts the writers. On a log of its own they claim at once.
    ///
    /// # Errors
    /// When the log cannot be read, or contradicts itself.
    pub fn start(log: Arc<dyn Log>, clock: Arc<dyn Clock>, options: Options) -> Result<Self, StartError> {
        let folds = (0..log.partitions())
            .map(|number| run::read_all(log.as_ref(), Partition(number)))
            .collect::<Result<Vec<_>, _>>()?;
        let office = folds.first().ok_or(StartError::NoGenesis(Partition::OFFICE))?;
        let ledger = office.chain.ledger().ok_or(StartError::NoGenesis(Partition::OFFICE))?;
        let genesis = office.chain.genesis().ok_or(StartError::NoGenesis(Partition::OFFICE))?;
        let published = folds.iter().map(status_of).collect::<Result<Vec<_>, _>>()?;
        let shared = Arc::new(Shared {
            ledger,
            genesis,
            clock,
            started: Monotonic::now(),
            mailboxes: folds.iter().map(|_| Mailbox::default()).collect(),
            signal: Arc::new(Signal::default()),
            moved: Arc::new(folds.iter().map(|_| AtomicBool::new(true)).collect()),
            next_due_ms: Arc::new(AtomicI64::new(i64::MAX)),
            published: published.into_iter().map(Mutex::new).collect(),
            ending: AtomicBool::new(false),
            thread: Mutex::new(None),
        });
        shared.listen(log.as_ref());
        let thread = run::spawn(log, Arc::clone(&shared), folds, &options)?;
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

    /// Waits until the writers of all partitions decide or have halted, at most so long; whether they do.
    pub fn wait_until_ready(&self, at_most: Duration) -> bool {
        let until = Monotonic::now() + at_most;
        loop {
            if self.status().iter().all(|status| status.owns || status.halted.is_some()) {
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

fn status_of(fold: &PartitionFold) -> Result<PartitionStatus, StartError> {
    let partition = fold.state.partition();
    Ok(PartitionStatus {
        partition,
        position: fold.position().ok_or(StartError::NoGenesis(partition))?,
        time: fold.time(),
        owns: false,
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
