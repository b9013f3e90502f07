//! The moments at which something can have been decided.

use ledger::CentreCommand;
use schemas::Instant;

use crate::model::Model;

/// Between two instants, all at which the model may answer this command in another way than just before: both ends, and each
/// instant from which a rule says otherwise, with the millisecond after it. Nothing past what is due next: that would have been
/// decided before.
pub(super) fn moments(
    model: &Model,
    command: &CentreCommand,
    from: Instant,
    until: Option<Instant>,
) -> Vec<Instant> {
    let before_due = model.next_due_at().map_or(Instant::MAX, |due_at| due_at.minus_millis(1));
    let until_or_ever = until.unwrap_or(Instant::MAX).min(before_due).max(from);
    let mut moments = vec![from, until_or_ever];
    let turns = turns(model).chain(turns_of(command));
    let near = turns.flat_map(|turn| [turn.minus_millis(1), turn, turn.plus_millis(1)]);
    moments.extend(near.filter(|&turn| turn > from && turn < until_or_ever));
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// When a rule of the centre begins or ends to hold.
fn turns(model: &Model) -> impl Iterator<Item = Instant> {
    let minutes = model.rules.iter().map(|told| told.event.set.book_until_min).max().unwrap_or(0);
    let slots = model.slots.iter().map(|slot| slot.start_at);
    let bookable = slots.clone().map(move |at| at.minus_millis(u64::from(minutes) * 60_000));
    let rules = model.rules.iter().map(|told| told.event.effective_at);
    let cohorts = model.rules.iter().flat_map(|told| &told.event.set.cohorts).map(|cohort| cohort.opens_at);
    slots.chain(bookable).chain(rules).chain(cohorts)
}

/// When what a command itself names lies no longer in the future.
fn turns_of(command: &CentreCommand) -> impl Iterator<Item = Instant> {
    let (effective, slots) = match command {
        CentreCommand::SetRules { effective_at, .. } => (Some(*effective_at), None),
        CentreCommand::ReleaseSlots { slots, .. } => (None, Some(slots)),
        _ => (None, None),
    };
    effective.into_iter().chain(slots.into_iter().flatten().map(|slot| slot.start_at))
}
