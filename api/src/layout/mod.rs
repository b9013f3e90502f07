//! Lays a released day out: places spread evenly over the rules' slot grid, contingents dealt by largest remainder,
//! local times made instants. Pure.

mod deal;
mod local_time;

use schemas::rules::{ContingentShares, RuleSet, SlotGrid};
use schemas::vocabulary::Dose;
use schemas::{CivilDate, Instant};

use ledger::command::SlotPlan;

pub(crate) use deal::Dealt;
pub(crate) use local_time::NotALocalTime;

use crate::stamp::Zone;

/// One day's places of one dose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Day {
    pub(crate) date: CivilDate,
    pub(crate) places: u32,
}

/// Why a day cannot be laid out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LayoutError {
    /// The grid of the rules has no slot.
    #[error("the rules' slot grid has no slot")]
    EmptyGrid,
    /// A slot would begin in an hour that the clocks skip.
    #[error(transparent)]
    NotALocalTime(#[from] NotALocalTime),
}

/// The slots of a release, first doses before second ones, each in order of time. Slots without places are left out.
/// When the contingents have flowed together by `now`, all first places are open.
pub(crate) fn release(
    rules: &RuleSet,
    zone: &Zone,
    now: Instant,
    first: Day,
    second: Option<Day>,
) -> Result<Vec<SlotPlan>, LayoutError> {
    let flowed = rules.contingents_flow_back_at.is_some_and(|at| at <= now);
    let mut slots = lay_out(&rules.slot, zone, first, Dose::First)?;
    deal_contingents(&mut slots, first.places, &rules.contingents, flowed);
    if let Some(second) = second {
        slots.extend(lay_out(&rules.slot, zone, second, Dose::Second)?);
    }
    Ok(slots)
}

fn lay_out(grid: &SlotGrid, zone: &Zone, day: Day, dose: Dose) -> Result<Vec<SlotPlan>, LayoutError> {
    let count = grid.closes_min.saturating_sub(grid.opens_min).checked_div(grid.length_min).unwrap_or(0);
    if count == 0 {
        return Err(LayoutError::EmptyGrid);
    }
    let mut slots = Vec::new();
    for at in 0..count {
        let capacity = even_share(day.places, count, at);
        if capacity > 0 {
            let start_at = local_time::instant(zone, day.date, grid.opens_min + at * grid.length_min)?;
            let plan = SlotPlan {
                start_at,
                local_date: day.date,
                length_min: grid.length_min,
                dose,
                capacity,
                web: 0,
                hotline: 0,
                open: 0,
            };
            slots.push(plan);
        }
    }
    Ok(slots)
}

/// What the slot `at` of `count` gets of `places`: no two slots differ by more than one, and the sum is whole.
fn even_share(places: u32, count: u32, at: u32) -> u32 {
    let up_to = |slots: u32| u64::from(places) * u64::from(slots) / u64::from(count);
    u32::try_from(up_to(at + 1) - up_to(at)).unwrap_or(u32::MAX)
}

fn deal_contingents(slots: &mut [SlotPlan], places: u32, shares: &ContingentShares, flowed: bool) {
    let totals = if flowed { Dealt::all_open(places) } else { Dealt::of_shares(places, shares) };
    let mut dealer = deal::Dealer::new(totals);
    for slot in slots {
        let dealt = dealer.next(slot.capacity);
        (slot.web, slot.hotline, slot.open) = (dealt.web, dealt.hotline, dealt.open);
    }
}

#[cfg(test)]
mod tests;
