//! What the ledger's own types say about the texts and numbers of the interface: utoipa sees only that they are some.

use schemars::{JsonSchema, SchemaGenerator};
use schemas::Position;
use schemas::ids::{CentreId, Cvx, District, Group, ReferencePrefix, VaccineName};
use schemas::vocabulary::{AgeBand, Channel, ChannelState, Contingent, MadeBy, ShrinkReason};
use serde_json::{Map, Value, json};

/// Ids of clients, in either case: UUIDs of version 4.
const UUID_PATTERN: &str =
    "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$";
/// A text for people: something, in at most 200 characters, none of which controls a terminal.
const TEXT_PATTERN: &str = "^[^\\x00-\\x1f\\x7f-\\x9f]+$";

/// A parameter in the path, by its name.
pub(super) fn in_path(name: &str) -> Value {
    match name {
        "id" | "uuid" => json!({ "type": "string", "format": "uuid", "pattern": UUID_PATTERN }),
        "date" => json!({ "type": "string", "format": "date" }),
        "centre" => of::<CentreId>(),
        "channel" => words(&[Channel::Web, Channel::Hotline, Channel::Partner, Channel::Centre]),
        "slug" => json!({ "type": "string", "pattern": "^[a-z-]+$" }),
        _ => json!({ "type": "string" }),
    }
}

/// A position, as `at_least` takes it.
pub(super) fn position() -> Value {
    of::<Position>()
}

/// Completes every schema of the document.
pub(super) fn complete(schemas: &mut Map<String, Value>) {
    for (name, schema) in schemas.iter_mut() {
        numbers_and_ids(schema);
        let Some(members) = schema.get_mut("properties").and_then(Value::as_object_mut) else { continue };
        for (member, described) in members.iter_mut() {
            if let Some(shape) = of_member(name, member) {
                narrow(described, shape);
            }
        }
    }
}

/// What a member is, where its schema says too little.
fn of_member(schema: &str, member: &str) -> Option<Value> {
    Some(match (schema, member) {
        ("CentreJson" | "RegistrationJson", "centre") => of::<CentreId>(),
        ("CentreBody", "reference_prefix") => of::<ReferencePrefix>(),
        (_, "catchment" | "district") => of::<District>(),
        (_, "group") => of::<Group>(),
        (_, "cvx") if schema.ends_with("Body") => of::<Cvx>(),
        ("RegistrationBody", "made_by") => words(&[MadeBy::SelfMade, MadeBy::Proxy, MadeBy::Agent]),
        ("RegistrationJson", "made_by") => words(MadeBy::ALL),
        ("RegistrationJson", "age_band") => of::<AgeBand>(),
        ("RegistrationJson", "state") => json!({ "enum": ["live", "withdrawn"] }),
        ("HoldJson", "state") => json!({ "enum": ["live", "booked", "lapsed", "released", "replaced"] }),
        ("BookingJson" | "PlaceJson", "state") => json!({ "enum": ["booked", "cancelled"] }),
        (_, "contingent") => words(Contingent::ALL),
        ("DeliveryBody" | "ReleaseBody", "vaccine") => of::<VaccineName>(),
        ("ShrinkBody", "reason") => words(ShrinkReason::ALL),
        ("ChannelBody" | "ShownChannel", "state") => words(ChannelState::ALL),
        ("ShownChannel", "channel") => words(Channel::ALL),
        ("ReceiptJson", "position") => position(),
        ("AccessBody", "secret") => {
            json!({ "minLength": 22, "maxLength": 128, "pattern": "^[0-9A-Za-z_-]+$" })
        }
        ("VaccineBody", "doses") => json!({ "minimum": 1, "maximum": 2 }),
        ("HoldsBody", "held_share") | ("ContingentsBody", _) => json!({ "minimum": 0, "maximum": 1 }),
        ("GridBody", "opens" | "closes") => json!({ "pattern": "^([01][0-9]|2[0-4]):[0-5][0-9]$" }),
        ("DayBody", "places") => json!({ "minimum": 1, "maximum": 100_000 }),
        ("ExportBody", "purpose")
        | ("CentreBody", "name" | "address" | "phone")
        | ("ChannelBody", "reason")
        | ("ReceiptBody", "lot")
        | ("LookupBody", "purpose" | "family_name" | "given_name")
        | (
            "PersonBody",
            "family_name" | "given_name" | "street" | "postal_code" | "city" | "phone" | "email",
        ) => text_for_people(),
        _ => return None,
    })
}

/// A text for people.
pub(super) fn text_for_people() -> Value {
    json!({ "minLength": 1, "maxLength": 200, "pattern": TEXT_PATTERN })
}

/// What a type says of itself in the event schemas.
fn of<T: JsonSchema>() -> Value {
    T::json_schema(&mut SchemaGenerator::default()).to_value()
}

/// One of these.
fn words<T: serde::Serialize>(words: &[T]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// Adds what `shape` says to a schema, or to the schema of a list's items.
fn narrow(described: &mut Value, shape: Value) {
    let target = match described.get_mut("items") {
        Some(items) => items,
        None => described,
    };
    if let (Value::Object(target), Value::Object(shape)) = (target, shape) {
        target.extend(shape);
    }
}

/// Unsigned numbers have an upper end, and UUIDs are of version 4.
fn numbers_and_ids(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(numbers_and_ids),
        Value::Object(members) => {
            members.values_mut().for_each(numbers_and_ids);
            let is_unsigned = members.get("minimum") == Some(&json!(0));
            match members.get("format").and_then(Value::as_str) {
                Some("int32") if is_unsigned => {
                    members.insert("format".into(), "uint32".into());
                    members.insert("maximum".into(), u32::MAX.into());
                }
                Some("uuid") => {
                    members.insert("pattern".into(), UUID_PATTERN.into());
                }
                _ => {}
            }
        }
        _ => {}
    }
}
