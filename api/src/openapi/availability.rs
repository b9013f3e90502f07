//! What availability and pairs look like. The projector draws them as bytes, so no type of ours stands for them.

use serde_json::{Map, Value, json};

/// The schema of an operation's answer, where it is one of these.
pub(super) fn schema_of(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "get_availability" => "AllAvailability",
        "get_centre_availability" => "CentreAvailability",
        "get_day" => "DayAvailability",
        "get_pairs" => "Pairs",
        _ => return None,
    })
}

/// Adds them to the document's schemas.
pub(super) fn add_schemas(schemas: &mut Map<String, Value>) {
    let slots = json!({ "type": "array", "items": reference("SlotAvailability") });
    let days = json!({ "type": "array", "items": reference("DayRow") });
    let centres = json!({ "type": "array", "items": reference("CentreAvailability") });
    let all = [
        ("AllAvailability", object(json!({ "centres": centres }), &[])),
        (
            "CentreAvailability",
            object(
                json!({ "centre": text(), "time_zone": text(), "changed_position": text(), "days": days }),
                &[],
            ),
        ),
        (
            "DayAvailability",
            object(json!({ "centre": text(), "time_zone": text(), "date": date(), "slots": slots }), &[]),
        ),
        ("DayRow", day_row()),
        ("SlotAvailability", slot_row()),
        ("ContingentCounts", contingent()),
        ("Contingents", contingents()),
        ("Bookable", object(json!({ "web": number(), "hotline": number() }), &[])),
        (
            "Pairs",
            object(
                json!({ "centre": text(), "pairs": { "type": "array", "items": reference("Pair") } }),
                &[],
            ),
        ),
        ("Pair", pair()),
        ("PlaceOfPair", place_of_pair()),
    ];
    schemas.extend(all.map(|(name, schema)| (name.to_owned(), schema)));
}

/// A row is of a first dose, with contingents, or of a second one, with `reserved`.
fn day_row() -> Value {
    let own = json!({ "date": date(), "dose": dose(), "vaccine": text(), "cvx": number(), "slots": text(),
        "earliest_back_at": instant() });
    object(merged(own), &["date", "dose", "vaccine", "cvx", "slots", "capacity", "free", "held", "booked"])
}

fn slot_row() -> Value {
    let own = json!({ "slot": number(), "start_at": instant(), "length_min": number(), "dose": dose(),
        "vaccine": text(), "cvx": number() });
    let required =
        ["slot", "start_at", "length_min", "dose", "vaccine", "cvx", "capacity", "free", "held", "booked"];
    object(merged(own), &required)
}

/// With the counts of either dose.
fn merged(own: Value) -> Value {
    let mut members = json!({ "capacity": number(), "free": number(), "held": number(), "resting": number(),
        "reserved": number(), "booked": number(), "contingents": reference("Contingents"),
        "bookable": reference("Bookable"), "flows_back_at": instant() });
    if let (Some(members), Value::Object(own)) = (members.as_object_mut(), own) {
        members.extend(own);
    }
    members
}

fn contingent() -> Value {
    let members = json!({ "capacity": number(), "free": number(), "held": number(), "hold_limit": number(),
        "resting": number(), "booked": number() });
    object(members, &["capacity", "free", "held", "resting", "booked"])
}

fn contingents() -> Value {
    let counts = || reference("ContingentCounts");
    object(json!({ "web": counts(), "hotline": counts(), "open": counts() }), &[])
}

/// A single dose has no second place.
fn pair() -> Value {
    let place = || reference("PlaceOfPair");
    let members = json!({ "first": place(), "second": place(), "vaccine": text(), "bookable": number() });
    object(members, &["first", "vaccine", "bookable"])
}

fn place_of_pair() -> Value {
    let members =
        json!({ "slot": number(), "start_at": instant(), "local_date": date(), "length_min": number() });
    object(members, &[])
}

/// An object of these members; all are required when none is named.
fn object(members: Value, required: &[&str]) -> Value {
    let mut required: Vec<String> = required.iter().map(|&name| name.to_owned()).collect();
    if required.is_empty() {
        required = members.as_object().into_iter().flat_map(Map::keys).cloned().collect();
    }
    json!({ "type": "object", "required": required, "properties": members, "additionalProperties": false })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn number() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn dose() -> Value {
    json!({ "type": "integer", "enum": [1, 2] })
}

fn date() -> Value {
    json!({ "type": "string", "format": "date" })
}

fn instant() -> Value {
    json!({ "type": "string", "format": "date-time" })
}
