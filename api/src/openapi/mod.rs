//! The OpenAPI 3.1 document: the paths of all edges as their handlers describe them, with what holds for all of them
//! added here: path parameters, headers, and the problems that each operation can answer.

mod refusals;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::OpenApi as _;

use crate::edge::Edge;
use crate::edge::router::paths;
use crate::problem::problem_type;

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Terminbuch",
    description = "An event-sourced booking ledger for vaccination appointments. Errors are RFC 9457 problems; every \
                   answer names the position it rests on in `Terminbuch-Position`."
))]
struct About;

/// The document.
pub(crate) fn document() -> Value {
    let mut merged = About::openapi();
    let mut edges: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for edge in [Edge::Web, Edge::Hotline, Edge::Admin] {
        let (_, api) = paths(edge).split_for_parts();
        for path in api.paths.paths.keys() {
            edges.entry(path.clone()).or_default().push(edge.as_str());
        }
        merged.merge(api);
    }
    let mut document = serde_json::to_value(&merged).unwrap_or_default();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for (path, item) in paths {
            complete_path(path, item, edges.get(path).map_or(&[], Vec::as_slice));
        }
    }
    add_components(&mut document);
    document
}

fn complete_path(path: &str, item: &mut Value, edges: &[&str]) {
    let Some(item) = item.as_object_mut() else { return };
    for (method, operation) in item.iter_mut() {
        if let Some(operation) = operation.as_object_mut() {
            complete_operation(method, path, operation);
        }
    }
    let parameters: Vec<Value> = names_in(path).map(path_parameter).collect();
    if !parameters.is_empty() {
        item.insert("parameters".into(), parameters.into());
    }
    item.insert("x-edges".into(), json!(edges));
}

fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Value {
    let schema = match name {
        "id" | "uuid" => json!({ "type": "string", "format": "uuid" }),
        "date" => json!({ "type": "string", "format": "date" }),
        "centre" => json!({ "type": "string", "pattern": "^[a-z][a-z0-9-]{1,39}$" }),
        _ => json!({ "type": "string" }),
    };
    json!({ "name": name, "in": "path", "required": true, "schema": schema })
}

fn at_least() -> Value {
    json!({ "name": "at_least", "in": "query", "required": false, "schema": { "type": "string" },
        "description": "Answer as of this position or a later one, or say that it is not reached" })
}

fn complete_operation(method: &str, path: &str, operation: &mut Map<String, Value>) {
    let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
    let writes = method != "get" && id != "look_up";
    let has_body = operation.contains_key("requestBody");
    let public = refusals::is_public(&id);
    if !public {
        operation.insert("security".into(), json!([{ "bearer": [] }]));
    }
    if refusals::waits(&id) {
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        if let Some(parameters) = parameters.as_array_mut() {
            parameters.push(at_least());
        }
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    if writes && let Some(first) = responses.get("201").cloned() {
        responses.entry("200").or_insert_with(|| repeat_of(first));
    }
    if refusals::has_etag(&id) {
        responses.insert("304".into(), json!({ "description": "You have it already" }));
    }
    let rules = refusals::of_operation(&id).iter().chain(refusals::of_requests(
        writes,
        has_body,
        public,
        names_in(path).next().is_some(),
    ));
    let mut by_status: BTreeMap<u16, Vec<&'static str>> = BTreeMap::new();
    for rule in rules {
        let kind = problem_type(rule);
        by_status.entry(kind.status).or_default().push(kind.rule);
    }
    for (status, rules) in by_status {
        responses.insert(status.to_string(), problem_response(&rules));
    }
}

fn repeat_of(mut first: Value) -> Value {
    if let Some(first) = first.as_object_mut() {
        first.insert("description".into(), "The same receipt for a repeat".into());
    }
    first
}

fn problem_response(rules: &[&str]) -> Value {
    json!({
        "description": rules.join(", "),
        "headers": { "Terminbuch-Position": { "$ref": "#/components/headers/Position" } },
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn add_components(document: &mut Value) {
    let Some(components) = document
        .as_object_mut()
        .map(|document| document.entry("components").or_insert_with(|| json!({})))
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    components.insert(
        "headers".into(),
        json!({ "Position": { "description": "<partition>@<seq>-<8 bytes of head in hex>", "schema": { "type": "string" } } }),
    );
    components.insert("securitySchemes".into(), json!({ "bearer": { "type": "http", "scheme": "bearer" } }));
    if let Some(schemas) = components.entry("schemas").or_insert_with(|| json!({})).as_object_mut() {
        schemas.insert("Problem".into(), problem_schema());
    }
}

fn problem_schema() -> Value {
    let text = || json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["type", "title", "status", "rule", "next"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": text(), "status": { "type": "integer" }, "detail": text(), "rule": text(),
            "position": text(), "as_of": { "type": "string", "format": "date-time" }, "next": text(),
            "alternatives": { "type": "array", "items": { "type": "object", "required": ["first"], "properties": {
                "first": { "type": "integer" }, "second": { "type": "integer" } } } },
            "opens_at": { "type": "string", "format": "date-time" },
            "earliest_back_at": { "type": "string", "format": "date-time" },
            "flows_back_at": { "type": "string", "format": "date-time" },
        },
    })
}
