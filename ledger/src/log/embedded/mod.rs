//! The embedded log: RocksDB, one commit thread, one fsync for all that is queued.
//!
//! In its folder stand `rocks/` and `high-water`, the highest position seen. Appends queue in memory without a bound of
//! their own: who appends bounds what it has in flight. After any error of the storage it is closed and opened anew, and
//! the outcomes of what was being written are errors, that is unknown. What was written last is read from memory.

mod commit;
mod file_system;
mod high_water;
mod open;
mod read_only;
mod shared;
mod store;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use schemas::Clock;
use schemas::ids::{LedgerId, Partition};

use self::commit::Append;
use self::high_water::HighWater;
pub use self::read_only::ReadOnlyLog;
use self::shared::Shared;
use self::store::Store;
use super::identity::Identity;
use super::{Entry, Log, LogError, NewLedger, OnMoved, OnOutcome, Outgoing};

/// How often the highest position is noted.
const NOTE_EVERY: Duration = Duration::from_secs(1);

/// A log in a folder of this machine, for one process alone.
pub struct EmbeddedLog {
    identity: Identity,
    shared: Arc<Shared>,
    exclusive: AtomicBool,
    queue: Option<Sender<Append>>,
    stop_noting: Option<Sender<()>>,
    committing: Option<JoinHandle<()>>,
    noting: Option<JoinHandle<()>>,
}

impl EmbeddedLog {
    /// Opens the log in `dir`, the `log/` of a data directory; in an empty folder it writes genesis first.
    ///
    /// # Errors
    /// `Mismatch` names in what an existing log is not the one asked for, or a network file system; `Damaged` says what
    /// is lost; `Storage` what the system refused, for example because another process has the log open.
    pub fn open(dir: &Path, ledger: &NewLedger) -> Result<Self, LogError> {
        fs::create_dir_all(dir).map_err(|error| cannot_make(dir, &error))?;
        let opened = Self::open_with(dir, Some(ledger))?;
        opened.identity.agree(ledger)?;
        Ok(opened)
    }

    /// Whether anything of a log stands in `dir`, sound or not.
    ///
    /// # Errors
    /// When the system refuses to look.
    pub fn is_begun(dir: &Path) -> Result<bool, LogError> {
        let rocks = dir.join("rocks");
        Ok(HighWater::beside(dir).read()?.is_some() || open::exists(&rocks) || !open::is_blank(&rocks)?)
    }

    /// Opens a log that stands in `dir`, whichever ledger it is of.
    ///
    /// # Errors
    /// As [`Self::open`]; `Mismatch` when there is none.
    pub fn open_existing(dir: &Path) -> Result<Self, LogError> {
        Self::open_with(dir, None)
    }

    fn open_with(dir: &Path, new: Option<&NewLedger>) -> Result<Self, LogError> {
        let rocks = dir.join("rocks");
        if new.is_none() && !open::exists(&rocks) {
            return Err(no_log(dir));
        }
        file_system::refuse_network(dir)?;
        let note = HighWater::beside(dir);
        let noted = note.read()?;
        let begins = new.is_some() && noted.is_none() && open::is_blank(&rocks)?;
        if !begins && !open::exists(&rocks) {
            return Err(LogError::Damaged(format!(
                "{} is missing, beside what belongs to a log. Nothing was touched: restore the folder from a copy",
                rocks.join("CURRENT").display()
            )));
        }
        let store = Store::open(&rocks, begins)?;
        if noted.is_none()
            && let Some(new) = new
            && store.last()?.is_none()
        {
            open::begin(&store, new, &note)?;
        }
        let (identity, ends) = open::survey(&store, noted.as_deref())?;
        Self::start(identity, Shared::new(rocks, store, ends), note)
    }

    fn start(identity: Identity, shared: Shared, note: HighWater) -> Result<Self, LogError> {
        let shared = Arc::new(shared);
        let (queue, queued) = crossbeam_channel::unbounded();
        let (stop_noting, stopped) = crossbeam_channel::bounded(0);
        let committing = spawn("log-commit", {
            let shared = Arc::clone(&shared);
            move || commit::run(&shared, &queued)
        })?;
        let noting = spawn("log-high-water", {
            let shared = Arc::clone(&shared);
            move || note_until_stopped(&shared, &note, &stopped)
        })?;
        Ok(Self {
            identity,
            shared,
            exclusive: AtomicBool::new(true),
            queue: Some(queue),
            stop_noting: Some(stop_noting),
            committing: Some(committing),
            noting: Some(noting),
        })
    }

    /// Opens the log in `dir` for reading, beside a process that may be writing it: what stands there now.
    ///
    /// # Errors
    /// As [`Self::open`]; `Mismatch` when there is none.
    pub fn open_read_only(dir: &Path) -> Result<ReadOnlyLog, LogError> {
        ReadOnlyLog::open(dir)
    }

    /// The ledger that the log is of.
    pub fn ledger(&self) -> LedgerId {
        self.identity.ledger
    }

    /// The ledger's clock.
    pub fn clock(&self) -> Clock {
        self.identity.genesis.clock
    }

    /// How many batches were synced since it was opened: one fsync each.
    pub fn commits(&self) -> u64 {
        self.shared.commits()
    }

    /// From now on the log says that it is not held exclusively: a second claimant works over this same value.
    pub fn admit_second_claimant(&self) {
        self.exclusive.store(false, Ordering::SeqCst);
    }

    /// Reads as [`Log::read`] does, but from the disk: what is committed and what is read back must be the same.
    ///
    /// # Errors
    /// As [`Log::read`].
    pub fn read_cold(
        &self,
        partition: Partition,
        from: u64,
        max_bytes: usize,
    ) -> Result<Vec<Entry>, LogError> {
        self.shared.read(partition, from, max_bytes, true)
    }
}

impl Log for EmbeddedLog {
    fn partitions(&self) -> u32 {
        self.shared.partitions()
    }

    fn exclusive(&self) -> bool {
        self.exclusive.load(Ordering::SeqCst)
    }

    fn append(&self, partition: Partition, values: Vec<Outgoing>, on_outcome: OnOutcome) {
        if partition.0 >= self.partitions() {
            return on_outcome(Err(LogError::PastTheEnd { partition, end: 0, asked: 0 }));
        }
        let values = values.into_iter().map(|outgoing| outgoing.value).collect();
        let append = Append { partition, values, on_outcome };
        let refused = match &self.queue {
            Some(queue) => queue.send(append).err().map(|refused| refused.into_inner()),
            None => Some(append),
        };
        if let Some(append) = refused {
            (append.on_outcome)(Err(LogError::Closed));
        }
    }

    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        self.shared.read(partition, from, max_bytes, false)
    }

    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        let tail = self.shared.tail(partition);
        tail.map(|tail| tail.end()).ok_or(LogError::PastTheEnd { partition, end: 0, asked: 0 })
    }

    fn subscribe(&self, on_moved: OnMoved) {
        self.shared.subscribe(on_moved);
    }
}

impl Drop for EmbeddedLog {
    /// Writes what is queued, notes the end and closes.
    fn drop(&mut self) {
        drop(self.queue.take());
        self.committing.take().into_iter().for_each(join);
        drop(self.stop_noting.take());
        self.noting.take().into_iter().for_each(join);
    }
}

/// Waits for a thread of ours, unless it is this one: a callback may hold the last reference to the log.
fn join(thread: JoinHandle<()>) {
    if thread.thread().id() != thread::current().id() && thread.join().is_err() {
        tracing::error!("a thread of the log panicked");
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, LogError> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(body);
    thread.map_err(|error| LogError::Storage(format!("thread {name} cannot be started: {error}")))
}

/// Notes the ends each second while they move, and once more at the end.
fn note_until_stopped(shared: &Shared, note: &HighWater, stopped: &Receiver<()>) {
    let mut noted = Vec::new();
    loop {
        let stop = stopped.recv_timeout(NOTE_EVERY) != Err(RecvTimeoutError::Timeout);
        let ends = shared.ends();
        if ends != noted {
            match note.write(&ends) {
                Ok(()) => noted = ends,
                Err(error) => tracing::error!(%error, "the highest position could not be noted"),
            }
        }
        if stop {
            return;
        }
    }
}

fn cannot_make(dir: &Path, error: &std::io::Error) -> LogError {
    LogError::Storage(format!("{} cannot be made: {error}", dir.display()))
}

fn no_log(dir: &Path) -> LogError {
    LogError::Mismatch(format!("there is no log in {}", dir.display()))
}
