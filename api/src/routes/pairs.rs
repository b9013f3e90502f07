//! Pairs that could be held.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use schemas::ids::CentreId;
use schemas::{CivilDate, Position};
use serde::Deserialize;
use serde_json::json;

use crate::access::not_found;
use crate::problem::{Outcome, Problem};
use crate::reading::shown_for_all;
use crate::sent::{Asked, Ids};
use crate::service::EdgeState;
use crate::stamp::Stamp;

const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 100;

/// What is looked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PairsQuery {
    near: Option<CivilDate>,
    limit: Option<usize>,
    at_least: Option<Position>,
}

/// Pairs of a first place and a second one that a hold could take now, nearest day first.
#[utoipa::path(
    get,
    path = "/v1/centres/{centre}/pairs",
    tag = "availability",
    params(
        ("near" = Option<String>, Query, format = Date, description = "The day you would like best"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "1 to 100, 10 if absent"),
    ),
    responses((status = 200, body = Object))
)]
pub(crate) async fn get_pairs(
    State(state): State<EdgeState>,
    headers: HeaderMap,
    Ids(centre): Ids<CentreId>,
    Asked(query): Asked<PairsQuery>,
) -> Outcome<Response> {
    let limit = checked_limit(query.limit)?;
    state.service.reach_availability(query.at_least).await?;
    let channel = state.edge.channel();
    let Some(found) = state.service.views.pairs(&centre, channel, query.near, limit) else {
        return Err(not_found(&state.service, &centre, "centre"));
    };
    let stamp = Stamp { position: found.as_of, at: found.at, zone: state.service.zone_of(&centre)? };
    shown_for_all(&headers, &json!({ "centre": centre, "pairs": found.pairs }), stamp.headers())
}

/// How many pairs are shown.
pub(crate) fn checked_limit(asked: Option<usize>) -> Outcome<usize> {
    let limit = asked.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::new("BadQuery").detail(format!("limit must be 1 to {MAX_LIMIT}")));
    }
    Ok(limit)
}
