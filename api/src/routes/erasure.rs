//! Erasure: ordered in the ledger, then done in the vault, then noted as done.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use ledger::{CentreCommand, Command};
use schemas::ids::{ActorId, CentreId, RegistrationId};
use schemas::vocabulary::Channel;

use crate::access::{Caller, not_found, owns, vault_failed};
use crate::json::ReceiptJson;
use crate::problem::Outcome;
use crate::recording::{Begins, path_of};
use crate::sent::{Asked, Ids, Nothing, SentNothing};
use crate::service::{By, EdgeState, Service};

/// How long the answer waits for the vault. What takes longer is finished behind it, also after a restart.
const WAIT_FOR_VAULT: Duration = Duration::from_secs(2);

/// Orders the erasure of a person's data; the registration ends and gives its places back.
#[utoipa::path(post, path = "/v1/centres/{centre}/registrations/{id}/erase", tag = "registrations", responses((status = 201, body = ReceiptJson)))]
pub(crate) async fn erase_registration(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, registration)): Ids<(CentreId, RegistrationId)>,
    Asked(Nothing {}): Asked<Nothing>,
    _: SentNothing,
) -> Outcome<Response> {
    let service = &state.service;
    state.admit(&caller, Begins::Nothing)?;
    owns(service, &caller, &centre, registration, "registration")?;
    service.remembers_ends(&centre).await?;
    let row = service.known(&centre, |views| views.registration(&centre, registration)).await?;
    let row = row.ok_or_else(|| not_found(service, &centre, "registration"))?;
    let ended_in_views = row.withdrawn.is_some_and(|end| service.may_be_forgotten(end.withdrawn_at));
    let command = Command::Centre(centre.clone(), CentreCommand::Erase { registration, ended_in_views });
    let path = path_of(&command);
    let receipt = service.submit(state.by(&caller), command.clone(), &path).await?;
    let finish = tokio::spawn(finish(Arc::clone(service), centre, registration));
    if tokio::time::timeout(WAIT_FOR_VAULT, finish).await.is_err() {
        tracing::info!(%registration, "the erasure goes on behind its answer");
    }
    state.receipt(&command, &receipt, &path).await
}

/// Erases what the vault has and notes that it is done. Doing it again does no harm.
pub(crate) async fn finish(service: Arc<Service>, centre: CentreId, registration: RegistrationId) {
    if let Err(problem) = try_finish(&service, &centre, registration).await {
        tracing::warn!(%centre, %registration, rule = problem.rule(), "the erasure is not finished; it will be at the next start");
    }
}

async fn try_finish(service: &Service, centre: &CentreId, registration: RegistrationId) -> Outcome<()> {
    service.vault.erase(centre, registration).await.map_err(vault_failed)?;
    let command = Command::Centre(centre.clone(), CentreCommand::FinishErasure { registration });
    let path = path_of(&command);
    let by = By { channel: Channel::Reactor, actor: ActorId::NIL };
    service.submit(by, command, &path).await.map(drop)
}
