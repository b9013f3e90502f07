//! Centres.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ledger::{CentreCommand, Command};
use projections::Views;
use projections::rows::{CentreRow, ChannelRow};
use schemas::ids::CentreId;
use schemas::ids::District;
use schemas::vocabulary::{Channel, ChannelState};
use schemas::{CivilDate, Instant};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, vault_failed};
use crate::json::{BodyError, CentreBody, ReceiptJson, ShownChannel};
use crate::problem::{Outcome, Problem};
use crate::reading::{AtLeast, shown_for_all};
use crate::sent::{Asked, Ids, Nothing, Sent};
use crate::service::{EdgeState, views_failed};
use crate::stamp::StampOfAll;

/// All centres, and how the channels are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CentresJson {
    centres: Vec<CentreJson>,
    channels: Vec<ShownChannel>,
}

/// A centre.
#[derive(Debug, Serialize, ToSchema)]
struct CentreJson {
    #[schema(value_type = String)]
    centre: CentreId,
    name: String,
    address: String,
    phone: String,
    time_zone: String,
    #[schema(value_type = String, format = Date)]
    opens_on: CivilDate,
    #[schema(value_type = Vec<String>)]
    catchment: Vec<District>,
    /// Where its availability is.
    availability: String,
}

/// The centres, and whether the channels are open.
#[utoipa::path(get, path = "/v1/centres", tag = "centres", responses((status = 200, body = CentresJson)))]
pub(crate) async fn list_centres(
    State(state): State<EdgeState>,
    headers: HeaderMap,
    Asked(query): Asked<AtLeast>,
) -> Outcome<Response> {
    let service = &state.service;
    service.reach(query.at_least).await?;
    let (body, stamp) = centres_json(&service.views)?;
    shown_for_all(&headers, &body, stamp.headers())
}

/// The centres and channels that views have, and what they are as of.
pub(crate) fn centres_json(views: &Views) -> Outcome<(CentresJson, StampOfAll)> {
    let channels = [Channel::Web, Channel::Hotline, Channel::Partner, Channel::Centre];
    let found = views.overview(channels).map_err(views_failed)?;
    let stamp = StampOfAll { positions: found.as_of, at: found.at };
    let channels = channels.into_iter().zip(found.channels);
    let channels = channels.map(|(channel, row)| shown_channel(channel, row)).collect();
    let centres = found.centres.into_iter().map(centre_json).collect();
    Ok((CentresJson { centres, channels }, stamp))
}

fn centre_json(row: CentreRow) -> CentreJson {
    let described = row.description;
    CentreJson {
        availability: format!("/v1/centres/{}/availability", described.id),
        centre: described.id,
        name: described.name,
        address: described.address,
        phone: described.phone,
        time_zone: described.time_zone,
        opens_on: described.opens_on,
        catchment: described.catchment,
    }
}

/// A channel that was never set is open.
fn shown_channel(channel: Channel, row: Option<ChannelRow>) -> ShownChannel {
    match row {
        Some(row) => ShownChannel { channel, state: row.set.state, reason: Some(row.set.reason) },
        None => ShownChannel { channel, state: ChannelState::Open, reason: None },
    }
}

/// A centre whose rules are in one time zone cannot be in another: its slots are laid out by their times of day.
fn refuse_other_zone(state: &EdgeState, centre: &CentreId, time_zone: &str) -> Outcome<()> {
    let service = &state.service;
    // Nothing is waited for when the centre is not there: that is how one begins.
    let Some(row) = service.views.centre(centre).map_err(views_failed)?.value else { return Ok(()) };
    if row.description.time_zone == time_zone || service.rules_at(centre, Instant::MAX)?.is_none() {
        return Ok(());
    }
    let what = format!("its rules are in {}, and stay there", row.description.time_zone);
    Err(BodyError::at("time_zone", what).into())
}

/// Describes a centre; the first time it comes into being.
#[utoipa::path(put, path = "/v1/centres/{centre}", tag = "centres", request_body = CentreBody, responses((status = 201, body = ReceiptJson)))]
pub(crate) async fn describe_centre(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids(centre): Ids<CentreId>,
    Asked(Nothing {}): Asked<Nothing>,
    Sent(body): Sent<CentreBody>,
) -> Outcome<Response> {
    let description = body.into_description(centre.clone())?;
    refuse_other_zone(&state, &centre, &description.time_zone)?;
    // The keys come first: what the ledger names can then be kept.
    let (vault, districts) = (state.service.vault.clone(), description.catchment.clone());
    let prepared = tokio::task::spawn_blocking(move || vault.prepare_districts(&districts)).await;
    prepared.map_err(|_| Problem::new("InternalError"))?.map_err(vault_failed)?;
    state.record(&caller, Command::Centre(centre, CentreCommand::DescribeCentre(description))).await
}
