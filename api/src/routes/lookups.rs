//! What agents look up: who reads personal data is written into the ledger before the answer leaves.

use axum::extract::State;
use axum::response::Response;
use ledger::vault::{Person, VaultError};
use projections::rows::RegistrationRow;
use schemas::ids::{CentreId, RegistrationId};
use schemas::{Position, Reference};
use serde::Deserialize;

use crate::access::{Caller, Read, purpose, vault_failed};
use crate::json::{BodyError, FoundJson, FoundListJson, LookupBody, PersonBody};
use crate::problem::{Outcome, Problem};
use crate::reading::{shown, stamp_of};
use crate::sent::{Asked, Here, Ids, Nothing, Sent};
use crate::service::{EdgeState, Service, views_failed};
use crate::stamp::Zone;

/// The most registrations that one lookup shows; a person has one, namesakes a few.
const MAX_FOUND: usize = 50;

/// The query of a reference.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReferenceQuery {
    purpose: Option<String>,
    at_least: Option<Position>,
}

/// The registration that a reference stands for, with the person's data. The read is noted.
#[utoipa::path(
    get,
    path = "/v1/references/{reference}",
    tag = "lookups",
    params(("purpose" = Option<String>, Query, description = "What for; noted. On the audit edge it is required, on the hotline it is `a call` when absent")),
    responses((status = 200, body = FoundJson))
)]
pub(crate) async fn get_reference(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids(reference): Ids<Reference>,
    Here(here): Here,
    Asked(query): Asked<ReferenceQuery>,
) -> Outcome<Response> {
    let service = &state.service;
    service.reach(query.at_least).await?;
    let found = service.by_reference(&reference).await?;
    let found = found.filter(|found| !caller.is_shut_out_of(&found.value.centre));
    let Some(found) = found else {
        return Err(Problem::new("NotFound").detail("no such reference"));
    };
    let purpose = purpose(Some(query.purpose.unwrap_or_else(|| "a call".to_owned())))?;
    let read = Read::of(purpose, format!("the registration of {reference}"));
    state.note_read(&caller, read, &here).await?;
    if found.value.row.erasure.is_some() {
        return Err(Problem::new("Erased"));
    }
    let zone = service.zone_of(&found.value.centre)?;
    let body = service.found_json(&found.value.centre, found.value.registration, &found.value.row, &zone)?;
    Ok(shown(&body, &stamp_of(&found, zone)))
}

/// The registrations of a person. The read is noted.
#[utoipa::path(post, path = "/v1/lookups", tag = "lookups", request_body = LookupBody, responses((status = 200, body = FoundListJson)))]
pub(crate) async fn look_up(
    State(state): State<EdgeState>,
    caller: Caller,
    Asked(Nothing {}): Asked<Nothing>,
    Sent(body): Sent<LookupBody>,
) -> Outcome<Response> {
    body.check()?;
    let service = &state.service;
    let found = service.vault.find(&body.family_name, &body.given_name, body.born_on);
    let mut found = found.map_err(|error| match error {
        VaultError::NoName => Problem::from(BodyError::at("family_name", error.to_string())),
        error => vault_failed(error),
    })?;
    found.retain(|(centre, _)| !caller.is_shut_out_of(centre));
    found.truncate(MAX_FOUND);
    let found = service.registered(found).await?;
    let stamp = state.note_read(&caller, Read::of(body.purpose, what(&found)), "/v1/lookups").await?;
    let mut registrations = Vec::new();
    for (centre, id) in found {
        // Anew: the vault has the person of the newest revision, and noting takes a while.
        if let Some(row) = service.views.registration(&centre, id).map_err(views_failed)?.value {
            let zone = service.zone_of(&centre)?;
            registrations.push(service.found_json(&centre, id, &row, &zone)?);
        }
    }
    Ok(shown(&FoundListJson { registrations }, &stamp))
}

/// What is noted of a lookup: which registrations it shows, and nothing that they were looked for by. Their ids are words of
/// their own, so that the story of each tells of it.
fn what(found: &[(CentreId, RegistrationId)]) -> String {
    let ids: Vec<String> = found.iter().map(|(_, id)| id.to_string()).collect();
    let ids = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
    format!("registrations by name and birth date: {ids}")
}

impl Service {
    /// Those of the vault's entries that a registration names; any other is nobody's registration.
    async fn registered(
        &self,
        entries: Vec<(CentreId, RegistrationId)>,
    ) -> Outcome<Vec<(CentreId, RegistrationId)>> {
        let mut registered = Vec::new();
        for (centre, id) in entries {
            if self.fresh(&centre, |views| views.registration(&centre, id)).await?.value.is_some() {
                registered.push((centre, id));
            }
        }
        Ok(registered)
    }

    /// What a reference stands for now.
    pub(crate) async fn by_reference(
        &self,
        reference: &Reference,
    ) -> Outcome<Option<projections::AsOf<projections::Found>>> {
        let look = || self.views.by_reference(reference).map_err(views_failed);
        if let Some(found) = look()? {
            // What stands there now may be newer.
            self.catch_up(&found.value.centre).await;
            return look();
        }
        for centre in self.views.centres().map_err(views_failed)? {
            if centre.description.reference_prefix == *reference.prefix() {
                self.catch_up(&centre.description.id).await;
            }
        }
        look()
    }

    fn found_json(
        &self,
        centre: &CentreId,
        id: RegistrationId,
        row: &RegistrationRow,
        zone: &Zone,
    ) -> Outcome<FoundJson> {
        let person = self.vault.read_revision(centre, id, row.revision).map_err(vault_failed)?;
        Ok(FoundJson {
            registration: self.registration_json(centre, id, row, zone)?,
            person: person.as_ref().map(person_json),
            same_person_as: self.same_person_as(centre, id, row)?,
        })
    }

    /// References of the other live registrations of this person at the centre.
    fn same_person_as(
        &self,
        centre: &CentreId,
        id: RegistrationId,
        row: &RegistrationRow,
    ) -> Outcome<Vec<String>> {
        let mut others = Vec::new();
        for pseudonym in &row.pseudonyms {
            for other in self.views.person(*pseudonym).map_err(views_failed)? {
                let other = other.value;
                let distinct =
                    row.distinct_from.contains(&other.registration) || other.row.distinct_from.contains(&id);
                let same_thing = other.registration == id || other.centre != *centre;
                if !same_thing && !distinct && other.row.withdrawn.is_none() {
                    others.push(other.row.reference.to_string());
                }
            }
        }
        others.sort_unstable();
        others.dedup();
        Ok(others)
    }
}

fn person_json(person: &Person) -> PersonBody {
    PersonBody {
        family_name: person.family_name.clone(),
        given_name: person.given_name.clone(),
        born_on: person.born_on,
        street: person.street.clone(),
        postal_code: person.postal_code.clone(),
        city: person.city.clone(),
        phone: person.phone.clone(),
        email: person.email.clone(),
    }
}
