//! A refusal of the ledger as a problem: what the rule knows becomes members and a better sentence.

use ledger::Rejection;
use ledger::rejection::{Mark, Pair};
use schemas::Instant;
use serde_json::{Value, json};

use super::Problem;
use crate::stamp::{Stamp, Zone};

/// The refusal as a problem that rests on `stamp`.
pub(crate) fn refused(rejection: &Rejection, stamp: Stamp) -> Problem {
    let problem = Problem::new(rejection.rule());
    let zone = stamp.zone.clone();
    let partition = stamp.position.partition;
    let ended = |problem: Problem, mark: &Mark| {
        problem.with("ended_position", mark.position(partition)).with("ended_at", zone.show(mark.time))
    };
    let problem = match rejection {
        Rejection::NotFound { what } => problem.detail(format!("no such {what}")),
        Rejection::StaleRevision { current } => problem.with("current_revision", current),
        Rejection::RulesIncomplete { what } | Rejection::TooManySlots { what } => {
            problem.detail(what.clone())
        }
        Rejection::DosesExceeded { left, needed } => problem.with("left", left).with("needed", needed),
        Rejection::SecondPlacesMissing { missing } => problem.with("missing", missing),
        Rejection::PlacesTaken { slot, free } => problem.with("slot", slot).with("free", free),
        Rejection::RegistrationEnded { ended: mark }
        | Rejection::HoldLapsed { ended: mark }
        | Rejection::HoldEnded { ended: mark }
        | Rejection::BookingEnded { ended: mark } => ended(problem, mark),
        Rejection::AlreadyHolding { hold } => problem.with("hold", hold),
        Rejection::AlreadyBooked { booking } => problem.with("booking", booking),
        Rejection::HoldsSpentToday { limit } | Rejection::ChangesSpentToday { limit } => {
            problem.with("limit", limit)
        }
        Rejection::CohortNotOpen { opens_at } => cohort(problem, *opens_at, &zone),
        Rejection::IntervalTooShort { min_days } => problem.with("min_days", min_days),
        Rejection::IntervalTooLong { max_days } => problem.with("max_days", max_days),
        Rejection::SlotFull { alternatives, earliest_back_at }
        | Rejection::HoldBudgetSpent { alternatives, earliest_back_at } => {
            back_at(problem, *earliest_back_at, alternatives, &zone)
        }
        Rejection::ContingentSpent { flows_back_at, alternatives } => {
            flows_back(problem, *flows_back_at, alternatives, &zone)
        }
        Rejection::SecondPlaceReserved { alternatives } => with_pairs(problem, alternatives),
        Rejection::IdTaken
        | Rejection::ContentDiffers
        | Rejection::RulesInThePast
        | Rejection::AlreadyReceived
        | Rejection::SlotInThePast
        | Rejection::OutsideCatchment
        | Rejection::ReferenceTaken
        | Rejection::NeedsDesk
        | Rejection::SlotTooSoon
        | Rejection::VaccineMismatch
        | Rejection::AlreadyConfirmed
        | Rejection::NothingToChange => problem,
    };
    problem.stamped(stamp)
}

fn cohort(problem: Problem, opens_at: Option<Instant>, zone: &Zone) -> Problem {
    match opens_at {
        Some(at) => problem.with("opens_at", zone.show(at)).next(format!(
            "Your group opens on {}; your registration keeps its time",
            zone.day_and_clock(at)
        )),
        None => problem.next("No date is set for your group yet; your registration keeps its time"),
    }
}

fn back_at(problem: Problem, at: Option<Instant>, alternatives: &[Pair], zone: &Zone) -> Problem {
    let problem = with_pairs(problem.with_instant("earliest_back_at", at, zone), alternatives);
    match (at, alternatives.is_empty()) {
        (Some(at), true) => problem.next(format!("Try again from {}, or choose another day", zone.clock(at))),
        (Some(at), false) => {
            problem.next(format!("Choose one of the alternatives, or try again from {}", zone.clock(at)))
        }
        (None, true) => problem.next("Choose another day"),
        (None, false) => problem.next("Choose one of the alternatives"),
    }
}

fn flows_back(problem: Problem, at: Option<Instant>, alternatives: &[Pair], zone: &Zone) -> Problem {
    let problem = with_pairs(problem.with_instant("flows_back_at", at, zone), alternatives);
    match (at, alternatives.is_empty()) {
        (_, false) => problem.next("Choose one of the alternatives, or another day"),
        (Some(at), true) => problem.next(format!(
            "Choose another day; on {} what is left opens to every channel",
            zone.day_and_clock(at)
        )),
        (None, true) => problem.next("Choose another day"),
    }
}

fn with_pairs(problem: Problem, pairs: &[Pair]) -> Problem {
    if pairs.is_empty() {
        return problem;
    }
    problem.with("alternatives", pairs.iter().map(pair_json).collect::<Vec<_>>())
}

fn pair_json(pair: &Pair) -> Value {
    match pair.second {
        Some(second) => json!({ "first": pair.first, "second": second }),
        None => json!({ "first": pair.first }),
    }
}
