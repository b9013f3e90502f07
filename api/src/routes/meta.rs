//! What the program says about itself: its interface, its problems, and that a path is not there.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi;
use crate::problem::{Outcome, Problem, ProblemType, catalogue};
use crate::sent::Ids;

/// A kind of problem.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemTypeJson {
    #[serde(rename = "type")]
    place: String,
    title: &'static str,
    status: u16,
    rule: &'static str,
    next: &'static str,
}

impl From<&'static ProblemType> for ProblemTypeJson {
    fn from(kind: &'static ProblemType) -> Self {
        let ProblemType { rule, status, title, next } = kind;
        Self { place: kind.path(), title, status: *status, rule, next }
    }
}

/// Every kind of problem.
#[utoipa::path(get, path = "/problems", tag = "meta", responses((status = 200, body = Vec<ProblemTypeJson>)))]
pub(crate) async fn list_problems() -> Response {
    axum::Json(catalogue::all().map(ProblemTypeJson::from).collect::<Vec<_>>()).into_response()
}

/// One kind of problem.
#[utoipa::path(get, path = "/problems/{slug}", tag = "meta", responses((status = 200, body = ProblemTypeJson)))]
pub(crate) async fn get_problem(Ids(slug): Ids<String>) -> Outcome<Response> {
    let kind = catalogue::by_slug(&slug).ok_or_else(|| Problem::new("UnknownProblem"))?;
    Ok(axum::Json(ProblemTypeJson::from(kind)).into_response())
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "meta", responses((status = 200, body = Object)))]
pub(crate) async fn get_openapi() -> Response {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi::document().to_string().into());
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.clone()).into_response()
}

/// The path is none of this edge's.
pub(crate) async fn unknown_path(uri: Uri) -> Problem {
    Problem::new("UnknownPath").detail(format!("{} is not served here", uri.path()))
}

/// The path has other methods; which, the router adds in `Allow`.
pub(crate) async fn method_not_allowed(method: Method) -> Problem {
    Problem::new("MethodNotAllowed").detail(format!("this path has no {method}"))
}
