//! Typed rows from events and from what follows of them, in the order of the table's columns.

mod booking;
mod event;
mod registration;
mod stock;

use schemas::ids::SlotId;

pub(super) use booking::{Places, booking_row};
pub(super) use event::event_row;
pub(super) use registration::{SmallGroups, registration_row};
pub(super) use stock::{BookingsMade, day_rows, slot_row};

use super::column::Cell;

fn number(value: impl Into<i64>) -> Cell {
    Cell::Number(value.into())
}

fn of_slot(slot: Option<SlotId>) -> Cell {
    slot.map_or(Cell::Empty, |slot| number(slot.0))
}

fn of_text(text: Option<impl ToString>) -> Cell {
    text.map_or(Cell::Empty, |text| Cell::Text(text.to_string()))
}
