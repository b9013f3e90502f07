//! Credentials of people and programs that work with the ledger: hashed in `keys/credentials`, replaced whole.
//!
//! A token is `tbk_<id>_<secret>`. The secret has 256 random bits, so SHA-256 of it is enough to keep; the id is the
//! actor that stands in records.

mod file;
mod watched;

use std::fmt::Write as _;
use std::path::Path;

use schemas::Instant;
use schemas::ids::{ActorId, CentreId};
use schemas::vocabulary::Role;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use file::{CredentialError, list, revoke};
pub(crate) use watched::Credentials;

const TOKEN_PREFIX: &str = "tbk_";
const SECRET_BYTES: usize = 32;

/// A credential as it is kept: everything but its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The actor that stands in records.
    pub id: ActorId,
    /// Whose it is, for the operator.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// The centres it is bound to; only for the role `centre`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub centres: Vec<CentreId>,
    /// SHA-256 of the secret, in hex.
    sha256: String,
    /// When it was made.
    pub made_at: Instant,
    /// When it was revoked, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Instant>,
}

/// What a new credential is to be.
#[derive(Debug, Clone)]
pub struct NewCredential {
    /// Whose it is, for the operator.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// The centres it is bound to; only for the role `centre`, which needs at least one.
    pub centres: Vec<CentreId>,
}

/// Makes a credential in this data directory and returns its token, which is not kept anywhere.
///
/// # Errors
/// When the role and the centres do not fit together, or the file cannot be written.
pub fn create(
    data_dir: &Path,
    new: NewCredential,
    now: Instant,
) -> Result<(ActorId, String), CredentialError> {
    let (credential, token) = draw(new, now)?;
    let id = credential.id;
    file::add(data_dir, vec![credential])?;
    Ok((id, token))
}

/// Makes many credentials at once and returns their tokens in the same order.
///
/// # Errors
/// When the role and the centres of one do not fit together, or the file cannot be written; then none is made.
pub fn create_all(
    data_dir: &Path,
    all: Vec<NewCredential>,
    now: Instant,
) -> Result<Vec<String>, CredentialError> {
    let drawn = all.into_iter().map(|new| draw(new, now)).collect::<Result<Vec<_>, _>>()?;
    let (credentials, tokens) = drawn.into_iter().unzip();
    file::add(data_dir, credentials)?;
    Ok(tokens)
}

/// A credential as it is kept, and its token.
fn draw(new: NewCredential, now: Instant) -> Result<(Credential, String), CredentialError> {
    if new.name.trim().is_empty() || new.name.chars().count() > 100 || new.name.chars().any(char::is_control)
    {
        return Err(CredentialError::BadName);
    }
    if (new.role == Role::Centre) == new.centres.is_empty() {
        return Err(CredentialError::CentresMismatch);
    }
    let id = ActorId(*uuid::Uuid::new_v4().as_bytes());
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| CredentialError::NoRandomness)?;
    let secret = hex(&bytes);
    let credential = Credential {
        id,
        name: new.name,
        role: new.role,
        centres: new.centres,
        sha256: hash(&secret),
        made_at: now,
        revoked_at: None,
    };
    Ok((credential, format!("{TOKEN_PREFIX}{}_{secret}", hex(&id.0))))
}

impl Credential {
    /// Whether it is in force and this is its secret.
    fn opens_with(&self, secret: &str) -> bool {
        let same = hash(secret).as_bytes().ct_eq(self.sha256.as_bytes());
        self.revoked_at.is_none() && bool::from(same)
    }
}

/// The id and the secret of a token.
fn split_token(token: &str) -> Option<(ActorId, &str)> {
    let (id, secret) = token.strip_prefix(TOKEN_PREFIX)?.split_once('_')?;
    let id = uuid::Uuid::try_parse(id).ok()?;
    Some((ActorId(id.into_bytes()), secret))
}

fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
