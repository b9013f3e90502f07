//! The projector: one thread that follows the log and keeps the views.

mod draw;
mod follow;
mod follower;
mod signal;
mod tracks;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use ledger::log::{Log, LogError};
use schemas::ids::Partition;
use schemas::{Prefix, RecordKind};

use crate::rows::Meta;
use crate::store::{Store, StoreError};
use crate::views::{Shared, Views};
use follower::Follower;
pub(crate) use signal::Signal;

/// How the projector works. Nothing of this can be seen in the views.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The most entries in one batch.
    pub batch_entries: usize,
    /// About the most bytes of the log in one batch.
    pub batch_bytes: usize,
    /// The least time between two drawings of availability that nobody waits for.
    pub draw_every: Duration,
    /// The order in which partitions are caught up with; those not named come last, ascending.
    pub order: Vec<Partition>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            batch_entries: 4_096,
            batch_bytes: 1 << 20,
            draw_every: Duration::from_millis(50),
            order: Vec::new(),
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
    /// There is no genesis to follow from.
    #[error("partition {0} does not begin with genesis")]
    NoGenesis(Partition),
    /// The views know more than the log, or something else: one of the two is damaged, and neither is believed.
    #[error("the views of partition {partition} are not in the log: {reason}")]
    NotInTheLog {
        /// The partition.
        partition: Partition,
        /// How it shows.
        reason: String,
    },
    /// No thread could be started.
    #[error("no thread could be started: {0}")]
    Thread(std::io::Error),
}

/// Follows the log in a thread of its own.
pub struct Projector;

/// Ends the projector: when it is dropped, or by [`Self::stop`].
pub struct ProjectorHandle {
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
}

impl Projector {
    /// Opens the views in a folder, brings them up to the log's end and follows it from there on. The fold is made anew
    /// from the log's beginning; rows are written only from the checkpoint on.
    ///
    /// # Errors
    /// When the views or the log cannot be used, or contradict each other.
    pub fn start(
        log: Arc<dyn Log>,
        views_dir: &Path,
        settings: Settings,
    ) -> Result<(Views, ProjectorHandle), StartError> {
        let signal = Arc::new(Signal::default());
        let mut follower = Self::open(Arc::clone(&log), views_dir, settings, Arc::clone(&signal))?;
        let wake = Arc::clone(&signal);
        log.subscribe(Arc::new(move |partition| wake.moved(partition)));
        follower.catch_up();
        let views = follower.views();
        // What moved while catching up woke nobody who was listening.
        (0..log.partitions()).map(Partition).for_each(|partition| signal.moved(partition));
        let thread = std::thread::Builder::new()
            .name("projector".to_owned())
            .spawn(move || follower.run())
            .map_err(StartError::Thread)?;
        Ok((views, ProjectorHandle { signal, thread: Some(thread) }))
    }

    fn open(
        log: Arc<dyn Log>,
        views_dir: &Path,
        settings: Settings,
        signal: Arc<Signal>,
    ) -> Result<Follower, StartError> {
        let meta = meta_of(&*log)?;
        let store = Store::open(views_dir, meta)?;
        let shared = Arc::new(Shared::new(store, log, meta, signal));
        Follower::new(shared, settings)
    }
}

/// Deletes the views in a folder and makes them anew from the log.
///
/// # Errors
/// When the folder cannot be deleted, or the log cannot be followed.
pub fn rebuild(log: Arc<dyn Log>, views_dir: &Path, settings: Settings) -> Result<Views, StartError> {
    Store::destroy(views_dir)?;
    let mut follower = Projector::open(log, views_dir, settings, Arc::new(Signal::default()))?;
    follower.catch_up();
    Ok(follower.views())
}

/// The ledger as its office's genesis names it.
fn meta_of(log: &dyn Log) -> Result<Meta, StartError> {
    let entries = log.read(Partition::OFFICE, 0, 1)?;
    let prefix = entries.first().and_then(|entry| Prefix::split(&entry.value).ok()).map(|(prefix, _)| prefix);
    match prefix {
        Some(prefix) if prefix.kind == RecordKind::Genesis as u8 => {
            Ok(Meta { ledger: prefix.ledger, partitions: log.partitions() })
        }
        _ => Err(StartError::NoGenesis(Partition::OFFICE)),
    }
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
