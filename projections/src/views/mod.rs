//! Views: what readers ask.

mod drawn;
mod erasures;
mod lookups;
mod progress;
mod published;
mod shared;

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use ledger::log::LogError;
use schemas::hashing::partition_of;
use schemas::ids::{CentreId, Partition};
use schemas::vocabulary::Channel;
use schemas::{CivilDate, Instant, Position};

pub use drawn::Drawn;
pub use lookups::{AsOf, Found, HoldFound, Overview};
pub(crate) use progress::PartitionProgress;
pub use progress::{Progress, Waited};
pub(crate) use published::{CentreShown, DayShown, Published};
pub use published::{Rendered, RenderedAll};
pub(crate) use shared::Shared;

use crate::availability::{PairShown, Wanted, pairs};

/// What follows from the facts, to be asked by anybody at any time. Cheap to clone; no read ever waits for a write.
#[derive(Clone)]
pub struct Views {
    shared: Arc<Shared>,
}

/// Pairs, and what they are as of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairs {
    /// Nearest day first, then by start.
    pub pairs: Vec<PairShown>,
    /// What they are as of.
    pub as_of: Position,
    /// The fold's time there.
    pub at: Instant,
}

impl Views {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The partition whose records concern a centre.
    pub fn partition_of(&self, centre: &CentreId) -> Partition {
        partition_of(centre, self.shared.meta.partitions)
    }

    /// Where a partition stands and the fold's time there; none when the ledger has no such partition.
    pub fn position(&self, partition: Partition) -> Option<(Position, Instant)> {
        self.shared.progress(partition).map(|progress| progress.now()).map(|now| (now.position, now.at))
    }

    /// How far every partition has been followed, halted ones with their reason.
    pub fn progress(&self) -> Vec<Progress> {
        self.shared.partitions.iter().map(|partition| partition.now()).collect()
    }

    /// The partitions that are not followed for the time being, and why. They are followed again by themselves.
    pub fn waiting(&self) -> Vec<(Partition, Arc<str>)> {
        let waiting = self.progress().into_iter();
        waiting.filter_map(|now| Some((now.position.partition, now.waits?))).collect()
    }

    /// The partitions that are followed no further, and why.
    pub fn halted(&self) -> Vec<(Partition, Arc<str>)> {
        let halted = self.progress().into_iter();
        halted.filter_map(|now| Some((now.position.partition, now.halted?))).collect()
    }

    /// How many entries of each partition stand in the log and have not been followed yet.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn lag(&self) -> Result<Vec<(Partition, u64)>, LogError> {
        let behind = |now: Progress| {
            let partition = now.position.partition;
            Ok((partition, self.shared.log.end(partition)?.saturating_sub(now.offset)))
        };
        self.progress().into_iter().map(behind).collect()
    }

    /// Waits until every single thing can be read as of a position, or for so long.
    pub async fn wait_for(&self, position: Position, timeout: Duration) -> Waited {
        match self.shared.progress(position.partition) {
            Some(progress) => progress.wait_written(position, timeout).await,
            None => Waited::OtherHistory,
        }
    }

    /// Waits until availability and pairs are as of a position, or for so long. They are drawn at once for it.
    pub async fn wait_for_availability(&self, position: Position, timeout: Duration) -> Waited {
        let Some(progress) = self.shared.progress(position.partition) else { return Waited::OtherHistory };
        let began = std::time::Instant::now();
        let written = progress.wait_written(position, timeout).await;
        if written != Waited::Reached || progress.shows(position) {
            return written;
        }
        self.shared.signal.draw();
        progress.wait_shown(position, timeout.saturating_sub(began.elapsed())).await
    }

    /// All centres by day.
    pub fn availability(&self) -> Arc<RenderedAll> {
        self.shared.published().all()
    }

    /// One centre by day; none when there is no such centre.
    pub fn centre_availability(&self, centre: &CentreId) -> Option<Rendered> {
        self.shared.published().centre(centre)
    }

    /// Whether any centre was described.
    pub fn has_centres(&self) -> bool {
        !self.shared.published().centres.is_empty()
    }

    /// The time zone of a centre as its availability is drawn in; none when there is no such centre. Nothing is read for
    /// it, so that every answer can have it.
    pub fn time_zone(&self, centre: &CentreId) -> Option<TimeZone> {
        Some(self.shared.published().centres.get(centre)?.face.clock.time_zone().clone())
    }

    /// The slots of a day; none when there is no such centre, or it has no slots on that day.
    pub fn day(&self, centre: &CentreId, date: CivilDate) -> Option<Rendered> {
        self.shared.published().day(centre, date)
    }

    /// Pairs that a channel could hold at a centre; none when there is no such centre. `near` is the day that somebody
    /// would like best; without it the earliest come first.
    pub fn pairs(
        &self,
        centre: &CentreId,
        channel: Channel,
        near: Option<CivilDate>,
        limit: usize,
    ) -> Option<Pairs> {
        let published = self.shared.published();
        let shown = published.centres.get(centre)?;
        let &(as_of, at) = published.as_of.get(&shown.partition)?;
        let days = shown.days.values().map(|day| &day.facts);
        let not_before = at.plus_millis(u64::from(shown.book_until_min) * 60_000);
        let wanted = Wanted { channel, near, limit, not_before };
        Some(Pairs { pairs: pairs(&shown.face, days, wanted), as_of, at })
    }
}
