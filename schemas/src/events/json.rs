//! The JSON Schema of an event's data, as it is published.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// Draft 2020-12 with its own address; absent fields are omitted from the data and never null.
pub(super) fn schema_of<T: JsonSchema>(slug: &str, version: u8, title: &str) -> Schema {
    let settings =
        SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(never_null));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), schema_id(slug, version).into());
    schema.insert("title".to_owned(), title.into());
    schema
}

/// The address of an event's schema, for the `dataschema` of CloudEvents.
pub(super) fn schema_id(slug: &str, version: u8) -> String {
    format!("https://terminbuch.example/schemas/{slug}.v{version}.json")
}

/// schemars lets what is optional be null as well; our data leave it out.
fn never_null(schema: &mut Schema) {
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            schema.ensure_object().extend(only);
        }
    }
}
