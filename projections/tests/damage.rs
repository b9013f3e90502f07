//! Views whose files are not as they were written.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::day::Desk;
use common::{PARTITIONS, start, start_log};
use ledger::log::{Log, MemoryLog};
use ledger::verify::verify;
use projections::{StartError, dump};
use schemas::ids::Partition;
use schemas::vocabulary::CancelDoses;

fn desk() -> Desk {
    let mut desk = Desk::open(9, "frankfurt");
    for number in 1..9 {
        desk.register(number);
        desk.place(number, 1 + u32::from(number) % 2, None).unwrap();
        desk.confirm(number);
    }
    desk.cancel(3, CancelDoses::Both);
    desk
}

fn files(folder: &Path, is_meant: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| is_meant(path.file_name().unwrap().to_str().unwrap())).collect()
}

/// Does something to the views of a stopped projector, and starts another: it must come to the same rows.
fn made_anew(what: &str, harm: impl Fn(&Path)) {
    let desk = desk();
    let (folder, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for dir in [&folder, &fresh] {
        let (views, projector) = start(&desk.world.log, dir.path());
        projector.stop();
        drop(views);
    }
    harm(folder.path());
    let (views, projector) = start(&desk.world.log, folder.path());
    assert_eq!(views.halted(), [], "{what}");
    projector.stop();
    drop(views);
    assert_eq!(dump(folder.path()).unwrap(), dump(fresh.path()).unwrap(), "{what}");
}

fn flip(path: &Path, at: impl Fn(usize) -> usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = at(bytes.len());
    bytes[at] ^= 0x20;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_manifest_or_a_pointer_that_cannot_be_read() {
    for begin in ["MANIFEST", "CURRENT"] {
        made_anew(begin, |folder| {
            for path in files(folder, |name| name.starts_with(begin)) {
                flip(&path, |length| length / 2);
            }
        });
    }
}

#[test]
fn a_file_that_is_gone() {
    for begin in ["MANIFEST", "CURRENT"] {
        made_anew(begin, |folder| {
            files(folder, |name| name.starts_with(begin))
                .iter()
                .for_each(|path| std::fs::remove_file(path).unwrap());
        });
    }
}

#[test]
fn a_byte_anywhere_in_the_write_ahead_log() {
    for part in 0..8 {
        made_anew("the write-ahead log", |folder| {
            for path in files(folder, |name| name.ends_with(".log")) {
                flip(&path, |length| length * part / 8);
            }
        });
    }
}

/// The same log, but for what `edit` does to the values of the centre's partition.
fn edited(desk: &Desk, edit: impl Fn(&mut Vec<Arc<[u8]>>)) -> Arc<MemoryLog> {
    let log = MemoryLog::empty(PARTITIONS);
    for partition in (0..PARTITIONS).map(Partition) {
        let entries = desk.world.log.read(partition, 0, usize::MAX).unwrap();
        let mut values: Vec<Arc<[u8]>> = entries.into_iter().map(|entry| entry.value).collect();
        if partition == desk.partition() {
            edit(&mut values);
        }
        let values = values.into_iter().map(Into::into).collect();
        log.append(partition, values, Box::new(|outcome| outcome.unwrap()));
    }
    Arc::new(log)
}

#[test]
fn a_swapped_or_removed_record_is_found_by_views_and_by_a_verification() {
    type Edit = fn(&mut Vec<Arc<[u8]>>);
    let edits: [(&str, Edit); 3] = [
        ("swapped", |values| values.swap(10, 11)),
        ("removed", |values| drop(values.remove(10))),
        ("the last one removed", |values| drop(values.pop())),
    ];
    for (what, edit) in edits {
        let desk = desk();
        let folder = tempfile::tempdir().unwrap();
        let (views, projector) = start(&desk.world.log, folder.path());
        projector.stop();
        drop(views);
        let log = edited(&desk, edit);
        let refused = start_log(Arc::clone(&log) as Arc<dyn Log>, folder.path()).err();
        let partition = desk.partition();
        let named =
            matches!(&refused, Some(StartError::NotInTheLog { partition: of, .. }) if *of == partition);
        assert!(named, "{what}: {refused:?}");
        // What cannot follow is void, and `verify` counts it. A log that only ends earlier is a whole one: what is beside it
        // tells.
        let void = verify(log.as_ref(), &mut |_| ()).unwrap().void;
        assert_eq!(void > 0, what != "the last one removed", "{what}: {void}");
    }
}
