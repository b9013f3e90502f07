//! Whether a slot can be had, and which of its places.

use ledger::{Asked, Rejection};
use schemas::ids::{Cvx, SlotId};
use schemas::rules::BasisPoints;
use schemas::vocabulary::{Channel, Contingent, Dose};

use super::lists::{Model, Registration, Slot};

impl Model {
    /// Whether the group may hold places now.
    pub(super) fn cohort_open(&self, registration: &Registration, asked: &Asked) -> Result<(), Rejection> {
        let opens_at = self.rules_at(asked.now).and_then(|rules| rules.opens_at(registration.group()));
        match opens_at {
            Some(at) if asked.now >= at => Ok(()),
            opens_at => Err(Rejection::CohortNotOpen { opens_at }),
        }
    }

    /// Whether the slot can still be booked.
    pub(super) fn late_enough(&self, slot: &Slot, asked: &Asked) -> Result<(), Rejection> {
        let minutes = self.rules_at(asked.now).map_or(0, |rules| rules.book_until_min);
        let until = slot.start_at.minus_millis(u64::from(minutes) * 60_000);
        if asked.now > until { Err(Rejection::SlotTooSoon) } else { Ok(()) }
    }

    /// The contingent that gives a place; with a share, as far as its cap allows.
    pub(super) fn first_place(
        &self,
        slot: &Slot,
        channel: Channel,
        held_share: Option<BasisPoints>,
    ) -> Result<Contingent, Rejection> {
        let tried: &[Contingent] = match channel {
            Channel::Web => &[Contingent::Web, Contingent::Open],
            Channel::Hotline => &[Contingent::Hotline, Contingent::Open],
            _ => &[Contingent::Open],
        };
        let has_free = |contingent: Contingent| self.tally(slot.id, Some(contingent)).free > 0;
        for &contingent in tried.iter().filter(|&&contingent| has_free(contingent)) {
            let Some(share) = held_share else { return Ok(contingent) };
            let (free, held) = self.free_and_held(slot.local_date, contingent);
            let cap = (u64::from(share.0) * u64::from(free + held)).div_ceil(10_000).max(1);
            if u64::from(held) < cap {
                return Ok(contingent);
            }
        }
        if tried.iter().any(|&contingent| has_free(contingent)) {
            return Err(Rejection::HoldBudgetSpent { earliest_back_at: None, alternatives: Vec::new() });
        }
        if Contingent::ALL.iter().any(|&contingent| has_free(contingent)) {
            let flows_back_at = slot.flows_back_at.filter(|_| !slot.flowed);
            return Err(Rejection::ContingentSpent { flows_back_at, alternatives: Vec::new() });
        }
        Err(full())
    }

    /// The second place and, when it is not the backing itself, the backing that becomes free.
    pub(super) fn second_place(
        &self,
        first: &Slot,
        named: Option<SlotId>,
    ) -> Result<(Option<SlotId>, Option<SlotId>), Rejection> {
        if first.doses == 1 {
            return Ok((None, None));
        }
        let Some(named) = named else {
            return self.earliest_backing(first.id).map(|second| (Some(second), None)).ok_or(full());
        };
        if self.backing(first.id).contains_key(&named) {
            return Ok((Some(named), None));
        }
        let tally = self.tally(named, None);
        match (tally.free, tally.reserved) {
            (0, 0) => Err(full()),
            (0, _) => Err(Rejection::SecondPlaceReserved { alternatives: Vec::new() }),
            _ => Ok((Some(named), self.latest_backing(first.id))),
        }
    }
}

/// Whether the slots are of this vaccine and of the doses they should be, and the interval between them is right.
pub(super) fn shape(first: &Slot, second: Option<&Slot>, vaccine: Cvx) -> Result<(), Rejection> {
    if first.dose != Dose::First || first.vaccine != vaccine {
        return Err(Rejection::VaccineMismatch);
    }
    let Some(second) = second else { return Ok(()) };
    if first.doses != 2 || second.dose != Dose::Second || second.vaccine != vaccine {
        return Err(Rejection::VaccineMismatch);
    }
    let days = second.local_date.days_since(first.local_date);
    if days < i64::from(first.interval_min_days) {
        return Err(Rejection::IntervalTooShort { min_days: first.interval_min_days });
    }
    if days > i64::from(first.interval_max_days) {
        return Err(Rejection::IntervalTooLong { max_days: first.interval_max_days });
    }
    Ok(())
}

/// Both places, or the refusal that comes first in the order of DOMAIN 3.
pub(super) fn first_of<A, B>(
    first: Result<A, Rejection>,
    second: Result<B, Rejection>,
) -> Result<(A, B), Rejection> {
    let rank = |rejection: &Rejection| match rejection {
        Rejection::SlotFull { .. } => 0,
        Rejection::ContingentSpent { .. } => 1,
        Rejection::HoldBudgetSpent { .. } => 2,
        _ => 3,
    };
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(first), Err(second)) => Err(if rank(&first) <= rank(&second) { first } else { second }),
        (Err(rejection), Ok(_)) | (Ok(_), Err(rejection)) => Err(rejection),
    }
}

/// There is no free place at all.
pub(super) fn full() -> Rejection {
    Rejection::SlotFull { alternatives: Vec::new(), earliest_back_at: None }
}
