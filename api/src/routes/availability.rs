//! What is free: drawn before anybody asks.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use projections::{Rendered, Views};
use schemas::CivilDate;
use schemas::ids::CentreId;

use crate::access::not_found;
use crate::problem::Outcome;
use crate::reading::{AtLeast, rendered};
use crate::sent::{Asked, Ids};
use crate::service::EdgeState;
use crate::stamp::{Stamp, StampOfAll, Zone};

/// All centres by day.
#[utoipa::path(get, path = "/v1/availability", tag = "availability", responses((status = 200, body = Object)))]
pub(crate) async fn get_availability(
    State(state): State<EdgeState>,
    headers: HeaderMap,
    Asked(query): Asked<AtLeast>,
) -> Outcome<Response> {
    state.service.reach_availability(query.at_least).await?;
    Ok(show_all(&headers, &state.service.views))
}

/// One centre by day.
#[utoipa::path(get, path = "/v1/centres/{centre}/availability", tag = "availability", responses((status = 200, body = Object)))]
pub(crate) async fn get_centre_availability(
    State(state): State<EdgeState>,
    headers: HeaderMap,
    Ids(centre): Ids<CentreId>,
    Asked(query): Asked<AtLeast>,
) -> Outcome<Response> {
    state.service.reach_availability(query.at_least).await?;
    match state.service.views.centre_availability(&centre) {
        Some(drawn) => Ok(show(&headers, state.service.zone_of(&centre)?, &drawn)),
        None => Err(not_found(&state.service, &centre, "centre")),
    }
}

/// The slots of a day.
#[utoipa::path(get, path = "/v1/centres/{centre}/availability/{date}", tag = "availability", responses((status = 200, body = Object)))]
pub(crate) async fn get_day(
    State(state): State<EdgeState>,
    headers: HeaderMap,
    Ids((centre, date)): Ids<(CentreId, CivilDate)>,
    Asked(query): Asked<AtLeast>,
) -> Outcome<Response> {
    state.service.reach_availability(query.at_least).await?;
    match state.service.views.day(&centre, date) {
        Some(drawn) => Ok(show(&headers, state.service.zone_of(&centre)?, &drawn)),
        None => Err(not_found(&state.service, &centre, "centre, or no slots on that day")),
    }
}

/// What is on offer at all centres.
pub(crate) fn show_all(headers: &HeaderMap, views: &Views) -> Response {
    let all = views.availability();
    let mut response = rendered(headers, &all.etag, &all.bytes);
    let stamp = StampOfAll { positions: all.as_of.clone(), at: all.at };
    response.headers_mut().extend(stamp.headers());
    response
}

/// What is on offer at one centre.
pub(crate) fn show(headers: &HeaderMap, zone: Zone, drawn: &Rendered) -> Response {
    let mut response = rendered(headers, &drawn.etag.to_string(), &drawn.bytes);
    let stamp = Stamp { position: drawn.as_of, at: drawn.at, zone };
    response.headers_mut().extend(stamp.headers());
    response
}
