//! What is wrong with records, whatever is in them.

use schemas::ids::{ClaimId, Head, LedgerId, NodeId, Partition};
use schemas::record::PREFIX_BYTES;
use schemas::vocabulary::Channel;
use schemas::{Body, Claim, Prefix, RecordKind};

use super::super::{Fault, Wrong, verify};
use super::story::{LEDGER, ONE, Story, at, centre, ledger, put, read};
use crate::chain::{Origin, Pending, genesis_value};
use crate::log::{Entry, Log, LogError, MemoryLog, NewLedger, OnMoved, OnOutcome, Outgoing};

fn faults(log: &dyn Log) -> Vec<Fault> {
    verify(log, &mut |_| ()).unwrap().faults
}

fn wrongs(log: &dyn Log) -> Vec<Wrong> {
    faults(log).iter().map(|fault| fault.wrong).collect()
}

#[test]
fn void_records_and_repeats_are_tallied_and_no_faults() {
    let story = Story::opened();
    let again = story.log.read(ONE, 3, 1).unwrap().remove(0);
    put(&story.log, ONE, again.value);
    put(&story.log, ONE, b"nonsense".to_vec());
    let report = story.verified();
    assert!(report.clean);
    assert_eq!((report.void, report.repeats, report.records), (1, 1, 12));
    assert_eq!(report.void_by_reason["NoRecord"], 1);
}

#[test]
fn a_record_that_cannot_be_read_halts_its_partition_with_its_place() {
    let mut story = Story::opened();
    let pended = story.pending.push(Origin::WRITER, at(50), &Body::Barrier).unwrap();
    let mut value = pended.value.to_vec();
    value[6] = 6;
    put(&story.log, ONE, value);
    let faults = faults(&story.log);
    assert_eq!((faults[0].wrong, faults[0].offset), (Wrong::Halted, Some(11)));
    assert!(
        faults[0].to_string().contains("partition 1 offset 11: Halted: record 11 counts but cannot be read")
    );
}

#[test]
fn a_changed_record_that_still_reads_is_seen_by_the_one_after_it() {
    let story = Story::opened();
    let entries = story.log.read(ONE, 0, usize::MAX).unwrap();
    let damaged = MemoryLog::empty(2);
    put(&damaged, Partition::OFFICE, story.log.read(Partition::OFFICE, 0, 1).unwrap().remove(0).value);
    for entry in entries {
        let mut value = entry.value.to_vec();
        if entry.offset == 4 {
            // A letter of the centre's delivery: the record itself still reads.
            value[PREFIX_BYTES + 20] ^= 1;
        }
        put(&damaged, ONE, value);
    }
    let report = verify(&damaged, &mut |_| ()).unwrap();
    assert_eq!((report.void, report.void_by_reason["Prev"]), (6, 1));
    assert_eq!((report.faults[0].wrong, report.faults[0].offset), (Wrong::Forked, Some(5)));
}

#[test]
fn a_decision_before_any_claim_is_wrong() {
    let log = MemoryLog::new(&ledger()).unwrap();
    let mut pending = Pending::after(&read(&log, ONE), LEDGER);
    let body = Body::Decision(vec![centre().into()]);
    let origin = Origin { centre: schemas::ids::CentreNumber(1), ..Origin::WRITER };
    put(&log, ONE, pending.push(origin, at(1), &body).unwrap().value);
    assert_eq!(wrongs(&log), [Wrong::Unclaimed]);
}

#[test]
fn a_claim_with_a_place_is_wrong() {
    let log = MemoryLog::new(&ledger()).unwrap();
    let mut prefix = Prefix::new(RecordKind::Claim, Channel::Writer, LEDGER, ONE);
    (prefix.epoch, prefix.prev, prefix.time_ms) = (1, Head([1; 32]), at(0).millis());
    let (claim, node) = (ClaimId([1; 16]), NodeId([1; 16]));
    let claim = Claim { claim, node, knows_fold: 1, clock_accepted: false, url: String::new() };
    put(&log, ONE, prefix.with_body(&Body::Claim(claim).to_bytes().unwrap()).unwrap());
    assert_eq!(wrongs(&log), [Wrong::ClaimNamesPlace]);
}

#[test]
fn a_centre_in_the_office_or_in_another_partition_is_wrong() {
    let log = MemoryLog::new(&NewLedger { partitions: 9, ..ledger() }).unwrap();
    let home = schemas::hashing::partition_of(&centre().id, 9);
    let body = Body::Decision(vec![centre().into()]);
    let origin = Origin { centre: schemas::ids::CentreNumber(1), ..Origin::WRITER };
    for partition in (0..9).map(Partition).filter(|partition| *partition != home) {
        let mut pending = Pending::after(&read(&log, partition), LEDGER);
        put(&log, partition, pending.push(origin, at(1), &body).unwrap().value);
    }
    let found = faults(&log);
    for partition in (0..9).map(Partition) {
        let named =
            found.iter().any(|fault| fault.partition == partition && fault.wrong == Wrong::OutOfPlace);
        assert_eq!(named, partition != home, "partition {partition}");
    }
}

#[test]
fn partitions_of_two_ledgers_are_wrong() {
    let log = MemoryLog::empty(2);
    for (partition, id) in [(0, LEDGER), (1, LedgerId([9; 16]))] {
        let genesis = read(&MemoryLog::new(&ledger()).unwrap(), ONE).genesis().unwrap();
        put(&log, Partition(partition), genesis_value(id, Partition(partition), genesis, at(0)).unwrap());
    }
    assert_eq!(wrongs(&log), [Wrong::GenesisDiffers]);
    let three = NewLedger { partitions: 3, ..ledger() };
    let log = MemoryLog::empty(2);
    for (partition, value) in (0..2).map(Partition).zip(three.geneses().unwrap().1) {
        put(&log, partition, value);
    }
    assert_eq!(wrongs(&log), [Wrong::GenesisDiffers, Wrong::GenesisDiffers]);
}

/// A log that shows less than its end, or fails.
struct Torn {
    log: MemoryLog,
    at: u64,
    fails: LogError,
}

impl Log for Torn {
    fn partitions(&self) -> u32 {
        self.log.partitions()
    }
    fn exclusive(&self) -> bool {
        false
    }
    fn append(&self, _: Partition, _: Vec<Outgoing>, on_outcome: OnOutcome) {
        on_outcome(Err(LogError::Closed));
    }
    fn read(&self, partition: Partition, from: u64, max_bytes: usize) -> Result<Vec<Entry>, LogError> {
        if partition == ONE && from >= self.at {
            return Err(self.fails.clone());
        }
        self.log.read(partition, from, max_bytes.min(1))
    }
    fn end(&self, partition: Partition) -> Result<u64, LogError> {
        self.log.end(partition)
    }
    fn subscribe(&self, _: OnMoved) {}
}

#[test]
fn damage_found_while_reading_is_a_fault_and_a_log_that_fails_is_an_error() {
    let fails = LogError::Damaged("a checksum is off".to_owned());
    let torn = Torn { log: Story::opened().log, at: 5, fails };
    let found = faults(&torn);
    assert_eq!((found[0].wrong, found[0].offset), (Wrong::Halted, Some(5)));
    let fails = LogError::Storage("no disk".to_owned());
    let failing = Torn { log: Story::opened().log, at: 5, fails };
    assert!(verify(&failing, &mut |_| ()).is_err());
}
