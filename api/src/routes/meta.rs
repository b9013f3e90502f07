//! What the program says about itself: its interface, its problems, and that a path is not there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi;
use crate::problem::{Outcome, Problem, ProblemType, catalogue};
use crate::reading::{Constant, constant};
use crate::sent::{Asked, Ids, Nothing};

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
pub(crate) async fn list_problems(headers: HeaderMap, _: Asked<Nothing>) -> Outcome<Response> {
    static PROBLEMS: LazyLock<Outcome<Constant>> =
        LazyLock::new(|| Constant::new(&catalogue::all().map(ProblemTypeJson::from).collect::<Vec<_>>()));
    PROBLEMS.as_ref().map(|document| constant(&headers, document)).map_err(Problem::clone)
}

/// One kind of problem.
#[utoipa::path(get, path = "/problems/{slug}", tag = "meta", responses((status = 200, body = ProblemTypeJson)))]
pub(crate) async fn get_problem(
    Ids(slug): Ids<String>,
    headers: HeaderMap,
    _: Asked<Nothing>,
) -> Outcome<Response> {
    static EACH: LazyLock<Outcome<BTreeMap<String, Constant>>> = LazyLock::new(|| {
        catalogue::all().map(|kind| Ok((kind.slug(), Constant::new(&ProblemTypeJson::from(kind))?))).collect()
    });
    let each = EACH.as_ref().map_err(Problem::clone)?;
    let document = each.get(&slug).ok_or_else(|| Problem::new("UnknownProblem"))?;
    Ok(constant(&headers, document))
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "meta", responses((status = 200, body = Object)))]
pub(crate) async fn get_openapi(headers: HeaderMap, _: Asked<Nothing>) -> Outcome<Response> {
    static DOCUMENT: LazyLock<Outcome<Constant>> = LazyLock::new(|| Constant::new(&openapi::document()));
    DOCUMENT.as_ref().map(|document| constant(&headers, document)).map_err(Problem::clone)
}

/// The path is none of this edge's.
pub(crate) async fn unknown_path(uri: Uri) -> Problem {
    Problem::new("UnknownPath").detail(format!("{} is not served here", uri.path()))
}

/// The path has other methods; which, the router adds in `Allow`.
pub(crate) async fn method_not_allowed(method: Method) -> Problem {
    Problem::new("MethodNotAllowed").detail(format!("this path has no {method}"))
}
