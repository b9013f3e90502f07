//! The house rules that no compiler and no lint knows. Each names the file and the line that breaks it.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::{Path, PathBuf};

const CRATES: [&str; 5] = ["schemas", "ledger", "projections", "api", "replay-tests"];
const TOP_LEVEL: [&str; 9] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "api",
    "ledger",
    "projections",
    "replay-tests",
    "schemas",
];
const MAX_LINES: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// One source file: its path from the top, with `/`, and its lines.
struct Source {
    path: String,
    lines: Vec<String>,
}

impl Source {
    /// The lines without comments, counted from 1.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines.iter().enumerate().map(|(at, line)| (at + 1, line.split("//").next().unwrap_or("")))
    }

    /// Where a line of code is wrong, as `path:line: text`.
    fn wrong(&self, is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
        let wrong = self.code().filter(|(_, line)| is_wrong(line));
        wrong.map(|(at, line)| format!("{}:{at}: {}", self.path, line.trim())).collect()
    }

    fn is_under(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| {
            let rest = self.path.strip_prefix(folder);
            rest.is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
        })
    }
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for name in CRATES {
        collect(&root().join(name), name, &mut found);
    }
    assert!(found.len() > 50, "only {} files were found", found.len());
    found
}

fn collect(folder: &Path, path: &str, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{path}/{}", entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &path, found);
        } else if path.ends_with(".rs") {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            found.push(Source { path, lines: text.lines().map(str::to_owned).collect() });
        }
    }
}

fn assert_none(rule: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{rule}:\n{}", wrong.join("\n"));
}

fn all_wrong(sources: &[Source], is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    sources.iter().flat_map(|source| source.wrong(&is_wrong)).collect()
}

#[test]
fn the_top_level_reads_as_a_sentence() {
    let mut found: Vec<String> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    found.sort();
    assert_eq!(found, TOP_LEVEL);
}

#[test]
fn no_file_is_longer_than_can_be_read_in_one_go() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| source.lines.len() > MAX_LINES)
        .map(|source| format!("{}: {} lines", source.path, source.lines.len()))
        .collect();
    assert_none("a file has at most 400 lines", &long);
}

#[test]
fn no_test_is_left_out_and_nothing_is_left_to_be_done() {
    // Put together here, so that this file does not break its own rule.
    let forbidden = [["#[", "ignore"], ["to", "do!("], ["unimplemen", "ted!("]].map(|parts| parts.concat());
    let wrong = all_wrong(&sources(), |line| forbidden.iter().any(|word| line.contains(word)));
    assert_none("a test that does not run shows nothing, and what is there is whole", &wrong);
}

#[test]
fn every_exception_has_its_reason_beside_it() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (at, line) in source.code() {
            let begins = ["#[allow(", "#![allow(", "#[expect(", "#![expect("];
            if begins.iter().any(|begin| line.trim_start().starts_with(begin)) {
                let attribute =
                    source.lines[at - 1..].iter().take_while(|line| !line.trim_end().ends_with(")]"));
                let mut attribute: Vec<&String> = attribute.collect();
                attribute.extend(source.lines.get(at - 1 + attribute.len()));
                if !attribute.iter().any(|line| line.contains("reason = ")) {
                    wrong.push(format!("{}:{at}: {}", source.path, line.trim()));
                }
            }
        }
    }
    assert_none("an exception has a reason", &wrong);
}

#[test]
fn rocksdb_is_named_by_the_log_the_vault_and_the_store_alone() {
    let homes = ["ledger/src/log", "ledger/src/vault", "projections/src/store"];
    let others: Vec<Source> = sources()
        .into_iter()
        .filter(|source| !source.is_under(&homes) && source.path != "schemas/tests/tidy.rs")
        .collect();
    assert_none("RocksDB stays behind three rooms", &all_wrong(&others, |line| line.contains("rocksdb::")));
}

/// The names before `::` that come right after a word and `::`, for example `log` in `crate::log::Entry`.
fn paths_after<'a>(line: &'a str, word: &str) -> Vec<&'a str> {
    let name = |rest: &'a str| {
        rest.split(|symbol: char| !symbol.is_alphanumeric() && symbol != '_').next().unwrap_or(rest)
    };
    let begin = format!("{word}::");
    line.match_indices(&begin)
        .filter(|(at, _)| !line[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
        .map(|(at, _)| name(&line[at + begin.len()..]))
        .collect()
}

/// What a crate's `Cargo.toml` depends on outside its tests, as named in code.
fn dependencies(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
    let (_, text) = text.split_once("[dependencies]").unwrap();
    let lines = text.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['.', ' ', '=']).next()).filter(|name| !name.is_empty());
    names.map(|name| name.replace('-', "_")).collect()
}

#[test]
fn what_decides_knows_no_clock_no_log_no_store_and_no_time_zone() {
    let pure = ["ledger/src/centre", "ledger/src/office", "ledger/src/chain"];
    // Words, errors, bytes, and how things are found and kept together: none of them knows anything of the world.
    let tools = ["schemas", "thiserror", "bincode", "ahash", "smallvec"];
    let outside: Vec<String> =
        dependencies("ledger").into_iter().filter(|name| !tools.contains(&name.as_str())).collect();
    assert!(outside.iter().any(|name| name == "rocksdb"), "the dependencies were read: {outside:?}");
    let outside_std = ["fs", "net", "thread", "time", "env", "process", "io"];
    let rooms = ["centre", "office", "chain", "command", "rejection", "answer"];
    let is_wrong = |line: &str| {
        outside.iter().any(|name| !paths_after(line, name).is_empty())
            || paths_after(line, "std").iter().any(|name| outside_std.contains(name))
            || paths_after(line, "crate").iter().any(|name| !rooms.contains(name))
            || ["async ", "Instant::now", "Mutex", "RwLock", "print"].iter().any(|word| line.contains(word))
    };
    let judged: Vec<Source> = sources()
        .into_iter()
        .filter(|source| source.is_under(&pure) && !source.path.contains("/tests"))
        .collect();
    assert!(judged.len() > 20, "only {} files are judged", judged.len());
    assert_none("what decides is pure", &all_wrong(&judged, is_wrong));
}

#[test]
fn crates_know_only_the_crates_before_them() {
    for (at, name) in CRATES.iter().enumerate() {
        let later: Vec<String> = CRATES[at..].iter().map(|name| name.replace('-', "_")).collect();
        let known = dependencies(name);
        let wrong: Vec<String> = known
            .iter()
            .filter(|known| later.contains(known))
            .map(|known| format!("{name} uses {known}"))
            .collect();
        assert_none("schemas, ledger, projections, api, replay-tests: each knows those before it", &wrong);
    }
}

#[test]
fn the_schemas_need_nothing_of_the_machine() {
    let is_wrong = |line: &str| {
        let std = ["fs", "net", "thread", "time", "env", "process", "io"];
        paths_after(line, "std").iter().any(|name| std.contains(name)) || line.contains("::now(")
    };
    let judged: Vec<Source> =
        sources().into_iter().filter(|source| source.is_under(&["schemas/src"])).collect();
    assert_none("schemas reads no clock, opens no file and starts no thread", &all_wrong(&judged, is_wrong));
}

#[test]
fn bincode_is_known_to_few() {
    // Encoding and decoding happen in `codec`; elsewhere bincode's name is for derives and their errors.
    let calls = ["bincode::encode", "bincode::decode", "bincode::config"];
    let others: Vec<Source> = sources()
        .into_iter()
        .filter(|source| !["schemas/src/codec.rs", "schemas/tests/tidy.rs"].contains(&source.path.as_str()))
        .collect();
    assert_none(
        "bytes are made by `schemas::codec`",
        &all_wrong(&others, |line| calls.iter().any(|call| line.contains(call))),
    );
}

#[test]
fn these_checks_see_what_they_look_for() {
    assert_eq!(paths_after("use crate::log::{Entry, Log};", "crate"), ["log"]);
    assert_eq!(paths_after("let at = jiff::Timestamp::now();", "jiff"), ["Timestamp"]);
    assert!(paths_after("my_jiff::Timestamp", "jiff").is_empty());
    let source =
        |path: &str| Source { path: path.to_owned(), lines: vec!["a // b".to_owned(), "c".to_owned()] };
    assert!(source("ledger/src/log/mod.rs").is_under(&["ledger/src/log"]));
    assert!(source("ledger/src/log.rs").is_under(&["ledger/src/log"]));
    assert!(!source("ledger/src/logic.rs").is_under(&["ledger/src/log"]));
    assert_eq!(source("x.rs").wrong(|line| line.contains('b')), Vec::<String>::new());
    assert_eq!(source("x.rs").wrong(|line| line.contains('c')), ["x.rs:2: c"]);
}
