//! Single things of persons: pseudonymous, for auditors alone, and each read is noted. Nothing of the vault is shown.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, ETAG, HeaderValue};
use axum::response::Response;
use projections::rows::{RegistrationRow, RulesRow};
use projections::{AsOf as FoundAt, HoldFound};
use schemas::ids::{CentreId, HoldId, RegistrationId};
use schemas::vocabulary::Role;
use schemas::{Instant, Position, Reference};
use serde::Deserialize;

use crate::access::{Caller, Read, purpose};
use crate::json::{BookingJson, HoldJson, RegistrationJson};
use crate::past::{AsOf, Of, Scene, When};
use crate::problem::{Outcome, Problem};
use crate::reading::{shown, stamp_of};
use crate::routes::bookings::is_booked;
use crate::sent::{Asked, Here, Ids};
use crate::service::{EdgeState, views_failed};
use crate::showing;

/// As of when, and what for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThingQuery {
    purpose: Option<String>,
    as_of: Option<AsOf>,
    at_least: Option<Position>,
}

/// Somebody who may read things of persons, and says what for.
struct Reader<'a> {
    state: &'a EdgeState,
    caller: &'a Caller,
    purpose: String,
    when: When,
}

impl<'a> Reader<'a> {
    fn new(state: &'a EdgeState, caller: &'a Caller, query: ThingQuery) -> Outcome<Self> {
        if !matches!(caller, Caller::Staff(credential) if credential.role == Role::Auditor) {
            let detail =
                "registrations, holds and bookings are for auditors; analysts read what names nobody";
            return Err(Problem::new("RoleNotAllowed").detail(detail));
        }
        let when = When { as_of: query.as_of, at_least: query.at_least };
        Ok(Self { state, caller, purpose: purpose(query.purpose)?, when })
    }

    /// Notes the read; only then may the answer leave.
    async fn note(self, scene: &Scene, what: String, here: &str) -> Outcome<()> {
        let what = format!("{what}{}", scene.as_of_words());
        self.state.note_read(self.caller, Read::of(self.purpose, what), here).await.map(drop)
    }

    fn take_when(&mut self) -> When {
        std::mem::take(&mut self.when)
    }
}

/// A registration.
#[utoipa::path(get, path = "/v1/centres/{centre}/registrations/{id}", tag = "registrations", responses((status = 200, body = RegistrationJson)))]
pub(crate) async fn get_registration_as_of(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, id)): Ids<(CentreId, RegistrationId)>,
    Here(here): Here,
    Asked(query): Asked<ThingQuery>,
) -> Outcome<Response> {
    let mut reader = Reader::new(&state, &caller, query)?;
    let scene = state.scene(reader.take_when(), Of::Thing(&centre)).await?;
    let found = scene.views().registration(&centre, id).map_err(views_failed)?;
    if found.value.is_none() {
        return Err(scene.not_found(&centre, "registration"));
    }
    reader.note(&scene, format!("registration {id} at {centre}"), &here).await?;
    show_registration(&scene, &centre, id, &found)
}

/// The registration that a reference stands for.
#[utoipa::path(get, path = "/v1/references/{reference}", tag = "lookups", responses((status = 200, body = RegistrationJson)))]
pub(crate) async fn get_reference_as_of(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids(reference): Ids<Reference>,
    Here(here): Here,
    Asked(query): Asked<ThingQuery>,
) -> Outcome<Response> {
    let mut reader = Reader::new(&state, &caller, query)?;
    let unknown = || Problem::new("NotFound").detail("no such reference");
    // A reference stands for one registration for ever, so its centre may be asked of the present.
    let known = state.service.by_reference(&reference).await?.ok_or_else(unknown)?.value;
    let (centre, id) = (known.centre, known.registration);
    let scene = state.scene(reader.take_when(), Of::Thing(&centre)).await?;
    let found = scene.views().registration(&centre, id).map_err(views_failed)?;
    if found.value.is_none() {
        return Err(unknown());
    }
    reader.note(&scene, format!("the registration of {reference}"), &here).await?;
    show_registration(&scene, &centre, id, &found)
}

fn show_registration(
    scene: &Scene,
    centre: &CentreId,
    id: RegistrationId,
    found: &FoundAt<Option<RegistrationRow>>,
) -> Outcome<Response> {
    let Some(row) = &found.value else { return Err(scene.not_found(centre, "registration")) };
    let zone = scene.zone_of(centre);
    let rules = rules_at(scene, centre, scene.now(found.at))?;
    let hold = row.hold.map(|hold| scene.views().hold(centre, hold)).transpose().map_err(views_failed)?;
    let booked = hold.and_then(|found| found.value).is_some_and(|found| is_booked(found.hold.state));
    let body = showing::registration(centre, id, row, rules.as_ref(), booked, &zone);
    let mut response = shown(&body, &stamp_of(found, zone));
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", row.revision)) {
        response.headers_mut().insert(ETAG, etag);
    }
    Ok(not_kept(response))
}

/// A hold.
#[utoipa::path(get, path = "/v1/centres/{centre}/holds/{id}", tag = "holds", responses((status = 200, body = HoldJson)))]
pub(crate) async fn get_hold_as_of(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, hold)): Ids<(CentreId, HoldId)>,
    Here(here): Here,
    Asked(query): Asked<ThingQuery>,
) -> Outcome<Response> {
    let mut reader = Reader::new(&state, &caller, query)?;
    let scene = state.scene(reader.take_when(), Of::Thing(&centre)).await?;
    let (found, thing) = hold_in(&scene, &centre, hold, "hold")?;
    reader.note(&scene, format!("hold {hold} at {centre}"), &here).await?;
    let zone = scene.zone_of(&centre);
    let rules = rules_at(&scene, &centre, found.at)?;
    let body = showing::hold(&centre, hold, &thing, rules.as_ref(), scene.now(found.at), &zone);
    Ok(not_kept(shown(&body, &stamp_of(&found, zone))))
}

/// A booking.
#[utoipa::path(get, path = "/v1/centres/{centre}/bookings/{id}", tag = "bookings", responses((status = 200, body = BookingJson)))]
pub(crate) async fn get_booking_as_of(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, booking)): Ids<(CentreId, HoldId)>,
    Here(here): Here,
    Asked(query): Asked<ThingQuery>,
) -> Outcome<Response> {
    let mut reader = Reader::new(&state, &caller, query)?;
    let scene = state.scene(reader.take_when(), Of::Thing(&centre)).await?;
    let (found, thing) = hold_in(&scene, &centre, booking, "booking")?;
    if thing.hold.confirmed_at.is_none() {
        return Err(scene.not_found(&centre, "booking"));
    }
    reader.note(&scene, format!("booking {booking} at {centre}"), &here).await?;
    let zone = scene.zone_of(&centre);
    let rules = rules_at(&scene, &centre, found.at)?;
    let body = showing::booking(booking, &thing, rules.as_ref(), &zone);
    Ok(not_kept(shown(&body, &stamp_of(&found, zone))))
}

fn hold_in(
    scene: &Scene,
    centre: &CentreId,
    hold: HoldId,
    what: &'static str,
) -> Outcome<(FoundAt<()>, HoldFound)> {
    let FoundAt { value, position, at } = scene.views().hold(centre, hold).map_err(views_failed)?;
    let thing = value.ok_or_else(|| scene.not_found(centre, what))?;
    Ok((FoundAt { value: (), position, at }, thing))
}

fn rules_at(scene: &Scene, centre: &CentreId, at: Instant) -> Outcome<Option<RulesRow>> {
    Ok(scene.views().rules_at(centre, at).map_err(views_failed)?.value)
}

/// What is noted each time that it is read must be asked for each time.
fn not_kept(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
