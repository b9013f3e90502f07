//! What a verification finds.

use std::collections::BTreeMap;

use schemas::Position;
use schemas::ids::{Head, LedgerId, Partition};
use serde::Serialize;

/// How many faults are kept with their words; all are counted.
const FAULTS_KEPT: usize = 1_000;

/// What stands in a log, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Whether nothing is wrong.
    pub clean: bool,
    /// The ledger; absent when no genesis can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerId>,
    /// All that counted, genesis and claims included.
    pub records: u64,
    /// Values that do not count where they stand.
    pub void: u64,
    /// Records that stood before, in their epoch.
    pub repeats: u64,
    /// Places given beyond the capacity of their slot.
    pub oversold: u64,
    /// What is wrong, as far as it is kept, in the order of reading.
    pub faults: Vec<Fault>,
    /// How much is wrong in all.
    pub fault_count: u64,
    /// Each partition at its end.
    pub partitions: Vec<PartitionReport>,
    /// How many events of each kind counted, by name.
    pub events: BTreeMap<&'static str, u64>,
    /// Why values are void, and how often.
    pub void_by_reason: BTreeMap<&'static str, u64>,
    /// Bookings alive at the end.
    pub live_bookings: u64,
    /// Of these, those that have both places, or the one of a single-dose vaccine.
    pub live_pairs: u64,
    /// Holds alive at the end.
    pub live_holds: u64,
    /// Live bookings by the contingent their first place is counted in.
    pub booked_by_contingent: BTreeMap<&'static str, u64>,
    /// Live bookings by the channel that placed their hold.
    pub booked_by_channel: BTreeMap<&'static str, u64>,
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
    /// How many counted.
    pub records: u64,
    /// How many did not.
    pub void: u64,
    /// How many stood before.
    pub repeats: u64,
}

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
            (None, None) => write!(f, "partition {} at its end: ", self.partition)?,
        }
        write!(f, "{:?}: {}", self.wrong, self.what)
    }
}

/// The sorts of wrong things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Wrong {
    /// Reading cannot go on: the chain halts, or the log is damaged.
    Halted,
    /// The partition is of another ledger than the office, or its genesis says otherwise.
    GenesisDiffers,
    /// A record of the reign in force has the next seq and follows another head: something before it was changed, since an
    /// honest writer claims before it takes a seq again.
    Forked,
    /// A decision or barrier is stamped earlier than what counted before.
    TimeWentBack,
    /// A record counts in epoch 0, where nobody has claimed.
    Unclaimed,
    /// A claim names a seq or a head.
    ClaimNamesPlace,
    /// A decision without events.
    Empty,
    /// An event of a centre in the office, of the office in a centre, or of a centre in another's partition.
    OutOfPlace,
    /// Something is named that there is not, or no longer.
    Unknown,
    /// An id begins again.
    UsedAgain,
    /// A number does not follow the last one.
    WrongNumber,
    /// The rules in force say otherwise.
    AgainstRules,
    /// More doses are bound than there are.
    DosesExceeded,
    /// A place is taken where none is free.
    NotFree,
    /// A place is taken from a contingent that is not the channel's.
    WrongContingent,
    /// More places are held than the cap allows.
    CapExceeded,
    /// A backing is taken, freed or made that could not be.
    WrongBacking,
    /// The doses are too near or too far apart.
    WrongInterval,
    /// Slot, dose and vaccine do not go together.
    WrongSlot,
    /// It came too late: after a deadline, or after a slot had begun.
    TooLate,
    /// It came before it was due.
    TooEarly,
    /// Something that was due was not done before a later decision.
    Overdue,
    /// A registration has two live holds or bookings.
    TwoAtOnce,
    /// A person could come to have two bookings.
    NeedsDesk,
    /// A registration's end leaves something alive, or a replaced hold has no successor.
    LeftOver,
    /// A first place rests although a second place is free for it, or is free with none.
    Stranded,
    /// The sums of a slot are off.
    SumsDiffer,
}

impl Report {
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
    /// The partition being read.
    pub partition: Partition,
}
