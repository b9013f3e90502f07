//! Exports over HTTP: asked for by an id of the client's, made one after the other, fetched file by file.

mod files;
mod order;

use std::path::Path;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION};
use axum::response::{IntoResponse as _, Response};
use projections::tables::MANIFEST;
use schemas::vocabulary::Role;
use uuid::Uuid;

use crate::access::{Caller, Read};
use crate::events::FileBody;
use crate::exports::reads::words_of;
use crate::exports::{self, Job, NotTaken};
use crate::json::{ExportBody, ExportFileJson, ExportJson};
use crate::problem::{Outcome, Problem, jittered};
use crate::sent::{Asked, Here, Ids, Nothing, Sent, SentNothing};
use crate::service::EdgeState;

/// Asks for an export. It is made when those before it are; the read is noted at once. With `since` the events are only
/// those that came after an earlier export of yours, for the same purpose and of the same tables; the other tables are
/// whole. What is left out then is as it was there.
#[utoipa::path(put, path = "/v1/exports/{id}", tag = "audit", request_body = ExportBody, responses((status = 201, description = "It is noted and waits for its turn", body = ExportJson)))]
pub(crate) async fn put_export(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids(id): Ids<Uuid>,
    Asked(Nothing {}): Asked<Nothing>,
    Sent(body): Sent<ExportBody>,
) -> Outcome<Response> {
    let asked = order::asked(&state, &caller, id, body)?;
    // A repeat is answered without another note: nothing more is read by it.
    if state.service.exports.get(id).is_none() {
        let since = asked.since.map(|since| format!(", since export {since}")).unwrap_or_default();
        let what = format!("export {id} of {}{since}", words_of(&asked.order));
        let read = Read { purpose: asked.order.purpose.clone(), what, period: (None, None) };
        state.note_read(&caller, read, &path(id)).await?;
    }
    let (job, repeated) = state.service.exports.ask(asked).map_err(not_taken)?;
    let body = axum::Json(export_json(&state, &job)?);
    if repeated {
        return Ok(body.into_response());
    }
    let mut response = (StatusCode::CREATED, body).into_response();
    if let Ok(place) = HeaderValue::from_str(&path(id)) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

/// How far an export is, and its files once they are there.
#[utoipa::path(get, path = "/v1/exports/{id}", tag = "audit", responses((status = 200, body = ExportJson)))]
pub(crate) async fn get_export(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids(id): Ids<Uuid>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Outcome<Response> {
    let job = visible(&state, &caller, id)?;
    Ok(axum::Json(export_json(&state, &job)?).into_response())
}

/// One file of an export. `name` is its path in the manifest, with `%2F` for `/`; `manifest.json` is one of them. When
/// somebody else asked for the export, it is noted that you read this file of it, before the answer.
#[utoipa::path(
    get,
    path = "/v1/exports/{id}/files/{name}",
    tag = "audit",
    responses((status = 200, description = "The file", body = String, content_type = "application/octet-stream"))
)]
pub(crate) async fn get_export_file(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((id, name)): Ids<(Uuid, String)>,
    Here(here): Here,
    Asked(Nothing {}): Asked<Nothing>,
) -> Outcome<Response> {
    let job = visible(&state, &caller, id)?;
    let missing = || Problem::new("NotFound").detail("the export has no such file");
    // Only what the manifest names is there, so that no path leads anywhere else.
    let manifest = files::manifest(&state, &job)?.ok_or_else(missing)?;
    let entry = manifest.files.iter().find(|file| file.path == name);
    if name != MANIFEST && entry.is_none() {
        return Err(missing());
    }
    let folder = state.service.exports.files(id);
    let (file, bytes) = files::open(&folder, id, &name, entry.map(|file| file.bytes)).await?;
    // Who asked for it is noted already.
    if job.actor != caller.actor() {
        let what = format!("{name} of export {id}, which another asked for");
        let read = Read { purpose: job.order.purpose.clone(), what, period: (None, None) };
        state.note_read(&caller, read, &here).await?;
    }
    let mut response = Body::new(FileBody::new(file)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type(&name)));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(bytes));
    Ok(response)
}

/// Stops an export and deletes its files. The id can be used anew.
#[utoipa::path(delete, path = "/v1/exports/{id}", tag = "audit", responses((status = 204, description = "It is gone")))]
pub(crate) async fn delete_export(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids(id): Ids<Uuid>,
    Asked(Nothing {}): Asked<Nothing>,
    SentNothing: SentNothing,
) -> Outcome<Response> {
    visible(&state, &caller, id)?;
    state.service.exports.delete(id).map_err(|error| failed(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn path(id: Uuid) -> String {
    format!("/v1/exports/{id}")
}

/// What is not his looks like what is not there; auditors see everything.
fn visible(state: &EdgeState, caller: &Caller, id: Uuid) -> Outcome<Job> {
    let auditor = matches!(caller, Caller::Staff(credential) if credential.role == Role::Auditor);
    let job = state.service.exports.get(id).filter(|job| auditor || job.actor == caller.actor());
    job.ok_or_else(|| Problem::new("NotFound").detail("no such export"))
}

fn not_taken(reason: NotTaken) -> Problem {
    match reason {
        NotTaken::IdTaken => Problem::new("IdTaken"),
        NotTaken::Differs => Problem::new("ContentDiffers"),
        NotTaken::Full => {
            Problem::new("Overloaded").detail("as many exports wait as may").retry_after(jittered(60))
        }
        NotTaken::TooMany => Problem::new("Overloaded")
            .detail("as many exports are kept as may be: delete some")
            .retry_after(jittered(60)),
        NotTaken::Storage(error) => failed(&error),
    }
}

fn failed(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "an export cannot be read or written");
    Problem::new("InternalError")
}

fn export_json(state: &EdgeState, job: &Job) -> Outcome<ExportJson> {
    let manifest = files::manifest(state, job)?;
    let href = |name: &str| format!("{}/files/{}", path(job.id), name.replace('/', "%2F"));
    let files = manifest.as_ref().map(|manifest| {
        let files = manifest.files.iter().map(|file| ExportFileJson {
            name: file.path.clone(),
            rows: file.rows,
            bytes: file.bytes,
            sha256: file.sha256.clone(),
            href: href(&file.path),
        });
        files.collect()
    });
    let order = &job.order;
    let progress = match &job.state {
        exports::State::Running { values, of } => Some((*values, *of)),
        _ => None,
    };
    Ok(ExportJson {
        export: job.id,
        state: match job.state {
            exports::State::Waiting => "waiting",
            exports::State::Running { .. } => "running",
            exports::State::Done => "done",
            exports::State::Failed { .. } => "failed",
        },
        format: order.format,
        tables: order.tables.clone(),
        from: order.from,
        to: order.to,
        purpose: order.purpose.clone(),
        subjects: if order.raw { "raw" } else { "keyed" },
        since: job.since,
        values_read: progress.map(|(values, _)| values),
        values_of: progress.map(|(_, of)| of),
        reason: match &job.state {
            exports::State::Failed { reason } => Some(reason.clone()),
            _ => None,
        },
        closed: manifest.as_ref().map(|manifest| manifest.closed),
        manifest: manifest.as_ref().map(|_| href(MANIFEST)),
        files,
    })
}

fn media_type(name: &str) -> &'static str {
    match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("parquet") => "application/vnd.apache.parquet",
        Some("csv") => "text/csv; charset=utf-8; header=present",
        Some("ndjson") => "application/x-ndjson",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
