//! What is known of a day: a copy that readers may keep while the fold goes on.

use ledger::centre::{Counts, FirstPlaces, Places, SecondCounts, Slot};
use schemas::ids::{Cvx, SlotId};
use schemas::vocabulary::Contingent;
use schemas::{CivilDate, Instant};

/// One civil day of a centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DayFacts {
    /// The day.
    pub(crate) date: CivilDate,
    /// Its slots, by start and number.
    pub(crate) slots: Vec<SlotFacts>,
    /// The most places that may be held, in the order of [`Contingent::ALL`].
    pub(crate) hold_limits: [u32; 3],
    /// The earliest deadline of a hold whose first place is on this day.
    pub(crate) earliest_deadline: Option<Instant>,
}

/// One slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlotFacts {
    /// Its number.
    pub(crate) id: SlotId,
    /// When it begins.
    pub(crate) start_at: Instant,
    /// How long it is, in minutes.
    pub(crate) length_min: u32,
    /// Of what.
    pub(crate) vaccine: Cvx,
    /// Its places.
    pub(crate) places: PlaceFacts,
}

/// The places of a slot, by dose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PlaceFacts {
    /// For the first dose, or the only one.
    First(FirstFacts),
    /// For the second dose.
    Second(SecondCounts),
}

/// The places of a first-dose slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FirstFacts {
    /// In the order of [`Contingent::ALL`].
    pub(crate) counts: [Counts; 3],
    /// When its contingents flow together; none once they have.
    pub(crate) flows_back_at: Option<Instant>,
    /// The second-dose slot that backs it and begins first, and when; none for a single dose.
    pub(crate) backed_by: Option<SlotId>,
}

impl SlotFacts {
    /// A copy of a slot. `backed_by` is the backing of earliest start, then least number.
    pub(crate) fn of(slot: &Slot, backed_by: Option<SlotId>) -> Self {
        let places = match &slot.places {
            Places::First(first) => PlaceFacts::First(first_facts(first, backed_by)),
            Places::Second(counts) => PlaceFacts::Second(*counts),
        };
        Self {
            id: slot.id,
            start_at: slot.start_at,
            length_min: slot.length_min,
            vaccine: slot.vaccine,
            places,
        }
    }
}

fn first_facts(first: &FirstPlaces, backed_by: Option<SlotId>) -> FirstFacts {
    FirstFacts {
        counts: [first.web, first.hotline, first.open],
        flows_back_at: first.flows_back_at.filter(|_| !first.flowed),
        backed_by,
    }
}

/// Where a contingent stands in an array of three.
pub(crate) fn at(contingent: Contingent) -> usize {
    match contingent {
        Contingent::Web => 0,
        Contingent::Hotline => 1,
        Contingent::Open => 2,
    }
}

/// Sums of counts.
pub(crate) fn sum(counts: impl IntoIterator<Item = Counts>) -> Counts {
    counts.into_iter().fold(Counts::default(), |sum, counts| Counts {
        capacity: sum.capacity + counts.capacity,
        free: sum.free + counts.free,
        held: sum.held + counts.held,
        resting: sum.resting + counts.resting,
        booked: sum.booked + counts.booked,
    })
}

/// Sums of counts of second-dose slots.
pub(crate) fn sum_second(counts: impl IntoIterator<Item = SecondCounts>) -> SecondCounts {
    counts.into_iter().fold(SecondCounts::default(), |sum, counts| SecondCounts {
        capacity: sum.capacity + counts.capacity,
        free: sum.free + counts.free,
        held: sum.held + counts.held,
        reserved: sum.reserved + counts.reserved,
        booked: sum.booked + counts.booked,
    })
}
