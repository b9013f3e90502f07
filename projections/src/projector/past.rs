//! Views as they were: the same projector over a log that is followed no further than a place, into a store that is thrown
//! away.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::log::{Log, LogError};
use ledger::past::{PastError, Until};
use schemas::ids::Partition;
use schemas::{Instant, Position};

use super::{Follower, Settings, Signal, StartError, meta_of};
use crate::store::{Store, StoreError};
use crate::views::{Shared, Views};

/// Views as they were. The folder under them goes when this is dropped, so they are lent and not to be cloned.
pub struct Past {
    views: Views,
    reached: BTreeMap<Partition, Reached>,
    _scratch: Scratch,
}

/// Where a partition stands that was followed.
struct Reached {
    position: Position,
    at: Instant,
    /// Whether nothing that is still to be appended can belong to it.
    settled: bool,
}

/// Why there are no views as they were.
#[derive(Debug, thiserror::Error)]
pub enum LookBackError {
    /// The place is not in the log.
    #[error(transparent)]
    Past(#[from] PastError),
    /// The log or the scratch store cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The scratch store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record before the place cannot be followed.
    #[error("partition {partition} can be followed no further: {reason}")]
    Halted {
        /// Which.
        partition: Partition,
        /// Why.
        reason: Arc<str>,
    },
    /// The log could not be read before the place.
    #[error("partition {0} cannot be read now")]
    Unread(Partition),
    /// The ledger has fewer partitions.
    #[error("the ledger has no partition {0}")]
    NoPartition(Partition),
    /// Nobody wants to know any more.
    #[error("it was given up")]
    Interrupted,
    /// There is no folder for it.
    #[error("{path} cannot be made: {source}")]
    Folder {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Past {
    /// Follows the partitions named, each no further than told, into a new folder. With `others` the rest of the partitions
    /// are followed too, to the latest time of those named. Asks `go_on` after each batch.
    ///
    /// # Errors
    /// When a place is not in the log, or log or folder cannot be used.
    pub fn look_back(
        log: Arc<dyn Log>,
        dir: &Path,
        untils: &BTreeMap<Partition, Until>,
        others: bool,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Self, LookBackError> {
        let scratch = Scratch::new(dir)?;
        let meta = meta_of(&*log)?;
        let store = Store::scratch(dir, meta)?;
        let shared = Arc::new(Shared::new(store, log, meta, Arc::new(Signal::default())));
        let mut follower = Follower::new(Arc::clone(&shared), Settings::default())?;
        let mut reached = BTreeMap::new();
        let mut follow = |partition, until| -> Result<Instant, LookBackError> {
            let settled = follower.follow_until(partition, until, go_on)?;
            let now = shared.progress(partition).map(|progress| progress.now());
            let now = now.ok_or(LookBackError::NoPartition(partition))?;
            reached.insert(partition, Reached { position: now.position, at: now.at, settled });
            Ok(now.at)
        };
        let mut latest = Instant::EPOCH;
        for (&partition, &until) in untils {
            latest = latest.max(follow(partition, until)?);
        }
        let rest = (0..meta.partitions).map(Partition).filter(|partition| !untils.contains_key(partition));
        for partition in rest.take_while(|_| others) {
            match follow(partition, Until::Instant(latest)) {
                // It did not exist then, and shows nothing.
                Err(LookBackError::Past(PastError::BeforeGenesis { .. })) => {}
                followed => drop(followed?),
            }
        }
        follower.draw_all();
        Ok(Self { views: follower.views(), reached, _scratch: scratch })
    }

    /// What readers ask. Partitions that were not followed show nothing.
    pub fn views(&self) -> &Views {
        &self.views
    }

    /// Where the partitions stand that were followed, ascending, and the fold's time there.
    pub fn reached(&self) -> impl Iterator<Item = (Position, Instant)> {
        self.reached.values().map(|reached| (reached.position, reached.at))
    }

    /// Whether these are still the views of the moment that was asked for. Of an instant that no record has passed yet they
    /// are until the log goes on.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn is_still_so(&self) -> Result<bool, LogError> {
        if self.reached.values().all(|reached| reached.settled) {
            return Ok(true);
        }
        let moved = self.views.lag()?.into_iter().filter(|&(_, behind)| behind > 0);
        let open =
            |partition: &Partition| self.reached.get(partition).is_some_and(|reached| !reached.settled);
        Ok(!moved.map(|(partition, _)| partition).any(|partition| open(&partition)))
    }
}

/// A folder that is gone with whoever made it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(dir: &Path) -> Result<Self, LookBackError> {
        fs::create_dir_all(dir).map_err(|source| LookBackError::Folder { path: dir.to_owned(), source })?;
        Ok(Self(dir.to_owned()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "{} is left over", self.0.display());
        }
    }
}
