//! Bookings: look, cancel, move.

use axum::extract::State;
use axum::response::Response;
use ledger::CentreCommand;
use projections::rows::HoldState;
use schemas::ids::{CentreId, ChangeId, HoldId};
use schemas::vocabulary::{CancelDoses, CancelReason};
use serde::Deserialize;

use crate::access::{Caller, not_found, owns};
use crate::json::{BodyError, BookingJson, ChangeBody, ReceiptJson};
use crate::problem::{Outcome, Problem};
use crate::reading::{AtLeast, shown, stamp_of};
use crate::sent::{Asked, Ids, Nothing, Sent, SentNothing};
use crate::service::EdgeState;
use crate::showing;

/// A booking.
#[utoipa::path(get, path = "/v1/centres/{centre}/bookings/{id}", tag = "bookings", responses((status = 200, body = BookingJson)))]
pub(crate) async fn get_booking(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, booking)): Ids<(CentreId, HoldId)>,
    Asked(query): Asked<AtLeast>,
) -> Outcome<Response> {
    let service = &state.service;
    service.reach(query.at_least).await?;
    let found = service.fresh(&centre, |views| views.hold(&centre, booking)).await?;
    let confirmed = found.value.as_ref().filter(|thing| thing.hold.confirmed_at.is_some());
    let Some(thing) = confirmed else { return Err(not_found(service, &centre, "booking")) };
    owns(service, &caller, &centre, thing.hold.registration, "booking")?;
    let zone = service.zone_of(&centre)?;
    let rules = service.rules_at(&centre, found.at)?;
    let body = showing::booking(booking, thing, rules.as_ref(), &zone);
    Ok(shown(&body, &stamp_of(&found, zone)))
}

/// What is given back, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelQuery {
    doses: Option<CancelDoses>,
    reason: Option<CancelReason>,
}

/// Gives the places of a booking back.
#[utoipa::path(
    delete,
    path = "/v1/centres/{centre}/bookings/{id}",
    tag = "bookings",
    params(
        ("doses" = Option<String>, Query, description = "both (if absent) or second"),
        ("reason" = Option<String>, Query, description = "person (if absent), ill or elsewhere; for staff also died or missed"),
    ),
    responses((status = 201, body = ReceiptJson))
)]
pub(crate) async fn cancel_booking(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, booking)): Ids<(CentreId, HoldId)>,
    Asked(query): Asked<CancelQuery>,
    _: SentNothing,
) -> Outcome<Response> {
    let doses = query.doses.unwrap_or(CancelDoses::Both);
    let reason = query.reason.unwrap_or(CancelReason::Person);
    let allowed = match reason {
        CancelReason::Person | CancelReason::Ill | CancelReason::Elsewhere => true,
        CancelReason::Died | CancelReason::Missed => caller.is_staff(),
        CancelReason::Withdrawn => false,
    };
    if !allowed {
        return Err(Problem::new("BadQuery").detail(format!("reason {reason} is not for you to give")));
    }
    let command = CentreCommand::CancelBooking { booking, doses, reason };
    state.with_hold(&caller, centre, booking, "booking", command).await
}

/// Moves a booking: the old places stay unless the new ones are taken.
#[utoipa::path(put, path = "/v1/centres/{centre}/bookings/{id}/changes/{uuid}", tag = "bookings", request_body = ChangeBody, responses((status = 201, body = ReceiptJson)))]
pub(crate) async fn change_booking(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, booking, change)): Ids<(CentreId, HoldId, ChangeId)>,
    Asked(Nothing {}): Asked<Nothing>,
    Sent(body): Sent<ChangeBody>,
) -> Outcome<Response> {
    if body.first.is_none() && body.second.is_none() {
        return Err(BodyError::at("first", "first or second, or both, must be named").into());
    }
    let command =
        CentreCommand::RescheduleBooking { booking, change, first: body.first, second: body.second };
    state.with_hold(&caller, centre, booking, "booking", command).await
}

/// Whether a hold is a live booking.
pub(crate) fn is_booked(state: HoldState) -> bool {
    matches!(state, HoldState::Booked)
}
