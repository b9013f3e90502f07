//! Health and figures, for operators' machines. No credential is asked for: the edge is on loopback until told otherwise.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use ledger::PartitionStatus;
use serde_json::json;

use crate::figures;
use crate::problem::{Outcome, Problem, jittered};
use crate::sent::{Asked, Nothing};
use crate::service::EdgeState;

/// Whether the program answers at all.
#[utoipa::path(get, path = "/livez", tag = "health", responses((status = 200, body = Object)))]
pub(crate) async fn get_livez(_: Asked<Nothing>) -> Response {
    axum::Json(json!({ "live": true })).into_response()
}

/// Whether every partition has a writer, and the views follow.
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, body = Object)))]
pub(crate) async fn get_readyz(State(state): State<EdgeState>, _: Asked<Nothing>) -> Outcome<Response> {
    let mut reasons = why_not_ready(&state.service.ledger.status());
    reasons.extend(state.service.ledger.log_out_of_reach());
    for (partition, reason) in state.service.views.halted() {
        reasons.push(format!("the views of partition {partition} have halted: {reason}"));
    }
    for (partition, reason) in state.service.views.waiting() {
        reasons.push(format!("the views of partition {partition} wait, and go on by themselves: {reason}"));
    }
    if reasons.is_empty() {
        return Ok(axum::Json(json!({ "ready": true })).into_response());
    }
    Err(Problem::new("NotReady").detail(reasons.join("; ")).retry_after(jittered(1)))
}

/// What keeps partitions from being decided for, one reason each.
pub(crate) fn why_not_ready(partitions: &[PartitionStatus]) -> Vec<String> {
    let why = |status: &PartitionStatus| {
        let partition = status.partition;
        match (&status.halted, &status.doubt) {
            (Some(reason), _) => Some(format!("partition {partition} has halted: {reason}")),
            (None, Some(doubt)) => Some(format!("partition {partition}: {doubt}")),
            (None, None) if !status.ready => {
                let trouble =
                    status.trouble.as_ref().map_or_else(String::new, |trouble| format!(": {trouble}"));
                Some(format!("partition {partition} has no owner here{trouble}"))
            }
            (None, None) => None,
        }
    };
    partitions.iter().filter_map(why).collect()
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn get_metrics(State(state): State<EdgeState>, _: Asked<Nothing>) -> Response {
    figures::observe(&state.service);
    let text = state.service.metrics.render();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
