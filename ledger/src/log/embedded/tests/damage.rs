//! A log that has lost something does not open.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::super::LogError;
use super::super::EmbeddedLog;
use super::super::high_water::HighWater;
use super::{ONE, append, ledger, open};

/// A closed log with a hundred values.
fn closed() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    for number in 0..100 {
        append(&log, ONE, &[&format!("value {number} {}", "x".repeat(500))]).unwrap();
    }
    dir
}

fn newest_wal(dir: &Path) -> PathBuf {
    let files = fs::read_dir(dir.join("rocks")).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "log")).max().unwrap()
}

fn why_not(dir: &Path) -> String {
    let writing = EmbeddedLog::open(dir, &ledger()).map(|_| ()).unwrap_err();
    assert!(matches!(writing, LogError::Damaged(_)), "{writing:?}");
    writing.to_string()
}

#[test]
fn a_tail_that_was_cut_off_is_damage() {
    let dir = closed();
    let wal = newest_wal(dir.path());
    let length = fs::metadata(&wal).unwrap().len();
    fs::File::options().write(true).open(&wal).unwrap().set_len(length - 2_000).unwrap();
    let beside = EmbeddedLog::open_read_only(dir.path()).map(|_| ()).unwrap_err();
    assert!(matches!(beside, LogError::Damaged(_)), "{beside:?}");
    let why = why_not(dir.path());
    assert!(why.contains("but 101 was seen: records are lost"), "{why}");
}

#[test]
fn a_flipped_byte_is_damage_wherever_it_is() {
    for (from_end, noted) in [(20_000, true), (100, true), (20_000, false), (100, false)] {
        let dir = closed();
        if !noted {
            // As after a crash within a second: the note does not know of what is lost, only the database does.
            HighWater::beside(dir.path()).write(&[1, 1, 1]).unwrap();
        }
        let wal = newest_wal(dir.path());
        let mut bytes = fs::read(&wal).unwrap();
        let at = bytes.len() - from_end;
        bytes[at] ^= 1;
        fs::write(&wal, bytes).unwrap();
        why_not(dir.path());
    }
}

#[test]
fn a_database_that_is_gone_is_damage_and_is_not_begun_again() {
    let dir = closed();
    fs::remove_dir_all(dir.path().join("rocks")).unwrap();
    why_not(dir.path());
    why_not(dir.path());
}

#[test]
fn a_note_that_is_gone_is_damage() {
    let dir = closed();
    fs::remove_file(dir.path().join("high-water")).unwrap();
    assert!(why_not(dir.path()).contains("high-water is missing"));
}

#[test]
fn an_older_copy_of_the_database_is_damage() {
    let dir = closed();
    let (rocks, copy) = (dir.path().join("rocks"), dir.path().join("copy"));
    copy_all(&rocks, &copy);
    append(&open(dir.path()), ONE, &["one more"]).unwrap();
    fs::remove_dir_all(&rocks).unwrap();
    fs::rename(&copy, &rocks).unwrap();
    assert!(why_not(dir.path()).contains("partition 1 ends at offset 101, but 102 was seen"));
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Names and sizes of the tables.
fn tables(dir: &Path) -> Vec<(PathBuf, u64)> {
    let files = fs::read_dir(dir.join("rocks")).unwrap().map(|file| file.unwrap().path());
    let mut tables: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "sst" || extension == "log"))
        .map(|path| (path.clone(), fs::metadata(path).unwrap().len()))
        .collect();
    tables.sort();
    tables
}

#[test]
fn without_its_current_file_or_its_note_a_log_is_refused_and_nothing_of_it_is_touched() {
    for noted in [true, false] {
        let dir = closed();
        let current = fs::read(dir.path().join("rocks/CURRENT")).unwrap();
        fs::remove_file(dir.path().join("rocks/CURRENT")).unwrap();
        if !noted {
            fs::remove_file(dir.path().join("high-water")).unwrap();
        }
        let before = tables(dir.path());
        assert!(!before.is_empty());
        for _ in 0..2 {
            let why = why_not(dir.path());
            assert!(why.contains("CURRENT is missing"), "{why}");
        }
        assert_eq!(tables(dir.path()), before);
        if noted {
            fs::write(dir.path().join("rocks/CURRENT"), current).unwrap();
            assert_eq!(super::texts(&open(dir.path()), ONE).len(), 100);
        }
    }
}

#[test]
fn a_note_without_a_database_is_a_log_that_was_lost() {
    let dir = closed();
    fs::remove_dir_all(dir.path().join("rocks")).unwrap();
    assert!(EmbeddedLog::is_begun(dir.path()).unwrap());
    why_not(dir.path());
    assert!(!dir.path().join("rocks").exists());
}
