//! Problems for when there is no request to answer: written to the connection as they are.

use std::sync::LazyLock;

use serde_json::json;

use super::catalogue::problem_type;

/// The head of a request did not arrive in time.
pub(crate) static HEAD_TOO_SLOW: LazyLock<Vec<u8>> =
    LazyLock::new(|| raw("RequestTimeout", "Request Timeout", ""));
/// All connections are taken.
pub(crate) static NO_ROOM: LazyLock<Vec<u8>> =
    LazyLock::new(|| raw("TooManyConnections", "Service Unavailable", "Retry-After: 3\r\n"));

fn raw(rule: &str, reason: &str, more: &str) -> Vec<u8> {
    let kind = problem_type(rule);
    let body = json!({
        "type": kind.path(), "title": kind.title, "status": kind.status, "rule": kind.rule, "next": kind.next,
    })
    .to_string();
    format!(
        "HTTP/1.1 {} {reason}\r\nConnection: close\r\n{more}Content-Type: application/problem+json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        kind.status,
        body.len()
    )
    .into_bytes()
}
