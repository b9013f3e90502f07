//! Registrations: look, withdraw, erase, bring a new secret.

use axum::extract::State;
use axum::http::header::{ETAG, HeaderValue};
use axum::response::Response;
use ledger::vault::{Secret, SecretError, VaultError};
use ledger::{CentreCommand, Command, Rejection};
use projections::rows::RegistrationRow;
use schemas::ids::{AccessId, CentreId, RegistrationId};
use schemas::vocabulary::WithdrawReason;

use crate::access::{Caller, in_time, not_found, owns, vault_failed};
use crate::json::{AccessBody, BodyError, ReceiptJson, RegistrationJson};
use crate::problem::{Outcome, Problem, refused};
use crate::reading::{AtLeast, shown, stamp_of};
use crate::recording::Begins;
use crate::routes::bookings::is_booked;
use crate::sent::{Asked, Ids, Nothing, Sent, SentNothing};
use crate::service::{EdgeState, Service, views_failed};
use crate::showing;
use crate::stamp::Zone;

/// A registration. Its ETag is its revision, for `If-Match`.
#[utoipa::path(get, path = "/v1/centres/{centre}/registrations/{id}", tag = "registrations", responses((status = 200, body = RegistrationJson)))]
pub(crate) async fn get_registration(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, id)): Ids<(CentreId, RegistrationId)>,
    Asked(query): Asked<AtLeast>,
) -> Outcome<Response> {
    let service = &state.service;
    service.reach(query.at_least).await?;
    owns(service, &caller, &centre, id, "registration")?;
    let found = service.fresh(&centre, |views| views.registration(&centre, id)).await?;
    let Some(row) = &found.value else { return Err(not_found(service, &centre, "registration")) };
    refuse_erased(&caller, row)?;
    let zone = service.zone_of(&centre)?;
    let body = service.registration_json(&centre, id, row, &zone)?;
    let mut response = shown(&body, &stamp_of(&found, zone));
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", row.revision)) {
        response.headers_mut().insert(ETAG, etag);
    }
    Ok(response)
}

impl Service {
    /// A registration for people.
    pub(crate) fn registration_json(
        &self,
        centre: &CentreId,
        id: RegistrationId,
        row: &RegistrationRow,
        zone: &Zone,
    ) -> Outcome<RegistrationJson> {
        let rules = self.rules_at(centre, self.ledger.now())?;
        let hold = row.hold.map(|hold| self.views.hold(centre, hold)).transpose().map_err(views_failed)?;
        let booked = hold.and_then(|found| found.value).is_some_and(|found| is_booked(found.hold.state));
        Ok(showing::registration(centre, id, row, rules.as_ref(), booked, zone))
    }
}

/// An agent hears that the data were erased; to anybody else the registration is not there, for its secret is gone.
fn refuse_erased(caller: &Caller, row: &RegistrationRow) -> Outcome<()> {
    match row.erasure {
        Some(_) if caller.is_staff() => Err(Problem::new("Erased")),
        _ => Ok(()),
    }
}

/// Ends a registration and gives its places back.
#[utoipa::path(delete, path = "/v1/centres/{centre}/registrations/{id}", tag = "registrations", responses((status = 201, body = ReceiptJson)))]
pub(crate) async fn withdraw_registration(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, id)): Ids<(CentreId, RegistrationId)>,
    Asked(Nothing {}): Asked<Nothing>,
    _: SentNothing,
) -> Outcome<Response> {
    state.admit(&caller, Begins::Nothing)?;
    owns(&state.service, &caller, &centre, id, "registration")?;
    state.service.remembers_ends(&centre).await?;
    if let Some(row) = state.service.views.registration(&centre, id).map_err(views_failed)?.value {
        state.service.refuse_forgotten_registration(&centre, &row)?;
    }
    let command = CentreCommand::WithdrawRegistration { registration: id, reason: WithdrawReason::Person };
    state.record(&caller, Command::Centre(centre, command)).await
}

/// Brings a registration a new secret; every older one stops. For agents.
#[utoipa::path(put, path = "/v1/centres/{centre}/registrations/{id}/access/{uuid}", tag = "registrations", request_body = AccessBody, responses((status = 201, body = ReceiptJson)))]
pub(crate) async fn reissue_access(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, registration, access)): Ids<(CentreId, RegistrationId, AccessId)>,
    Asked(Nothing {}): Asked<Nothing>,
    Sent(body): Sent<AccessBody>,
) -> Outcome<Response> {
    let service = &state.service;
    state.admit(&caller, Begins::Nothing)?;
    owns(service, &caller, &centre, registration, "registration")?;
    let secret: Secret =
        body.secret.parse().map_err(|error: SecretError| BodyError::at("secret", error.to_string()))?;
    let row = service.known(&centre, |views| views.registration(&centre, registration)).await?;
    let row = row.ok_or_else(|| not_found(service, &centre, "registration"))?;
    refuse_erased(&caller, &row)?;
    // The ledger would refuse it too, but only after the vault had taken the old secret out of force.
    if let Some(end) = row.withdrawn {
        let rejection = Rejection::RegistrationEnded { ended: end.withdrawn_at };
        return Err(refused(&rejection, service.stamp(&centre)?));
    }
    let reissued = in_time(service, service.vault.reissue(&centre, registration, access, secret)).await;
    reissued.map_err(|error| match error {
        VaultError::NotFound => not_found(service, &centre, "registration"),
        VaultError::Erased => Problem::new("Erased"),
        VaultError::SecretDiffers => match service.stamp(&centre) {
            Ok(stamp) => refused(&Rejection::ContentDiffers, stamp),
            Err(problem) => problem,
        },
        error => vault_failed(error),
    })?;
    let command = CentreCommand::ReissueAccess { registration, access, secret_hash: secret.hash() };
    state.record(&caller, Command::Centre(centre, command)).await
}
