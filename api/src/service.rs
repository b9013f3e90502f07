//! What all edges share: the ledger, the views, the vault and the credentials, and how to ask them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant as Monotonic};

use ledger::log::Log;
use ledger::vault::Vault;
use ledger::{Answer, Command, Ledger, Receipt, Request};
use metrics_exporter_prometheus::PrometheusHandle;
use projections::rows::{CentreRow, RulesRow};
use projections::{StoreError, Views};
use schemas::ids::{ActorId, CentreId, Partition};
use schemas::vocabulary::Channel;
use schemas::{CivilDate, Instant};

use crate::config::EdgeConfig;
use crate::credentials::Credentials;
use crate::edge::Edge;
use crate::events::Events;
use crate::exports::Exports;
use crate::past::Pasts;
use crate::problem::{Outcome, Problem, not_done, not_yet_known, refused};
use crate::stamp::{Stamp, Zone};

/// One edge's view of the whole.
#[derive(Clone)]
pub(crate) struct EdgeState {
    pub(crate) edge: Edge,
    pub(crate) limits: Arc<EdgeConfig>,
    pub(crate) service: Arc<Service>,
}

/// What all edges share.
pub(crate) struct Service {
    pub(crate) ledger: Ledger,
    pub(crate) views: Views,
    pub(crate) vault: Vault,
    /// For who reads the records themselves; nobody but the ledger appends.
    pub(crate) log: Arc<dyn Log>,
    pub(crate) pasts: Pasts,
    pub(crate) events: Events,
    pub(crate) exports: Exports,
    pub(crate) data_dir: PathBuf,
    pub(crate) credentials: Credentials,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) request_timeout: Duration,
}

/// Who asks, for the record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct By {
    pub(crate) channel: Channel,
    pub(crate) actor: ActorId,
}

impl Service {
    /// Asks the ledger and waits for its answer. `path`: where to ask again when the answer is not yet known.
    pub(crate) async fn submit(&self, by: By, command: Command, path: &str) -> Outcome<Receipt> {
        self.remembers(self.partition_for(&command)).await?;
        let zone = self.zone_for(&command)?;
        let answer = self.ledger.submit(self.request(by, command)).await;
        judge(answer, zone, path)
    }

    /// What the ledger would record. Nothing happens.
    pub(crate) async fn plan(&self, by: By, command: Command, path: &str) -> Outcome<Receipt> {
        let zone = self.zone_for(&command)?;
        let answer = self.ledger.plan(self.request(by, command)).await;
        judge(answer, zone, path)
    }

    fn request(&self, by: By, command: Command) -> Request {
        let deadline = Monotonic::now() + self.request_timeout;
        Request { command, channel: by.channel, actor: by.actor, deadline }
    }

    fn partition_for(&self, command: &Command) -> Partition {
        match command {
            Command::Office(_) => Partition::OFFICE,
            Command::Centre(centre, _) => self.ledger.partition_of(centre),
        }
    }

    fn zone_for(&self, command: &Command) -> Outcome<Zone> {
        match command {
            Command::Office(_) => Ok(Zone::utc()),
            Command::Centre(centre, _) => self.zone_of(centre),
        }
    }

    /// A centre as the views have it.
    pub(crate) fn centre(&self, centre: &CentreId) -> Outcome<Option<CentreRow>> {
        Ok(self.views.centre(centre).map_err(views_failed)?.value)
    }

    /// The zone of a centre; UTC while there is none.
    pub(crate) fn zone_of(&self, centre: &CentreId) -> Outcome<Zone> {
        if let Some(zone) = self.views.time_zone(centre) {
            return Ok(Zone::of(zone));
        }
        let row = self.centre(centre)?;
        Ok(row.and_then(|row| Zone::named(&row.description.time_zone)).unwrap_or_else(Zone::utc))
    }

    /// The rules in force at a centre at an instant.
    pub(crate) fn rules_at(&self, centre: &CentreId, at: Instant) -> Outcome<Option<RulesRow>> {
        Ok(self.views.rules_at(centre, at).map_err(views_failed)?.value)
    }

    /// What an answer about a centre rests on now: what its writer has read.
    pub(crate) fn stamp(&self, centre: &CentreId) -> Outcome<Stamp> {
        let partition = self.ledger.partition_of(centre);
        let (position, at) =
            self.ledger.read_position(partition).ok_or_else(|| Problem::new("InternalError"))?;
        Ok(Stamp { position, at, zone: self.zone_of(centre)? })
    }

    /// The civil day in a zone, by the ledger's time.
    pub(crate) fn today(&self, zone: &Zone) -> CivilDate {
        zone.civil_day(self.ledger.now())
    }
}

fn judge(answer: Answer, zone: Zone, path: &str) -> Outcome<Receipt> {
    match answer {
        Answer::Done(receipt) => Ok(receipt),
        Answer::Refused { rejection, as_of, at } => {
            Err(refused(&rejection, Stamp { position: as_of, at, zone }))
        }
        Answer::Unknown => Err(not_yet_known(path)),
        Answer::NotDone(reason) => Err(not_done(reason)),
    }
}

/// The views could not be read: the cause goes to the log, never to the client.
pub(crate) fn views_failed(error: StoreError) -> Problem {
    tracing::error!(%error, "the views cannot be read");
    Problem::new("InternalError")
}
