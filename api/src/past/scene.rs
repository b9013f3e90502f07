//! What a request of the audit edge reads: the views as they are, or as they were.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::Response;
use ledger::Rejection;
use ledger::past::Until;
use projections::{Past, Views, Waited};
use schemas::ids::{CentreId, Partition};
use schemas::{Instant, Position};

use super::{AsOf, Moment, When};
use crate::problem::{Outcome, Problem, jittered, refused};
use crate::reading::WAIT_FOR_POSITION;
use crate::service::{EdgeState, Service};
use crate::stamp::{Stamp, Zone};

/// What is asked about, which says which partitions concern it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of<'a> {
    /// All centres and channels: every partition.
    Centres,
    /// What all centres offer: the partitions of centres.
    Offers,
    /// What a centre offers.
    Offer(&'a CentreId),
    /// A single thing of a centre.
    Thing(&'a CentreId),
}

/// Views, and what time it is there.
pub(crate) struct Scene {
    service: Arc<Service>,
    then: Option<Then>,
    /// Whether the views have all that the centre's writer had read; always so in the past.
    caught_up: bool,
}

struct Then {
    past: Arc<Past>,
    as_of: AsOf,
}

impl EdgeState {
    /// The views of the moment that is asked for.
    pub(crate) async fn scene(&self, when: When, of: Of<'_>) -> Outcome<Scene> {
        when.check()?;
        let service = Arc::clone(&self.service);
        let Some(as_of) = when.as_of else {
            let caught_up = service.ready_now(when.at_least, of).await?;
            return Ok(Scene { service, then: None, caught_up });
        };
        let moment = service.moment(&as_of, of).await?;
        let past = service.pasts.at(&moment).await?;
        Ok(Scene { service, then: Some(Then { past, as_of }), caught_up: true })
    }
}

impl Service {
    async fn ready_now(&self, at_least: Option<Position>, of: Of<'_>) -> Outcome<bool> {
        match of {
            Of::Offers | Of::Offer(_) => self.reach_availability(at_least).await.map(|()| true),
            Of::Centres => self.reach(at_least).await.map(|()| true),
            Of::Thing(centre) => {
                self.reach(at_least).await?;
                Ok(self.catch_up(centre).await)
            }
        }
    }

    async fn moment(&self, as_of: &AsOf, of: Of<'_>) -> Outcome<Moment> {
        match as_of {
            AsOf::Instant(at) => self.moment_at(*at, of),
            AsOf::Positions(positions) => self.moment_of(positions, of).await,
        }
    }

    fn moment_at(&self, at: Instant, of: Of<'_>) -> Outcome<Moment> {
        let now = self.ledger.now();
        if at > now {
            let detail = format!("at the ledger it is {}", Zone::utc().show(now));
            return Err(Problem::new("PositionAhead").detail(detail).with("asked_for", at));
        }
        let partitions = match of {
            Of::Centres => (0..self.log.partitions()).map(Partition).collect(),
            Of::Offers => (1..self.log.partitions()).map(Partition).collect(),
            Of::Offer(centre) | Of::Thing(centre) => vec![self.ledger.partition_of(centre)],
        };
        let untils = partitions.into_iter().map(|partition| (partition, Until::Instant(at))).collect();
        Ok(Moment { untils, others: false })
    }

    async fn moment_of(&self, positions: &[Position], of: Of<'_>) -> Outcome<Moment> {
        let mut untils = BTreeMap::new();
        for &position in positions {
            if untils.insert(position.partition, Until::Position(position)).is_some() {
                return Err(Problem::new("BadQuery").detail("as_of names two positions of one partition"));
            }
        }
        if let Of::Offer(centre) | Of::Thing(centre) = of {
            let partition = self.ledger.partition_of(centre);
            untils.retain(|&named, _| named == partition);
            if untils.is_empty() {
                let detail = format!("what concerns {centre} stands in partition {partition}");
                return Err(Problem::new("WrongPartition").detail(detail));
            }
        }
        for until in untils.values() {
            if let Until::Position(position) = *until {
                self.has_come_to(position).await?;
            }
        }
        Ok(Moment { untils, others: matches!(of, Of::Centres) })
    }

    async fn has_come_to(&self, position: Position) -> Outcome<()> {
        match self.views.wait_for(position, WAIT_FOR_POSITION).await {
            Waited::Reached => Ok(()),
            Waited::NotReached => Err(Problem::new("PositionAhead").with("asked_for", position)),
            Waited::OtherHistory => Err(Problem::new("ForeignPosition").with("asked_for", position)),
        }
    }
}

impl Scene {
    /// What is read.
    pub(crate) fn views(&self) -> &Views {
        self.then.as_ref().map_or(&self.service.views, |then| then.past.views())
    }

    /// The moment for what counts seconds: the instant that was asked for, the fold's time at a position, or now.
    pub(crate) fn now(&self, at: Instant) -> Instant {
        match &self.then {
            None => self.service.ledger.now().max(at),
            Some(Then { as_of: AsOf::Instant(asked), .. }) => at.max(*asked),
            Some(Then { as_of: AsOf::Positions(_), .. }) => at,
        }
    }

    /// The zone of a centre; UTC while there is none.
    pub(crate) fn zone_of(&self, centre: &CentreId) -> Zone {
        self.views().time_zone(centre).map_or_else(Zone::utc, Zone::of)
    }

    /// There was no such thing, or there is none.
    pub(crate) fn not_found(&self, centre: &CentreId, what: &'static str) -> Problem {
        if !self.caught_up {
            return Problem::new("PositionNotReached").retry_after(jittered(1));
        }
        let partition = self.views().partition_of(centre);
        match self.views().position(partition) {
            Some((position, at)) => {
                refused(&Rejection::NotFound { what }, Stamp { position, at, zone: self.zone_of(centre) })
            }
            None => Problem::new("InternalError"),
        }
    }

    /// Says how long an answer that names nobody may be kept: for ever when it is as of positions.
    pub(crate) fn kept(&self, mut response: Response) -> Response {
        // Partitions that no position names are shown as of an instant, at which they may still write.
        let is_named = |positions: &[Position], past: &Past| past.reached().count() == positions.len();
        let kept = match &self.then {
            Some(Then { as_of: AsOf::Positions(positions), past }) if is_named(positions, past) => {
                "private, max-age=31536000, immutable"
            }
            _ => "private, no-cache",
        };
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(kept));
        response
    }

    /// For the note of a read: as of when, where it is not now.
    pub(crate) fn as_of_words(&self) -> String {
        match &self.then {
            None => String::new(),
            Some(Then { as_of: AsOf::Instant(at), .. }) => format!(" as of {}", Zone::utc().show(*at)),
            Some(Then { past, .. }) => {
                let positions: Vec<String> =
                    past.reached().map(|(position, _)| position.to_string()).collect();
                format!(" as of {}", positions.join(", "))
            }
        }
    }
}
