//! What a centre offers, as JSON. Everything here is a pure function of [`facts`], which are copied from the fold.

mod day;
mod document;
mod facts;
mod pairs;
mod slots;
#[cfg(test)]
mod tests;
mod zone;

pub(crate) use day::day_rows;
pub(crate) use document::{all_document, centre_document};
pub(crate) use facts::{DayFacts, SlotFacts};
#[cfg(test)]
use facts::{FirstFacts, PlaceFacts};
pub use pairs::{PairShown, SlotShown};
pub(crate) use pairs::{Wanted, pairs};
pub(crate) use slots::day_document;
pub use zone::ZoneClock;

use std::collections::BTreeMap;

use schemas::ids::{CentreId, Cvx, VaccineName};

/// What all days of a centre have in common.
#[derive(Debug, Clone)]
pub(crate) struct Face {
    /// The centre.
    pub(crate) centre: CentreId,
    /// Its time zone.
    pub(crate) clock: ZoneClock,
    /// What its rules call the vaccines; the newest set that knows one gives its name.
    pub(crate) names: BTreeMap<Cvx, VaccineName>,
}

impl Face {
    /// What a vaccine is called here; its code when no set of rules knows it.
    fn vaccine(&self, cvx: Cvx) -> String {
        self.names.get(&cvx).map_or_else(|| format!("cvx-{cvx}"), VaccineName::to_string)
    }
}
