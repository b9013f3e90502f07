//! Registering and amending: the person's data become durable in the vault, then the ledger appends once.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;
use axum::response::Response;
use ledger::command::PersonFacts;
use ledger::vault::{Person, Put, Secret, Stored, VaultError};
use ledger::{CentreCommand, Command, Rejection};
use projections::rows::RegistrationRow;
use schemas::Reference;
use schemas::events::CentreDescribed;
use schemas::ids::{CentreId, RegistrationId};
use schemas::vocabulary::MadeBy;

use crate::access::{Caller, bearer_secret, in_time, not_found, owns, vault_failed};
use crate::edge::Edge;
use crate::json::{BodyError, PersonBody, ReceiptJson, RegistrationBody};
use crate::problem::{Outcome, Problem, jittered, refused};
use crate::recording::{Begins, path_of};
use crate::sent::{Asked, Ids, Nothing, Sent, header};
use crate::service::EdgeState;
use crate::stamp::Zone;

/// How often a reference is drawn again when it was taken.
const REDRAWS: u32 = 3;
/// An entry of the vault that is older than this, in milliseconds, and that no registration names is about to be erased.
const NAMEABLE_MS: u64 = 12 * 60 * 60 * 1_000;

/// Registers a person; with `If-Match: "<revision>"` amends the registration.
#[utoipa::path(
    put,
    path = "/v1/centres/{centre}/registrations/{id}",
    tag = "registrations",
    params(("If-Match" = Option<String>, Header, description = "The revision you have seen, in quotes: amends")),
    request_body = RegistrationBody,
    responses((status = 201, body = ReceiptJson))
)]
pub(crate) async fn put_registration(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, id)): Ids<(CentreId, RegistrationId)>,
    Asked(Nothing {}): Asked<Nothing>,
    headers: HeaderMap,
    Sent(body): Sent<RegistrationBody>,
) -> Outcome<Response> {
    let revision = if_match(&headers)?;
    let begins = if revision.is_some() { Begins::Nothing } else { Begins::Anew };
    state.admit(&caller, begins)?;
    let form = Form::check(&state, &caller, centre, id, body).await?;
    match revision {
        None => register(&state, &caller, &headers, form).await,
        Some(revision) => amend(&state, &caller, revision, form).await,
    }
}

/// A registration as it was sent, at a centre that exists.
struct Form {
    centre: CentreId,
    described: CentreDescribed,
    id: RegistrationId,
    body: RegistrationBody,
}

impl Form {
    async fn check(
        state: &EdgeState,
        caller: &Caller,
        centre: CentreId,
        id: RegistrationId,
        body: RegistrationBody,
    ) -> Outcome<Self> {
        let service = &state.service;
        let row = service.known(&centre, |views| views.centre(&centre)).await?;
        let row = row.filter(|_| !caller.is_shut_out_of(&centre));
        let described = row.ok_or_else(|| not_found(service, &centre, "centre"))?.description;
        let zone = Zone::named(&described.time_zone).unwrap_or_else(Zone::utc);
        body.person.check(service.today(&zone))?;
        if body.made_by == MadeBy::Agent && !caller.is_staff() {
            return Err(BodyError::at("made_by", "only agents register as agent").into());
        }
        if !body.distinct_from.is_empty() && !caller.is_staff() {
            return Err(BodyError::at("distinct_from", "only agents say who is distinct").into());
        }
        Ok(Self { centre, described, id, body })
    }

    fn outside_catchment(&self, state: &EdgeState) -> Outcome<()> {
        if self.described.catchment.contains(&self.body.district) {
            return Ok(());
        }
        Err(refused(&Rejection::OutsideCatchment, state.service.stamp(&self.centre)?))
    }

    /// Keeps the person's data under this revision. What the ledger has already is never kept for the first time: should
    /// the vault have lost it, nobody may put himself in its place.
    async fn keep(
        &self,
        state: &EdgeState,
        revision: u32,
        secret: Option<Secret>,
        is_in_the_ledger: bool,
    ) -> Result<Stored, VaultError> {
        let put = Put {
            centre: self.centre.clone(),
            registration: self.id,
            revision,
            district: self.body.district,
            person: person(&self.body.person),
            secret,
            must_be_known: is_in_the_ledger,
            now: state.service.ledger.now(),
        };
        in_time(&state.service, state.service.vault.put(put)).await
    }

    fn facts(&self, stored: Stored) -> PersonFacts {
        PersonFacts {
            pseudonyms: stored.pseudonyms,
            commitment: stored.commitment,
            group: self.body.group,
            district: self.body.district,
            age_band: self.body.person.age_band(self.described.opens_on),
        }
    }

    fn refused(&self, state: &EdgeState, rejection: &Rejection) -> Problem {
        match state.service.stamp(&self.centre) {
            Ok(stamp) => refused(rejection, stamp),
            Err(problem) => problem,
        }
    }
}

async fn register(state: &EdgeState, caller: &Caller, headers: &HeaderMap, form: Form) -> Outcome<Response> {
    if !form.body.distinct_from.is_empty() {
        return Err(BodyError::at("distinct_from", "only an amendment says who is distinct").into());
    }
    let secret = registering_secret(state, headers, &form)?;
    state.service.remembers_ends(&form.centre).await?;
    let found = state.service.views.registration(&form.centre, form.id);
    let row = found.map_err(crate::service::views_failed)?.value;
    if row.is_none() {
        form.outside_catchment(state)?;
    }
    let kept = form.keep(state, 1, secret, row.is_some()).await;
    let stored = kept.map_err(|error| not_kept(state, caller, &form, error))?;
    if let Some(row) = &row {
        state.service.refuse_forgotten_registration(&form.centre, row)?;
    } else if stored.existed && stored.age_ms > NAMEABLE_MS {
        return Err(form.refused(state, &Rejection::IdTaken));
    }
    let (centre, registration, made_by) = (form.centre.clone(), form.id, form.body.made_by);
    let prefix = form.described.reference_prefix;
    let person = form.facts(stored);
    for _ in 0..=REDRAWS {
        let reference = Reference::new(prefix, draw()?);
        let command = CentreCommand::Register { registration, reference, made_by, person: person.clone() };
        let command = Command::Centre(centre.clone(), command);
        let path = path_of(&command);
        match state.service.submit(state.by(caller), command.clone(), &path).await {
            Ok(receipt) => return state.receipt(&command, &receipt, &path).await,
            Err(problem) if problem.rule() == "ReferenceTaken" => {}
            Err(problem) => return Err(problem),
        }
    }
    Err(Problem::new("ReferenceTaken").retry_after(jittered(1)))
}

/// On the web the registration's future secret. Without one a stranger learns nothing but that the id is in use.
fn registering_secret(state: &EdgeState, headers: &HeaderMap, form: &Form) -> Outcome<Option<Secret>> {
    if state.edge != Edge::Web {
        return Ok(None);
    }
    if let Some(secret) = bearer_secret(headers)? {
        return Ok(Some(secret));
    }
    let known = state.service.vault.read(&form.centre, form.id).map_err(vault_failed)?;
    if known.is_some() {
        return Err(form.refused(state, &Rejection::IdTaken));
    }
    Err(Problem::new("SecretMissing").challenge())
}

async fn amend(state: &EdgeState, caller: &Caller, revision: u32, form: Form) -> Outcome<Response> {
    let service = &state.service;
    owns(service, caller, &form.centre, form.id, "registration")?;
    service.remembers_ends(&form.centre).await?;
    let row: Option<RegistrationRow> =
        service.fresh(&form.centre, |views| views.registration(&form.centre, form.id)).await?.value;
    let row = row.ok_or_else(|| not_found(service, &form.centre, "registration"))?;
    service.refuse_forgotten_registration(&form.centre, &row)?;
    let next = revision.checked_add(1).ok_or_else(|| bad_if_match("the revision is too large"))?;
    // One further than what was seen may be the repeat of this very amendment.
    if row.revision != revision && row.revision != next {
        return Err(form.refused(state, &Rejection::StaleRevision { current: row.revision }));
    }
    form.outside_catchment(state)?;
    let kept = form.keep(state, next, None, true).await;
    let stored = kept.map_err(|error| match error {
        VaultError::Differs if row.revision == next => {
            form.refused(state, &Rejection::StaleRevision { current: row.revision })
        }
        error => not_kept(state, caller, &form, error),
    })?;
    let command = CentreCommand::AmendRegistration {
        registration: form.id,
        revision,
        distinct_from: form.body.distinct_from.clone(),
        person: form.facts(stored),
    };
    state.record(caller, Command::Centre(form.centre, command)).await
}

/// Why the vault did not keep the data, in words that tell a stranger nothing.
fn not_kept(state: &EdgeState, caller: &Caller, form: &Form, error: VaultError) -> Problem {
    match error {
        VaultError::SecretDiffers | VaultError::NotFound => form.refused(state, &Rejection::IdTaken),
        VaultError::Erased if caller.is_staff() => Problem::new("Erased"),
        VaultError::Erased => form.refused(state, &Rejection::IdTaken),
        VaultError::Differs => form.refused(state, &Rejection::ContentDiffers),
        VaultError::TooLarge { .. } | VaultError::NoName => BodyError::at("person", error.to_string()).into(),
        error => vault_failed(error),
    }
}

fn person(body: &PersonBody) -> Person {
    Person {
        family_name: body.family_name.clone(),
        given_name: body.given_name.clone(),
        born_on: body.born_on,
        street: body.street.clone(),
        postal_code: body.postal_code.clone(),
        city: body.city.clone(),
        phone: body.phone.clone(),
        email: body.email.clone(),
    }
}

fn draw() -> Outcome<u64> {
    getrandom::u64().map_err(|error| {
        tracing::error!(%error, "the system gave no random bytes");
        Problem::new("InternalError")
    })
}

/// The revision in `If-Match`, if there is one.
fn if_match(headers: &HeaderMap) -> Outcome<Option<u32>> {
    let Some(text) = header(headers, &IF_MATCH)? else { return Ok(None) };
    let digits = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let exact = |digits: &str| digits.parse().ok().filter(|revision: &u32| revision.to_string() == digits);
    let revision = digits.and_then(exact);
    revision.map(Some).ok_or_else(|| bad_if_match("it must be a revision in quotes, like \"1\""))
}

fn bad_if_match(what: &str) -> Problem {
    Problem::new("BadHeader").detail(format!("If-Match: {what}"))
}
