//! What has ended leaves the ledger's fold after seven days; from then on the views know its end, and the edge asks
//! them before it submits.

use ledger::rejection::{Mark, Rejection};
use projections::rows::{Ended, HoldRow, HoldState, RegistrationRow};
use schemas::Instant;
use schemas::ids::{CentreId, ContentHash, HoldId, Partition, RegistrationId};

use crate::problem::{Outcome, Problem, jittered, refused};
use crate::service::{Service, views_failed};
use crate::stamp::Stamp;

/// How long the fold surely remembers, in milliseconds of the ledger's time.
const REMEMBERED_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

/// Views that are further behind the clock than this, in milliseconds, and behind their writer, are not trusted to know
/// what has ended.
const VIEWS_TOO_OLD_MS: u64 = 24 * 60 * 60 * 1_000;

impl Service {
    /// Waits until the views know whatever the fold may have forgotten by now, and refuses when they do not get there.
    pub(crate) async fn remembers(&self, partition: Partition) -> Outcome<()> {
        let (Some((read, _)), Some((seen, at))) =
            (self.ledger.read_position(partition), self.views.position(partition))
        else {
            return Ok(());
        };
        let old = seen.seq < read.seq && self.ledger.now().millis_since(at) > VIEWS_TOO_OLD_MS;
        if old && !self.catch_up_with(read).await {
            return Err(Problem::new("ViewsBehind").retry_after(jittered(30)));
        }
        Ok(())
    }

    /// Whether the fold may have forgotten what ended there.
    pub(crate) fn may_be_forgotten(&self, ended: Mark) -> bool {
        is_forgotten(self.ledger.now(), ended)
    }

    /// [`Self::remembers`] for a centre: asked before its rows are read for what has ended.
    pub(crate) async fn remembers_ends(&self, centre: &CentreId) -> Outcome<()> {
        self.remembers(self.ledger.partition_of(centre)).await
    }

    /// Refuses to place a hold anew that ended long ago.
    pub(crate) fn refuse_forgotten_hold(
        &self,
        centre: &CentreId,
        hold: HoldId,
        registration: RegistrationId,
        content: ContentHash,
    ) -> Outcome<()> {
        let found = self.views.hold(centre, hold).map_err(views_failed)?;
        let Some(row) = found.value.as_ref().map(|found| &found.hold) else { return Ok(()) };
        let Some(ended) = row.ended_at().filter(|&ended| self.may_be_forgotten(ended)) else { return Ok(()) };
        let rejection = if row.registration != registration {
            Rejection::IdTaken
        } else if row.content != content {
            Rejection::ContentDiffers
        } else {
            end_of_hold(row, ended)
        };
        let stamp = Stamp { position: found.position, at: found.at, zone: self.zone_of(centre)? };
        Err(refused(&rejection, stamp))
    }

    /// Refuses to do something with a hold or booking that ended long ago.
    pub(crate) fn refuse_forgotten_end(&self, centre: &CentreId, row: &HoldRow) -> Outcome<()> {
        match row.ended_at().filter(|&ended| self.may_be_forgotten(ended)) {
            Some(ended) => Err(refused(&end_of_hold(row, ended), self.stamp(centre)?)),
            None => Ok(()),
        }
    }

    /// Refuses to do something with a registration that ended long ago.
    pub(crate) fn refuse_forgotten_registration(
        &self,
        centre: &CentreId,
        row: &RegistrationRow,
    ) -> Outcome<()> {
        match row.withdrawn.map(|end| end.withdrawn_at).filter(|&ended| self.may_be_forgotten(ended)) {
            Some(ended) => Err(refused(&Rejection::RegistrationEnded { ended }, self.stamp(centre)?)),
            None => Ok(()),
        }
    }
}

fn is_forgotten(now: Instant, ended: Mark) -> bool {
    now.millis_since(ended.time) >= REMEMBERED_MS
}

fn end_of_hold(row: &HoldRow, ended: Mark) -> Rejection {
    match row.state {
        HoldState::Ended { how: Ended::Expired, .. } => Rejection::HoldLapsed { ended },
        HoldState::Ended { how: Ended::Cancelled(_), .. } => Rejection::BookingEnded { ended },
        HoldState::Ended { how: Ended::Released(_), .. } | HoldState::Held | HoldState::Booked => {
            Rejection::HoldEnded { ended }
        }
    }
}
