//! Slots and their places.

use std::collections::BTreeMap;

use schemas::ids::{Cvx, DeliveryId, SlotId};
use schemas::vocabulary::Contingent;
use schemas::{CivilDate, Instant};

/// Where the places of one contingent of a first-dose slot are: `free + held + resting + booked = capacity`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[allow(missing_docs, reason = "the words are those of DESIGN 5")]
pub struct Counts {
    pub capacity: u32,
    pub free: u32,
    pub held: u32,
    pub resting: u32,
    pub booked: u32,
}

/// Where the places of a second-dose slot are: `free + held + reserved + booked = capacity`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[allow(missing_docs, reason = "the words are those of DESIGN 5")]
pub struct SecondCounts {
    pub capacity: u32,
    pub free: u32,
    pub held: u32,
    /// The first places, free or resting, that this slot backs.
    pub reserved: u32,
    pub booked: u32,
}

/// A slot as it was released, and where its places are.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Slot {
    /// Its number.
    pub id: SlotId,
    /// When it begins.
    pub start_at: Instant,
    /// The civil day at the centre.
    pub local_date: CivilDate,
    /// How long it is, in minutes.
    pub length_min: u32,
    /// Of what.
    pub vaccine: Cvx,
    /// Its places, by dose.
    pub places: Places,
}

/// The places of a slot, by dose.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum Places {
    /// For the first dose, or the only one.
    First(FirstPlaces),
    /// For the second dose.
    Second(SecondCounts),
}

/// The places of a first-dose slot, with what it keeps for life.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct FirstPlaces {
    /// The delivery that its doses come from.
    pub delivery: DeliveryId,
    /// Doses a person gets: 1 or 2.
    pub doses: u8,
    /// Least civil days to the second dose.
    pub interval_min_days: u32,
    /// Most civil days to the second dose.
    pub interval_max_days: u32,
    /// When its contingents flow together.
    pub flows_back_at: Option<Instant>,
    /// Whether they have: what comes back is `open` then.
    pub flowed: bool,
    /// For the web.
    pub web: Counts,
    /// For the hotline.
    pub hotline: Counts,
    /// For every channel.
    pub open: Counts,
    /// How many free (or resting) places are backed by which second-dose slot; no entry is 0.
    pub backing: BTreeMap<SlotId, u32>,
}

impl Slot {
    /// The places of a first-dose slot.
    pub fn first(&self) -> Option<&FirstPlaces> {
        match &self.places {
            Places::First(first) => Some(first),
            Places::Second(_) => None,
        }
    }

    /// The places of a second-dose slot.
    pub fn second(&self) -> Option<&SecondCounts> {
        match &self.places {
            Places::First(_) => None,
            Places::Second(second) => Some(second),
        }
    }

    /// Whether it has begun.
    pub fn has_begun(&self, now: Instant) -> bool {
        self.start_at <= now
    }
}

/// Where a second dose lies, seen from its first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    TooEarly,
    Inside,
    TooLate,
}

impl FirstPlaces {
    /// Where a second dose on `second` would lie for a first one on `first`, in civil days.
    pub(super) fn fit(&self, first: CivilDate, second: CivilDate) -> Fit {
        let days = second.days_since(first);
        if days < i64::from(self.interval_min_days) {
            Fit::TooEarly
        } else if days > i64::from(self.interval_max_days) {
            Fit::TooLate
        } else {
            Fit::Inside
        }
    }

    /// The contingent that a place of `contingent` comes back to.
    pub(super) fn home(&self, contingent: Contingent) -> Contingent {
        if self.flowed { Contingent::Open } else { contingent }
    }

    /// The counts of a contingent.
    pub fn counts(&self, contingent: Contingent) -> &Counts {
        match contingent {
            Contingent::Web => &self.web,
            Contingent::Hotline => &self.hotline,
            Contingent::Open => &self.open,
        }
    }

    /// The counts of a contingent, to be changed.
    pub fn counts_mut(&mut self, contingent: Contingent) -> &mut Counts {
        match contingent {
            Contingent::Web => &mut self.web,
            Contingent::Hotline => &mut self.hotline,
            Contingent::Open => &mut self.open,
        }
    }
}
