//! Whoever looks after a change expects a page that shows it, and nobody asks for more than he could know of.

use std::time::Duration;

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use schemas::ids::Partition;
use schemas::{Instant, Position};

use crate::demo::behaviour::Ask;
use crate::demo::known::Known;
use crate::demo::wire::Received;

fn position(seq: u64) -> Position {
    Position { partition: Partition(3), seq, head: [7; 8] }
}

fn answer(status: StatusCode, seq: u64, body: &'static str) -> Received {
    Received {
        status,
        etag: Some(HeaderValue::from_static("\"e\"")),
        position: Some(position(seq)),
        body: Bytes::from_static(body.as_bytes()),
        retries: 0,
        took: Duration::ZERO,
    }
}

fn at(millis: u64) -> Instant {
    Instant::EPOCH.plus_millis(millis)
}

#[test]
fn a_change_is_expected_a_second_later_until_a_page_has_shown_it() {
    let mut known = Known::opened(Some(position(10)));
    assert_eq!(known.expects(at(0)).at_least, Some(position(10)), "the opening is old news");
    known.learns(at(0), Ask::Look, &answer(StatusCode::OK, 10, r#"{"days":[]}"#));
    assert_eq!(known.expects(at(0)).at_least, None, "the page has shown it");
    assert!(known.expects(at(0)).etag.is_some());
    known.learns(at(1_000), Ask::Confirm(1), &answer(StatusCode::CREATED, 12, "{}"));
    assert_eq!(known.expects(at(1_999)).at_least, None);
    assert_eq!(known.expects(at(2_000)).at_least, Some(position(12)));
    known.learns(at(2_000), Ask::Look, &answer(StatusCode::NOT_MODIFIED, 13, ""));
    assert_eq!(known.expects(at(9_000)).at_least, None, "a page of a later position shows it too");
}

#[test]
fn what_changes_no_page_is_not_waited_for_and_late_answers_change_nothing() {
    let mut known = Known::opened(Some(position(10)));
    known.learns(at(0), Ask::Register, &answer(StatusCode::CREATED, 20, "{}"));
    known.learns(at(0), Ask::Confirm(1), &answer(StatusCode::CONFLICT, 21, "{}"));
    assert_eq!(known.expects(at(5_000)).at_least, Some(position(10)));
    known.learns(at(5_000), Ask::Release(1), &answer(StatusCode::CREATED, 31, "{}"));
    known.learns(at(5_000), Ask::Release(2), &answer(StatusCode::CREATED, 30, "{}"));
    assert_eq!(known.expects(at(9_000)).at_least, Some(position(31)));
}

#[test]
fn a_page_that_cannot_be_read_leaves_what_was_known() {
    let mut known = Known::opened(None);
    known.learns(at(0), Ask::Look, &answer(StatusCode::NOT_FOUND, 4, "{}"));
    known.learns(at(0), Ask::Look, &answer(StatusCode::OK, 5, "not JSON"));
    assert_eq!(known.expects(at(0)).etag, None);
}
