//! Where a partition that is followed begins, and what it shows to whoever takes snapshots.

use std::time::Instant;

use ledger::snapshot::Publisher;

use super::Followed;
use crate::projector::tracks::Tracks;
use crate::projector::{Settings, StartError};
use crate::views::Shared;

impl Followed {
    /// Goes on from the newest snapshot that knows no more than the store.
    pub(super) fn begin_from_a_snapshot(
        &mut self,
        shared: &Shared,
        settings: &Settings,
        up_to: u64,
        publisher: Option<&Publisher>,
    ) -> Result<(), StartError> {
        let Some(snapshots) = &settings.snapshots else { return Ok(()) };
        let Some(found) = snapshots.newest(shared.log.as_ref(), self.partition, Some(up_to))? else {
            return Ok(());
        };
        match Tracks::of(&found.fold, &found.beside) {
            Ok(tracks) => {
                if let Some(publisher) = publisher {
                    publisher.began_from(&found);
                }
                self.tracks = tracks;
                self.fold = found.fold;
                self.began_at = self.fold.chain.next_offset();
            }
            Err(error) => {
                let partition = self.partition.0;
                tracing::warn!(partition, %error, "what stands beside a snapshot cannot be read; the log is");
            }
        }
        Ok(())
    }

    /// Shows the fold to whoever takes snapshots, where it is right behind a decision and the store is as far.
    pub(in crate::projector) fn offer(&self, publisher: &Publisher) {
        if let Some(decided) = self.decided.filter(|_| self.sound && self.halted.is_none()) {
            publisher.offer(&self.fold, decided, || self.tracks.to_bytes());
        }
    }

    /// The same before the end, so that the next start has next to nothing to read; waits for the disk until then and no longer.
    pub(in crate::projector) fn offer_at_the_end(&self, publisher: &Publisher, until: Instant) {
        if let Some(decided) = self.decided.filter(|_| self.sound && self.halted.is_none()) {
            publisher.offer_at_the_end(&self.fold, decided, || self.tracks.to_bytes(), until);
        }
    }
}
