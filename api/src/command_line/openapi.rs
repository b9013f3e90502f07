//! `terminbuch openapi`.

use std::process::ExitCode;

use super::{Failure, Output};
use crate::openapi;

/// Prints the document that every edge has at `/openapi.json`; no ledger is needed for it.
pub(super) fn run(output: &Output) -> Result<ExitCode, Failure> {
    let document = openapi::document();
    let text = serde_json::to_string_pretty(&document).map_err(|error| Failure::Other(error.to_string()))?;
    output.say(&text, &document);
    Ok(ExitCode::SUCCESS)
}
