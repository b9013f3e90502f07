//! The time machine of the audit edge: views as they were, made when somebody asks for them and kept for a while.
//!
//! One thread makes them, at a lower priority than all others, so that whoever looks back takes nothing from those who
//! book. Who would wait too long is told when to come back.

mod asked;
mod maker;
mod scene;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ledger::log::LogError;
use ledger::past::{PastError, Until};
use projections::{LookBackError, Past, StartError, StoreError};
use schemas::ids::Partition;
use tokio::sync::watch;

pub(crate) use asked::{AsOf, When};
use maker::Maker;
pub(crate) use scene::{Of, Scene};

use crate::problem::{Outcome, Problem, jittered};
use crate::stamp::Zone;

/// How many pasts are kept; the least recently used leaves.
const KEPT: usize = 4;
/// How long a reader waits for one that is being made.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which past: how far each partition is followed, and whether the others are followed to the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) untils: BTreeMap<Partition, Until>,
    pub(crate) others: bool,
}

/// What came of making one.
type Made = Result<Arc<Past>, Arc<LookBackError>>;

/// A past that is there, or is going to be.
struct Kept {
    moment: Moment,
    made: watch::Receiver<Option<Made>>,
}

/// The pasts that are kept, and who makes them.
pub(crate) struct Pasts {
    maker: Maker,
    patience: Duration,
    /// The least recently used first.
    kept: Mutex<Vec<Kept>>,
}

impl Pasts {
    /// Makes pasts of a log in a folder, which is emptied before.
    ///
    /// # Errors
    /// When the folder cannot be emptied, or the system gives no thread.
    pub(crate) fn start(log: Arc<dyn ledger::log::Log>, dir: std::path::PathBuf) -> std::io::Result<Self> {
        Ok(Self { maker: Maker::start(log, dir)?, patience: PATIENCE, kept: Mutex::default() })
    }

    /// Views as they were.
    pub(super) async fn at(&self, moment: &Moment) -> Outcome<Arc<Past>> {
        let past = self.made(moment).await?;
        if past.is_still_so().map_err(log_failed)? {
            return Ok(past);
        }
        // More has come to stand in the log that may be of that time.
        self.kept().retain(|kept| kept.moment != *moment);
        self.made(moment).await
    }

    async fn made(&self, moment: &Moment) -> Outcome<Arc<Past>> {
        let mut made = self.keep(moment)?;
        let waited = tokio::time::timeout(self.patience, made.wait_for(Option::is_some)).await;
        let made = match waited {
            Ok(Ok(made)) => made.clone(),
            Ok(Err(_)) => Some(Err(Arc::new(LookBackError::Interrupted))),
            Err(_) => None,
        };
        match made {
            Some(Ok(past)) => Ok(past),
            Some(Err(error)) => {
                self.kept().retain(|kept| kept.moment != *moment);
                Err(cannot_look_back(&error))
            }
            None => Err(Problem::new("PastNotReady").retry_after(jittered(3))),
        }
    }

    /// The past of this moment, which is begun when there is none.
    fn keep(&self, moment: &Moment) -> Outcome<watch::Receiver<Option<Made>>> {
        let mut kept = self.kept();
        if let Some(at) = kept.iter().position(|kept| kept.moment == *moment) {
            let used = kept.remove(at);
            let made = used.made.clone();
            kept.push(used);
            return Ok(made);
        }
        let made = self.maker.make(moment.clone())?;
        let over = (kept.len() + 1).saturating_sub(KEPT);
        // Those that are being made stay: somebody waits for them, and the maker takes only a few.
        let ready = (0..kept.len()).filter(|&at| kept.get(at).is_some_and(Kept::is_made)).take(over);
        for at in ready.collect::<Vec<_>>().into_iter().rev() {
            kept.remove(at);
        }
        kept.push(Kept { moment: moment.clone(), made: made.clone() });
        Ok(made)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up what is being made, and lets go of the log and of what was kept.
    pub(crate) fn stop(&self) {
        self.maker.stop();
        self.kept().clear();
    }
}

impl Kept {
    fn is_made(&self) -> bool {
        self.made.borrow().is_some()
    }
}

fn log_failed(error: LogError) -> Problem {
    cannot_look_back(&error.into())
}

fn cannot_look_back(error: &LookBackError) -> Problem {
    match error {
        LookBackError::Past(error @ PastError::Ahead { asked, .. }) => {
            Problem::new("PositionAhead").detail(error.to_string()).with("asked_for", asked)
        }
        LookBackError::Past(error @ PastError::OtherHistory { asked, .. }) => {
            Problem::new("ForeignPosition").detail(error.to_string()).with("asked_for", asked)
        }
        LookBackError::Past(PastError::BeforeGenesis { at, .. }) => Problem::new("BeforeTheLedger")
            .detail(format!("the ledger begins after {}", Zone::utc().show(*at))),
        LookBackError::Halted { .. }
        | LookBackError::Log(LogError::Gap { .. })
        | LookBackError::Past(PastError::Log(LogError::Gap { .. }))
        | LookBackError::Start(StartError::Log(LogError::Gap { .. })) => {
            Problem::new("Halted").detail(error.to_string()).retry_after(jittered(30))
        }
        LookBackError::Unread(_) => Problem::new("PastNotReady").retry_after(jittered(3)),
        error if is_for_now(error) => {
            tracing::warn!(%error, "the past cannot be looked at now");
            Problem::new("PastNotReady").retry_after(jittered(3))
        }
        LookBackError::Interrupted => Problem::new("ShuttingDown").retry_after(jittered(5)),
        error => {
            tracing::error!(%error, "the past cannot be looked at");
            Problem::new("InternalError")
        }
    }
}

/// Whether the log, or the disk under what is made of it, may do later what it could not do now.
fn is_for_now(error: &LookBackError) -> bool {
    match error {
        LookBackError::Log(error)
        | LookBackError::Past(PastError::Log(error))
        | LookBackError::Start(StartError::Log(error)) => error.is_for_now(),
        LookBackError::Folder { .. }
        | LookBackError::Store(StoreError::Storage(_) | StoreError::Folder { .. })
        | LookBackError::Start(StartError::Store(StoreError::Storage(_) | StoreError::Folder { .. })) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
