//! Holds: place, look, extend, confirm, give back.

use axum::extract::State;
use axum::response::Response;
use ledger::{CentreCommand, Command};
use projections::HoldFound;
use schemas::ids::{CentreId, HoldId};

use crate::access::{Caller, not_found, owns};
use crate::json::{HoldBody, HoldJson, ReceiptJson};
use crate::problem::Outcome;
use crate::reading::{AtLeast, shown, stamp_of};
use crate::recording::Begins;
use crate::sent::{Asked, Ids, Nothing, Sent, SentNothing};
use crate::service::EdgeState;
use crate::showing;

/// Sets a first place and its second aside.
#[utoipa::path(put, path = "/v1/centres/{centre}/holds/{id}", tag = "holds", request_body = HoldBody, responses((status = 201, body = ReceiptJson)))]
pub(crate) async fn place_hold(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, hold)): Ids<(CentreId, HoldId)>,
    Asked(Nothing {}): Asked<Nothing>,
    Sent(body): Sent<HoldBody>,
) -> Outcome<Response> {
    state.admit(&caller, Begins::Anew)?;
    owns(&state.service, &caller, &centre, body.registration, "registration")?;
    let HoldBody { registration, first, second, instead_of } = body;
    let command = CentreCommand::PlaceHold { hold, registration, first, second, instead_of };
    state.service.remembers_ends(&centre).await?;
    state.service.refuse_forgotten_hold(&centre, hold, registration, command.content())?;
    state.record(&caller, Command::Centre(centre, command)).await
}

/// A hold.
#[utoipa::path(get, path = "/v1/centres/{centre}/holds/{id}", tag = "holds", responses((status = 200, body = HoldJson)))]
pub(crate) async fn get_hold(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, hold)): Ids<(CentreId, HoldId)>,
    Asked(query): Asked<AtLeast>,
) -> Outcome<Response> {
    let service = &state.service;
    service.reach(query.at_least).await?;
    let found = service.fresh(&centre, |views| views.hold(&centre, hold)).await?;
    let Some(thing) = &found.value else { return Err(not_found(service, &centre, "hold")) };
    owns(service, &caller, &centre, thing.hold.registration, "hold")?;
    let zone = service.zone_of(&centre)?;
    let rules = service.rules_at(&centre, found.at)?;
    let now = service.ledger.now().max(found.at);
    let body = showing::hold(&centre, hold, thing, rules.as_ref(), now, &zone);
    Ok(shown(&body, &stamp_of(&found, zone)))
}

/// Extends a hold once.
#[utoipa::path(post, path = "/v1/centres/{centre}/holds/{id}/extend", tag = "holds", responses((status = 201, body = ReceiptJson)))]
pub(crate) async fn extend_hold(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, hold)): Ids<(CentreId, HoldId)>,
    Asked(Nothing {}): Asked<Nothing>,
    _: SentNothing,
) -> Outcome<Response> {
    state.with_hold(&caller, centre, hold, "hold", CentreCommand::ExtendHold { hold }).await
}

/// Makes a hold a booking of the same id.
#[utoipa::path(post, path = "/v1/centres/{centre}/holds/{id}/confirm", tag = "holds", responses((status = 201, body = ReceiptJson)))]
pub(crate) async fn confirm_hold(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, hold)): Ids<(CentreId, HoldId)>,
    Asked(Nothing {}): Asked<Nothing>,
    _: SentNothing,
) -> Outcome<Response> {
    state.with_hold(&caller, centre, hold, "hold", CentreCommand::ConfirmHold { hold }).await
}

/// Gives a hold back.
#[utoipa::path(delete, path = "/v1/centres/{centre}/holds/{id}", tag = "holds", responses((status = 201, body = ReceiptJson)))]
pub(crate) async fn release_hold(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, hold)): Ids<(CentreId, HoldId)>,
    Asked(Nothing {}): Asked<Nothing>,
    _: SentNothing,
) -> Outcome<Response> {
    state.with_hold(&caller, centre, hold, "hold", CentreCommand::ReleaseHold { hold }).await
}

impl EdgeState {
    /// Records a command about a hold or booking that is there and the caller's.
    pub(crate) async fn with_hold(
        &self,
        caller: &Caller,
        centre: CentreId,
        hold: HoldId,
        what: &'static str,
        command: CentreCommand,
    ) -> Outcome<Response> {
        self.admit(caller, Begins::Nothing)?;
        self.service.remembers_ends(&centre).await?;
        let found = self.own_hold(caller, &centre, hold, what).await?;
        self.service.refuse_forgotten_end(&centre, &found.hold)?;
        self.record(caller, Command::Centre(centre, command)).await
    }

    async fn own_hold(
        &self,
        caller: &Caller,
        centre: &CentreId,
        hold: HoldId,
        what: &'static str,
    ) -> Outcome<HoldFound> {
        let found = self.service.known(centre, |views| views.hold(centre, hold)).await?;
        let found = found.ok_or_else(|| not_found(&self.service, centre, what))?;
        owns(&self.service, caller, centre, found.hold.registration, what)?;
        Ok(found)
    }
}
