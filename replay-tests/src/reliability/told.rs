//! An answer over HTTP in the words of a history.

use schemas::Position;
use serde_json::Value;

use super::wire::Heard;
use crate::history::Told;

/// Refusals that rest on what cannot change, by their rules' names (PROTOCOL 4).
const FINAL: [&str; 7] = [
    "IdTaken",
    "ContentDiffers",
    "RegistrationEnded",
    "HoldLapsed",
    "HoldEnded",
    "BookingEnded",
    "AlreadyReceived",
];

/// What was told; none for an answer that nobody should get.
pub(super) fn told(heard: &Heard) -> Option<Told> {
    match heard.status {
        200 | 201 => receipt(&heard.body, heard.status == 200),
        202 => Some(Told::Unknown),
        404 | 409 | 412 | 422 => Some(refusal(&heard.body)),
        // What was surely not done; 429 and 503 say when to come again.
        429 | 503 => Some(Told::NotDone(rule_of(&heard.body))),
        _ => None,
    }
}

fn receipt(body: &Value, repeated: bool) -> Option<Told> {
    Some(Told::Done {
        position: position_of(body)?,
        recorded_at: body["recorded_at"].as_str()?.parse().ok()?,
        repeated,
        events: None,
    })
}

/// A refusal names the position that it rests on; without one the edge itself refused, and nothing was asked of anybody.
fn refusal(body: &Value) -> Told {
    let rule = rule_of(body);
    match position_of(body) {
        Some(as_of) => {
            Told::Refused { is_final: FINAL.contains(&rule.as_str()), rule, facts: None, as_of, at: None }
        }
        None => Told::NotDone(rule),
    }
}

pub(super) fn rule_of(body: &Value) -> String {
    body["rule"].as_str().unwrap_or("without a rule").to_owned()
}

fn position_of(body: &Value) -> Option<Position> {
    body["position"].as_str()?.parse().ok()
}
