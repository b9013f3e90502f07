//! The rows of slots and days.

use std::collections::BTreeMap;

use ledger::centre::{Centre, Places, Slot};
use schemas::CivilDate;
use schemas::ids::Cvx;
use schemas::vocabulary::Dose;

use super::number;
use crate::tables::column::Cell;

/// Bookings by the civil day at the centre on which they were confirmed, by dose and vaccine.
#[derive(Debug, Default)]
pub(in crate::tables) struct BookingsMade(BTreeMap<Line, i64>);

/// What a row of the days is about.
type Line = (CivilDate, u8, Cvx);

/// Where places are, of a slot or a day. A column that the dose does not have is empty.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    capacity: i64,
    free: i64,
    held: i64,
    resting: Option<i64>,
    reserved: Option<i64>,
    booked: i64,
}

impl BookingsMade {
    pub(in crate::tables) fn count(&mut self, on: CivilDate, dose: Dose, vaccine: Cvx) {
        *self.0.entry((on, dose.number(), vaccine)).or_default() += 1;
    }
}

/// The row of a slot in the order of the columns.
pub(in crate::tables) fn slot_row(slot: &Slot) -> Vec<Cell> {
    let mut cells = vec![
        number(slot.id.0),
        Cell::Date(slot.local_date),
        Cell::Instant(slot.start_at),
        number(slot.length_min),
        number(slot.vaccine.0),
        number(dose(slot).number()),
    ];
    cells.extend(sums(slot).cells());
    cells
}

/// The rows of a centre's days, ascending: of each day that has slots, and of each on which a booking was made.
pub(in crate::tables) fn day_rows(centre: &Centre, made: &BookingsMade) -> Vec<Vec<Cell>> {
    let mut lines: BTreeMap<Line, Sums> = made.0.keys().map(|&line| (line, Sums::default())).collect();
    for slot in centre.slots() {
        let line = (slot.local_date, dose(slot).number(), slot.vaccine);
        lines.entry(line).or_default().add(&sums(slot));
    }
    let rows = lines.into_iter().map(|(line, sums)| {
        let (day, dose, vaccine) = line;
        let mut cells = vec![Cell::Date(day), number(dose), number(vaccine.0)];
        cells.extend(sums.cells());
        cells.push(number(made.0.get(&line).copied().unwrap_or(0)));
        cells
    });
    rows.collect()
}

fn dose(slot: &Slot) -> Dose {
    match slot.places {
        Places::First(_) => Dose::First,
        Places::Second(_) => Dose::Second,
    }
}

fn sums(slot: &Slot) -> Sums {
    match &slot.places {
        Places::First(first) => {
            let mut sums = Sums { resting: Some(0), ..Sums::default() };
            for counts in [first.web, first.hotline, first.open] {
                sums.add(&Sums {
                    capacity: counts.capacity.into(),
                    free: counts.free.into(),
                    held: counts.held.into(),
                    resting: Some(counts.resting.into()),
                    reserved: None,
                    booked: counts.booked.into(),
                });
            }
            sums
        }
        Places::Second(counts) => Sums {
            capacity: counts.capacity.into(),
            free: counts.free.into(),
            held: counts.held.into(),
            resting: None,
            reserved: Some(counts.reserved.into()),
            booked: counts.booked.into(),
        },
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        let add = |a: Option<i64>, b: Option<i64>| b.map_or(a, |b| Some(a.unwrap_or(0) + b));
        self.capacity += other.capacity;
        self.free += other.free;
        self.held += other.held;
        self.resting = add(self.resting, other.resting);
        self.reserved = add(self.reserved, other.reserved);
        self.booked += other.booked;
    }

    fn cells(self) -> [Cell; 6] {
        let some = |value: Option<i64>| value.map_or(Cell::Empty, Cell::Number);
        [
            Cell::Number(self.capacity),
            Cell::Number(self.free),
            Cell::Number(self.held),
            some(self.resting),
            some(self.reserved),
            Cell::Number(self.booked),
        ]
    }
}
