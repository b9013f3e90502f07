//! What a request sends, read and checked: path, query, body. Whatever is wrong with it becomes a problem.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, Uri};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::json::{BodyError, Object};
use crate::problem::{Outcome, Problem};
use crate::service::EdgeState;

/// The ids in the path.
pub(crate) struct Ids<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Ids<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Outcome<Self> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(ids)) => Ok(Self(ids)),
            Err(error) => Err(Problem::new("BadPath").detail(error.body_text())),
        }
    }
}

/// The query.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Outcome<Self> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(error) => Err(Problem::new("BadQuery").detail(error.body_text())),
        }
    }
}

/// Where a request was sent, with its query: the same question is asked there again.
pub(crate) struct Here(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Here {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(here(&parts.uri).to_owned()))
    }
}

fn here(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", PathAndQuery::as_str)
}

/// A query or a body without any member.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// A JSON body.
pub(crate) struct Sent<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<EdgeState> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &EdgeState) -> Outcome<Self> {
        if !is_json(request.headers()) {
            return Err(Problem::new("UnsupportedMediaType"));
        }
        let bytes = body(request, state).await?;
        parse(&bytes).map(Self)
    }
}

/// No body, or an empty object.
pub(crate) struct SentNothing;

impl FromRequest<EdgeState> for SentNothing {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &EdgeState) -> Outcome<Self> {
        let bytes = body(request, state).await?;
        if bytes.is_empty() { Ok(Self) } else { parse::<Nothing>(&bytes).map(|_| Self) }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        || (essence.to_ascii_lowercase().starts_with("application/") && essence.ends_with("+json"))
}

/// The whole body, within the edge's limits of size and time.
async fn body(request: Request, state: &EdgeState) -> Outcome<Bytes> {
    let limit = state.limits.max_body_bytes;
    let too_large = || {
        Problem::new("BodyTooLarge").detail(format!("at most {limit} bytes")).with("max_bytes", limit).close()
    };
    let body = request.into_body();
    if hyper::body::Body::size_hint(&body).lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(too_large());
    }
    let wait = Duration::from_millis(state.limits.body_timeout_ms);
    match tokio::time::timeout(wait, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => {
            Err(Problem::new("BadBody").detail(format!("the body ended early: {error}")).close())
        }
        Err(_) => Err(Problem::new("RequestTimeout").detail("the body did not arrive in time").close()),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Outcome<T> {
    match axum::Json::<Object<T>>::from_bytes(bytes) {
        Ok(axum::Json(Object(value))) => Ok(value),
        Err(error @ JsonRejection::JsonSyntaxError(_)) => {
            Err(Problem::new("BadJson").detail(error.body_text()))
        }
        Err(error) => Err(Problem::new("BadBody").detail(error.body_text())),
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        Self::new("BadBody").detail(error.to_string())
    }
}

/// One header as text; a header that comes twice or is no text is refused.
pub(crate) fn header(headers: &HeaderMap, name: &HeaderName) -> Outcome<Option<String>> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text.trim().to_owned())),
        _ => Err(Problem::new("BadHeader").detail(format!("{name} must come once, in ASCII"))),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Uri;
    use axum::http::header::LOCATION;
    use axum::response::IntoResponse as _;

    use super::here;
    use crate::problem::not_yet_known;

    #[test]
    fn what_is_not_yet_known_is_asked_for_again_with_its_query() {
        let reference = "/v1/references/FRA-0000-0000-0?purpose=complaint%204711&as_of=0@3-9f3a61c2aa01b2c3";
        let whole = "http://terminbuch/v1/events?limit=1";
        for (asked, place) in [(reference, reference), (whole, "/v1/events?limit=1"), ("/", "/")] {
            let uri: Uri = asked.parse().unwrap();
            let response = not_yet_known(here(&uri)).into_response();
            assert_eq!(response.status(), 202);
            assert_eq!(response.headers()[LOCATION], place);
        }
    }
}
