//! What is published beside the code and must agree with it: golden vectors, JSON Schemas, the document of the bytes.
//!
//! With `TERMINBUCH_WRITE_GOLDEN=1` a file that is missing is written. One that exists is never overwritten: to change it on
//! purpose, delete it first, and ask yourself who has stored such bytes.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod document;
mod golden;
mod json_schemas;
mod samples;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The crate's own folder.
pub(crate) fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Holds a published file against what it should be.
pub(crate) fn check_published(path: &Path, wanted: &str) -> Result<(), String> {
    if !path.exists() && std::env::var("TERMINBUCH_WRITE_GOLDEN").is_ok_and(|value| value == "1") {
        write_new(path, wanted).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let found = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if found == wanted { Ok(()) } else { Err(first_difference(path, &found, wanted)) }
}

/// The same for JSON, whatever the order of its members.
pub(crate) fn check_published_json(path: &Path, wanted: &serde_json::Value) -> Result<(), String> {
    let text = serde_json::to_string_pretty(wanted).map_err(|error| error.to_string())? + "\n";
    let differs = match check_published(path, &text) {
        Ok(()) => return Ok(()),
        Err(differs) => differs,
    };
    let found = std::fs::read_to_string(path).ok().and_then(|text| serde_json::from_str(&text).ok());
    if found.as_ref() == Some(wanted) { Ok(()) } else { Err(differs) }
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

fn first_difference(path: &Path, found: &str, wanted: &str) -> String {
    let same = found.lines().zip(wanted.lines()).take_while(|(found, wanted)| found == wanted).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    format!("{}:{}: stands {:?}, should be {:?}", path.display(), same + 1, line(found), line(wanted))
}

/// The names of a folder's files, sorted.
pub(crate) fn file_names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Fails with all that is wrong at once.
pub(crate) fn all_well(results: impl IntoIterator<Item = Result<(), String>>) {
    let wrong: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs a program in Python. A machine without Python fails the test: what is not checked is not known.
pub(crate) fn python(arguments: &[&Path]) -> Output {
    Command::new("python3")
        .arg("-B")
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("python3 is needed to check what is published: {error}"))
}
