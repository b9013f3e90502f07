//! The caller of a request.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use ledger::vault::Secret;
use schemas::ids::{ActorId, CentreId};
use schemas::vocabulary::{Channel, Role};

use crate::credentials::Credential;
use crate::edge::Edge;
use crate::problem::{Outcome, Problem};
use crate::sent::header;
use crate::service::EdgeState;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// Somebody on the web, with the secret of a registration or without any.
    Citizen(Option<Secret>),
    /// Somebody with a credential that this edge admits.
    Staff(Credential),
}

impl Caller {
    /// The channel of what the caller asks for: by credential, else by edge.
    pub(crate) fn channel(&self, edge: Edge) -> Channel {
        match self {
            Self::Citizen(_) => edge.channel(),
            Self::Staff(credential) if credential.role == Role::Centre => Channel::Centre,
            Self::Staff(_) => edge.channel(),
        }
    }

    /// The actor that stands in records; nil for citizens.
    pub(crate) fn actor(&self) -> ActorId {
        match self {
            Self::Citizen(_) => ActorId::NIL,
            Self::Staff(credential) => credential.id,
        }
    }

    /// Whether a credential is bound to centres and this is none of them.
    pub(crate) fn is_shut_out_of(&self, centre: &CentreId) -> bool {
        match self {
            Self::Citizen(_) => false,
            Self::Staff(credential) => {
                credential.role == Role::Centre && !credential.centres.contains(centre)
            }
        }
    }

    /// Whether the caller has a credential.
    pub(crate) fn is_staff(&self) -> bool {
        matches!(self, Self::Staff(_))
    }
}

impl FromRequestParts<EdgeState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &EdgeState) -> Outcome<Self> {
        match state.edge {
            Edge::Web => citizen(&parts.headers),
            edge => staff(&parts.headers, state, edge.roles()),
        }
    }
}

/// A bearer that cannot be any secret opens nothing, just like a secret that is not the right one.
fn citizen(headers: &HeaderMap) -> Outcome<Caller> {
    Ok(Caller::Citizen(bearer(headers)?.and_then(|text| text.parse().ok())))
}

/// The secret that registers: it has to be there, and long enough.
pub(crate) fn bearer_secret(headers: &HeaderMap) -> Outcome<Option<Secret>> {
    let Some(text) = bearer(headers)? else { return Ok(None) };
    text.parse()
        .map(Some)
        .map_err(|error| Problem::new("BadHeader").detail(format!("Authorization: {error}")))
}

fn staff(headers: &HeaderMap, state: &EdgeState, admitted: &[Role]) -> Outcome<Caller> {
    let Some(token) = bearer(headers)? else { return Err(Problem::new("CredentialMissing").challenge()) };
    let known = state.service.credentials.check(&token);
    let credential = known.ok_or_else(|| Problem::new("CredentialUnknown").challenge())?;
    if !admitted.contains(&credential.role) {
        let detail = format!("the {} edge does not admit the role {}", state.edge.as_str(), credential.role);
        return Err(Problem::new("RoleNotAllowed").detail(detail));
    }
    Ok(Caller::Staff(credential))
}

fn bearer(headers: &HeaderMap) -> Outcome<Option<String>> {
    let Some(text) = header(headers, &AUTHORIZATION)? else { return Ok(None) };
    match text.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") && !rest.trim().is_empty() => {
            Ok(Some(rest.trim().to_owned()))
        }
        _ => Err(Problem::new("BadHeader").detail("Authorization must be: Bearer, a space, and the secret")),
    }
}
