//! Releases: a day of first doses goes on offer, with the second doses that belong to it.

use axum::extract::State;
use axum::response::Response;
use ledger::{CentreCommand, Command, Rejection};
use schemas::Instant;
use schemas::ids::{CentreId, ReleaseId};

use crate::access::Caller;
use crate::json::{BodyError, PlanJson, ReceiptJson, ReleaseBody};
use crate::layout::{self, LayoutError};
use crate::problem::{Outcome, Problem, refused};
use crate::recording::DryRun;
use crate::sent::{Asked, Ids, Sent};
use crate::service::{EdgeState, views_failed};

/// Puts a day on offer; with `?dry_run` says what that would record.
#[utoipa::path(
    put,
    path = "/v1/centres/{centre}/releases/{uuid}",
    tag = "supply",
    params(("dry_run" = Option<bool>, Query, description = "Only say what would be recorded")),
    request_body = ReleaseBody,
    responses((status = 201, body = ReceiptJson), (status = 200, body = PlanJson))
)]
pub(crate) async fn release_slots(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, release)): Ids<(CentreId, ReleaseId)>,
    Asked(query): Asked<DryRun>,
    Sent(body): Sent<ReleaseBody>,
) -> Outcome<Response> {
    let dry_run = query.wanted()?;
    let command = command_of(&state, &centre, release, body).await?;
    let command = Command::Centre(centre, command);
    if dry_run { state.plan(&caller, command).await } else { state.record(&caller, command).await }
}

async fn command_of(
    state: &EdgeState,
    centre: &CentreId,
    release: ReleaseId,
    body: ReleaseBody,
) -> Outcome<CentreCommand> {
    let service = &state.service;
    // A repeat is laid out as it was the first time, whatever the rules say by now.
    let known = service.views.release(centre, release).map_err(views_failed)?.value;
    let as_of: Instant = known.map_or(service.ledger.now(), |row| row.released_at.time);
    let vaccine = service.vaccine_named(centre, &body.vaccine, as_of).await?;
    if (vaccine.doses == 2) != body.second.is_some() {
        let what = format!(
            "{} has {} doses, so second must be {}",
            vaccine.name,
            vaccine.doses,
            if vaccine.doses == 2 { "named" } else { "left out" }
        );
        return Err(BodyError::at("second", what).into());
    }
    let first = body.first.into_day("first")?;
    let second = body.second.map(|day| day.into_day("second")).transpose()?;
    let Some(rules) = service.rules_at(centre, as_of)? else {
        return Err(Problem::new("InternalError"));
    };
    let zone = service.zone_of(centre)?;
    let slots = layout::release(&rules.rules.set, &zone, as_of, first, second);
    let slots = slots.map_err(|error| match error {
        LayoutError::NotALocalTime(gap) => Problem::new("NotALocalTime").detail(gap.to_string()),
        LayoutError::EmptyGrid => match service.stamp(centre) {
            Ok(stamp) => refused(&Rejection::RulesIncomplete { what: error.to_string() }, stamp),
            Err(problem) => problem,
        },
    })?;
    Ok(CentreCommand::ReleaseSlots { release, delivery: body.delivery, vaccine: vaccine.cvx, slots })
}
