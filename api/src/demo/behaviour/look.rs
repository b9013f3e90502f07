//! Looking around: at the days of the centre, then at a day or at what is proposed.

use super::{Ask, Has, Moment, Next, State, pause};
use crate::demo::chance::Draws;
use crate::demo::intentions::{Later, Wish};
use crate::demo::seen::{Offer, Pair, Seen, SeenDay};

/// Whoever wants an early day takes one of so many.
const EARLIEST_DAYS: usize = 5;

/// Looks that in a row found nothing to try before a person makes a pause.
const TRIES: u8 = 4;

pub(super) fn when_thought_over(moment: &Moment<'_>, state: &mut State) -> Option<Next> {
    let at = moment.now.plus_millis(moment.intentions.thinks_over_ms);
    // Who is not pushy waits for the opening; the cohort's rule would refuse the hold.
    let mut draws = moment.draws(state);
    let at = if moment.intentions.pushy {
        at
    } else {
        at.max(moment.calendar.opens_at.plus_millis(draws.around_s(180)))
    };
    let at = if moment.is_call() { at } else { pause::awake(at, &mut draws) };
    Some(Next { at, ask: Ask::Look })
}

pub(super) fn at_days(moment: &Moment<'_>, state: &mut State, seen: &Seen) -> Option<Next> {
    let mut draws = moment.draws(state);
    let Some(day) = choose(moment, state, &mut draws, seen) else {
        return found_nothing(moment, state, draws, seen);
    };
    state.tries = state.tries.saturating_add(1);
    // Whoever moves a booking to another day needs both places of a pair; the page of a day shows first ones only.
    let moves = matches!(state.has, Has::Booking(_));
    let reads_day_page = moment.intentions.reads_day_page && !moves;
    let ask = if reads_day_page { Ask::Day(day.date) } else { Ask::Pairs(day.date) };
    Some(moment.soon(&mut draws, ask))
}

pub(super) fn at_offers(moment: &Moment<'_>, state: &mut State, offers: &[Offer]) -> Option<Next> {
    let mut draws = moment.draws(state);
    let Some(&offer) = offers.get(draws.below(offers.len())) else {
        return offered_nothing(moment, state, draws);
    };
    match state.has {
        Has::Booking(booking) => Some(moment.soon(&mut draws, change(moment, state, booking, offer.pair))),
        Has::HalfBooking(_) => None,
        Has::Hold(old) => Some(moment.soon(&mut draws, hold(state, offer, Some(old)))),
        Has::Nothing => Some(moment.soon(&mut draws, hold(state, offer, None))),
    }
}

/// Asks for a pair under a new number.
pub(super) fn hold(state: &mut State, offer: Offer, instead_of: Option<u16>) -> Ask {
    state.holds = state.holds.saturating_add(1);
    Ask::Hold { hold: state.holds, pair: offer.pair, first_on: offer.first_on, instead_of }
}

fn change(moment: &Moment<'_>, state: &mut State, booking: u16, pair: Pair) -> Ask {
    state.changes = state.changes.saturating_add(1);
    // Another time of the same day keeps the second place; its interval cannot change.
    let pair = if moment.intentions.later == Later::MoveTime { Pair { second: None, ..pair } } else { pair };
    Ask::Move { booking, change: state.changes, pair }
}

/// Among the earliest days, or the nearest to the wish, of those where a place can be held; pushy people try once
/// where the cap is reached.
fn choose<'a>(moment: &Moment<'_>, state: &State, draws: &mut Draws, seen: &'a Seen) -> Option<&'a SeenDay> {
    let way = moment.person.way;
    let mut days: Vec<_> = seen.days.iter().enumerate().filter(|(_, day)| day.is_holdable(way)).collect();
    if days.is_empty() && moment.intentions.pushy && state.pauses == 0 && state.tries == 0 {
        days = seen.days.iter().enumerate().filter(|(_, day)| day.is_bookable(way)).collect();
    }
    let at = match moment.intentions.wish {
        Wish::Earliest => draws.below(days.len().min(EARLIEST_DAYS)),
        Wish::Around(per_mille) => {
            let wished = seen.days.len() * usize::from(per_mille) / 1_000;
            let nearest = days.iter().enumerate().min_by_key(|(_, (at, _))| at.abs_diff(wished));
            nearest.map_or(0, |(at, _)| at)
        }
    };
    days.get(at).map(|(_, day)| *day)
}

fn found_nothing(moment: &Moment<'_>, state: &mut State, mut draws: Draws, seen: &Seen) -> Option<Next> {
    match state.has {
        // Whoever wanted to swap or to move keeps what he has.
        Has::Hold(hold) => Some(moment.soon(&mut draws, Ask::Confirm(hold))),
        Has::Booking(_) | Has::HalfBooking(_) => None,
        Has::Nothing => pause::when_nothing_is_free(moment, state, &mut draws, seen),
    }
}

fn offered_nothing(moment: &Moment<'_>, state: &mut State, mut draws: Draws) -> Option<Next> {
    match state.has {
        Has::Hold(hold) => Some(moment.soon(&mut draws, Ask::Confirm(hold))),
        Has::Booking(_) | Has::HalfBooking(_) => None,
        Has::Nothing if state.tries < TRIES => Some(moment.soon(&mut draws, Ask::Look)),
        Has::Nothing => pause::until_later(moment, state, &mut draws),
    }
}
