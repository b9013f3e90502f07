//! What a verification finds.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use schemas::ids::{Head, LedgerId, Partition};
use schemas::{Event, Position};
use serde::Serialize;

use super::partition::add_all;
use super::wrong::Wrong;

/// How many faults are kept with their words, of a partition and in all; all are counted.
pub(super) const FAULTS_KEPT: usize = 1_000;

/// What stands in a log, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Whether nothing is wrong.
    pub clean: bool,
    /// The ledger; absent when no genesis can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerId>,
    /// How many bytes were read, as stored.
    pub bytes: u64,
    /// All that counted, genesis and claims included.
    pub records: u64,
    /// Values that do not count where they stand.
    pub void: u64,
    /// Records that stood before, in their epoch.
    pub repeats: u64,
    /// Of these, those that came too late to be compared with what they repeat.
    pub repeats_not_compared: u64,
    /// Places given beyond the capacity of their slot.
    pub oversold: u64,
    /// What is wrong, as far as it is kept, in the order of reading.
    pub faults: Vec<Fault>,
    /// How much is wrong in all.
    pub fault_count: u64,
    /// Each partition at its end.
    pub partitions: Vec<PartitionReport>,
    /// How many events of each kind counted, by name.
    pub events: BTreeMap<String, u64>,
    /// How many of them were written in which version of their payload: `HoldPlaced v1`.
    pub payloads: BTreeMap<String, u64>,
    /// How many records were written under which fold version.
    pub fold_versions: BTreeMap<u16, u64>,
    /// Why values are void, and how often.
    pub void_by_reason: BTreeMap<String, u64>,
    /// Bookings alive at the end.
    pub live_bookings: u64,
    /// Of these, those that have both places, or the one of a single-dose vaccine.
    pub live_pairs: u64,
    /// Holds alive at the end.
    pub live_holds: u64,
    /// Live bookings by the contingent their first place is counted in.
    pub booked_by_contingent: BTreeMap<String, u64>,
    /// Live bookings by the channel that placed their hold.
    pub booked_by_channel: BTreeMap<String, u64>,
    /// Whether a vault was asked.
    pub vault_read: bool,
    /// Commitments that were computed anew from the vault's data, and agree.
    pub commitments_kept: u64,
    /// Commitments to data that were erased.
    pub commitments_erased: u64,
    /// Checkpoints of what was derived from the log, that stand in it.
    pub standings: u64,
    /// Ids that may have begun again, beyond the number of those that were looked for once more.
    pub ids_not_compared: u64,
    /// What was not looked at, and why, in words.
    pub not_checked: Vec<String>,
}

/// What is counted in a partition.
#[derive(Debug, Clone, Default, Encode, Decode)]
pub(super) struct Tally {
    pub(super) values: u64,
    pub(super) bytes: u64,
    pub(super) records: u64,
    pub(super) void: u64,
    pub(super) repeats: u64,
    pub(super) repeats_not_compared: u64,
    pub(super) oversold: u64,
    pub(super) payloads: BTreeMap<(u16, u8), u64>,
    pub(super) fold_versions: BTreeMap<u16, u64>,
    pub(super) void_by_reason: BTreeMap<String, u64>,
    pub(super) live_bookings: u64,
    pub(super) live_pairs: u64,
    pub(super) live_holds: u64,
    pub(super) booked_by_contingent: BTreeMap<String, u64>,
    pub(super) booked_by_channel: BTreeMap<String, u64>,
    pub(super) commitments_kept: u64,
    pub(super) commitments_erased: u64,
    pub(super) standings: u64,
    pub(super) ids_not_compared: u64,
}

/// A partition at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartitionReport {
    /// Which.
    pub partition: Partition,
    /// The seq of its last record that counted.
    pub seq: u64,
    /// The head after it.
    pub head: Head,
    /// The reign.
    pub epoch: u64,
    /// How many values were read.
    pub values: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many counted.
    pub records: u64,
    /// How many did not.
    pub void: u64,
    /// How many stood before.
    pub repeats: u64,
}

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Encode, Decode)]
pub struct Fault {
    /// Which partition.
    pub partition: Partition,
    /// The offset of the record after which it was noticed; absent for what is wrong at the end as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// That record's position, if it counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// What sort of thing is wrong.
    pub wrong: Wrong,
    /// In words.
    pub what: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.position, self.offset) {
            (Some(position), _) => write!(f, "{position}: ")?,
            (None, Some(offset)) => write!(f, "partition {} offset {offset}: ", self.partition)?,
            (None, None) if self.wrong.is_beside() => write!(f, "beside the log: ")?,
            (None, None) => write!(f, "partition {} at its end: ", self.partition)?,
        }
        write!(f, "{:?}: {}", self.wrong, self.what)
    }
}

impl Report {
    pub(super) fn add(&mut self, tally: Tally) {
        self.bytes += tally.bytes;
        self.records += tally.records;
        self.void += tally.void;
        self.repeats += tally.repeats;
        self.repeats_not_compared += tally.repeats_not_compared;
        self.oversold += tally.oversold;
        for ((kind, version), count) in tally.payloads {
            let name = Event::CATALOGUE.iter().find(|(known, ..)| *known == kind);
            let name = name.map_or_else(|| format!("kind {kind}"), |(_, _, name, _)| (*name).to_owned());
            *self.payloads.entry(format!("{name} v{version}")).or_default() += count;
            *self.events.entry(name).or_default() += count;
        }
        add_all(&mut self.fold_versions, tally.fold_versions);
        add_all(&mut self.void_by_reason, tally.void_by_reason);
        self.live_bookings += tally.live_bookings;
        self.live_pairs += tally.live_pairs;
        self.live_holds += tally.live_holds;
        add_all(&mut self.booked_by_contingent, tally.booked_by_contingent);
        add_all(&mut self.booked_by_channel, tally.booked_by_channel);
        self.commitments_kept += tally.commitments_kept;
        self.commitments_erased += tally.commitments_erased;
        self.standings += tally.standings;
        self.ids_not_compared += tally.ids_not_compared;
    }

    /// Adds something that was found beside the log.
    pub fn beside(&mut self, wrong: Wrong, what: String) {
        self.fault(Fault { partition: Partition::OFFICE, offset: None, position: None, wrong, what });
        self.clean = false;
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.fault_count += 1;
        if self.faults.len() < FAULTS_KEPT {
            self.faults.push(fault);
        }
    }
}

/// How far a verification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Values read so far, in all partitions.
    pub values: u64,
    /// Values that stood there at the beginning.
    pub of: u64,
    /// Bytes read so far, as stored.
    pub bytes: u64,
    /// The partition being read.
    pub partition: Partition,
}
