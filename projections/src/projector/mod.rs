//! The projector: one thread that follows the log and keeps the views.

mod draw;
mod follow;
mod follower;
mod past;
mod signal;
mod tracks;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use ledger::fault_point;
use ledger::fold::PartitionFold;
use ledger::log::{Log, LogError, ledger_of};
use ledger::snapshot::{SnapshotError, Snapshots};
use schemas::ids::Partition;

use crate::rows::Meta;
use crate::store::{Store, StoreError};
use crate::views::{Shared, Views};
use follower::Follower;
pub use past::{LookBackError, Past};
pub(crate) use signal::Signal;

/// How the projector works. Nothing of this can be seen in the views.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The most entries in one batch.
    pub batch_entries: usize,
    /// About the most bytes of the log in one batch.
    pub batch_bytes: usize,
    /// About how many bytes of rows are written together while a start or a rebuild catches up.
    pub bulk_bytes: usize,
    /// From so many rows on such a batch goes into the store as one sorted file.
    pub bulk_rows: usize,
    /// The least time between two drawings of availability that nobody waits for.
    pub draw_every: Duration,
    /// The order in which partitions are caught up with; those not named come last, ascending.
    pub order: Vec<Partition>,
    /// Snapshots to begin from and to take; none: the fold is made from the log's beginning, and none is taken.
    pub snapshots: Option<Snapshots>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            batch_entries: 4_096,
            batch_bytes: 1 << 20,
            bulk_bytes: 32 << 20,
            bulk_rows: 8_192,
            draw_every: Duration::from_millis(50),
            order: Vec::new(),
            snapshots: None,
        }
    }
}

/// Why the projector cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The views cannot be used. All but a failing disk is mended by rebuilding them.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A snapshot contradicts the log, or is not for this ledger or program.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// There is no genesis to follow from.
    #[error("partition {0} does not begin with genesis")]
    NoGenesis(Partition),
    /// The views know more than the log, or something else: one of the two is damaged, and neither is believed.
    #[error(
        "the views of partition {partition} are not in the log: {reason}. Restore the log from a copy that has them; or, if \
         what it lost is given up for good, make the views anew with `terminbuch rebuild`"
    )]
    NotInTheLog {
        /// The partition.
        partition: Partition,
        /// How it shows.
        reason: String,
    },
    /// The views could not be rebuilt up to the log's end: it cannot be read, or they cannot be written.
    #[error("the views of partition {partition} end before the log does: {reason}. Rebuild them again")]
    NotToTheEnd {
        /// The partition.
        partition: Partition,
        /// Why.
        reason: String,
    },
    /// No thread could be started.
    #[error("no thread could be started: {0}")]
    Thread(std::io::Error),
}

/// Follows the log in a thread of its own.
pub struct Projector;

/// Views that have been brought up to the log's end, and are not followed any further yet.
pub struct CaughtUp {
    follower: Follower,
    log: Arc<dyn Log>,
    signal: Arc<Signal>,
}

/// Ends the projector: when it is dropped, or by [`Self::stop`].
pub struct ProjectorHandle {
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
}

impl Projector {
    /// Opens the views in a folder, brings them up to the log's end and follows it from there on. The fold is made
    /// from a snapshot or the log's beginning; rows are written only from the checkpoint on.
    ///
    /// # Errors
    /// When the views or the log cannot be used, or contradict each other.
    pub fn start(
        log: Arc<dyn Log>,
        views_dir: &Path,
        settings: Settings,
    ) -> Result<(Views, ProjectorHandle), StartError> {
        Self::catch_up(log, views_dir, settings)?.follow()
    }

    /// Does the first half of [`Self::start`], so that what was folded can be had.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn catch_up(log: Arc<dyn Log>, views_dir: &Path, settings: Settings) -> Result<CaughtUp, StartError> {
        let signal = Arc::new(Signal::default());
        let mut follower = Self::open(Arc::clone(&log), views_dir, settings, Arc::clone(&signal))?;
        follower.catch_up();
        Ok(CaughtUp { follower, log, signal })
    }

    /// Views that are not as they were written are deleted and made anew; what is sound and not in the log is refused.
    fn open(
        log: Arc<dyn Log>,
        views_dir: &Path,
        settings: Settings,
        signal: Arc<Signal>,
    ) -> Result<Follower, StartError> {
        let meta = meta_of(&*log)?;
        let open = || {
            let store = Store::open(views_dir, meta)?;
            let shared = Arc::new(Shared::new(store, Arc::clone(&log), meta, Arc::clone(&signal)));
            Follower::new(shared, settings.clone())
        };
        match open() {
            Err(StartError::Store(error)) if error.is_damage() => {
                let views = views_dir.display();
                tracing::warn!(%views, %error, "the views are damaged; they are deleted and made anew from the log");
                Store::clear(views_dir)?;
                open()
            }
            opened => opened,
        }
    }
}

impl CaughtUp {
    /// Copies of the folds of all partitions that can be followed further, for who wants to go on from them. They were
    /// made of the log alone, not of rows.
    pub fn folds(&self) -> Vec<PartitionFold> {
        self.follower.folds()
    }

    /// What is shown so far.
    pub fn views(&self) -> Views {
        self.follower.views()
    }

    /// Follows the log from here on.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn follow(self) -> Result<(Views, ProjectorHandle), StartError> {
        let Self { follower, log, signal } = self;
        let wake = Arc::clone(&signal);
        log.subscribe(Arc::new(move |partition| wake.moved(partition)));
        // What moved before woke nobody who was listening.
        (0..log.partitions()).map(Partition).for_each(|partition| signal.moved(partition));
        let views = follower.views();
        let thread = std::thread::Builder::new()
            .name("projector".to_owned())
            .spawn(move || follower.run())
            .map_err(StartError::Thread)?;
        Ok((views, ProjectorHandle { signal, thread: Some(thread) }))
    }
}

/// Deletes the views in a folder and makes them anew from the log.
///
/// # Errors
/// When the folder cannot be deleted, or the log cannot be followed to its end.
pub fn rebuild(log: Arc<dyn Log>, views_dir: &Path, settings: Settings) -> Result<Views, StartError> {
    Store::destroy(views_dir)?;
    fault_point::reach("views-destroyed");
    let mut follower = Projector::open(log, views_dir, settings, Arc::new(Signal::default()))?;
    follower.catch_up();
    let waiting = follower.waiting().next();
    if let Some((partition, reason)) = waiting {
        return Err(StartError::NotToTheEnd { partition, reason: reason.to_string() });
    }
    Ok(follower.views())
}

/// The ledger as its office's genesis names it.
fn meta_of(log: &dyn Log) -> Result<Meta, StartError> {
    let ledger = ledger_of(log, Partition::OFFICE)?.ok_or(StartError::NoGenesis(Partition::OFFICE))?;
    Ok(Meta { ledger, partitions: log.partitions() })
}

impl ProjectorHandle {
    /// Ends the projector and waits until it has. What was followed is written; the rest is followed at the next start.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.signal.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the projector had stopped with a panic");
        }
    }
}

impl Drop for ProjectorHandle {
    fn drop(&mut self) {
        self.end();
    }
}
