//! What to do when a write has failed, as on a full disk: close and open anew once there is room.
//!
//! Until then it stays open, for it can still be read.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rocksdb::DB;

use super::{Store, StoreError, open};

const TRY_EVERY: Duration = Duration::from_secs(1);
/// What opening needs besides the rows that are only in the write-ahead log, and are put into a table then.
const ROOM: u64 = 1 << 20;

/// That a write has failed.
pub(super) struct Failure {
    why: String,
    tried_at: Instant,
}

impl Store {
    /// Notes that a write has failed, if it has.
    pub(super) fn noting(&self, written: Result<(), StoreError>) -> Result<(), StoreError> {
        if let Err(error) = &written {
            tracing::error!(%error, "the views cannot be written; they are opened anew once they can");
            *self.failure() = Some(Failure { why: error.to_string(), tried_at: Instant::now() });
        }
        written
    }

    fn failure(&self) -> MutexGuard<'_, Option<Failure>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn failing(&self) -> StoreError {
        let why =
            self.failure().as_ref().map_or_else(|| "it is closed".to_owned(), |failed| failed.why.clone());
        StoreError::Failing(why)
    }

    /// How often it was opened anew: what was written before the last time may be gone.
    pub(crate) fn opened(&self) -> u64 {
        self.opened.load(Ordering::SeqCst)
    }

    /// After a write has failed: opens it anew, if it is time and there is room.
    ///
    /// # Errors
    /// While it cannot be opened; to be called again.
    pub(crate) fn mend(&self) -> Result<(), StoreError> {
        let mut failure = self.failure();
        let Some(failed) = failure.as_mut() else { return Ok(()) };
        if failed.tried_at.elapsed() < TRY_EVERY {
            return Err(StoreError::Failing(failed.why.clone()));
        }
        failed.tried_at = Instant::now();
        self.incoming.empty();
        if !has_room(&self.views_dir) {
            return Err(StoreError::Failing(failed.why.clone()));
        }
        if let Err(error) = self.noting_damage(self.reopen()) {
            failed.why = error.to_string();
            return Err(StoreError::Failing(failed.why.clone()));
        }
        tracing::info!("the views can be written again");
        *failure = None;
        self.opened.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn reopen(&self) -> Result<(), StoreError> {
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        // The old handle must be gone before a new one can lock the folder.
        *db = None;
        *db = Some(DB::open(&open::options(), &self.views_dir)?);
        Ok(())
    }
}

/// Whether there is room to open the views. Where that cannot be asked, trying tells.
fn has_room(views_dir: &Path) -> bool {
    let Ok(disk) = rustix::fs::statvfs(views_dir) else { return true };
    disk.f_bavail.saturating_mul(disk.f_frsize) >= ROOM.saturating_add(log_bytes(views_dir))
}

/// How long the write-ahead logs are.
fn log_bytes(views_dir: &Path) -> u64 {
    let files = std::fs::read_dir(views_dir).into_iter().flatten().flatten();
    let logs = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "log"));
    logs.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}
