use schemas::ids::Partition;
use schemas::{Clock, Instant};
use sha2::{Digest as _, Sha256};

use super::file::{self, Draft, Unusable};
use super::{Snapshot, SnapshotError, Snapshots};
use crate::fold::PartitionFold;
use crate::log::{Log as _, MemoryLog, NewLedger};

const PARTITION: Partition = Partition(1);

/// A log with nothing but genesis, and the bytes of a snapshot that says it was taken right behind it.
fn at_genesis() -> (MemoryLog, Vec<u8>) {
    let new = NewLedger { partitions: 2, clock: Clock::Wall, time: Instant::EPOCH, ledger: None };
    let log = MemoryLog::new(&new).unwrap();
    let mut fold = PartitionFold::new(None, PARTITION);
    fold.read(0, &log.read(PARTITION, 0, 1).unwrap()[0].value).unwrap();
    let draft = Draft::of(&fold, (0, fold.chain.head()), b"beside".to_vec()).unwrap();
    (log, draft.into_pieces().unwrap().concat())
}

/// As whoever wrote these bytes on purpose would have written the checksum.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = Sha256::digest(&bytes[36..]);
    bytes[4..36].copy_from_slice(&checksum);
    bytes
}

fn newest(log: &MemoryLog, bytes: &[u8]) -> Result<Option<Snapshot>, SnapshotError> {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = Snapshots::new(folder.path().to_owned(), 1);
    std::fs::write(snapshots.path(PARTITION, 0), bytes).unwrap();
    snapshots.newest(log, PARTITION, None)
}

#[test]
fn what_is_written_is_read() {
    let (_, bytes) = at_genesis();
    let opened = file::open(&bytes).unwrap();
    assert_eq!(opened.beside, b"beside");
    let fold = opened.fold().unwrap();
    assert_eq!(fold.state_hash().unwrap(), opened.header.state_hash);
}

#[test]
fn a_format_that_is_not_known_is_refused_by_its_number() {
    let (log, mut bytes) = at_genesis();
    bytes[36..38].copy_from_slice(&7_u16.to_le_bytes());
    assert!(matches!(file::open(&bytes), Err(Unusable::Damaged(_))), "a flipped byte is no format");
    let refused = newest(&log, &sealed(bytes)).unwrap_err();
    assert!(matches!(refused, SnapshotError::UnknownFormat { found: 7, known: 1, .. }), "{refused}");
}

#[test]
fn a_fold_version_that_is_not_known_is_refused_by_its_number() {
    let (log, mut bytes) = at_genesis();
    // Behind the fixed part stand ledger and partition.
    let at = 42 + 16 + 4;
    bytes[at..at + 2].copy_from_slice(&9_u16.to_le_bytes());
    let refused = newest(&log, &sealed(bytes)).unwrap_err();
    assert!(matches!(refused, SnapshotError::UnknownFold { found: 9, known: 1, .. }), "{refused}");
}

#[test]
fn a_head_that_the_log_does_not_give_is_refused() {
    let (log, bytes) = at_genesis();
    let refused = newest(&log, &bytes).unwrap_err();
    assert!(matches!(refused, SnapshotError::NotInTheLog { .. }), "genesis has no head before it: {refused}");
}

#[test]
fn any_byte_that_is_not_as_it_was_is_damage() {
    let (log, bytes) = at_genesis();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        assert!(newest(&log, &flipped).unwrap().is_none(), "byte {at}");
        assert!(newest(&log, &bytes[..at]).unwrap().is_none(), "cut to {at}");
    }
}

#[test]
fn sealed_nonsense_is_an_error_and_no_panic() {
    let (_, bytes) = at_genesis();
    for at in 38..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut flipped = bytes.clone();
            flipped[at] ^= flip;
            let flipped = sealed(flipped);
            if let Ok(opened) = file::open(&flipped) {
                let _ = opened.fold();
            }
        }
    }
}
