//! The row of a booking. A hold that never became one has no row: its events tell of it.

use ledger::centre::Slot;
use schemas::ids::{Cvx, HoldId};

use super::{number, of_slot};
use crate::rows::{Ended, HoldRow, HoldState};
use crate::tables::column::Cell;
use crate::tables::day::Days;
use crate::tables::veil::Veil;

/// The slots of a booking.
#[derive(Debug, Clone, Copy)]
pub(in crate::tables) struct Places<'a> {
    pub(in crate::tables) first: &'a Slot,
    pub(in crate::tables) second: Option<&'a Slot>,
}

impl Places<'_> {
    /// Of what.
    pub(in crate::tables) fn vaccine(&self) -> Cvx {
        self.first.vaccine
    }
}

/// The row of a booking in the order of the columns.
pub(in crate::tables) fn booking_row(
    id: HoldId,
    row: &HoldRow,
    places: &Places<'_>,
    days: &Days,
    veil: &Veil,
) -> Vec<Cell> {
    let instant = |mark: Option<ledger::rejection::Mark>| {
        mark.map_or(Cell::Empty, |mark| Cell::Instant(veil.instant(mark.time)))
    };
    let date = |mark: Option<ledger::rejection::Mark>| {
        mark.map_or(Cell::Empty, |mark| Cell::Date(days.on(mark.time)))
    };
    let second = places.second;
    let ended = row.ended_at();
    vec![
        Cell::Text(veil.hold(id).to_string()),
        Cell::Text(veil.registration(row.registration).to_string()),
        Cell::Word(state(ended.is_some())),
        number(places.vaccine().0),
        Cell::Word(row.contingent.as_str()),
        Cell::Instant(veil.instant(row.placed_at.time)),
        instant(row.confirmed_at),
        date(row.confirmed_at),
        number(row.revision),
        number(row.first.0),
        Cell::Date(places.first.local_date),
        Cell::Instant(places.first.start_at),
        of_slot(row.second),
        second.map_or(Cell::Empty, |slot| Cell::Date(slot.local_date)),
        second.map_or(Cell::Empty, |slot| Cell::Instant(slot.start_at)),
        second.map_or(Cell::Empty, |_| Cell::Word(state(ended.is_some() || row.second_cancelled.is_some()))),
        instant(ended),
        date(ended),
        end_reason(row),
    ]
}

fn state(cancelled: bool) -> &'static str {
    if cancelled { "cancelled" } else { "booked" }
}

fn end_reason(row: &HoldRow) -> Cell {
    match row.state {
        HoldState::Ended { how: Ended::Cancelled(reason), .. } => Cell::Word(reason.as_str()),
        HoldState::Ended { how: Ended::Released(reason), .. } => Cell::Word(reason.as_str()),
        HoldState::Ended { how: Ended::Expired, .. } => Cell::Word("expired"),
        HoldState::Held | HoldState::Booked => Cell::Empty,
    }
}
