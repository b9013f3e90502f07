//! What each person means to do. Drawn once, from the seed alone.

use schemas::Instant;

use super::chance::{Chance, Draws, Purpose};
use super::data::Tables;
use super::population::{Person, Way};

const MINUTE_S: u32 = 60;
const HOUR_S: u32 = 3_600;
const DAY_S: u32 = 24 * HOUR_S;

/// The instants that the morning is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// Tuesday 08:00.
    pub opens_at: Instant,
    /// Friday noon.
    pub flows_back_at: Instant,
    /// Friday 22:00: whoever has found nothing by then stops looking.
    pub closes_at: Instant,
}

/// What becomes of a person's first hold. Every later one is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstHold {
    /// It is confirmed.
    Confirm,
    /// It is forgotten.
    Lapse,
    /// It is given back.
    GiveUp,
    /// It is extended once and then confirmed.
    Extend,
    /// It is swapped for another place, which is confirmed.
    Swap,
}

/// What becomes of a person's first booking. Every later one is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// It is kept.
    Keep,
    /// Both doses are cancelled.
    CancelBoth,
    /// First the second dose is cancelled, some time later the first too, and then another pair is looked for.
    CancelInTwo,
    /// Both doses are moved to another day.
    Move,
    /// The first dose is moved to another time of its day.
    MoveTime,
}

/// The day that a person would like best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// As early as can be.
    Earliest,
    /// A day somewhere in the range; in thousandths of it.
    Around(u16),
}

/// What one person means to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intentions {
    /// When the person comes first.
    pub arrives_at: Instant,
    /// Milliseconds from the registration to the first look at what is free.
    pub thinks_over_ms: u64,
    /// Whether the person goes through the slots of a day instead of taking what is proposed.
    pub reads_day_page: bool,
    /// The day wished for.
    pub wish: Wish,
    /// Milliseconds from a hold to its confirmation.
    pub confirms_after_ms: u64,
    /// What becomes of the first hold.
    pub first_hold: FirstHold,
    /// What becomes of the first booking.
    pub later: Later,
    /// Milliseconds from the booking to that.
    pub later_after_ms: u64,
    /// Whether the person wants another pair after having let one go.
    pub returns: bool,
    /// How often the person looks again, of an own accord, when nothing is free.
    pub patience: u8,
    /// Whether the person looks again when the contingents have flowed back.
    pub persistent: bool,
    /// Whether the person tries to hold what cannot be had: before the opening, or over the cap.
    pub pushy: bool,
}

impl Calendar {
    /// From the rules.
    pub fn of(tables: &Tables) -> Self {
        Self {
            opens_at: tables.opens_at,
            flows_back_at: tables.flows_back_at,
            closes_at: tables.flows_back_at.plus_seconds(10 * HOUR_S),
        }
    }
}

/// Draws the intentions of one person.
pub fn draw(chance: &Chance, calendar: &Calendar, number: u32, person: &Person) -> Intentions {
    let mut draws = chance.draws(number, Purpose::Intentions, 0);
    let draws = &mut draws;
    let phone = person.way == Way::Phone;
    Intentions {
        arrives_at: if phone { first_call(draws, calendar) } else { first_visit(draws, calendar) },
        thinks_over_ms: if phone { thinks_over_call(draws) } else { thinks_over_visit(draws) },
        reads_day_page: draws.per_mille(300),
        wish: wish(draws),
        confirms_after_ms: if phone { draws.between_s(15, 45) } else { draws.between_s(60, 480) },
        first_hold: if phone { FirstHold::Confirm } else { first_hold(draws) },
        later: later(draws, phone),
        later_after_ms: draws.between_s(10 * MINUTE_S, HOUR_S) + draws.around_s(14 * HOUR_S),
        returns: draws.per_mille(350),
        patience: u8::try_from(draws.below(4)).unwrap_or(0),
        persistent: draws.per_mille(450),
        pushy: draws.per_mille(120),
    }
}

/// Some come before the opening, most on Tuesday morning with the peak at 08:00, the others until Thursday.
fn first_visit(draws: &mut Draws, calendar: &Calendar) -> Instant {
    let opens_at = calendar.opens_at;
    match draws.weighted(&[40, 500, 240, 140, 80]) {
        0 => opens_at.minus_millis(draws.between_s(0, 40 * MINUTE_S)),
        1 => opens_at.plus_millis(draws.around_s(75 * MINUTE_S)),
        2 => opens_at.plus_millis(draws.between_s(HOUR_S, 14 * HOUR_S)),
        3 => opens_at.plus_millis(draws.between_s(DAY_S - HOUR_S, DAY_S + 14 * HOUR_S)),
        _ => opens_at.plus_millis(draws.between_s(2 * DAY_S - HOUR_S, 2 * DAY_S + 14 * HOUR_S)),
    }
}

/// Callers spread more evenly, until Friday morning.
fn first_call(draws: &mut Draws, calendar: &Calendar) -> Instant {
    let opens_at = calendar.opens_at;
    let day = match draws.weighted(&[300, 250, 220, 150, 80]) {
        0 => return opens_at.plus_millis(draws.around_s(100 * MINUTE_S)),
        1 => return opens_at.plus_millis(draws.between_s(HOUR_S, 13 * HOUR_S)),
        4 => return opens_at.plus_millis(draws.between_s(3 * DAY_S, 3 * DAY_S + 4 * HOUR_S)),
        2 => 1,
        _ => 2,
    };
    opens_at.plus_millis(draws.between_s(day * DAY_S, day * DAY_S + 13 * HOUR_S))
}

/// Nearly half go on at once, the others ask their family first.
fn thinks_over_visit(draws: &mut Draws) -> u64 {
    match draws.weighted(&[450, 350, 200]) {
        0 => draws.between_s(60, 600),
        1 => draws.around_s(3 * HOUR_S),
        _ => draws.around_s(10 * HOUR_S),
    }
}

/// A little more than half go on in the same call, the others call again.
fn thinks_over_call(draws: &mut Draws) -> u64 {
    if draws.per_mille(550) { draws.between_s(10, 30) } else { HOUR_MS + draws.around_s(12 * HOUR_S) }
}

const HOUR_MS: u64 = 3_600_000;

fn wish(draws: &mut Draws) -> Wish {
    if draws.per_mille(400) {
        Wish::Earliest
    } else {
        Wish::Around(u16::try_from(draws.below(1_000)).unwrap_or(0))
    }
}

fn first_hold(draws: &mut Draws) -> FirstHold {
    let fates = [FirstHold::Confirm, FirstHold::Lapse, FirstHold::GiveUp, FirstHold::Extend, FirstHold::Swap];
    fates.get(draws.weighted(&[850, 50, 40, 30, 30])).copied().unwrap_or(FirstHold::Confirm)
}

fn later(draws: &mut Draws, phone: bool) -> Later {
    let fates = [Later::Keep, Later::CancelBoth, Later::CancelInTwo, Later::Move, Later::MoveTime];
    let weights = if phone { [930, 40, 0, 30, 0] } else { [850, 80, 20, 30, 20] };
    fates.get(draws.weighted(&weights)).copied().unwrap_or(Later::Keep)
}
