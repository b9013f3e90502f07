//! Writing: a command goes to the ledger, and a receipt comes back.

use axum::http::StatusCode;
use axum::http::header::{HeaderValue, LOCATION};
use axum::response::{IntoResponse as _, Response};
use ledger::{CentreCommand, Command, OfficeCommand, Receipt};
use projections::rows::ChannelRow;
use schemas::vocabulary::{Channel, ChannelState};
use serde::Deserialize;

use crate::access::Caller;
use crate::json::{PlanJson, ReceiptJson};
use crate::problem::{Outcome, Problem, jittered};
use crate::service::{By, EdgeState, views_failed};
use crate::stamp::{Stamp, Zone};

/// Whether a command begins something, which a draining channel no longer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begins {
    /// A registration, a hold.
    Anew,
    /// What finishes or changes something that was begun.
    Nothing,
}

/// The query of a write that can be tried.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DryRun {
    dry_run: Option<String>,
}

impl DryRun {
    /// `?dry_run`, `?dry_run=` and `?dry_run=true` ask for the plan.
    pub(crate) fn wanted(&self) -> Outcome<bool> {
        match self.dry_run.as_deref() {
            None | Some("false") => Ok(false),
            Some("" | "true") => Ok(true),
            Some(other) => {
                Err(Problem::new("BadQuery").detail(format!("dry_run must be true or false, not {other:?}")))
            }
        }
    }
}

impl EdgeState {
    /// Refuses while the caller's channel does not take such commands.
    pub(crate) fn admit(&self, caller: &Caller, begins: Begins) -> Outcome<()> {
        let channel = caller.channel(self.edge);
        if channel == Channel::Admin {
            return Ok(());
        }
        let found = self.service.views.channel(channel).map_err(views_failed)?;
        let state = found.value.as_ref().map_or(ChannelState::Open, |row| row.set.state);
        let closed = match state {
            ChannelState::Open => false,
            ChannelState::Draining => begins == Begins::Anew,
            ChannelState::Closed => true,
        };
        if !closed {
            return Ok(());
        }
        let stamp = Stamp { position: found.position, at: found.at, zone: Zone::utc() };
        Err(channel_closed(channel, state, found.value.as_ref(), stamp))
    }

    /// Records a command for the caller: 201 with a receipt the first time, 200 with the same one for a repeat.
    pub(crate) async fn record(&self, caller: &Caller, command: Command) -> Outcome<Response> {
        let path = path_of(&command);
        let receipt = self.service.submit(self.by(caller), command.clone(), &path).await?;
        self.receipt(&command, &receipt, &path).await
    }

    /// What would be recorded, with 200.
    pub(crate) async fn plan(&self, caller: &Caller, command: Command) -> Outcome<Response> {
        let receipt = self.service.plan(self.by(caller), command.clone(), &path_of(&command)).await?;
        let plan = receipt.events.iter().map(schemas::Event::to_json).collect::<Result<_, _>>();
        let plan = plan.map_err(|error| {
            tracing::error!(%error, "an event cannot be shown");
            Problem::new("InternalError")
        })?;
        let stamp = self.stamp_of(&command, &receipt).await?;
        Ok(crate::reading::shown(&PlanJson { plan }, &stamp))
    }

    /// The receipt as a response.
    pub(crate) async fn receipt(
        &self,
        command: &Command,
        receipt: &Receipt,
        path: &str,
    ) -> Outcome<Response> {
        let stamp = self.stamp_of(command, receipt).await?;
        let body = ReceiptJson::new(command, receipt, self.service.ledger.ledger_id(), &stamp.zone);
        let status = if receipt.repeated { StatusCode::OK } else { StatusCode::CREATED };
        let mut response = (status, axum::Json(body)).into_response();
        response.headers_mut().extend(stamp.headers());
        if status == StatusCode::CREATED
            && let Ok(path) = HeaderValue::from_str(path)
        {
            response.headers_mut().insert(LOCATION, path);
        }
        Ok(response)
    }

    /// A centre's zone stands in the command that describes it; the views may not have it yet.
    async fn stamp_of(&self, command: &Command, receipt: &Receipt) -> Outcome<Stamp> {
        let zone = match command {
            Command::Office(_) => Zone::utc(),
            Command::Centre(_, CentreCommand::DescribeCentre(centre)) => {
                Zone::named(&centre.time_zone).unwrap_or_else(Zone::utc)
            }
            Command::Centre(centre, _) => {
                // Nearly always it is at hand, and nothing is read for it.
                if self.service.views.time_zone(centre).is_none() {
                    self.service.known(centre, |views| views.centre(centre)).await?;
                }
                self.service.zone_of(centre)?
            }
        };
        Ok(Stamp { position: receipt.position, at: receipt.recorded_at, zone })
    }

    /// Channel and actor for the record.
    pub(crate) fn by(&self, caller: &Caller) -> By {
        By { channel: caller.channel(self.edge), actor: caller.actor() }
    }
}

fn channel_closed(channel: Channel, state: ChannelState, row: Option<&ChannelRow>, stamp: Stamp) -> Problem {
    let problem = Problem::new("ChannelClosed").with("channel", channel).with("state", state);
    let problem = match row {
        Some(row) => problem.detail(row.set.reason.clone()),
        None => problem,
    };
    problem.stamped(stamp).retry_after(jittered(30))
}

/// Where the thing is that a command is about.
pub(crate) fn path_of(command: &Command) -> String {
    let (centre, command) = match command {
        Command::Office(OfficeCommand::SetChannel { channel, .. }) => {
            return format!("/v1/channels/{channel}");
        }
        Command::Office(OfficeCommand::NoteRead { .. }) => return "/v1/lookups".to_owned(),
        Command::Centre(centre, command) => (centre, command),
    };
    let thing = match command {
        CentreCommand::DescribeCentre(_) => String::new(),
        CentreCommand::SetRules { rules, .. } => format!("/rules/{rules}"),
        CentreCommand::AnnounceDelivery { delivery, .. } => format!("/deliveries/{delivery}"),
        CentreCommand::ReceiveDelivery { delivery, .. } => format!("/deliveries/{delivery}/receipt"),
        CentreCommand::ReleaseSlots { release, .. } => format!("/releases/{release}"),
        CentreCommand::ShrinkSlots { shrink, .. } => format!("/shrinks/{shrink}"),
        CentreCommand::Register { registration, .. }
        | CentreCommand::AmendRegistration { registration, .. }
        | CentreCommand::WithdrawRegistration { registration, .. }
        | CentreCommand::Erase { registration, .. }
        | CentreCommand::FinishErasure { registration } => format!("/registrations/{registration}"),
        CentreCommand::ReissueAccess { registration, access, .. } => {
            format!("/registrations/{registration}/access/{access}")
        }
        CentreCommand::PlaceHold { hold, .. }
        | CentreCommand::ExtendHold { hold }
        | CentreCommand::ReleaseHold { hold } => format!("/holds/{hold}"),
        CentreCommand::ConfirmHold { hold: booking } | CentreCommand::CancelBooking { booking, .. } => {
            format!("/bookings/{booking}")
        }
        CentreCommand::RescheduleBooking { booking, change, .. } => {
            format!("/bookings/{booking}/changes/{change}")
        }
    };
    format!("/v1/centres/{centre}{thing}")
}
