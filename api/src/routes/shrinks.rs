//! Shrinks: free places are removed.

use axum::extract::State;
use axum::response::Response;
use ledger::{CentreCommand, Command};
use schemas::ids::{CentreId, ShrinkId};

use crate::access::Caller;
use crate::json::{PlanJson, ReceiptJson, ShrinkBody};
use crate::problem::Outcome;
use crate::recording::DryRun;
use crate::sent::{Asked, Ids, Sent};
use crate::service::EdgeState;

/// Removes free places; with `?dry_run` says what that would record.
#[utoipa::path(
    put,
    path = "/v1/centres/{centre}/shrinks/{uuid}",
    tag = "supply",
    params(("dry_run" = Option<bool>, Query, description = "Only say what would be recorded")),
    request_body = ShrinkBody,
    responses((status = 201, body = ReceiptJson), (status = 200, body = PlanJson))
)]
pub(crate) async fn shrink_slots(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, shrink)): Ids<(CentreId, ShrinkId)>,
    Asked(query): Asked<DryRun>,
    Sent(body): Sent<ShrinkBody>,
) -> Outcome<Response> {
    let dry_run = query.wanted()?;
    let reason = body.reason;
    let command = CentreCommand::ShrinkSlots { shrink, reason, slots: body.into_plans()? };
    let command = Command::Centre(centre, command);
    if dry_run { state.plan(&caller, command).await } else { state.record(&caller, command).await }
}
