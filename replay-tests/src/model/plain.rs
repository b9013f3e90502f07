//! Refusals without what only helps the person on, which the model does not know.

use ledger::Rejection;

/// The refusal with its rule and the facts that the rule rests on, and nothing else.
pub fn plain(rejection: &Rejection) -> Rejection {
    let mut plain = rejection.clone();
    match &mut plain {
        Rejection::NotFound { what } => *what = "",
        Rejection::RulesIncomplete { what } | Rejection::TooManySlots { what } => what.clear(),
        Rejection::SlotFull { alternatives, earliest_back_at }
        | Rejection::HoldBudgetSpent { alternatives, earliest_back_at } => {
            alternatives.clear();
            *earliest_back_at = None;
        }
        Rejection::ContingentSpent { alternatives, .. } | Rejection::SecondPlaceReserved { alternatives } => {
            alternatives.clear();
        }
        _ => {}
    }
    plain
}
