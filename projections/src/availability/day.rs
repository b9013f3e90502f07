//! A centre's offer by day: one row for each day, dose and vaccine.

use std::collections::BTreeMap;

use ledger::centre::{Counts, SecondCounts, earliest_back};
use schemas::CivilDate;
use schemas::Instant;
use schemas::ids::Cvx;
use serde::Serialize;

use super::Face;
use super::facts::{DayFacts, FirstFacts, PlaceFacts, sum, sum_second};

/// A row as it stands in JSON; the order of the fields is that of DOMAIN 4.
#[derive(Serialize)]
struct Row {
    date: CivilDate,
    dose: u8,
    vaccine: String,
    cvx: Cvx,
    #[serde(flatten)]
    places: RowPlaces,
    slots: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum RowPlaces {
    First(FirstRow),
    Second(SecondRow),
}

#[derive(Serialize)]
struct FirstRow {
    #[serde(flatten)]
    counts: CountsShown,
    contingents: Contingents,
    bookable: Bookable,
    #[serde(skip_serializing_if = "Option::is_none")]
    earliest_back_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flows_back_at: Option<String>,
}

#[derive(Serialize)]
pub(super) struct SecondRow {
    capacity: u32,
    free: u32,
    held: u32,
    reserved: u32,
    booked: u32,
}

#[derive(Serialize)]
pub(super) struct Contingents {
    web: CountsShown,
    hotline: CountsShown,
    open: CountsShown,
}

#[derive(Serialize)]
pub(super) struct CountsShown {
    capacity: u32,
    free: u32,
    held: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_limit: Option<u32>,
    resting: u32,
    booked: u32,
}

/// Free places that a channel can take: its own and the open ones.
#[derive(Serialize)]
pub(super) struct Bookable {
    web: u32,
    hotline: u32,
}

/// The rows of a day, joined by commas; empty when it has no slots.
///
/// # Errors
/// When JSON cannot be made of them, which no fact can cause.
pub(crate) fn day_rows(face: &Face, day: &DayFacts) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    for (dose, cvx) in doses_and_vaccines(day) {
        if !bytes.is_empty() {
            bytes.push(b',');
        }
        serde_json::to_writer(&mut bytes, &row(face, day, dose, cvx))?;
    }
    Ok(bytes)
}

fn doses_and_vaccines(day: &DayFacts) -> Vec<(u8, Cvx)> {
    let pairs: BTreeMap<(u8, Cvx), ()> = day
        .slots
        .iter()
        .map(|slot| match slot.places {
            PlaceFacts::First(_) => ((1, slot.vaccine), ()),
            PlaceFacts::Second(_) => ((2, slot.vaccine), ()),
        })
        .collect();
    pairs.into_keys().collect()
}

fn row(face: &Face, day: &DayFacts, dose: u8, cvx: Cvx) -> Row {
    let places = day.slots.iter().filter(|slot| slot.vaccine == cvx).map(|slot| &slot.places);
    let places = if dose == 1 {
        let firsts: Vec<&FirstFacts> = places
            .filter_map(|places| match places {
                PlaceFacts::First(first) => Some(first),
                PlaceFacts::Second(_) => None,
            })
            .collect();
        RowPlaces::First(first_row(face, day, &firsts))
    } else {
        RowPlaces::Second(second(&sum_second(places.filter_map(|places| match places {
            PlaceFacts::Second(second) => Some(*second),
            PlaceFacts::First(_) => None,
        }))))
    };
    let slots = format!("/v1/centres/{}/availability/{}", face.centre, day.date);
    Row { date: day.date, dose, vaccine: face.vaccine(cvx), cvx, places, slots }
}

fn first_row(face: &Face, day: &DayFacts, firsts: &[&FirstFacts]) -> FirstRow {
    let total = |at: usize| sum(firsts.iter().filter_map(|first| first.counts.get(at).copied()));
    let counts = [total(0), total(1), total(2)];
    let flows_back_at: Option<Instant> = firsts.iter().filter_map(|first| first.flows_back_at).min();
    FirstRow {
        counts: shown(&sum(counts), None),
        contingents: contingents(&counts, Some(day.hold_limits)),
        bookable: bookable(&counts),
        earliest_back_at: day.earliest_deadline.map(|deadline| face.clock.show(earliest_back(deadline))),
        flows_back_at: flows_back_at.map(|at| face.clock.show(at)),
    }
}

pub(super) fn contingents([web, hotline, open]: &[Counts; 3], limits: Option<[u32; 3]>) -> Contingents {
    let [web_limit, hotline_limit, open_limit] = limits.map_or([None; 3], |limits| limits.map(Some));
    Contingents {
        web: shown(web, web_limit),
        hotline: shown(hotline, hotline_limit),
        open: shown(open, open_limit),
    }
}

pub(super) fn bookable([web, hotline, open]: &[Counts; 3]) -> Bookable {
    Bookable { web: web.free + open.free, hotline: hotline.free + open.free }
}

pub(super) fn shown(counts: &Counts, hold_limit: Option<u32>) -> CountsShown {
    let Counts { capacity, free, held, resting, booked } = *counts;
    CountsShown { capacity, free, held, hold_limit, resting, booked }
}

pub(super) fn second(counts: &SecondCounts) -> SecondRow {
    let SecondCounts { capacity, free, held, reserved, booked } = *counts;
    SecondRow { capacity, free, held, reserved, booked }
}
