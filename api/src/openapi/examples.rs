//! A body for each operation that takes one, as somebody might send it on the morning of 12 January 2021.

use serde_json::{Value, json};

/// The example of an operation's body, if it takes one.
pub(super) fn of_body(operation: &str) -> Option<Value> {
    Some(match operation {
        "put_registration" => json!({ "group": 1, "district": "06412", "made_by": "self",
            "person": { "family_name": "Muster", "given_name": "Erika", "born_on": "1936-05-01" } }),
        "reissue_access" => json!({ "secret": "8b1f0c6e2d5a4937b0c8e1f2a3d4b5c6" }),
        "place_hold" => json!({ "registration": REGISTRATION, "first": 17 }),
        "change_booking" => json!({ "first": 18 }),
        "look_up" => json!({ "family_name": "Muster", "given_name": "Erika", "born_on": "1936-05-01",
            "purpose": "she has lost her letter" }),
        "describe_centre" => json!({ "reference_prefix": "FRA", "name": "Regionales Impfzentrum Frankfurt",
            "address": "Festhalle, Ludwig-Erhard-Anlage 1, 60327 Frankfurt", "phone": "116117",
            "time_zone": "Europe/Berlin", "opens_on": "2021-01-19", "catchment": ["06412", "06413"] }),
        "set_rules" => rules(),
        "announce_delivery" => json!({ "vaccine": "comirnaty", "doses": 480, "due_on": "2021-01-15" }),
        "receive_delivery" => json!({ "lot": "EJ6796", "doses": 480, "received_on": "2021-01-15" }),
        "release_slots" => json!({ "delivery": DELIVERY, "vaccine": "comirnaty",
            "first": { "date": "2021-01-19", "places": 240 }, "second": { "date": "2021-02-09", "places": 240 } }),
        "shrink_slots" => json!({ "reason": "staffing", "slots": [{ "slot": 17, "places": 1 }] }),
        "put_export" => {
            json!({ "format": "csv", "tables": ["days"], "from": "2021-01-12", "to": "2021-01-12",
            "purpose": "doses a day" })
        }
        "set_channel" => json!({ "state": "open", "reason": "the lines are back" }),
        _ => return None,
    })
}

const REGISTRATION: &str = "0b8f6f0e-3c55-4a53-9a0e-6d0a1a5b7c21";
const DELIVERY: &str = "3f2a9a44-6a0b-4d55-8f6c-2b7f2a1f9e10";

fn rules() -> Value {
    json!({
        "effective_at": "2021-01-12T08:00:00+01:00", "time_zone": "Europe/Berlin",
        "vaccines": {
            "comirnaty": { "cvx": 208, "doses": 2, "interval_days": { "min": 21, "max": 42 } },
            "johnson": { "cvx": 212, "doses": 1 },
        },
        "holds": { "web_s": 600, "hotline_s": 600, "extension_s": 600, "per_registration_and_day": 10,
            "held_share": 0.25 },
        "changes_per_day": 3, "book_until_min": 60,
        "contingents": { "web": 0.6, "hotline": 0.3, "open": 0.1 },
        "contingents_flow_back_at": "2021-01-15T12:00:00+01:00", "rest_s": { "min": 0, "max": 0 },
        "slot": { "opens": "07:00", "closes": "22:00", "length_min": 15 },
        "cohorts": [{ "group": 1, "opens_at": "2021-01-12T08:00:00+01:00" }],
    })
}
