//! Credentials of the demo: one for each agent, one for an auditor, and one for the operator.

use std::path::Path;

use hyper::header::HeaderValue;
use schemas::Instant;
use schemas::vocabulary::Role;

use super::switchboard::AGENTS;
use crate::credentials::{self, CredentialError, NewCredential};

/// Credentials, each as the value of `Authorization`.
pub struct Badges {
    /// The operator's.
    pub admin: HeaderValue,
    /// The auditor's.
    pub auditor: HeaderValue,
    /// The agents'.
    pub agents: Vec<HeaderValue>,
}

/// Makes them in a data directory.
///
/// # Errors
/// When they cannot be written.
pub fn make(data_dir: &Path, now: Instant) -> Result<Badges, CredentialError> {
    let agents = (1..=AGENTS).map(|number| new(format!("agent {number}"), Role::Agent));
    let others =
        [new("demo operator".to_owned(), Role::Admin), new("demo auditor".to_owned(), Role::Auditor)];
    let all = others.into_iter().chain(agents).collect();
    let tokens = credentials::create_all(data_dir, all, now)?;
    let mut tokens = tokens.iter().filter_map(|token| bearer(token));
    let admin = tokens.next().ok_or(CredentialError::NoRandomness)?;
    let auditor = tokens.next().ok_or(CredentialError::NoRandomness)?;
    Ok(Badges { admin, auditor, agents: tokens.collect() })
}

fn new(name: String, role: Role) -> NewCredential {
    NewCredential { name, role, centres: Vec::new() }
}

/// Tokens are letters, digits and underscores.
fn bearer(token: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("Bearer {token}")).ok()
}
