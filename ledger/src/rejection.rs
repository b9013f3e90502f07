//! Refusals: each names the rule that was broken and tells the person what to do next.

use schemas::ids::{BookingId, HoldId, Partition, SlotId};
use schemas::{Instant, Position};

/// Where and when something came to stand in the log, without its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, bincode::Encode, bincode::Decode)]
pub struct Mark {
    /// The record's sequence number.
    pub seq: u64,
    /// The first 8 bytes of the head after it.
    pub head: [u8; 8],
    /// The record's time.
    pub time: Instant,
}

impl Mark {
    /// As a position of this partition.
    pub fn position(&self, partition: Partition) -> Position {
        Position { partition, seq: self.seq, head: self.head }
    }
}

/// A first place and a second one that could be had together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The first-dose slot.
    pub first: SlotId,
    /// The second-dose slot; none for a single-dose vaccine.
    pub second: Option<SlotId>,
}

/// Why a command was refused. What several rules refuse, the first in the order of DOMAIN 3 names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field says what its variant's sentence needs")]
pub enum Rejection {
    /// There is no such thing, or it is not the caller's.
    NotFound { what: &'static str },
    /// Somebody else has used this id.
    IdTaken,
    /// The id was used with other content.
    ContentDiffers,
    /// The thing was changed since the caller saw it.
    StaleRevision { current: u32 },
    /// A later set of rules may not begin in the past.
    RulesInThePast,
    /// The set of rules lacks something or contradicts itself.
    RulesIncomplete { what: String },
    /// The delivery was received before, otherwise.
    AlreadyReceived,
    /// The delivery has too few doses left.
    DosesExceeded { left: u32, needed: u32 },
    /// A slot would begin in the past.
    SlotInThePast,
    /// So many first places would have no second.
    SecondPlacesMissing { missing: u32 },
    /// The command does not fit into one decision; a release covers more than one day, or its sums are off.
    TooManySlots { what: String },
    /// Fewer places are free than are to be removed.
    PlacesTaken { slot: SlotId, free: u32 },
    /// The person lives where this centre does not serve.
    OutsideCatchment,
    /// The drawn reference exists already; the edge draws another.
    ReferenceTaken,
    /// The registration has ended.
    RegistrationEnded { ended: Mark },
    /// A person at the desk has to look at it.
    NeedsDesk,
    /// The registration has a live hold.
    AlreadyHolding { hold: HoldId },
    /// The registration has a live booking.
    AlreadyBooked { booking: BookingId },
    /// So many holds are all for one day.
    HoldsSpentToday { limit: u32 },
    /// So many changes are all for one day.
    ChangesSpentToday { limit: u32 },
    /// The group may not hold yet; none: no date is set.
    CohortNotOpen { opens_at: Option<Instant> },
    /// The slot begins too soon, or has begun.
    SlotTooSoon,
    /// The slots are not of one vaccine, or not of the doses they should be.
    VaccineMismatch,
    /// The second dose would be too early.
    IntervalTooShort { min_days: u32 },
    /// The second dose would be too late.
    IntervalTooLong { max_days: u32 },
    /// The slot has no free place.
    SlotFull { alternatives: Vec<Pair>, earliest_back_at: Option<Instant> },
    /// The places left are for other channels.
    ContingentSpent { flows_back_at: Option<Instant>, alternatives: Vec<Pair> },
    /// As many places as may be held are held.
    HoldBudgetSpent { earliest_back_at: Option<Instant>, alternatives: Vec<Pair> },
    /// The second place is kept for somebody's first.
    SecondPlaceReserved { alternatives: Vec<Pair> },
    /// The hold's deadline passed.
    HoldLapsed { ended: Mark },
    /// The hold was given back.
    HoldEnded { ended: Mark },
    /// The hold is a booking already.
    AlreadyConfirmed,
    /// The booking was cancelled.
    BookingEnded { ended: Mark },
    /// The change names the places that the booking has.
    NothingToChange,
}

impl Rejection {
    /// The rule's name.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "NotFound",
            Self::IdTaken => "IdTaken",
            Self::ContentDiffers => "ContentDiffers",
            Self::StaleRevision { .. } => "StaleRevision",
            Self::RulesInThePast => "RulesInThePast",
            Self::RulesIncomplete { .. } => "RulesIncomplete",
            Self::AlreadyReceived => "AlreadyReceived",
            Self::DosesExceeded { .. } => "DosesExceeded",
            Self::SlotInThePast => "SlotInThePast",
            Self::SecondPlacesMissing { .. } => "SecondPlacesMissing",
            Self::TooManySlots { .. } => "TooManySlots",
            Self::PlacesTaken { .. } => "PlacesTaken",
            Self::OutsideCatchment => "OutsideCatchment",
            Self::ReferenceTaken => "ReferenceTaken",
            Self::RegistrationEnded { .. } => "RegistrationEnded",
            Self::NeedsDesk => "NeedsDesk",
            Self::AlreadyHolding { .. } => "AlreadyHolding",
            Self::AlreadyBooked { .. } => "AlreadyBooked",
            Self::HoldsSpentToday { .. } => "HoldsSpentToday",
            Self::ChangesSpentToday { .. } => "ChangesSpentToday",
            Self::CohortNotOpen { .. } => "CohortNotOpen",
            Self::SlotTooSoon => "SlotTooSoon",
            Self::VaccineMismatch => "VaccineMismatch",
            Self::IntervalTooShort { .. } => "IntervalTooShort",
            Self::IntervalTooLong { .. } => "IntervalTooLong",
            Self::SlotFull { .. } => "SlotFull",
            Self::ContingentSpent { .. } => "ContingentSpent",
            Self::HoldBudgetSpent { .. } => "HoldBudgetSpent",
            Self::SecondPlaceReserved { .. } => "SecondPlaceReserved",
            Self::HoldLapsed { .. } => "HoldLapsed",
            Self::HoldEnded { .. } => "HoldEnded",
            Self::AlreadyConfirmed => "AlreadyConfirmed",
            Self::BookingEnded { .. } => "BookingEnded",
            Self::NothingToChange => "NothingToChange",
        }
    }

    /// Whether the refusal rests on what cannot change, so that it needs no later record to be true.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::IdTaken
                | Self::ContentDiffers
                | Self::RegistrationEnded { .. }
                | Self::HoldLapsed { .. }
                | Self::HoldEnded { .. }
                | Self::BookingEnded { .. }
                | Self::AlreadyReceived
        )
    }
}
