//! All partitions together: catching up, drawing, the loop.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::fold::PartitionFold;
use ledger::past::Until;
use ledger::snapshot::{Publisher, Snapshots};
use ledger::spread;
use schemas::ids::Partition;

use super::follow::Followed;
use super::past::LookBackError;
use super::{Settings, StartError};
use crate::keys::{CentreAt, Key, Table};
use crate::rows::CentreRow;
use crate::views::{Published, Shared, Views};

/// When a log that could not be read, or views that could not be written, are tried again.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// How long snapshots are still begun when the program ends; what is begun then is written.
const LAST_SNAPSHOTS_WITHIN: Duration = Duration::from_secs(3);

/// Follows all partitions and draws what is shown.
pub(super) struct Follower {
    shared: Arc<Shared>,
    settings: Settings,
    partitions: Vec<Followed>,
    drawn_at: Option<Instant>,
    /// Takes snapshots, if any are to be taken.
    publisher: Option<Publisher>,
}

impl Follower {
    /// Folds what the store has already.
    ///
    /// # Errors
    /// When the log or the store cannot be read, or the store has what is not in the log.
    pub(super) fn new(shared: Arc<Shared>, settings: Settings) -> Result<Self, StartError> {
        for (key, row) in
            shared.store.open_now()?.at_once()?.scan::<CentreRow>(&Key::table(Table::Centres))?
        {
            if let Some(partition) = partition_in(&key) {
                let at = CentreAt { partition, number: row.description.number };
                shared.learn(row.description.id, at);
            }
        }
        let publisher =
            settings.snapshots.as_ref().map(Snapshots::publisher).transpose().map_err(StartError::Thread)?;
        let partitions = spread(shared.partitions.iter().collect(), |progress| {
            let partition = progress.now().position.partition;
            let mut followed = Followed::new(partition, Arc::clone(progress), shared.meta.ledger);
            followed.refold(&shared, &settings, publisher.as_ref()).map(|()| followed)
        });
        let partitions = partitions.into_iter().collect::<Result<_, _>>()?;
        Ok(Self { shared, settings, partitions, drawn_at: None, publisher })
    }

    /// What readers ask.
    pub(super) fn views(&self) -> Views {
        Views::new(Arc::clone(&self.shared))
    }

    /// Copies of the folds of the partitions that have not halted.
    pub(super) fn folds(&self) -> Vec<PartitionFold> {
        self.partitions.iter().filter_map(Followed::fold).cloned().collect()
    }

    /// Follows every partition to where the log ended when it was asked, and draws.
    pub(super) fn catch_up(&mut self) {
        let order = self.order();
        let mut followed: BTreeMap<Partition, &mut Followed> =
            (0..).map(Partition).zip(&mut self.partitions).collect();
        let in_order = order.iter().filter_map(|partition| followed.remove(partition)).collect();
        let (shared, settings, publisher) = (&self.shared, &self.settings, self.publisher.as_ref());
        spread(in_order, |followed: &mut Followed| followed.catch_up(shared, settings, publisher));
        self.say_how_much();
        self.draw(true, Instant::now());
    }

    /// Why a start took as long as it did.
    fn say_how_much(&self) {
        let read = self.partitions.iter().map(Followed::read_since);
        let (from_snapshots, records) = read.fold((0_usize, 0_u64), |(begun, records), (from, since)| {
            (begun + usize::from(from > 0), records + since)
        });
        let partitions = self.partitions.len();
        let what = "the log was read; so many partitions from a snapshot on";
        tracing::info!(partitions, from_snapshots, records, "{what}");
    }

    /// Follows one partition no further than so, for as long as `go_on`; tells whether nothing that is still to be appended
    /// can belong to it.
    ///
    /// # Errors
    /// When it cannot be followed so far.
    pub(super) fn follow_until(
        &mut self,
        partition: Partition,
        until: Until,
        go_on: &dyn Fn() -> bool,
    ) -> Result<bool, LookBackError> {
        let end = self.shared.log.end(partition)?;
        if let Some(followed) = self.followed(partition) {
            followed.stop_at(until);
        }
        while self.next_offset(partition) < end {
            if !go_on() {
                return Err(LookBackError::Interrupted);
            }
            if !self.follow(partition) {
                break;
            }
        }
        let now = self.shared.progress(partition).map(|progress| progress.now());
        if let Some(reason) = now.and_then(|now| now.halted) {
            return Err(LookBackError::Halted { partition, reason });
        }
        match self.followed(partition) {
            Some(followed) if followed.waits().is_some() => Err(LookBackError::Unread(partition)),
            Some(followed) => {
                followed.check_reached()?;
                Ok(matches!(until, Until::Position(_)) || followed.next_offset() < end)
            }
            None => Err(LookBackError::NoPartition(partition)),
        }
    }

    /// Draws all there is.
    pub(super) fn draw_all(&mut self) {
        self.draw(true, Instant::now());
    }

    fn order(&self) -> Vec<Partition> {
        let mut named = BTreeSet::new();
        let all = (0..self.shared.meta.partitions).map(Partition);
        self.settings.order.iter().copied().chain(all).filter(|&partition| named.insert(partition)).collect()
    }

    fn next_offset(&self, partition: Partition) -> u64 {
        let followed = usize::try_from(partition.0).ok().and_then(|at| self.partitions.get(at));
        followed.map_or(0, Followed::next_offset)
    }

    fn followed(&mut self, partition: Partition) -> Option<&mut Followed> {
        self.partitions.get_mut(usize::try_from(partition.0).ok()?)
    }

    /// Follows one batch of a partition, and tells whether there may be more.
    fn follow(&mut self, partition: Partition) -> bool {
        let followed = usize::try_from(partition.0).ok().and_then(|at| self.partitions.get_mut(at));
        let Some(followed) = followed else { return false };
        let more = followed.follow(&self.shared, &self.settings);
        if let Some(publisher) = &self.publisher {
            followed.offer(publisher);
        }
        more
    }

    /// Draws what has changed, unless it was drawn a moment ago and nobody waits. Tells since when it waits.
    fn draw(&mut self, asked: bool, now: Instant) -> Option<Instant> {
        if !self.partitions.iter().any(Followed::has_moved) {
            return None;
        }
        let just_drawn = |at: &Instant| now.saturating_duration_since(*at) < self.settings.draw_every;
        if let Some(drawn_at) = self.drawn_at.filter(just_drawn).filter(|_| !asked) {
            return Some(drawn_at);
        }
        let before = self.shared.published();
        let mut published = Published {
            centres: before.centres.clone(),
            as_of: before.as_of.clone(),
            ..Published::default()
        };
        for followed in self.partitions.iter_mut().filter(|followed| followed.has_moved()) {
            followed.draw(&mut published);
        }
        self.shared.publish(published);
        self.partitions.iter_mut().for_each(Followed::tell_shown);
        self.drawn_at = Some(now);
        None
    }

    /// Partitions that are to be tried again, and why they wait.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (Partition, &Arc<str>)> {
        let all = (0..).map(Partition).zip(&self.partitions);
        all.filter_map(|(partition, followed)| Some((partition, followed.waits()?)))
    }

    /// What the next start begins from.
    fn end(&self) {
        let until = Instant::now() + LAST_SNAPSHOTS_WITHIN;
        if let Some(publisher) = &self.publisher {
            self.partitions.iter().for_each(|followed| followed.offer_at_the_end(publisher, until));
        }
    }

    /// Follows the log until it is told to stop.
    pub(super) fn run(mut self) {
        let signal = Arc::clone(&self.shared.signal);
        let mut waits_since: Option<Instant> = None;
        let mut retry_at: Option<Instant> = None;
        loop {
            let draw_at = waits_since.map(|since| since + self.settings.draw_every);
            let mut asked = signal.take(draw_at.into_iter().chain(retry_at).min());
            if asked.stop {
                return self.end();
            }
            if retry_at.is_some_and(|at| at <= Instant::now()) {
                asked.moved.extend(self.waiting().map(|(partition, _)| partition));
            }
            for partition in asked.moved {
                if self.follow(partition) {
                    signal.moved(partition);
                }
            }
            retry_at = self.waiting().next().map(|_| Instant::now() + RETRY_AFTER);
            waits_since = self.draw(asked.draw, Instant::now());
        }
    }
}

/// The partition in the key of a centre's row.
fn partition_in(key: &[u8]) -> Option<Partition> {
    let (bytes, _) = key.get(1..)?.split_first_chunk()?;
    Some(Partition(u32::from_be_bytes(*bytes)))
}
