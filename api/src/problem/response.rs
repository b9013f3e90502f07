//! A problem as a response.

use axum::http::header::{CONNECTION, HeaderValue, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use problem_details::ProblemDetails;
use serde_json::{Map, Value};

use super::{Parts, Problem};

/// The rule of a refused request, left in the response for the counters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused(pub(crate) &'static str);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let rule = self.rule();
        let headers = headers_of(&self.0);
        let mut response = details_of(*self.0).into_response();
        response.headers_mut().extend(headers);
        response.extensions_mut().insert(Refused(rule));
        response
    }
}

fn details_of(parts: Parts) -> ProblemDetails<Map<String, Value>> {
    let kind = parts.problem_type;
    let mut members = Map::new();
    members.insert("rule".into(), kind.rule.into());
    if let Some(stamp) = &parts.stamp {
        members.insert("position".into(), stamp.position.to_string().into());
        members.insert("as_of".into(), stamp.zone.show(stamp.at).into());
    }
    members.insert("next".into(), parts.next.unwrap_or_else(|| kind.next.to_owned()).into());
    members.extend(parts.data);
    let status = StatusCode::from_u16(kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut details = ProblemDetails::new().with_title(kind.title).with_status(status);
    if let Ok(place) = Uri::try_from(kind.path()) {
        details = details.with_type(place);
    }
    if let Some(detail) = parts.detail {
        details = details.with_detail(detail);
    }
    details.with_extensions(members)
}

fn headers_of(parts: &Parts) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = Vec::new();
    let mut add = |name, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.push((name, value));
        }
    };
    if let Some(seconds) = parts.retry_after_s {
        add(RETRY_AFTER, &seconds.to_string());
    }
    if let Some(path) = &parts.location {
        add(LOCATION, path);
    }
    if parts.challenge {
        add(WWW_AUTHENTICATE, "Bearer");
    }
    if parts.close {
        add(CONNECTION, "close");
    }
    if let Some(stamp) = &parts.stamp {
        headers.extend(stamp.headers());
    }
    headers
}
