//! The OpenAPI 3.1 document: the paths of all edges as their handlers describe them, with what holds for all of them
//! added here: path parameters, headers, and the problems that each operation can answer.

mod answers;
mod availability;
mod examples;
mod refusals;
mod shapes;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use utoipa::OpenApi as _;

use crate::edge::Edge;
use crate::edge::router::paths;
use crate::problem::problem_type;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Terminbuch",
        description = "An event-sourced booking ledger for vaccination appointments. Errors are RFC 9457 problems; \
                       every answer names the position it rests on in `Terminbuch-Position`. The paths of all edges \
                       stand here; `x-edges` says which edges have a path, or an operation or parameter of it."
    ),
    servers((url = "/", description = "The edge that this document came from")),
    tags(
        (name = "audit", description = "Every event, and everything as tables"),
        (name = "availability", description = "What is free"),
        (name = "bookings", description = "Bookings: a confirmed hold"),
        (name = "centres", description = "Vaccination centres"),
        (name = "channels", description = "Web, hotline, partners and desks: open, draining or closed"),
        (name = "health", description = "For operators' machines"),
        (name = "holds", description = "Places that are set aside for a while"),
        (name = "lookups", description = "What agents look up; it is noted who reads what"),
        (name = "meta", description = "What the program says about itself"),
        (name = "registrations", description = "People who want to be vaccinated"),
        (name = "rules", description = "What a centre's bookings go by"),
        (name = "supply", description = "Deliveries, and the places that go on offer with them"),
    )
)]
struct About;

/// The document.
pub(crate) fn document() -> Value {
    let mut merged = About::openapi();
    let mut edges = Vec::new();
    for edge in Edge::ALL {
        let (_, api) = paths(edge).split_for_parts();
        edges.push((edge, serde_json::to_value(&api.paths).unwrap_or_default()));
        merged.merge(api);
    }
    let mut document = serde_json::to_value(&merged).unwrap_or_default();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for (path, item) in paths {
            complete_path(path, item, &edges);
        }
    }
    add_components(&mut document);
    add_tags(&mut document);
    without_null(&mut document);
    document
}

/// What is absent is left out and never null; `Option` says both.
fn without_null(value: &mut Value) {
    let is_null = |schema: &Value| *schema == json!("null") || *schema == json!({ "type": "null" });
    match value {
        Value::Array(values) => values.iter_mut().for_each(without_null),
        Value::Object(members) => {
            members.values_mut().for_each(without_null);
            for key in ["type", "oneOf"] {
                let Some(Value::Array(kinds)) = members.get_mut(key) else { continue };
                kinds.retain(|kind| !is_null(kind));
                match (key, kinds.as_slice()) {
                    ("type", [only]) => {
                        let only = only.clone();
                        members.insert(key.to_owned(), only);
                    }
                    ("oneOf", [Value::Object(only)]) => {
                        let only = only.clone();
                        members.remove(key);
                        members.extend(only);
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn complete_path(path: &str, item: &mut Value, edges: &[(Edge, Value)]) {
    let Some(item) = item.as_object_mut() else { return };
    let serving = |serves: &dyn Fn(&Value) -> bool| -> Vec<&str> {
        let edges = edges.iter().filter(|(_, paths)| paths.get(path).is_some_and(serves));
        edges.map(|(edge, _)| edge.as_str()).collect()
    };
    for (method, operation) in item.iter_mut() {
        if let Some(operation) = operation.as_object_mut() {
            complete_operation(method, path, operation);
            let edges = serving(&|item| item.get(method).is_some());
            operation.entry("description").or_insert_with(|| served_on(&edges).into());
            operation.insert("x-edges".into(), json!(edges));
        }
    }
    let parameters: Vec<Value> = names_in(path).map(path_parameter).collect();
    if !parameters.is_empty() {
        item.insert("parameters".into(), parameters.into());
    }
    item.insert("x-edges".into(), json!(serving(&|_| true)));
}

fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": shapes::in_path(name) })
}

fn served_on(edges: &[&str]) -> String {
    match edges {
        [only] => format!("Served on the {only} edge."),
        _ => format!("Served on these edges: {}.", edges.join(", ")),
    }
}

/// A tag that the list above does not know stands for itself.
fn add_tags(document: &mut Value) {
    let named = |value: &Value, at: &str| value.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let operations = document.get("paths").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let operations = operations.filter_map(Value::as_object).flat_map(Map::values);
    let used: BTreeSet<String> = operations.filter_map(|operation| named(operation, "/tags/0")).collect();
    let Some(tags) = document.get_mut("tags").and_then(Value::as_array_mut) else { return };
    let known: BTreeSet<String> = tags.iter().filter_map(|tag| named(tag, "/name")).collect();
    tags.extend(used.difference(&known).map(|name| json!({ "name": name, "description": name })));
}

/// What the audit edge takes besides.
fn of_audit(operation: &str, public: bool) -> Vec<Value> {
    let parameter = |name: &str, description: &str, schema: Value| {
        json!({ "name": name, "in": "query", "required": false, "schema": schema,
            "description": description, "x-edges": ["audit"] })
    };
    let text = |name: &str, description: &str| parameter(name, description, json!({ "type": "string" }));
    let moment = text(
        "as_of",
        "On the audit edge: answer as of this moment. A position (for all centres several, as Terminbuch-Position has \
         them, with commas in between) gives what was answered there; an instant (RFC 3339) means the last position \
         not after it",
    );
    let purpose =
        text("purpose", "On the audit edge, where it is required: what it is read for; noted in the ledger");
    match operation {
        "get_pairs" => {
            let channel = "On the audit edge: through which channel's eyes; web when absent";
            vec![moment, parameter("channel", channel, shapes::in_path("channel"))]
        }
        // It has its purpose on the hotline, too.
        "get_reference" => vec![moment],
        _ if public => vec![moment],
        _ => vec![moment, purpose],
    }
}

fn complete_operation(method: &str, path: &str, operation: &mut Map<String, Value>) {
    let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
    let writes = method != "get" && id != "look_up";
    let has_body = operation.contains_key("requestBody");
    let public = refusals::is_public(&id);
    operation.insert("security".into(), if public { json!([]) } else { json!([{ "bearer": [] }]) });
    add_example(&id, operation);
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        if refusals::waits(&id) {
            parameters.push(answers::at_least());
        }
        if refusals::looks_back(&id) {
            parameters.extend(of_audit(&id, public));
        }
        if refusals::has_etag(&id) {
            parameters.push(answers::if_none_match());
        }
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    if writes && let Some(first) = responses.get("201").cloned() {
        match responses.get_mut("200") {
            // What would be recorded, where that can be asked.
            Some(plan) => either(plan, &first),
            None => drop(responses.insert("200".into(), repeat_of(first, answers::of_repeat(&id)))),
        }
    }
    if let Some(schema) = availability::schema_of(&id) {
        let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
        let content = json!({ "application/json": { "schema": schema } });
        responses.insert("200".into(), json!({ "description": "", "content": content }));
    }
    if refusals::has_etag(&id) {
        responses.insert("304".into(), json!({ "description": "You have it already" }));
    }
    let of_the_past = if refusals::looks_back(&id) { refusals::OF_THE_PAST } else { &[] };
    let of_recording = refusals::of_recording(&id, writes);
    let rules = refusals::of_operation(&id).iter().chain(of_the_past).chain(of_recording);
    let rules = rules.chain(refusals::of_requests(writes, has_body, public, names_in(path).next().is_some()));
    let mut by_status: BTreeMap<u16, Vec<&'static str>> = BTreeMap::new();
    for rule in rules {
        let kind = problem_type(rule);
        let named = by_status.entry(kind.status).or_default();
        if !named.contains(&kind.rule) {
            named.push(kind.rule);
        }
    }
    for (status, rules) in by_status {
        let noted_on = refusals::noted_on(&id).filter(|_| status == 202);
        let noted = noted_on.map(|edges| format!(", on {edges}, where who reads this is noted first"));
        responses.insert(status.to_string(), problem_response(&rules, &noted.unwrap_or_default()));
    }
    answers::complete(&id, responses);
}

fn add_example(operation: &str, described: &mut Map<String, Value>) {
    let Some(example) = examples::of_body(operation) else { return };
    let body =
        described.get_mut("requestBody").and_then(|body| body.pointer_mut("/content/application~1json"));
    if let Some(body) = body.and_then(Value::as_object_mut) {
        body.insert("example".into(), example);
    }
}

const JSON_SCHEMA: &str = "/content/application~1json/schema";

/// The answer, or the receipt that a repeat gets.
fn either(plan: &mut Value, receipt: &Value) {
    let receipt = receipt.pointer(JSON_SCHEMA).cloned().unwrap_or_default();
    if let Some(schema) = plan.pointer_mut(JSON_SCHEMA) {
        *schema = json!({ "oneOf": [receipt, schema.take()] });
    }
    if let Some(plan) = plan.as_object_mut() {
        plan.insert("description".into(), "What would be recorded, or the same receipt for a repeat".into());
    }
}

fn repeat_of(mut first: Value, description: &str) -> Value {
    if let Some(first) = first.as_object_mut() {
        first.insert("description".into(), description.into());
    }
    first
}

fn problem_response(rules: &[&str], more: &str) -> Value {
    json!({
        "description": format!("{}{more}", rules.join(", ")),
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
    components.insert("headers".into(), answers::headers());
    components.insert("securitySchemes".into(), json!({ "bearer": { "type": "http", "scheme": "bearer" } }));
    if let Some(schemas) = components.entry("schemas").or_insert_with(|| json!({})).as_object_mut() {
        schemas.insert("Problem".into(), problem_schema());
        availability::add_schemas(schemas);
        shapes::complete(schemas);
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
