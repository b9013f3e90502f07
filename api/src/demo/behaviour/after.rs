//! What becomes of a booking.

use schemas::Instant;

use super::{Ask, Has, Moment, Next, State, pause};
use crate::demo::intentions::Later;

/// Bookings are given back at the latest so long before the contingents flow back.
const LAST_CHANGE_BEFORE_MS: u64 = 30 * 60_000;

pub(super) fn booked(moment: &Moment<'_>, state: &mut State, booking: u16) -> Option<Next> {
    let fate = moment.first_booking_fate(state);
    state.has = Has::Booking(booking);
    (state.booked_once, state.pauses) = (true, 0);
    let mut draws = moment.draws(state);
    let at = pause::awake(moment.now.plus_millis(moment.intentions.later_after_ms), &mut draws);
    let ask = match (fate, state.first_on) {
        (Later::Keep, _) | (Later::MoveTime, None) => return None,
        (Later::CancelBoth, _) => Ask::CancelBoth(booking),
        (Later::CancelInTwo, _) => Ask::CancelSecond(booking),
        (Later::Move, _) => Ask::Look,
        (Later::MoveTime, Some(first_on)) => Ask::Day(first_on),
    };
    in_time(moment, at).then_some(Next { at, ask })
}

/// Nobody stays without a second dose: some time later the first is cancelled too.
pub(super) fn second_cancelled(moment: &Moment<'_>, state: &mut State, booking: u16) -> Option<Next> {
    state.has = Has::HalfBooking(booking);
    let mut draws = moment.draws(state);
    Some(moment.after(draws.between_s(5 * 60, 25 * 60), Ask::CancelBoth(booking)))
}

pub(super) fn cancelled(moment: &Moment<'_>, state: &mut State) -> Option<Next> {
    let half = matches!(state.has, Has::HalfBooking(_));
    (state.has, state.first_on) = (Has::Nothing, None);
    let wants_another = half || moment.intentions.returns;
    state.content_without = !wants_another;
    let mut draws = moment.draws(state);
    let millis = if half { draws.between_s(10, 120) } else { draws.around_s(2 * 3_600) };
    wants_another.then(|| {
        let at = moment.now.plus_millis(millis);
        Next { at: if half { at } else { pause::awake(at, &mut draws) }, ask: Ask::Look }
    })
}

fn in_time(moment: &Moment<'_>, at: Instant) -> bool {
    at.plus_millis(LAST_CHANGE_BEFORE_MS) < moment.calendar.flows_back_at
}
