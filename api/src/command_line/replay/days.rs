//! A centre's days as its fold has them: where the places of each date, dose and vaccine are.

use std::collections::BTreeMap;

use ledger::centre::{Centre, Places};
use schemas::CivilDate;
use schemas::ids::Cvx;
use schemas::vocabulary::{Contingent, Dose};
use serde::Serialize;

/// The places of all slots of one date, dose and vaccine. What the other dose alone has is absent.
#[derive(Debug, Default, Serialize)]
pub(super) struct Sum {
    pub(super) capacity: u32,
    pub(super) free: u32,
    pub(super) held: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resting: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reserved: Option<u32>,
    pub(super) booked: u32,
}

/// Every day of a centre, ascending.
pub(super) fn days(centre: &Centre) -> BTreeMap<(CivilDate, Dose, Cvx), Sum> {
    let mut days: BTreeMap<_, Sum> = BTreeMap::new();
    for slot in centre.slots() {
        match &slot.places {
            Places::First(first) => {
                let sum = days.entry((slot.local_date, Dose::First, slot.vaccine)).or_default();
                for contingent in [Contingent::Web, Contingent::Hotline, Contingent::Open] {
                    let counts = first.counts(contingent);
                    sum.add(counts.capacity, counts.free, counts.held, counts.booked);
                    *sum.resting.get_or_insert_default() += counts.resting;
                }
            }
            Places::Second(second) => {
                let sum = days.entry((slot.local_date, Dose::Second, slot.vaccine)).or_default();
                sum.add(second.capacity, second.free, second.held, second.booked);
                *sum.reserved.get_or_insert_default() += second.reserved;
            }
        }
    }
    days
}

impl Sum {
    fn add(&mut self, capacity: u32, free: u32, held: u32, booked: u32) {
        self.capacity += capacity;
        self.free += free;
        self.held += held;
        self.booked += booked;
    }
}
