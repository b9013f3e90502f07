//! Reading things so that nobody misses what he was just told: a read waits, for a moment, for what its centre's writer
//! had read when the request came in.

mod encoding;
mod kept;

use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use projections::{AsOf, StoreError, Views, Waited};
use schemas::Position;
use schemas::ids::CentreId;
use serde::{Deserialize, Serialize};

pub(crate) use encoding::takes_gzip;
pub(crate) use kept::{Constant, constant, rendered, shown_for_all};

use crate::problem::{Outcome, Problem, jittered};
use crate::service::{Service, views_failed};
use crate::stamp::{Stamp, Zone};

/// How long a read of a single thing waits for the views.
const WAIT_FOR_WRITER: Duration = Duration::from_millis(250);
/// How long a read waits for a position that it names.
pub(crate) const WAIT_FOR_POSITION: Duration = Duration::from_secs(1);

/// The query of a read.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AtLeast {
    pub(crate) at_least: Option<Position>,
}

impl Service {
    /// Waits until the views are at a position that the client names.
    pub(crate) async fn reach(&self, at_least: Option<Position>) -> Outcome<()> {
        match at_least {
            Some(position) => waited(self.views.wait_for(position, WAIT_FOR_POSITION).await, position),
            None => Ok(()),
        }
    }

    /// The same for availability and pairs.
    pub(crate) async fn reach_availability(&self, at_least: Option<Position>) -> Outcome<()> {
        match at_least {
            Some(position) => {
                waited(self.views.wait_for_availability(position, WAIT_FOR_POSITION).await, position)
            }
            None => Ok(()),
        }
    }

    /// Waits for what the centre's writer has read; whether the views came there.
    pub(crate) async fn catch_up(&self, centre: &CentreId) -> bool {
        let Some((position, _)) = self.ledger.read_position(self.ledger.partition_of(centre)) else {
            return false;
        };
        self.catch_up_with(position).await
    }

    /// Waits a moment for a position; whether the views came there.
    pub(crate) async fn catch_up_with(&self, position: Position) -> bool {
        self.views.wait_for(position, WAIT_FOR_WRITER).await == Waited::Reached
    }

    /// A single thing, as new as its writer. None: there surely is no such thing.
    pub(crate) async fn fresh<T>(
        &self,
        centre: &CentreId,
        look: impl Fn(&Views) -> Result<AsOf<Option<T>>, StoreError>,
    ) -> Outcome<AsOf<Option<T>>> {
        let caught_up = self.catch_up(centre).await;
        let found = look(&self.views).map_err(views_failed)?;
        if found.value.is_none() && !caught_up {
            return Err(not_reached());
        }
        Ok(found)
    }

    /// A thing whose presence is all that matters: it is taken as the views have it, and waited for when they have not.
    pub(crate) async fn known<T>(
        &self,
        centre: &CentreId,
        look: impl Fn(&Views) -> Result<AsOf<Option<T>>, StoreError>,
    ) -> Outcome<Option<T>> {
        let found = look(&self.views).map_err(views_failed)?.value;
        match found {
            Some(found) => Ok(Some(found)),
            None => Ok(self.fresh(centre, look).await?.value),
        }
    }
}

fn waited(waited: Waited, position: Position) -> Outcome<()> {
    match waited {
        Waited::Reached => Ok(()),
        Waited::NotReached => Err(not_reached().with("asked_for", position)),
        Waited::OtherHistory => Err(Problem::new("ForeignPosition").with("asked_for", position)),
    }
}

fn not_reached() -> Problem {
    Problem::new("PositionNotReached").retry_after(jittered(1))
}

/// JSON, and what it is as of.
pub(crate) fn shown(value: &impl Serialize, stamp: &Stamp) -> Response {
    let mut response = axum::Json(value).into_response();
    response.headers_mut().extend(stamp.headers());
    response
}

/// The stamp of something that was read.
pub(crate) fn stamp_of<T>(found: &AsOf<T>, zone: Zone) -> Stamp {
    Stamp { position: found.position, at: found.at, zone }
}
