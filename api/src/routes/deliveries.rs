//! Deliveries: announced, then received.

use axum::extract::State;
use axum::response::Response;
use ledger::{CentreCommand, Command};
use schemas::ids::{CentreId, DeliveryId};

use crate::access::Caller;
use crate::json::{DeliveryBody, ReceiptBody, ReceiptJson};
use crate::problem::Outcome;
use crate::sent::{Asked, Ids, Nothing, Sent};
use crate::service::{EdgeState, views_failed};

/// Announces doses.
#[utoipa::path(put, path = "/v1/centres/{centre}/deliveries/{uuid}", tag = "supply", request_body = DeliveryBody, responses((status = 201, body = ReceiptJson)))]
pub(crate) async fn announce_delivery(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, delivery)): Ids<(CentreId, DeliveryId)>,
    Asked(Nothing {}): Asked<Nothing>,
    Sent(body): Sent<DeliveryBody>,
) -> Outcome<Response> {
    let service = &state.service;
    // A repeat reads the name as it was read the first time, whatever the rules say by now.
    let known = service.views.delivery(&centre, delivery).map_err(views_failed)?.value;
    let as_of = known.map_or(service.ledger.now(), |row| row.announced_at.time);
    let vaccine = service.vaccine_named(&centre, &body.vaccine, as_of).await?.cvx;
    let DeliveryBody { doses, due_on, .. } = body;
    let command = CentreCommand::AnnounceDelivery { delivery, vaccine, doses, due_on };
    state.record(&caller, Command::Centre(centre, command)).await
}

/// Takes doses in, perhaps fewer than announced.
#[utoipa::path(put, path = "/v1/centres/{centre}/deliveries/{uuid}/receipt", tag = "supply", request_body = ReceiptBody, responses((status = 201, body = ReceiptJson)))]
pub(crate) async fn receive_delivery(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, delivery)): Ids<(CentreId, DeliveryId)>,
    Asked(Nothing {}): Asked<Nothing>,
    Sent(body): Sent<ReceiptBody>,
) -> Outcome<Response> {
    body.check()?;
    let ReceiptBody { lot, doses, received_on } = body;
    let command = CentreCommand::ReceiveDelivery { delivery, lot, doses, received_on };
    state.record(&caller, Command::Centre(centre, command)).await
}
