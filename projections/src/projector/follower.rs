//! All partitions together: catching up, drawing, the loop.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use schemas::ids::Partition;

use super::follow::Followed;
use super::{Settings, StartError};
use crate::keys::{CentreAt, Key, Table};
use crate::rows::CentreRow;
use crate::views::{Published, Shared, Views};

/// Follows all partitions and draws what is shown.
pub(super) struct Follower {
    shared: Arc<Shared>,
    settings: Settings,
    partitions: Vec<Followed>,
    drawn_at: Option<Instant>,
}

impl Follower {
    /// Folds what the store has already.
    ///
    /// # Errors
    /// When the log or the store cannot be read, or the store has what is not in the log.
    pub(super) fn new(shared: Arc<Shared>, settings: Settings) -> Result<Self, StartError> {
        for (key, row) in shared.store.now().scan::<CentreRow>(&Key::table(Table::Centres))? {
            if let Some(partition) = partition_in(&key) {
                let at = CentreAt { partition, number: row.description.number };
                shared.learn(row.description.id, at);
            }
        }
        let mut partitions = Vec::new();
        for progress in &shared.partitions {
            let partition = progress.now().position.partition;
            let mut followed = Followed::new(partition, Arc::clone(progress), shared.meta.ledger);
            followed.refold(&shared, &settings)?;
            partitions.push(followed);
        }
        Ok(Self { shared, settings, partitions, drawn_at: None })
    }

    /// What readers ask.
    pub(super) fn views(&self) -> Views {
        Views::new(Arc::clone(&self.shared))
    }

    /// Follows every partition to where the log ended when it was asked, and draws.
    pub(super) fn catch_up(&mut self) {
        for partition in self.order() {
            let end = self.shared.log.end(partition).unwrap_or(0);
            while self.next_offset(partition) < end && self.follow(partition) {}
        }
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

    /// Follows one batch of a partition, and tells whether there may be more.
    fn follow(&mut self, partition: Partition) -> bool {
        let followed = usize::try_from(partition.0).ok().and_then(|at| self.partitions.get_mut(at));
        followed.is_some_and(|followed| followed.follow(&self.shared, &self.settings))
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

    /// Follows the log until it is told to stop.
    pub(super) fn run(mut self) {
        let signal = Arc::clone(&self.shared.signal);
        let mut waits_since = None;
        loop {
            let asked = signal.take(waits_since.map(|since| since + self.settings.draw_every));
            if asked.stop {
                return;
            }
            for partition in asked.moved {
                if self.follow(partition) {
                    signal.moved(partition);
                }
            }
            waits_since = self.draw(asked.draw, Instant::now());
        }
    }
}

/// The partition in the key of a centre's row.
fn partition_in(key: &[u8]) -> Option<Partition> {
    let (bytes, _) = key.get(1..)?.split_first_chunk()?;
    Some(Partition(u32::from_be_bytes(*bytes)))
}
