//! The row of a registration, and what is not said of small groups.

use std::collections::BTreeMap;

use schemas::ids::{District, RegistrationId};
use schemas::vocabulary::AgeBand;

use super::{number, of_text};
use crate::rows::RegistrationRow;
use crate::tables::column::Cell;
use crate::tables::day::Days;
use crate::tables::veil::Veil;

/// With fewer registrations of one district and age band at a centre, the district is not told.
const LEAST: u32 = 10;

/// How many registrations of a centre each district has in each age band.
#[derive(Debug, Default)]
pub(in crate::tables) struct SmallGroups(BTreeMap<(District, AgeBand), u32>);

impl SmallGroups {
    pub(in crate::tables) fn count(&mut self, row: &RegistrationRow) {
        *self.0.entry((row.district, row.age_band)).or_default() += 1;
    }

    fn are_told(&self, row: &RegistrationRow) -> bool {
        self.0.get(&(row.district, row.age_band)).is_some_and(|&count| count >= LEAST)
    }
}

/// The row of a registration in the order of the columns.
pub(in crate::tables) fn registration_row(
    id: RegistrationId,
    row: &RegistrationRow,
    groups: &SmallGroups,
    days: &Days,
    veil: &Veil,
) -> Vec<Cell> {
    let told = veil.is_raw() || groups.are_told(row);
    let ended = row.withdrawn.as_ref();
    let pseudonyms: Vec<String> = veil.pseudonyms(&row.pseudonyms).iter().map(ToString::to_string).collect();
    vec![
        Cell::Text(veil.registration(id).to_string()),
        Cell::Text(veil.reference(&row.reference).to_string()),
        Cell::Text(pseudonyms.join(" ")),
        Cell::Instant(veil.instant(row.registered_at.time)),
        Cell::Date(days.on(row.registered_at.time)),
        number(row.group.0),
        of_text(told.then_some(row.district)),
        Cell::Text(row.age_band.to_string()),
        Cell::Word(row.made_by.as_str()),
        number(row.revision),
        Cell::Word(if ended.is_some() { "withdrawn" } else { "live" }),
        of_text(row.hold.map(|hold| veil.hold(hold))),
        ended.map_or(Cell::Empty, |end| Cell::Instant(veil.instant(end.withdrawn_at.time))),
        ended.map_or(Cell::Empty, |end| Cell::Date(days.on(end.withdrawn_at.time))),
        ended.map_or(Cell::Empty, |end| Cell::Word(end.reason.as_str())),
    ]
}
