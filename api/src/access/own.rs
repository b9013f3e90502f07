//! What is whose.

use ledger::Rejection;
use ledger::vault::VaultError;
use schemas::ids::{CentreId, RegistrationId};

use super::Caller;
use crate::problem::{Outcome, Problem, refused};
use crate::service::Service;

/// There is no such thing, or it is not the caller's: one answer for both.
pub(crate) fn not_found(service: &Service, centre: &CentreId, what: &'static str) -> Problem {
    match service.stamp(centre) {
        Ok(stamp) => refused(&Rejection::NotFound { what }, stamp),
        Err(problem) => problem,
    }
}

/// Refuses, as if it were not there, what does not belong to this registration's bearer; staff may touch everything of
/// their centres.
pub(crate) fn owns(
    service: &Service,
    caller: &Caller,
    centre: &CentreId,
    registration: RegistrationId,
    what: &'static str,
) -> Outcome<()> {
    let may = match caller {
        Caller::Citizen(None) => false,
        Caller::Citizen(Some(secret)) => {
            service.vault.check_secret(centre, registration, secret).map_err(vault_failed)?
        }
        Caller::Staff(_) => !caller.is_shut_out_of(centre),
    };
    if may { Ok(()) } else { Err(not_found(service, centre, what)) }
}

/// The vault failed in a way that says nothing about the request.
pub(crate) fn vault_failed(error: VaultError) -> Problem {
    match error {
        VaultError::Full => Problem::new("Overloaded").retry_after(crate::problem::jittered(1)),
        VaultError::Closed => Problem::new("ShuttingDown").retry_after(crate::problem::jittered(5)),
        error => {
            tracing::error!(%error, "the vault failed");
            Problem::new("InternalError")
        }
    }
}

/// Waits for the vault no longer than a request may take. What it was asked for may still be done: the same request, sent
/// again, finds it.
pub(crate) async fn in_time<T>(
    service: &Service,
    asked: impl Future<Output = Result<T, VaultError>>,
) -> Result<T, VaultError> {
    let waited = tokio::time::timeout(service.request_timeout, asked).await;
    waited.unwrap_or_else(|_| Err(VaultError::Full))
}
