//! What becomes of a hold.

use schemas::CivilDate;

use super::{Ask, Has, Moment, Next, State, look, pause};
use crate::demo::intentions::FirstHold;
use crate::demo::seen::{Offer, Refusal};

/// Looks and refusals in a row after which a person no longer answers at once, with an alternative or another look: the
/// first refusal after a look is answered so, the second is not.
const ANSWERED_AT_ONCE: u8 = 2;

pub(super) fn placed(
    moment: &Moment<'_>,
    state: &mut State,
    hold: u16,
    first_on: Option<CivilDate>,
) -> Option<Next> {
    let fate = moment.first_hold_fate(state);
    let swapped = matches!(state.has, Has::Hold(_));
    (state.has, state.first_on) = (Has::Hold(hold), first_on);
    (state.held_once, state.tries) = (true, 0);
    let mut draws = moment.draws(state);
    let own_time = moment.intentions.confirms_after_ms;
    Some(match fate {
        FirstHold::Confirm => moment.after(own_time, Ask::Confirm(hold)),
        _ if swapped => moment.after(own_time, Ask::Confirm(hold)),
        // Confirmed too late: the person learns only then that it has lapsed.
        FirstHold::Lapse => moment.after(draws.between_s(660, 3_600), Ask::Confirm(hold)),
        FirstHold::GiveUp => moment.after(own_time, Ask::Release(hold)),
        FirstHold::Extend => moment.after(draws.between_s(420, 590), Ask::Extend(hold)),
        FirstHold::Swap => moment.after(own_time / 4, Ask::Look),
    })
}

pub(super) fn extended(moment: &Moment<'_>, state: &mut State, hold: u16) -> Option<Next> {
    let mut draws = moment.draws(state);
    Some(moment.after(draws.between_s(60, 480), Ask::Confirm(hold)))
}

/// The hold lapsed before it was confirmed or extended.
pub(super) fn lost(moment: &Moment<'_>, state: &mut State) -> Option<Next> {
    state.has = Has::Nothing;
    let mut draws = moment.draws(state);
    Some(moment.soon(&mut draws, Ask::Look))
}

pub(super) fn given_back(moment: &Moment<'_>, state: &mut State) -> Option<Next> {
    state.has = Has::Nothing;
    state.content_without = !moment.intentions.returns;
    let mut draws = moment.draws(state);
    moment.intentions.returns.then(|| {
        let at = moment.now.plus_millis(draws.around_s(4 * 3_600));
        Next { at: pause::awake(at, &mut draws), ask: Ask::Look }
    })
}

pub(super) fn refused(moment: &Moment<'_>, state: &mut State, refusal: &Refusal) -> Option<Next> {
    let mut draws = moment.draws(state);
    if let Has::Hold(old) = state.has {
        // The swap failed, the old places are still held.
        return Some(moment.soon(&mut draws, Ask::Confirm(old)));
    }
    state.tries = state.tries.saturating_add(1);
    match refusal.rule.as_str() {
        "NeedsDesk" | "RegistrationEnded" | "AlreadyBooked" => None,
        "HoldsSpentToday" => Some(pause::until_tomorrow(moment, &mut draws)),
        _ if state.tries <= ANSWERED_AT_ONCE && !refusal.alternatives.is_empty() => {
            let pair = refusal.alternatives.get(draws.below(refusal.alternatives.len())).copied()?;
            let ask = look::hold(state, Offer { pair, first_on: None }, None);
            Some(moment.soon(&mut draws, ask))
        }
        "SlotFull" | "SecondPlaceReserved" if state.tries <= ANSWERED_AT_ONCE => {
            Some(moment.soon(&mut draws, Ask::Look))
        }
        _ => {
            state.tries = 0;
            pause::as_the_refusal_says(moment, state, &mut draws, refusal)
        }
    }
}
