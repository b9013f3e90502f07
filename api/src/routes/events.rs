//! The stream of all events, for auditors and analysts.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use projections::stream::{Stream, StreamError};
use projections::tables::Veil;
use schemas::Instant;
use schemas::ids::CentreId;
use schemas::vocabulary::{Channel, Role};
use serde::Deserialize;

use crate::access::{Caller, Read, purpose};
use crate::events::{Filter, LinesBody, Pump, Wanted};
use crate::problem::{Outcome, Problem, jittered};
use crate::reading::takes_gzip;
use crate::sent::{Asked, Here};
use crate::service::{EdgeState, Service};

/// How long a reader may take nothing while there is something.
const PATIENCE: Duration = Duration::from_secs(10);

/// The query of the stream.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsQuery {
    purpose: Option<String>,
    cursor: Option<String>,
    limit: Option<u64>,
    centre: Option<CentreId>,
    #[serde(rename = "type")]
    kind: Option<String>,
    channel: Option<Channel>,
    from: Option<Instant>,
    to: Option<Instant>,
    #[serde(default)]
    follow: bool,
}

/// All events as CloudEvents 1.0, one JSON object a line, in an order over all partitions that is the same for everybody
/// once a period is over. Each event has the extension attribute `cursor`: the place after it, to go on from with
/// `?cursor=`. Two other lines can come: `{"heartbeat":{"cursor":…}}` while nothing happens (15 s, with `follow`), and
/// at last always `{"end":{"reason":…,"cursor":…}}`, where the reason is `end`, `limit`, `period`, `slow` (the reader
/// took nothing for 10 s), `revoked` (your credential), `shutdown` or `failed`. An answer without that line was cut off: go on from the last cursor.
/// To auditors ids are shown as they are; to analysts they are keyed for the purpose, and what could name somebody is
/// left out. Each opening is noted with its purpose before the first line.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "audit",
    params(
        ("purpose" = String, Query, description = "What for; noted. An analyst's names of subjects stay the same for one purpose and differ for another; an event's own id is its place in the log, the same for all"),
        ("cursor" = Option<String>, Query, description = "Go on after the event that had this cursor"),
        ("limit" = Option<u64>, Query, description = "The most events"),
        ("centre" = Option<String>, Query, description = "Only of this centre"),
        ("type" = Option<String>, Query, description = "Only of these types, with commas in between: hold-placed,de.terminbuch.hold-expired.v1"),
        ("channel" = Option<String>, Query, description = "Only those that came by this channel"),
        ("from" = Option<String>, Query, description = "Not before this instant"),
        ("to" = Option<String>, Query, description = "Before this instant"),
        ("follow" = Option<bool>, Query, description = "Keep the answer open and write on as events come")
    ),
    responses((status = 200, description = "Lines", body = String, content_type = "application/x-ndjson"))
)]
pub(crate) async fn get_events(
    State(state): State<EdgeState>,
    caller: Caller,
    headers: HeaderMap,
    Here(here): Here,
    Asked(query): Asked<EventsQuery>,
) -> Outcome<Response> {
    let service = &state.service;
    let purpose = purpose(query.purpose.clone())?;
    let filter = filter(&query)?;
    let room = Arc::clone(&service.events.room).try_acquire_owned();
    let room = room.map_err(|_| {
        Problem::new("Overloaded")
            .detail("as many streams are open as there may be")
            .retry_after(jittered(30))
    })?;
    let veil = service.veil(&caller, &purpose)?;
    let stream = service.open_stream(query.cursor.clone()).await?;
    let period = (query.from, query.to);
    let read = Read { purpose, what: what(&query, &filter), period };
    let stamp = state.note_read(&caller, read, &here).await?;
    let gzip = takes_gzip(&headers);
    let (limit, follow) = (query.limit, query.follow);
    let admitted = still_admitted(&state, &caller);
    let wanted = Wanted { filter, limit, follow, gzip, patience: PATIENCE, veil, admitted };
    let moved = Arc::clone(&service.events.moved);
    let (pump, body) = Pump::new(stream, wanted, service.ledger.ledger_id(), moved, room)
        .ok_or_else(|| Problem::new("InternalError"))?;
    tokio::task::spawn_blocking(move || pump.run());
    let mut response = lines(body, gzip);
    response.headers_mut().extend(stamp.headers());
    Ok(response)
}

/// A stream may outlive the credential that opened it.
fn still_admitted(state: &EdgeState, caller: &Caller) -> Box<dyn Fn() -> bool + Send> {
    let (service, actor) = (Arc::clone(&state.service), caller.actor());
    Box::new(move || service.credentials.is_in_force(actor))
}

fn filter(query: &EventsQuery) -> Outcome<Filter> {
    let bad = |detail: String| Problem::new("BadQuery").detail(detail);
    if let (Some(from), Some(to)) = (query.from, query.to)
        && to <= from
    {
        return Err(bad("to must be after from".to_owned()));
    }
    if query.limit == Some(0) {
        return Err(bad("limit must be at least 1".to_owned()));
    }
    let named = query.kind.as_deref().unwrap_or_default().split(',').filter(|name| !name.is_empty());
    let types = named.map(|name| {
        let slug = Filter::slug(name).ok_or_else(|| bad(format!("type: there are no events {name:?}")))?;
        Ok(slug.to_owned())
    });
    let types = types.collect::<Outcome<Vec<_>>>()?;
    Ok(Filter { centre: query.centre.clone(), types, channel: query.channel, from: query.from, to: query.to })
}

/// What is noted of the read: nothing in it is a person's.
fn what(query: &EventsQuery, filter: &Filter) -> String {
    let part = |name: &str, value: Option<String>| value.map(|value| format!(", {name} {value}"));
    let parts = [
        part("centre", query.centre.as_ref().map(ToString::to_string)),
        part("type", Some(filter.types.join(",")).filter(|types| !types.is_empty())),
        part("channel", query.channel.map(|channel| channel.to_string())),
        part("limit", query.limit.map(|limit| limit.to_string())),
        query.cursor.as_ref().map(|_| ", from a cursor".to_owned()),
        query.follow.then(|| ", following".to_owned()),
    ];
    format!("the stream of events{}", parts.into_iter().flatten().collect::<String>())
}

fn lines(body: LinesBody, gzip: bool) -> Response {
    let mut response = (StatusCode::OK, Body::new(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

impl Service {
    /// How this caller sees subjects: auditors as they are, everybody else under the purpose's names.
    pub(crate) fn veil(&self, caller: &Caller, purpose: &str) -> Outcome<Veil> {
        match caller {
            Caller::Staff(credential) if credential.role == Role::Auditor => Ok(Veil::raw()),
            _ => Ok(Veil::stream(&self.export_key()?, purpose)),
        }
    }

    /// The key that subjects are hidden under.
    pub(crate) fn export_key(&self) -> Outcome<[u8; projections::tables::KEY_BYTES]> {
        self.exports.key().map_err(|error| {
            tracing::error!(%error, "subjects cannot be hidden, so nothing is shown");
            Problem::new("InternalError")
        })
    }

    /// Far behind, the log is judged from the last place that is known: that takes a thread that may block.
    async fn open_stream(&self, cursor: Option<String>) -> Outcome<Stream> {
        let (log, ladder) = (Arc::clone(&self.log), Arc::clone(&self.events.ladder));
        let ledger = self.ledger.ledger_id();
        let open = move || Stream::open(log, ladder, ledger, cursor.as_deref());
        let opened = tokio::task::spawn_blocking(open).await.map_err(|_| Problem::new("InternalError"))?;
        opened.map_err(|error| match error {
            StreamError::Cursor(error) => Problem::new("ForeignCursor").detail(error.to_string()),
            StreamError::Log(error) if error.is_for_now() => {
                tracing::warn!(%error, "the log cannot be read now");
                Problem::new("PastNotReady").retry_after(jittered(3))
            }
            error => {
                tracing::error!(%error, "the log cannot be read");
                Problem::new("InternalError")
            }
        })
    }
}
