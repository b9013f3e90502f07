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

/// Views whose rows fill several blocks of a table's file, and that file.
fn many_rows(views_dir: &Path) -> PathBuf {
    let store = Store::open(views_dir, OURS).unwrap();
    for number in 0..=u8::MAX {
        store.commit_sorted(Partition(3), &mut row(number), &checkpoint(number)).unwrap();
    }
    store.open_now().unwrap().db().unwrap().compact_range(None::<&[u8]>, None::<&[u8]>);
    drop(store);
    let mut files = std::fs::read_dir(views_dir).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "sst")).unwrap()
}

#[test]
fn what_a_read_finds_damaged_is_refused_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let table = many_rows(folder.path());
    let mut bytes = std::fs::read(&table).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x20;
    std::fs::write(&table, bytes).unwrap();
    let store = Store::open(folder.path(), OURS).unwrap();
    let read = |number: u8| {
        let key = Key::table(Table::References).then(&u64::from(number).to_be_bytes());
        store.open_now().unwrap().at_once().unwrap().row::<crate::rows::ReferenceRow>(&key)
    };
    let damaged = (0..=u8::MAX).find_map(|number| read(number).err()).unwrap();
    assert!(damaged.is_damage(), "{damaged}");
    drop(store);
    let refused = refusal(folder.path(), OURS);
    assert!(refused.is_damage() && refused.to_string().contains(".sst"), "{refused}");
    Store::clear(folder.path()).unwrap();
    drop(Store::open(folder.path(), OURS).unwrap());
    std::fs::write(folder.path().join("damaged"), "a note").unwrap();
    Store::destroy(folder.path()).unwrap();
    assert!(Store::open(folder.path(), OURS).is_ok());
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

fn checkpoint(number: u8) -> Checkpoint {
    let head = schemas::ids::Head([number; 32]);
    let offset = u64::from(number);
    Checkpoint { offset, epoch: 1, seq: offset, head, fold_version: 1, time: schemas::Instant::EPOCH }
}

fn row(number: u8) -> Draft {
    let mut draft = Draft::default();
    let centre = crate::keys::CentreAt { partition: Partition(3), number: schemas::ids::CentreNumber(1) };
    let row = crate::rows::ReferenceRow { centre, registration: schemas::ids::RegistrationId([number; 16]) };
    draft.put(Key::table(Table::References).then(&u64::from(number).to_be_bytes()), &row).unwrap();
    draft
}

#[test]
fn a_sorted_file_goes_over_what_was_there_and_leaves_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), OURS).unwrap();
    let all = || {
        let open = store.open_now().unwrap();
        let rows = open.at_once().unwrap().scan::<crate::rows::ReferenceRow>(&Key::table(Table::References));
        rows.unwrap()
    };
    store.commit(Partition(3), &mut row(1), &checkpoint(1)).unwrap();
    store.commit(Partition(3), &mut row(2), &checkpoint(2)).unwrap();
    let mut second = row(3);
    second.delete(Key::table(Table::References).then(&1_u64.to_be_bytes()));
    store.commit_sorted(Partition(3), &mut second, &checkpoint(3)).unwrap();
    assert_eq!(store.checkpoint(Partition(3)).unwrap(), Some(checkpoint(3)));
    let numbers = |rows: Vec<(Vec<u8>, _)>| rows.iter().map(|(key, _)| key[8]).collect::<Vec<_>>();
    assert_eq!(numbers(all()), [2, 3]);
    store.commit(Partition(3), &mut row(1), &checkpoint(4)).unwrap();
    assert_eq!(numbers(all()), [1, 2, 3]);
    assert_eq!(store.checkpoint(Partition(3)).unwrap(), Some(checkpoint(4)));
}

#[test]
fn a_file_that_was_left_behind_is_deleted_and_never_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join("incoming").join("0.sst");
    let store = Store::open(folder.path(), OURS).unwrap();
    store.commit_sorted(Partition(3), &mut row(1), &checkpoint(1)).unwrap();
    drop(store);
    std::fs::write(&left, b"half a file").unwrap();
    let store = Store::open(folder.path(), OURS).unwrap();
    assert!(!left.exists());
    store.commit_sorted(Partition(3), &mut row(2), &checkpoint(2)).unwrap();
    assert_eq!(store.checkpoint(Partition(3)).unwrap(), Some(checkpoint(2)));
    let rows = store
        .open_now()
        .unwrap()
        .at_once()
        .unwrap()
        .scan::<crate::rows::ReferenceRow>(&Key::table(Table::References));
    assert_eq!(rows.unwrap().len(), 2);
    drop(store);
    std::fs::write(&left, b"half a file").unwrap();
    Store::destroy(folder.path()).unwrap();
    assert!(!left.exists());
}

#[test]
fn checkpoints_are_read_beside_whoever_writes_them() {
    let views_dir = tempfile::tempdir().unwrap();
    assert!(checkpoints(views_dir.path()).unwrap().is_none());
    let store = Store::open(views_dir.path(), OURS).unwrap();
    assert_eq!(checkpoints(views_dir.path()).unwrap(), Some((OURS, vec![])));
    let head = schemas::ids::Head([3; 32]);
    let time = schemas::Instant::EPOCH;
    let at = Checkpoint { offset: 5, epoch: 1, seq: 4, head, fold_version: 1, time };
    store.commit(Partition(3), &mut Draft::default(), &at).unwrap();
    assert_eq!(checkpoints(views_dir.path()).unwrap(), Some((OURS, vec![(Partition(3), at)])));
    drop(store);
    write(views_dir.path(), Key::table(Table::Meta).as_bytes(), &[VIEW_FORMAT + 1]);
    assert!(matches!(checkpoints(views_dir.path()), Err(StoreError::UnknownFormat { found: 2, .. })));
}
