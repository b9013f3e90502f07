//! What a client may keep: documents with an ETag, in the encoding that the client takes, or the word that it has them.
//!
//! The compressed form has an ETag of its own, `"…+gzip"`: a strong ETag is of bytes. Either says that nothing has changed.

use axum::body::Bytes;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use projections::Drawn;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::encoding::takes_gzip;
use crate::problem::{Outcome, Problem};

/// What changes at any moment is kept only together with the question whether it has changed.
const ASK_EACH_TIME: &str = "no-cache";
/// What changes with the program alone.
const FOR_AN_HOUR: &str = "public, max-age=3600";
/// What is added to the ETag of the compressed form.
const GZIP_SUFFIX: &str = "+gzip";

/// What was drawn before, or 304 when the client has it. It is kept only together with the question for its ETag.
pub(crate) fn rendered(headers: &HeaderMap, etag: &str, drawn: &Drawn) -> Response {
    kept(headers, etag, Body::Drawn(drawn), ASK_EACH_TIME)
}

/// A document that is the same for as long as the program runs.
pub(crate) fn constant(headers: &HeaderMap, document: &Constant) -> Response {
    kept(headers, &document.etag, Body::Drawn(&document.drawn), FOR_AN_HOUR)
}

/// A small document that is made for each request, and therefore not compressed; its ETag is a digest of it. `stamp`:
/// the headers that say what it is as of.
pub(crate) fn shown_for_all(
    headers: &HeaderMap,
    value: &impl Serialize,
    stamp: Vec<(HeaderName, HeaderValue)>,
) -> Outcome<Response> {
    let (etag, bytes) = digested(value)?;
    let mut response = kept(headers, &etag, Body::Made(bytes), ASK_EACH_TIME);
    response.headers_mut().extend(stamp);
    Ok(response)
}

/// A document with the digest that it is known by.
pub(crate) struct Constant {
    etag: String,
    drawn: Drawn,
}

impl Constant {
    /// The document of a value.
    pub(crate) fn new(value: &impl Serialize) -> Outcome<Self> {
        let (etag, bytes) = digested(value)?;
        Ok(Self { etag, drawn: bytes.into() })
    }
}

fn digested(value: &impl Serialize) -> Outcome<(String, Vec<u8>)> {
    let bytes = serde_json::to_vec(value).map_err(|error| {
        tracing::error!(%error, "a document cannot be written");
        Problem::new("InternalError")
    })?;
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    Ok((digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect(), bytes))
}

/// Where the bytes of an answer come from.
enum Body<'a> {
    /// They are shared by all who ask, compressed or not.
    Drawn(&'a Drawn),
    /// They are for this answer alone.
    Made(Vec<u8>),
}

fn kept(headers: &HeaderMap, etag: &str, body: Body<'_>, cache_control: &'static str) -> Response {
    let (mut response, etag) = match known(headers, etag) {
        Some(tag) => (StatusCode::NOT_MODIFIED.into_response(), tag),
        None => sent(headers, etag, body),
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(ETAG, etag);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// The bytes share what was drawn; they are not copied for a reader.
fn sent(headers: &HeaderMap, etag: &str, body: Body<'_>) -> (Response, String) {
    let gzip = match body {
        Body::Drawn(drawn) if takes_gzip(headers) => drawn.gzip(),
        _ => None,
    };
    let content = [(CONTENT_TYPE, "application/json")];
    if let Some(gzip) = gzip {
        let mut response = (content, Bytes::from_owner(gzip)).into_response();
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return (response, format!("\"{etag}{GZIP_SUFFIX}\""));
    }
    let plain = match body {
        Body::Drawn(drawn) => Bytes::from_owner(drawn.plain()),
        Body::Made(bytes) => bytes.into(),
    };
    ((content, plain).into_response(), format!("\"{etag}\""))
}

/// The ETag in `If-None-Match` that says that the client has this document in one encoding or the other: it is given back,
/// so that the client knows which of its copies is still right.
fn known(headers: &HeaderMap, etag: &str) -> Option<String> {
    let plain = format!("\"{etag}\"");
    let gzip = format!("\"{etag}{GZIP_SUFFIX}\"");
    let tags = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|tags| tags.split(',')).map(str::trim).find_map(|tag| {
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        if tag == "*" { Some(plain.clone()) } else { (tag == plain || tag == gzip).then(|| tag.to_owned()) }
    })
}
