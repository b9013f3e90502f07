//! The document is judged by spectral and redocly, and names what really answers.

use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::support::{World, send};
use super::tools::{here, node, run, succeed};

/// The document as the program prints it, in a file.
fn printed(dir: &TempDir) -> std::path::PathBuf {
    let path = dir.path().join("openapi.json");
    std::fs::write(&path, succeed(Command::new(env!("CARGO_BIN_EXE_terminbuch")).arg("openapi")))
        .expect("written");
    path
}

/// The part of the document that an edge serves: some do more than others on the same path, and take more.
pub(crate) fn of_edge(document: &Value, edge: &str) -> Value {
    let mut document = document.clone();
    let serves =
        |part: &Value| part["x-edges"].as_array().is_none_or(|edges| edges.iter().any(|named| named == edge));
    let paths = document["paths"].as_object_mut().expect("paths");
    paths.retain(|_, item| serves(item));
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        item.retain(|_, part| !part.is_object() || serves(part));
        for operation in item.values_mut().filter_map(Value::as_object_mut) {
            if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
                parameters.retain(serves);
            }
        }
    }
    document
}

#[test]
fn spectral_finds_nothing_to_mend() {
    let dir = TempDir::new().expect("a directory");
    let mut spectral = node("@stoplight/spectral-cli/dist/index.js");
    let (clean, said) = run(spectral
        .args(["lint", "--fail-severity", "warn", "--ruleset"])
        .arg(here("spectral.yaml"))
        .arg(printed(&dir)));
    assert!(clean, "{said}");
    assert!(said.contains("No results with a severity of 'warn' or higher found!"), "{said}");
}

#[test]
fn redocly_finds_nothing_to_mend() {
    let dir = TempDir::new().expect("a directory");
    let mut redocly = node("@redocly/cli/bin/cli.js");
    let (clean, said) = run(redocly
        .args(["lint", "--format", "json", "--config"])
        .arg(here("redocly.yaml"))
        .arg(printed(&dir)));
    assert!(clean, "{said}");
    let at = said.find("{\n").unwrap_or_else(|| panic!("{said}"));
    let found: Value =
        serde_json::Deserializer::from_str(&said[at..]).into_iter().next().expect("JSON").expect("JSON");
    assert_eq!((&found["totals"]["errors"], &found["totals"]["warnings"]), (&0.into(), &0.into()), "{said}");
}

/// What is printed without a ledger is what every edge serves.
#[test]
fn every_edge_serves_what_is_printed() {
    let dir = TempDir::new().expect("a directory");
    let printed: Value =
        serde_json::from_slice(&std::fs::read(printed(&dir)).expect("read")).expect("the document");
    let world = World::empty();
    for edge in [world.web, world.hotline, world.audit, world.admin] {
        let served = send(edge, "GET", "/openapi.json", None, None).expect_status(200).json();
        assert!(served == printed, "the edge at {edge} serves another document");
    }
}

/// The name of a problem leads to what it means, wherever it was said.
#[test]
fn every_problem_is_described_on_every_edge() {
    let world = World::empty();
    let mut seen = 0;
    for edge in [world.web, world.hotline, world.audit, world.admin] {
        let problems = send(edge, "GET", "/problems", None, None).expect_status(200).json();
        for problem in problems.as_array().expect("a list") {
            let place = problem["type"].as_str().expect("a path");
            assert_eq!(&send(edge, "GET", place, None, None).expect_status(200).json(), problem);
            seen += 1;
        }
    }
    assert!(seen > 4 * 60, "{seen}");
}
