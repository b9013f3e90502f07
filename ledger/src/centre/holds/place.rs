//! `PlaceHold`: a first place and its second, set aside together.

use schemas::events::{HoldPlaced, HoldReleased};
use schemas::ids::{HoldId, RegistrationId, SlotId};
use schemas::rules::RuleSet;
use schemas::vocabulary::{Channel, Contingent, ReleaseReason};

use super::{Hold, HoldState};
use crate::answer::Decision;
use crate::centre::alternatives::Whom;
use crate::centre::people::Registration;
use crate::centre::slot::{Fit, Slot};
use crate::centre::stock::choose::{
    FirstRefusal, SecondChoice, SecondRefusal, first_place, hold_limit, second_place,
};
use crate::centre::stock::{Draft, Slots, effects, settle};
use crate::centre::{Ask, Centre, desk::Rival};
use crate::rejection::Rejection;

/// `PlaceHold` as asked.
#[derive(Debug, Clone, Copy)]
pub(in crate::centre) struct Wish {
    pub(in crate::centre) hold: HoldId,
    pub(in crate::centre) registration: RegistrationId,
    pub(in crate::centre) first: SlotId,
    pub(in crate::centre) second: Option<SlotId>,
    pub(in crate::centre) instead_of: Option<HoldId>,
}

/// What a wish names, found.
struct Named<'a> {
    person: &'a Registration,
    first: &'a Slot,
    second: Option<&'a Slot>,
    old: Option<&'a Hold>,
}

impl Centre {
    pub(in crate::centre) fn place_hold(&self, ask: &Ask<'_>, wish: Wish) -> Result<Decision, Rejection> {
        if let Some(known) = self.hold(wish.hold) {
            return Self::placed_before(known, ask, wish);
        }
        let named = self.named_by(wish)?;
        named.person.refuse_ended()?;
        named.old.map_or(Ok(()), Hold::refuse_ended)?;
        self.refuse_rivals(named.person, Rival::HoldOrBooking)?;
        self.refuse_second_hold(named.person, wish.instead_of)?;
        let rules = self.rules_in_force(ask.now())?;
        let limit = rules.holds.per_registration_and_day;
        if named.person.holds_on(ask.asked.on) >= limit {
            return Err(Rejection::HoldsSpentToday { limit });
        }
        refuse_cohort(rules, named.person, ask)?;
        self.refuse_too_soon(rules, ask, [Some(named.first), named.second])?;
        refuse_mismatch(named.first, named.second)?;
        if let Some(second) = named.second {
            refuse_interval(named.first, second)?;
        }
        self.take_places(ask, wish, &named, rules)
    }

    fn placed_before(known: &Hold, ask: &Ask<'_>, wish: Wish) -> Result<Decision, Rejection> {
        if known.registration != wish.registration {
            return Err(Rejection::IdTaken);
        }
        if known.content != ask.content {
            return Err(Rejection::ContentDiffers);
        }
        known.refuse_ended()?;
        Ok(Decision::Repeat(known.placed))
    }

    fn named_by(&self, wish: Wish) -> Result<Named<'_>, Rejection> {
        let not_found = |what| Rejection::NotFound { what };
        let person = self.registration(wish.registration).ok_or(not_found("registration"))?;
        let first = self.stock.slot(wish.first).ok_or(not_found("slot"))?;
        let second = wish.second.map(|id| self.stock.slot(id).ok_or(not_found("slot"))).transpose()?;
        let own = |id| self.hold(id).filter(|hold| person.owns(hold)).ok_or(not_found("hold"));
        let old = wish.instead_of.map(own).transpose()?;
        Ok(Named { person, first, second, old })
    }

    /// At most one live hold or booking; the one to be replaced does not count.
    fn refuse_second_hold(&self, person: &Registration, instead_of: Option<HoldId>) -> Result<(), Rejection> {
        let Some(current) = person.current.and_then(|id| self.hold(id)) else { return Ok(()) };
        match current.state() {
            HoldState::Booked => Err(Rejection::AlreadyBooked { booking: current.id }),
            _ if instead_of == Some(current.id) => Ok(()),
            _ => Err(Rejection::AlreadyHolding { hold: current.id }),
        }
    }

    /// The places themselves, judged as if those of the old hold had come back.
    fn take_places(
        &self,
        ask: &Ask<'_>,
        wish: Wish,
        named: &Named<'_>,
        rules: &RuleSet,
    ) -> Result<Decision, Rejection> {
        let mut draft = Draft::new(&self.stock);
        let mut events = Vec::new();
        if let Some(old) = named.old {
            effects::hold_returned(&mut draft, old).ok();
            let reason = ReleaseReason::Replaced;
            events.push(HoldReleased { hold: old.id, reason, content: ask.content }.into());
        }
        let (contingent, second) = self.choose(&draft, ask, named, rules)?;
        let seconds =
            if ask.asked.channel == Channel::Web { rules.holds.web_s } else { rules.holds.hotline_s };
        let placed = HoldPlaced {
            hold: wish.hold,
            registration: wish.registration,
            first: wish.first,
            second: second.map(|choice| choice.second),
            frees: second.and_then(|choice| choice.frees),
            contingent,
            asked_on: ask.asked.on,
            deadline_at: ask.now().plus_seconds(seconds),
            instead_of: wish.instead_of,
            content: ask.content,
        };
        let returned = placed.frees.and_then(|_| {
            effects::hold_placed(&mut draft, &placed).ok();
            settle::settle(&mut draft, ask.now())
        });
        events.push(placed.into());
        events.extend(returned.map(Into::into));
        Ok(Decision::Events(events))
    }

    /// Refusals of places in the order of DOMAIN 3: full, for others, budget, reserved.
    fn choose(
        &self,
        draft: &Draft<'_>,
        ask: &Ask<'_>,
        named: &Named<'_>,
        rules: &RuleSet,
    ) -> Result<(Contingent, Option<SecondChoice>), Rejection> {
        let slot = draft.slot(named.first.id).unwrap_or(named.first);
        let places = slot.first().ok_or(Rejection::VaccineMismatch)?;
        let has_room = |contingent| {
            let day = draft.day(slot.local_date, contingent);
            day.held < hold_limit(rules.holds.held_share, day)
        };
        let contingent = first_place(places, ask.asked.channel, has_room);
        let named_second = named.second.map(|second| draft.slot(second.id).unwrap_or(second));
        let second = (places.doses > 1).then(|| second_place(draft, places, named_second)).transpose();
        match (contingent, second) {
            (Err(FirstRefusal::Full), _) => Err(self.full(ask, slot, Whom::Holds)),
            (_, Err(SecondRefusal::Full)) => Err(self.full_second(ask, slot, Whom::Holds)),
            (Err(refusal), _) => Err(self.refused_first(ask, slot, refusal, Whom::Holds)),
            (Ok(_), Err(SecondRefusal::Reserved)) => Err(self.reserved(ask, slot, Whom::Holds)),
            (Ok(contingent), Ok(second)) => Ok((contingent, second)),
        }
    }

    /// A place can be booked until `book_until_min` minutes before its slot begins.
    pub(super) fn refuse_too_soon(
        &self,
        rules: &RuleSet,
        ask: &Ask<'_>,
        slots: [Option<&Slot>; 2],
    ) -> Result<(), Rejection> {
        let latest = ask.now().plus_millis(u64::from(rules.book_until_min) * 60_000);
        let too_soon = slots.into_iter().flatten().any(|slot| slot.start_at < latest);
        if too_soon { Err(Rejection::SlotTooSoon) } else { Ok(()) }
    }
}

/// The group may hold from the instant that the rules in force name.
pub(super) fn refuse_cohort(rules: &RuleSet, person: &Registration, ask: &Ask<'_>) -> Result<(), Rejection> {
    let opens_at = rules.opens_at(person.group);
    match opens_at {
        Some(at) if at <= ask.now() => Ok(()),
        _ => Err(Rejection::CohortNotOpen { opens_at }),
    }
}

/// A first-dose slot, and a second-dose one of the same vaccine exactly when there is a second dose.
pub(super) fn refuse_mismatch(first: &Slot, second: Option<&Slot>) -> Result<(), Rejection> {
    let places = first.first().ok_or(Rejection::VaccineMismatch)?;
    match second {
        None => Ok(()),
        Some(second) if places.doses > 1 && second.second().is_some() && second.vaccine == first.vaccine => {
            Ok(())
        }
        Some(_) => Err(Rejection::VaccineMismatch),
    }
}

/// The second dose lies inside the interval that the first-dose slot was released with.
pub(super) fn refuse_interval(first: &Slot, second: &Slot) -> Result<(), Rejection> {
    let places = first.first().ok_or(Rejection::VaccineMismatch)?;
    match places.fit(first.local_date, second.local_date) {
        Fit::Inside => Ok(()),
        Fit::TooEarly => Err(Rejection::IntervalTooShort { min_days: places.interval_min_days }),
        Fit::TooLate => Err(Rejection::IntervalTooLong { max_days: places.interval_max_days }),
    }
}
