//! Reading a partition from its newest snapshot or its beginning, piece by piece, and what to do when it cannot be read.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant as Monotonic};

use schemas::ids::Partition;

use super::StartError;
use crate::fold::{FoldError, PartitionFold};
use crate::log::{Log, LogError};
use crate::snapshot::{SnapshotError, Snapshots};

pub(super) const READ_BYTES: usize = 4 << 20;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long a start goes on trying to read a log that does not answer.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// One warning of a kind in so long.
const GRUMBLE_EVERY: Duration = Duration::from_secs(10);

/// A partition that is being read.
pub(super) struct CatchUp {
    pub(super) fold: PartitionFold,
    /// Where to look for a fold to begin with, as long as nobody has.
    snapshots: Option<Snapshots>,
    /// Before which offset it ends; none: where the log does.
    to: Option<u64>,
}

/// A partition as its writer begins with it.
pub(super) struct Begun {
    pub(super) fold: PartitionFold,
    /// Why nothing can be decided here: the fold is not what the log says.
    pub(super) broken: Option<String>,
}

/// Why a piece could not be read.
#[derive(Debug)]
pub(super) enum Stuck {
    /// It may be possible later.
    ForNow(LogError),
    /// What stands there cannot be believed or understood.
    ForEver(StartError),
}

impl From<LogError> for Stuck {
    fn from(error: LogError) -> Self {
        if error.is_for_now() { Self::ForNow(error) } else { Self::ForEver(error.into()) }
    }
}

impl From<FoldError> for Stuck {
    fn from(error: FoldError) -> Self {
        Self::ForEver(error.into())
    }
}

impl From<SnapshotError> for Stuck {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Log(error) => error.into(),
            other => Self::ForEver(other.into()),
        }
    }
}

impl CatchUp {
    /// Up to before the offset `to`, if one is given.
    pub(super) fn new(partition: Partition, snapshots: Option<Snapshots>, to: Option<u64>) -> Self {
        Self { fold: PartitionFold::new(None, partition), snapshots, to }
    }

    /// From a fold of this log on, to where the log ends.
    pub(super) fn after(fold: PartitionFold) -> Self {
        Self { fold, snapshots: None, to: None }
    }

    /// Reads the next piece; whether that was the last one.
    pub(super) fn read_on(&mut self, log: &dyn Log) -> Result<bool, Stuck> {
        let partition = self.fold.chain.partition();
        if let Some(snapshots) = &self.snapshots {
            if let Some(snapshot) = snapshots.newest(log, partition, self.to)? {
                self.fold = snapshot.fold;
            }
            self.snapshots = None;
        }
        let from = self.fold.chain.next_offset();
        let entries = log.read(partition, from, READ_BYTES)?;
        if entries.is_empty() {
            return match self.to.filter(|&asked| asked > from) {
                Some(asked) => Err(LogError::PastTheEnd { partition, end: from, asked }.into()),
                None => Ok(true),
            };
        }
        for entry in entries.into_iter().take_while(|entry| self.to.is_none_or(|to| entry.offset < to)) {
            self.fold.read(entry.offset, &entry.value)?;
        }
        Ok(self.to.is_some_and(|to| self.fold.chain.next_offset() >= to))
    }

    /// Reads all, with some patience for a log that does not answer. What halts a partition, halts this one alone.
    pub(super) fn read_all(mut self, log: &dyn Log) -> Result<Begun, StartError> {
        let partition = self.fold.chain.partition();
        let mut pause = Pause::default();
        let mut stuck_since = None;
        loop {
            // A panic is a fault of this program in this partition's records, so it halts like one of the records.
            let went_on = match catch_unwind(AssertUnwindSafe(|| self.read_on(log))) {
                Ok(went_on) => went_on,
                Err(_) if self.fold.position().is_some() => {
                    let place = self.fold.chain.position();
                    let why = format!("reading panicked around {place}; see the program's log");
                    return Ok(self.halted(why));
                }
                Err(panic) => resume_unwind(panic),
            };
            match went_on {
                Ok(true) => return Ok(Begun { fold: self.fold, broken: None }),
                Ok(false) => (pause, stuck_since) = (Pause::default(), None),
                Err(Stuck::ForEver(StartError::Fold(error))) if self.fold.position().is_some() => {
                    return Ok(self.halted(error.where_and_why()));
                }
                Err(Stuck::ForEver(StartError::Log(gap @ LogError::Gap { .. })))
                    if self.fold.position().is_some() =>
                {
                    return Ok(self.halted(gap.to_string()));
                }
                Err(Stuck::ForEver(error)) => return Err(error),
                Err(Stuck::ForNow(error)) => {
                    let since = *stuck_since.get_or_insert_with(Monotonic::now);
                    if since.elapsed() >= START_PATIENCE {
                        return Err(error.into());
                    }
                    tracing::warn!(%partition, %error, "the log cannot be read yet; tries again");
                    std::thread::sleep(pause.prolong());
                }
            }
        }
    }

    fn halted(self, why: String) -> Begun {
        let partition = self.fold.chain.partition();
        tracing::error!(%partition, why, "the partition begins halted; the others are served");
        Begun { fold: self.fold, broken: Some(why) }
    }
}

/// A pause that grows with every failure in a row.
#[derive(Debug, Default)]
pub(super) struct Pause {
    last: Option<(Monotonic, Duration)>,
}

impl Pause {
    /// Begins to wait, longer than the last time; how long.
    pub(super) fn prolong(&mut self) -> Duration {
        let pause = self.last.map_or(FIRST_PAUSE, |(_, last)| (last * 2).min(LONGEST_PAUSE));
        self.last = Some((Monotonic::now() + pause, pause));
        pause
    }

    /// Begins to wait so long.
    pub(super) fn begin(&mut self, pause: Duration) {
        self.last = Some((Monotonic::now() + pause, pause));
    }

    pub(super) fn is_over(&self) -> bool {
        self.left(Monotonic::now()).is_none()
    }

    /// How much longer it waits, if it does.
    pub(super) fn left(&self, now: Monotonic) -> Option<Duration> {
        let (until, _) = self.last?;
        Some(until.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }
}

/// Warnings of one kind, of all partitions together, that do not flood the program's log.
#[derive(Default)]
pub(super) struct Grumbles(Mutex<(Option<Monotonic>, u64)>);

impl Grumbles {
    /// Says so, if it is time again.
    pub(super) fn about(&self, partition: Partition, what: &'static str, error: &LogError) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.0.is_some_and(|last| last.elapsed() < GRUMBLE_EVERY) {
            said.1 += 1;
            return;
        }
        let unsaid = said.1;
        *said = (Some(Monotonic::now()), 0);
        tracing::warn!(%partition, %error, unsaid, "{what}");
    }
}
