//! Whose views these are is told at the door.

use std::path::Path;

use rocksdb::DB;
use schemas::ids::LedgerId;

use super::*;
use crate::rows::{Meta, VIEW_FORMAT};

const OURS: Meta = Meta { ledger: LedgerId([7; 16]), partitions: 16 };

fn write(views_dir: &Path, key: &[u8], value: &[u8]) {
    let mut options = open::options();
    options.create_if_missing(true);
    DB::open(&options, views_dir).unwrap().put(key, value).unwrap();
}

fn refusal(views_dir: &Path, expected: Meta) -> StoreError {
    match Store::open(views_dir, expected) {
        Ok(_) => panic!("the views were believed"),
        Err(error) => error,
    }
}

#[test]
fn views_of_an_unknown_format_are_refused_by_its_number() {
    let views_dir = tempfile::tempdir().unwrap();
    drop(Store::open(views_dir.path(), OURS).unwrap());
    write(views_dir.path(), Key::table(Table::Meta).as_bytes(), &[VIEW_FORMAT + 1, 1, 2, 3]);
    let error = refusal(views_dir.path(), OURS);
    assert_eq!(error.to_string(), "the views have format 2, and this program reads 1: rebuild them");
    assert!(matches!(dump(views_dir.path()), Err(StoreError::UnknownFormat { found: 2, .. })));
}

#[test]
fn rows_that_do_not_say_whose_they_are_are_refused() {
    let views_dir = tempfile::tempdir().unwrap();
    write(views_dir.path(), &[Table::Holds as u8, 1], b"?");
    assert!(matches!(refusal(views_dir.path(), OURS), StoreError::UnknownFormat { found: 0, .. }));
}

#[test]
fn another_count_of_partitions_is_another_ledger() {
    let views_dir = tempfile::tempdir().unwrap();
    drop(Store::open(views_dir.path(), OURS).unwrap());
    let other = Meta { partitions: 17, ..OURS };
    assert!(matches!(refusal(views_dir.path(), other), StoreError::ForeignLedger { .. }));
    assert!(Store::open(views_dir.path(), OURS).is_ok());
}

#[test]
fn a_row_that_cannot_be_read_names_its_table() {
    let views_dir = tempfile::tempdir().unwrap();
    let key = Key::partition(Table::Checkpoints, Partition(3));
    drop(Store::open(views_dir.path(), OURS).unwrap());
    write(views_dir.path(), key.as_bytes(), &[VIEW_FORMAT, 1, 2]);
    let store = Store::open(views_dir.path(), OURS).unwrap();
    let error = store.checkpoint(Partition(3)).unwrap_err();
    assert!(error.to_string().contains("checkpoints"), "{error}");
}

#[test]
fn what_is_destroyed_is_gone_and_what_was_never_there_too() {
    let folder = tempfile::tempdir().unwrap();
    let views_dir = folder.path().join("views");
    Store::destroy(&views_dir).unwrap();
    drop(Store::open(&views_dir, OURS).unwrap());
    Store::destroy(&views_dir).unwrap();
    let other = Meta { partitions: 2, ..OURS };
    assert!(Store::open(&views_dir, other).is_ok());
}
