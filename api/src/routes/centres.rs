//! Centres.

use axum::extract::State;
use axum::response::Response;
use ledger::{CentreCommand, Command};
use projections::rows::CentreRow;
use schemas::CivilDate;
use schemas::ids::District;
use schemas::ids::{CentreId, Partition};
use schemas::vocabulary::{Channel, ChannelState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, vault_failed};
use crate::json::{CentreBody, ReceiptJson, ShownChannel};
use crate::problem::{Outcome, Problem};
use crate::reading::{AtLeast, shown};
use crate::sent::{Asked, Ids, Nothing, Sent};
use crate::service::{EdgeState, views_failed};
use crate::stamp::{Stamp, Zone};

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
    Asked(query): Asked<AtLeast>,
) -> Outcome<Response> {
    let service = &state.service;
    service.reach(query.at_least).await?;
    let centres = service.views.centres().map_err(views_failed)?;
    let channels = [Channel::Web, Channel::Hotline, Channel::Partner, Channel::Centre]
        .into_iter()
        .map(|channel| channel_now(&state, channel))
        .collect::<Outcome<_>>()?;
    let (position, at) =
        service.views.position(Partition::OFFICE).ok_or_else(|| Problem::new("InternalError"))?;
    let body = CentresJson { centres: centres.into_iter().map(centre_json).collect(), channels };
    Ok(shown(&body, &Stamp { position, at, zone: Zone::utc() }))
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
fn channel_now(state: &EdgeState, channel: Channel) -> Outcome<ShownChannel> {
    let row = state.service.views.channel(channel).map_err(views_failed)?.value;
    Ok(match row {
        Some(row) => ShownChannel { channel, state: row.set.state, reason: Some(row.set.reason) },
        None => ShownChannel { channel, state: ChannelState::Open, reason: None },
    })
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
    // The keys come first: what the ledger names can then be kept.
    let (vault, districts) = (state.service.vault.clone(), description.catchment.clone());
    let prepared = tokio::task::spawn_blocking(move || vault.prepare_districts(&districts)).await;
    prepared.map_err(|_| Problem::new("InternalError"))?.map_err(vault_failed)?;
    state.record(&caller, Command::Centre(centre, CentreCommand::DescribeCentre(description))).await
}
