//! What is said of every answer: a description, and the headers that come with its status.

use serde_json::{Map, Value, json};

use super::{refusals, shapes};

/// Describes the answers of an operation, also those that nobody but this module knows of.
pub(super) fn complete(operation: &str, responses: &mut Map<String, Value>) {
    for (status, response) in responses.iter_mut() {
        let Some(response) = response.as_object_mut() else { continue };
        let described =
            response.get("description").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        if !described {
            response.insert("description".into(), description(status).into());
        }
        let headers = response.entry("headers").or_insert_with(|| json!({}));
        if let Some(headers) = headers.as_object_mut() {
            headers
                .extend(headers_of(operation, status).map(|name| (header(name).to_owned(), reference(name))));
        }
    }
}

fn description(status: &str) -> &'static str {
    match status {
        "200" => "As of the position in the header",
        "201" => "It stands in the ledger: the receipt",
        _ => "See the headers",
    }
}

/// What the answer to a repeat is.
pub(super) fn of_repeat(operation: &str) -> &'static str {
    match operation {
        "put_export" => "A repeat: how far the export is",
        _ => "The same receipt for a repeat",
    }
}

/// The components that stand for the headers of an answer.
fn headers_of(operation: &str, status: &str) -> impl Iterator<Item = &'static str> {
    let when = |applies: bool, names: &'static [&'static str]| if applies { names } else { &[] };
    let kept = refusals::has_etag(operation) && matches!(status, "200" | "304");
    // Those two can also be written to a connection that has no request, or no room.
    let bare = matches!(status, "408" | "503");
    [
        when(!bare, &["Position", "AsOf", "CacheControl"]),
        when(bare, &["SomePosition"]),
        when(kept, &["ETag", "Vary"]),
        when(kept && status == "200" && refusals::is_compressed(operation), &["ContentEncoding"]),
        when(operation == "get_registration" && status == "200", &["Revision"]),
        when(matches!(status, "201" | "202"), &["Location"]),
        when(matches!(status, "202" | "503"), &["RetryAfter"]),
        when(status == "401", &["Challenge"]),
        when(status == "405", &["Allow"]),
    ]
    .into_iter()
    .flatten()
    .copied()
}

fn header(component: &str) -> &'static str {
    match component {
        "Position" | "SomePosition" => "Terminbuch-Position",
        "AsOf" => "Terminbuch-As-Of",
        "CacheControl" => "Cache-Control",
        "ETag" | "Revision" => "ETag",
        "ContentEncoding" => "Content-Encoding",
        "RetryAfter" => "Retry-After",
        "Challenge" => "WWW-Authenticate",
        "Vary" => "Vary",
        "Allow" => "Allow",
        _ => "Location",
    }
}

fn reference(component: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{component}") })
}

const POSITION: &str = "<partition>@<seq>-<8 bytes of head in hex>; for all centres at once one for each partition \
                        that the answer rests on, with commas in between: `at_least` takes one of them, `as_of` all";

/// The components themselves.
pub(super) fn headers() -> Value {
    let text = || json!({ "type": "string" });
    let header = |required: bool, description: &str, schema: Value| json!({ "required": required, "description": description, "schema": schema });
    let etag = json!({ "type": "string", "pattern": "^\"[^\"]+\"$" });
    json!({
        "Position": header(true, POSITION, text()),
        "SomePosition": header(false, POSITION, text()),
        "AsOf": header(true, "The ledger's time there", json!({ "type": "string", "format": "date-time" })),
        "CacheControl": header(true, "Whether and how long the answer may be kept", text()),
        "ETag": header(true, "For If-None-Match; what is compressed has one that ends in +gzip, and either says that \
            nothing has changed", etag.clone()),
        "Revision": header(true, "The revision in quotes, for If-Match", etag),
        "Vary": header(true, "accept-encoding", text()),
        "ContentEncoding": header(false, "gzip, for those who take it", text()),
        "Location": header(true, "Where the thing is, or where to ask again",
            json!({ "type": "string", "format": "uri-reference" })),
        "RetryAfter": header(false, "Seconds after which another try may do better",
            json!({ "type": "integer", "minimum": 0 })),
        "Challenge": header(false, "Bearer", text()),
        "Allow": header(false, "The methods that the path has", text()),
    })
}

/// The request's side of an ETag.
pub(super) fn if_none_match() -> Value {
    json!({ "name": "If-None-Match", "in": "header", "required": false, "schema": { "type": "string" },
        "description": "ETags of what you have: 304 when one of them is still right" })
}

/// Answer as of a position or later.
pub(super) fn at_least() -> Value {
    json!({ "name": "at_least", "in": "query", "required": false, "schema": shapes::position(),
        "description": "Answer as of this position or a later one, or say that it is not reached" })
}
