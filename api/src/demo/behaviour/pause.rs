//! When somebody who found nothing comes back.

use schemas::Instant;

use super::{Ask, Moment, Next, State};
use crate::demo::chance::Draws;
use crate::demo::seen::{Refusal, Seen};

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Local time is one hour ahead of UTC in that week; the clocks go forward at the end of March.
const ZONE_MS: u64 = HOUR_MS;

/// People look between these hours of the day.
const AWAKE_MS: std::ops::Range<u64> = 6 * HOUR_MS..23 * HOUR_MS;

/// The first pause; each later one is twice as long.
const FIRST_PAUSE_MS: u64 = 25 * MINUTE_MS;

/// After having seen that nothing is free.
pub(super) fn when_nothing_is_free(
    moment: &Moment<'_>,
    state: &mut State,
    draws: &mut Draws,
    seen: &Seen,
) -> Option<Next> {
    if seen.is_sold_out() && moment.now >= moment.calendar.flows_back_at {
        return None;
    }
    let back_at = seen.earliest_back_at();
    if moment.now >= moment.calendar.flows_back_at {
        return keep_looking(moment, state, draws, back_at);
    }
    // Some wait for the holds to end, the others come back in a while.
    match back_at {
        Some(back_at) if state.pauses < 2 && draws.per_mille(300) => {
            state.pauses += 1;
            Some(at(moment, back_at.plus_millis(draws.between_s(0, 90))))
        }
        _ => until_later(moment, state, draws),
    }
}

/// After a refusal that names when it may be worth another try.
pub(super) fn as_the_refusal_says(
    moment: &Moment<'_>,
    state: &mut State,
    draws: &mut Draws,
    refusal: &Refusal,
) -> Option<Next> {
    match refusal.back_at.filter(|&back_at| back_at > moment.now) {
        // Who was told so before has learned that many others come back at that very time.
        Some(back_at) if state.pauses == 0 || back_at == moment.calendar.flows_back_at => {
            state.pauses = state.pauses.saturating_add(1);
            // Flow-back is days away and known to everybody: nobody who is not persistent waits for it.
            let waits = back_at < moment.calendar.flows_back_at || moment.intentions.persistent;
            let jitter_s = if back_at == moment.calendar.flows_back_at { 900 } else { 60 };
            waits.then(|| at(moment, back_at.plus_millis(draws.around_s(jitter_s))))
        }
        _ => until_later(moment, state, draws),
    }
}

/// After a growing, jittered pause, as long as there is patience; then when the contingents have flowed back.
pub(super) fn until_later(moment: &Moment<'_>, state: &mut State, draws: &mut Draws) -> Option<Next> {
    state.tries = 0;
    if moment.now >= moment.calendar.flows_back_at {
        return keep_looking(moment, state, draws, None);
    }
    let pause = FIRST_PAUSE_MS << state.pauses.min(5);
    let back_at = awake(moment.now.plus_millis(pause / 2 + draws.around_s(1) * pause / 2_000), draws);
    state.pauses = state.pauses.saturating_add(1);
    if state.pauses <= moment.intentions.patience && back_at < moment.calendar.flows_back_at {
        return Some(at(moment, back_at));
    }
    let flows_back_at = moment.calendar.flows_back_at.plus_millis(draws.around_s(900));
    moment.intentions.persistent.then(|| at(moment, flows_back_at))
}

/// On the next morning: so many holds are all for one day.
pub(super) fn until_tomorrow(moment: &Moment<'_>, draws: &mut Draws) -> Next {
    let tomorrow = local_midnight(moment.now).plus_millis(DAY_MS + AWAKE_MS.start);
    at(moment, tomorrow.plus_millis(draws.around_s(3_600)))
}

/// Moves a time at night to the morning after.
pub(super) fn awake(at: Instant, draws: &mut Draws) -> Instant {
    let midnight = local_midnight(at);
    let hour = at.millis_since(midnight);
    if AWAKE_MS.contains(&hour) {
        return at;
    }
    let days = if hour < AWAKE_MS.start { 0 } else { DAY_MS };
    midnight.plus_millis(days + AWAKE_MS.start + draws.between_s(0, 3 * 3_600))
}

/// From the flow-back until the evening: until nothing can come back any more.
fn keep_looking(
    moment: &Moment<'_>,
    state: &mut State,
    draws: &mut Draws,
    back_at: Option<Instant>,
) -> Option<Next> {
    state.tries = 0;
    state.pauses = state.pauses.saturating_add(1);
    let next = match back_at.filter(|&back_at| back_at > moment.now) {
        Some(back_at) => back_at.plus_millis(draws.between_s(0, 180)),
        None => moment.now.plus_millis(draws.between_s(120, 900)),
    };
    (next < moment.calendar.closes_at).then(|| at(moment, next))
}

fn at(moment: &Moment<'_>, at: Instant) -> Next {
    Next { at: at.max(moment.now), ask: Ask::Look }
}

fn local_midnight(at: Instant) -> Instant {
    let local = at.plus_millis(ZONE_MS).millis_since(Instant::EPOCH);
    at.minus_millis(local % DAY_MS)
}
