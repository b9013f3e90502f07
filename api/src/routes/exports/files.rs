//! The files of a finished export, as its manifest tells of them.

use std::io::{Error, ErrorKind};
use std::path::Path;

use projections::tables::{MANIFEST, Manifest};
use tokio::fs::File;
use uuid::Uuid;

use super::failed;
use crate::exports::{Job, State};
use crate::problem::{Outcome, Problem};
use crate::service::EdgeState;

/// The manifest of an export that is done.
pub(super) fn manifest(state: &EdgeState, job: &Job) -> Outcome<Option<Manifest>> {
    if job.state != State::Done {
        return Ok(None);
    }
    let place = state.service.exports.files(job.id).join(MANIFEST);
    let bytes = std::fs::read(place).map_err(|error| unreadable(job.id, MANIFEST, &error))?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| damaged(job.id, MANIFEST, &error.to_string()))
}

/// A file that is as long as the manifest tells, if it tells: who got a part for the whole would count wrong.
pub(super) async fn open(folder: &Path, export: Uuid, name: &str, told: Option<u64>) -> Outcome<(File, u64)> {
    let file = File::open(folder.join(name)).await.map_err(|error| unreadable(export, name, &error))?;
    let bytes = file.metadata().await.map_err(|error| failed(&error))?.len();
    match told {
        Some(told) if told != bytes => {
            Err(damaged(export, name, &format!("it has {bytes} bytes, and the manifest says {told}")))
        }
        _ => Ok((file, bytes)),
    }
}

/// What is gone stays gone; what cannot be read now may be there later.
fn unreadable(export: Uuid, name: &str, error: &Error) -> Problem {
    match error.kind() {
        ErrorKind::NotFound => damaged(export, name, "it is missing"),
        _ => failed(error),
    }
}

fn damaged(export: Uuid, name: &str, why: &str) -> Problem {
    tracing::error!(%export, name, why, "a file of an export is damaged, and is not served");
    Problem::new("ExportDamaged").detail(format!("{name}: {why}"))
}
