//! A client in TypeScript and one in Python are made of the document that an edge serves, and book.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::document::of_edge;
use super::support::{World, send};
use super::tools::{here, node, packages, python, succeed};

/// What the document says of the web edge, in a file.
fn document(world: &World, dir: &Path) -> std::path::PathBuf {
    let path = dir.join("openapi.json");
    let whole = send(world.web, "GET", "/openapi.json", None, None).expect_status(200).json();
    std::fs::write(&path, of_edge(&whole, "web").to_string()).expect("written");
    path
}

/// What a client says that it booked is what the ledger has, and what it saw free is what was.
fn has_booked(world: &World, told: &str) {
    let told: Value = serde_json::from_str(told).unwrap_or_else(|error| panic!("{error}: {told}"));
    assert_eq!((&told["state"], &told["free"]), (&"booked".into(), &168.into()), "{told}");
    let path = format!("/v1/centres/frankfurt/bookings/{}", told["booking"].as_str().expect("an id"));
    let booking = send(world.hotline, "GET", &path, Some(&world.agent_token), None).expect_status(200).json();
    assert_eq!(booking["first"]["slot"], told["first"], "{booking}");
    assert_eq!(booking["second"]["slot"], told["second"], "{booking}");
}

#[test]
fn a_client_made_for_typescript_books_a_pair() {
    let world = World::morning();
    world.opens();
    let dir = TempDir::new().expect("a directory");
    let types = dir.path().join("terminbuch.d.ts");
    let document = document(&world, dir.path());
    succeed(node("openapi-typescript/bin/cli.js").arg(document).arg("--output").arg(&types));
    std::os::unix::fs::symlink(packages(), dir.path().join("node_modules")).expect("linked");
    std::fs::write(dir.path().join("package.json"), "{\"type\":\"module\"}").expect("written");
    std::fs::copy(here("book.ts"), dir.path().join("book.ts")).expect("copied");
    // The types are checked as strictly as can be: what the document does not say cannot be used.
    let options = [
        "--strict",
        "--skipLibCheck",
        "--noUncheckedIndexedAccess",
        "--exactOptionalPropertyTypes",
        "--target",
        "es2022",
    ];
    let modules = ["--module", "nodenext", "--lib", "es2023,dom", "--types", "node", "book.ts"];
    succeed(node("typescript/bin/tsc").args(options).args(modules).current_dir(dir.path()));
    let told = succeed(node(dir.path().join("book.js")).arg(format!("http://{}", world.web)));
    has_booked(&world, &told);
}

#[test]
fn a_client_made_for_python_books_a_pair() {
    let world = World::morning();
    world.opens();
    let dir = TempDir::new().expect("a directory");
    let document = document(&world, dir.path());
    let mut generator = python(dir.path());
    generator.args([
        "-m",
        "openapi_python_client",
        "generate",
        "--meta",
        "none",
        "--fail-on-warning",
        "--path",
    ]);
    succeed(generator.arg(document).arg("--output-path").arg(dir.path().join("terminbuch")));
    let mut program = python(dir.path());
    let told = succeed(program.arg(here("book.py")).arg(format!("http://{}", world.web)));
    has_booked(&world, &told);
}
