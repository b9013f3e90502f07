//! What every answer of an edge gets on its way out: a position, a word for caches, a count, and a problem where a handler panicked.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use schemas::ids::Partition;

use crate::problem::{Problem, Refused};
use crate::service::EdgeState;
use crate::stamp::{POSITION, Stamp, Zone};

/// The outermost layer of every edge's router.
pub(super) async fn finish(State(state): State<EdgeState>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = method_label(request.method());
    let mut response = match CatchPanic(Box::pin(next.run(request))).await {
        Ok(response) => response,
        Err(panic) => {
            tracing::error!(route, panic = what(panic.as_ref()), "a handler panicked");
            Problem::new("InternalError").into_response()
        }
    };
    if !response.headers().contains_key(POSITION) {
        add_office_position(&state, &mut response);
    }
    // What nobody said may be kept is not: most of it is somebody's own, and the rest changes.
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    count(&state, &route, method, &response, began);
    response
}

/// What rests on no centre rests on the office.
fn add_office_position(state: &EdgeState, response: &mut Response) {
    if let Some((position, at)) = state.service.ledger.read_position(Partition::OFFICE) {
        response.headers_mut().extend(Stamp { position, at, zone: Zone::utc() }.headers());
    }
}

/// Anybody can invent a method; a figure that each made anew would be kept for ever.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn count(state: &EdgeState, route: &str, method: &'static str, response: &Response, began: Instant) {
    let edge = state.edge.as_str();
    let labels = [
        ("edge", edge.to_owned()),
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", response.status().as_u16().to_string()),
    ];
    metrics::counter!("terminbuch_requests_total", &labels).increment(1);
    metrics::histogram!("terminbuch_request_seconds", "edge" => edge, "route" => route.to_owned())
        .record(began.elapsed());
    if let Some(Refused(rule)) = response.extensions().get::<Refused>() {
        metrics::counter!("terminbuch_refused_total", "edge" => edge, "rule" => *rule).increment(1);
    }
}

/// A future whose panic is an error.
struct CatchPanic<F>(Pin<Box<F>>);

impl<F: Future> Future for CatchPanic<F> {
    type Output = Result<F::Output, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // After a panic the future is dropped and never polled again, so nobody sees what it left half done.
        match std::panic::catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

fn what(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}
