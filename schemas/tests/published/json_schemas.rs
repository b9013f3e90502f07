use schemas::Event;

use crate::{all_well, check_published_json, file_names, here, python};

#[test]
fn every_event_has_a_current_json_schema() {
    let folder = here().join("json");
    all_well(Event::json_schemas().into_iter().map(|(slug, schema)| {
        check_published_json(&folder.join(format!("{slug}.json")), &schema.to_value())
    }));
}

#[test]
fn no_schema_is_left_over_from_an_event_that_is_gone() {
    let mut wanted: Vec<String> =
        Event::CATALOGUE.iter().map(|(_, _, _, slug)| format!("{slug}.json")).collect();
    wanted.sort();
    let found = file_names(&here().join("json")).into_iter().filter(|name| name.ends_with(".json"));
    assert_eq!(found.collect::<Vec<_>>(), wanted);
}

#[test]
fn a_schema_has_its_address_and_never_allows_null() {
    for ((_, version, name, slug), (_, schema)) in Event::CATALOGUE.iter().zip(Event::json_schemas()) {
        let schema = serde_json::to_value(schema).unwrap();
        assert_eq!(schema["$id"], format!("https://terminbuch.example/schemas/{slug}.v{version}.json"));
        assert_eq!(schema["title"], *name);
        assert!(!schema.to_string().contains("null"), "{slug} allows null: {schema}");
    }
}

/// With a small validator that has nothing of ours but the published files.
#[test]
fn the_golden_events_fit_their_schemas_and_spoiled_ones_do_not() {
    let output = python(&[&here().join("json/check.py")]);
    assert!(output.status.success(), "{output:?}");
}
