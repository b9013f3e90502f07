//! What people see when they look around: a centre's days, pairs on offer, refusals.

use schemas::{CivilDate, Instant};
use serde::Deserialize;

use super::population::Way;

/// The first-dose days of a centre, as its availability tells them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// By date.
    pub days: Vec<SeenDay>,
    /// Second places by state, over all days: free, held, reserved, booked.
    pub seconds: [u32; 4],
}

/// One day of first doses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenDay {
    /// Its civil date.
    pub date: CivilDate,
    /// Its places by contingent: web, hotline, open.
    pub contingents: [Room; 3],
    /// When the earliest hold ends, rounded up.
    pub earliest_back_at: Option<Instant>,
}

/// The places of a contingent on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the availability")]
pub struct Room {
    pub capacity: u32,
    pub free: u32,
    pub held: u32,
    #[serde(default)]
    pub hold_limit: u32,
    pub resting: u32,
    pub booked: u32,
}

/// A pair on offer; without a second the writer picks one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the answers")]
pub struct Pair {
    pub first: u32,
    pub second: Option<u32>,
}

/// A pair that may be had now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The pair.
    pub pair: Pair,
    /// The first place's date, where the answer tells it.
    pub first_on: Option<CivilDate>,
}

/// A refusal, as far as people act on it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    /// The rule's name.
    pub rule: String,
    /// When it may be worth another try, if the refusal names it.
    pub back_at: Option<Instant>,
    /// What can be had instead.
    pub alternatives: Vec<Pair>,
}

impl Seen {
    /// Reads the JSON of `GET …/availability`.
    ///
    /// # Errors
    /// When it is not what DOMAIN 4 says.
    pub fn read(body: &[u8]) -> Result<Self, serde_json::Error> {
        let page: Page = serde_json::from_slice(body)?;
        let mut seen = Self { days: Vec::with_capacity(page.days.len() / 2), seconds: [0; 4] };
        for day in page.days {
            if let Some(contingents) = day.contingents {
                let contingents = [contingents.web, contingents.hotline, contingents.open];
                let earliest_back_at = day.earliest_back_at;
                seen.days.push(SeenDay { date: day.date, contingents, earliest_back_at });
            } else {
                let counts = [day.free, day.held, day.reserved, day.booked];
                seen.seconds.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            }
        }
        Ok(seen)
    }

    /// The sum of all first places, by contingent.
    pub fn sums(&self) -> [Room; 3] {
        let mut sums = [Room::default(); 3];
        for day in &self.days {
            for (sum, room) in sums.iter_mut().zip(&day.contingents) {
                sum.capacity += room.capacity;
                sum.free += room.free;
                sum.held += room.held;
                sum.resting += room.resting;
                sum.booked += room.booked;
            }
        }
        sums
    }

    /// Whether every first place is booked.
    pub fn is_sold_out(&self) -> bool {
        !self.days.is_empty() && self.sums().iter().all(|room| room.booked == room.capacity)
    }

    /// When the earliest of all holds ends.
    pub fn earliest_back_at(&self) -> Option<Instant> {
        self.days.iter().filter_map(|day| day.earliest_back_at).min()
    }
}

impl SeenDay {
    /// Whether somebody who comes this way could have a place, if the cap lets him.
    pub fn is_bookable(&self, way: Way) -> bool {
        self.rooms(way).any(|room| room.free > 0)
    }

    /// Whether the cap lets him now.
    pub fn is_holdable(&self, way: Way) -> bool {
        self.rooms(way).any(|room| room.free > 0 && room.held < room.hold_limit)
    }

    fn rooms(&self, way: Way) -> impl Iterator<Item = &Room> {
        let [web, hotline, open] = &self.contingents;
        [if way == Way::Web { web } else { hotline }, open].into_iter()
    }
}

/// Reads the JSON of `GET …/pairs`.
///
/// # Errors
/// When it is not what it should be.
pub fn read_pairs(body: &[u8]) -> Result<Vec<Offer>, serde_json::Error> {
    let page: PairsPage = serde_json::from_slice(body)?;
    let offer = |shown: PairShown| Offer {
        pair: Pair { first: shown.first.slot, second: shown.second.map(|second| second.slot) },
        first_on: Some(shown.first.local_date),
    };
    Ok(page.pairs.into_iter().map(offer).collect())
}

/// Reads the JSON of `GET …/availability/{date}`: the first slots that somebody who comes this way could book.
///
/// # Errors
/// When it is not what DOMAIN 4 says.
pub fn read_day(body: &[u8], way: Way) -> Result<Vec<Offer>, serde_json::Error> {
    let page: DayPage = serde_json::from_slice(body)?;
    let offer = |slot: SlotShown| {
        let bookable = slot.bookable?;
        let places = if way == Way::Web { bookable.web } else { bookable.hotline };
        let pair = Pair { first: slot.slot, second: None };
        (places > 0).then_some(Offer { pair, first_on: Some(page.date) })
    };
    Ok(page.slots.into_iter().filter_map(offer).collect())
}

/// Reads a problem; what is none is named by its status.
pub fn read_refusal(status: u16, body: &[u8]) -> Refusal {
    let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
    Refusal {
        rule: problem.rule.unwrap_or_else(|| format!("status {status}")),
        back_at: problem.opens_at.or(problem.earliest_back_at).or(problem.flows_back_at),
        alternatives: problem.alternatives,
    }
}

#[derive(Deserialize)]
struct PairsPage {
    pairs: Vec<PairShown>,
}

#[derive(Deserialize)]
struct PairShown {
    first: PlaceShown,
    second: Option<SecondShown>,
}

#[derive(Deserialize)]
struct PlaceShown {
    slot: u32,
    local_date: CivilDate,
}

#[derive(Deserialize)]
struct SecondShown {
    slot: u32,
}

#[derive(Deserialize)]
struct DayPage {
    date: CivilDate,
    slots: Vec<SlotShown>,
}

#[derive(Deserialize)]
struct SlotShown {
    slot: u32,
    /// First-dose slots only.
    bookable: Option<Bookable>,
}

#[derive(Deserialize)]
struct Bookable {
    web: u32,
    hotline: u32,
}

#[derive(Deserialize, Default)]
struct Problem {
    rule: Option<String>,
    opens_at: Option<Instant>,
    earliest_back_at: Option<Instant>,
    flows_back_at: Option<Instant>,
    #[serde(default)]
    alternatives: Vec<Pair>,
}

#[derive(Deserialize)]
struct Page {
    days: Vec<PageDay>,
}

#[derive(Deserialize)]
struct PageDay {
    date: CivilDate,
    free: u32,
    held: u32,
    #[serde(default)]
    reserved: u32,
    booked: u32,
    contingents: Option<PageContingents>,
    earliest_back_at: Option<Instant>,
}

#[derive(Deserialize)]
struct PageContingents {
    web: Room,
    hotline: Room,
    open: Room,
}
