//! What was on offer: centres, availability, pairs. It names nobody, so analysts may see it too, and nothing is noted.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use schemas::ids::CentreId;
use schemas::vocabulary::Channel;
use schemas::{CivilDate, Position};
use serde::Deserialize;
use serde_json::json;

use crate::access::Caller;
use crate::past::{AsOf, Of, When};
use crate::problem::Outcome;
use crate::reading::shown_for_all;
use crate::routes::availability::{show, show_all};
use crate::routes::centres::{CentresJson, centres_json};
use crate::routes::pairs::checked_limit;
use crate::sent::{Asked, Ids};
use crate::service::EdgeState;
use crate::stamp::Stamp;

/// The centres, and whether the channels are open.
#[utoipa::path(get, path = "/v1/centres", tag = "centres", responses((status = 200, body = CentresJson)))]
pub(crate) async fn list_centres_as_of(
    State(state): State<EdgeState>,
    _: Caller,
    headers: HeaderMap,
    Asked(when): Asked<When>,
) -> Outcome<Response> {
    let scene = state.scene(when, Of::Centres).await?;
    let (body, stamp) = centres_json(scene.views())?;
    Ok(scene.kept(shown_for_all(&headers, &body, stamp.headers())?))
}

/// All centres by day.
#[utoipa::path(get, path = "/v1/availability", tag = "availability", responses((status = 200, body = Object)))]
pub(crate) async fn get_availability_as_of(
    State(state): State<EdgeState>,
    _: Caller,
    headers: HeaderMap,
    Asked(when): Asked<When>,
) -> Outcome<Response> {
    let scene = state.scene(when, Of::Offers).await?;
    Ok(scene.kept(show_all(&headers, scene.views())))
}

/// One centre by day.
#[utoipa::path(get, path = "/v1/centres/{centre}/availability", tag = "availability", responses((status = 200, body = Object)))]
pub(crate) async fn get_centre_availability_as_of(
    State(state): State<EdgeState>,
    _: Caller,
    headers: HeaderMap,
    Ids(centre): Ids<CentreId>,
    Asked(when): Asked<When>,
) -> Outcome<Response> {
    let scene = state.scene(when, Of::Offer(&centre)).await?;
    let drawn = scene.views().centre_availability(&centre);
    drawn
        .map(|drawn| scene.kept(show(&headers, scene.zone_of(&centre), &drawn)))
        .ok_or_else(|| scene.not_found(&centre, "centre"))
}

/// The slots of a day.
#[utoipa::path(get, path = "/v1/centres/{centre}/availability/{date}", tag = "availability", responses((status = 200, body = Object)))]
pub(crate) async fn get_day_as_of(
    State(state): State<EdgeState>,
    _: Caller,
    headers: HeaderMap,
    Ids((centre, date)): Ids<(CentreId, CivilDate)>,
    Asked(when): Asked<When>,
) -> Outcome<Response> {
    let scene = state.scene(when, Of::Offer(&centre)).await?;
    let drawn = scene.views().day(&centre, date);
    drawn
        .map(|drawn| scene.kept(show(&headers, scene.zone_of(&centre), &drawn)))
        .ok_or_else(|| scene.not_found(&centre, "centre, or no slots on that day"))
}

/// What is looked for, as of when, and through which channel's eyes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PairsQuery {
    near: Option<CivilDate>,
    limit: Option<usize>,
    channel: Option<Channel>,
    as_of: Option<AsOf>,
    at_least: Option<Position>,
}

/// Pairs that a channel could hold then; without one, the web.
#[utoipa::path(get, path = "/v1/centres/{centre}/pairs", tag = "availability", responses((status = 200, body = Object)))]
pub(crate) async fn get_pairs_as_of(
    State(state): State<EdgeState>,
    _: Caller,
    headers: HeaderMap,
    Ids(centre): Ids<CentreId>,
    Asked(query): Asked<PairsQuery>,
) -> Outcome<Response> {
    let limit = checked_limit(query.limit)?;
    let when = When { as_of: query.as_of, at_least: query.at_least };
    let scene = state.scene(when, Of::Offer(&centre)).await?;
    let channel = query.channel.unwrap_or(Channel::Web);
    let found = scene.views().pairs(&centre, channel, query.near, limit);
    let found = found.ok_or_else(|| scene.not_found(&centre, "centre"))?;
    let stamp = Stamp { position: found.as_of, at: found.at, zone: scene.zone_of(&centre) };
    let body = json!({ "centre": centre, "pairs": found.pairs });
    Ok(scene.kept(shown_for_all(&headers, &body, stamp.headers())?))
}
