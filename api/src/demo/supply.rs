//! The supply of the morning, in proportion to the number of people.

use schemas::CivilDate;

use super::data::{DeliveryRow, ReleaseRow, Tables};

/// The number of people that the tables were made for.
pub const PEOPLE: u32 = 400_000;

/// The days of first doses (from 0) that draw on the four deliveries in turn.
const DELIVERY_DAYS: [std::ops::Range<usize>; 4] = [0..3, 3..8, 8..13, 13..18];

/// Days from a first place to the second one that is released with it.
const SECOND_AFTER_DAYS: i32 = 21;

/// What one centre puts on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentreSupply {
    /// The deliveries, by date.
    pub deliveries: Vec<Delivery>,
    /// The days of first doses, by date; those without a place are left out.
    pub days: Vec<Day>,
}

/// Doses for one centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The vaccine's name in the rules.
    pub vaccine: String,
    /// When it is due.
    pub due_on: CivilDate,
    /// What is promised.
    pub doses: u32,
}

/// One day of first doses with the second ones that belong to them: one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The delivery that it draws on, as a place in [`CentreSupply::deliveries`].
    pub delivery: usize,
    /// The vaccine's name in the rules.
    pub vaccine: String,
    /// The day of the first doses.
    pub first_on: CivilDate,
    /// First places; each binds two doses.
    pub first: u32,
    /// The day of the second doses, 21 civil days later.
    pub second_on: CivilDate,
    /// Second places, never fewer than first ones.
    pub second: u32,
}

/// The supply of all centres, in the order of [`Tables::centres`], for so many people.
pub fn of(tables: &Tables, people: u32) -> Vec<CentreSupply> {
    let firsts = scaled_firsts(tables, people);
    (0..tables.centres.len())
        .map(|centre| {
            let firsts: Vec<_> = firsts.iter().filter(|(row, _)| row.centre == centre).collect();
            let days: Vec<Day> = firsts
                .iter()
                .enumerate()
                .filter(|(_, (_, places))| *places > 0)
                .filter_map(|(at, (row, places))| day(tables, people, at, row, *places))
                .collect();
            CentreSupply { deliveries: deliveries(tables, people, centre, &days), days }
        })
        .collect()
}

/// All first places of a supply: as many pairs can be live.
pub fn pairs(supply: &[CentreSupply]) -> u32 {
    supply.iter().map(CentreSupply::pairs).sum()
}

impl CentreSupply {
    /// The first places of this centre.
    pub fn pairs(&self) -> u32 {
        self.days.iter().map(|day| day.first).sum()
    }
}

/// Rounds the running sum over all rows, so that the total is the rounded total whatever the number of people.
fn scaled_firsts(tables: &Tables, people: u32) -> Vec<(&ReleaseRow, u32)> {
    let mut sum = 0;
    let mut given = 0;
    tables
        .releases
        .iter()
        .filter(|row| row.dose == 1)
        .map(|row| {
            sum += row.places;
            let places = scaled(sum, people) - given;
            given += places;
            (row, places)
        })
        .collect()
}

fn day(tables: &Tables, people: u32, at: usize, row: &ReleaseRow, first: u32) -> Option<Day> {
    let delivery = DELIVERY_DAYS.iter().position(|days| days.contains(&at))?;
    let second_on = row.date.plus_days(SECOND_AFTER_DAYS)?;
    let second = tables
        .releases
        .iter()
        .find(|other| other.centre == row.centre && other.dose == 2 && other.date == second_on)
        .map_or(0, |other| scaled(other.places, people));
    Some(Day {
        delivery,
        vaccine: row.vaccine.clone(),
        first_on: row.date,
        first,
        second_on,
        second: second.max(first),
    })
}

/// In proportion, but never fewer doses than the days that draw on the delivery bind.
fn deliveries(tables: &Tables, people: u32, centre: usize, days: &[Day]) -> Vec<Delivery> {
    let rows = tables.deliveries.iter().filter(|row| row.centre == centre);
    rows.enumerate()
        .map(|(at, row)| {
            let bound: u32 = days.iter().filter(|day| day.delivery == at).map(|day| 2 * day.first).sum();
            delivery(row, scaled(row.doses_announced, people).max(bound))
        })
        .collect()
}

fn delivery(row: &DeliveryRow, doses: u32) -> Delivery {
    Delivery { vaccine: row.vaccine.clone(), due_on: row.due_on, doses }
}

fn scaled(of_all: u32, people: u32) -> u32 {
    let exact = u64::from(of_all) * u64::from(people);
    u32::try_from((exact + u64::from(PEOPLE) / 2) / u64::from(PEOPLE)).unwrap_or(u32::MAX)
}
