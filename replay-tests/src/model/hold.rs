//! Holds: placing, extending, giving back, confirming.

use ledger::{Asked, CentreCommand, Decision, Rejection};
use schemas::events::{BookingConfirmed, HoldExtended, HoldPlaced, HoldReleased};
use schemas::ids::{ContentHash, HoldId, RegistrationId, SlotId};
use schemas::vocabulary::{Channel, ReleaseReason};

use super::lists::{Hold, Model, Registration};
use super::places::{first_of, shape};
use super::{Draft, not_found, single};

/// What a person wants to hold.
struct Wish {
    hold: HoldId,
    registration: RegistrationId,
    first: SlotId,
    second: Option<SlotId>,
    instead_of: Option<HoldId>,
    content: ContentHash,
}

impl Model {
    pub(super) fn decide_hold(&self, command: &CentreCommand, asked: &Asked) -> Result<Decision, Rejection> {
        let content = command.content();
        match *command {
            CentreCommand::PlaceHold { hold, registration, first, second, instead_of } => {
                self.place(&Wish { hold, registration, first, second, instead_of, content }, asked)
            }
            CentreCommand::ExtendHold { hold } => self.extend(hold, content, asked),
            CentreCommand::ReleaseHold { hold } => self.give_back(hold, content, asked),
            CentreCommand::ConfirmHold { hold } => self.confirm(hold, content),
            _ => Err(not_found("command")),
        }
    }

    fn place(&self, wish: &Wish, asked: &Asked) -> Result<Decision, Rejection> {
        if let Some(known) = self.hold(wish.hold) {
            return known.placed_again(wish);
        }
        let registration = self.registration(wish.registration).ok_or(not_found("registration"))?;
        let first = self.slot(wish.first).ok_or(not_found("slot"))?;
        let second = match wish.second {
            Some(second) => Some(self.slot(second).ok_or(not_found("slot"))?),
            None => None,
        };
        let old = self.hold_to_replace(wish)?;
        if let Some(ended) = registration.ended() {
            return Err(Rejection::RegistrationEnded { ended });
        }
        if let Some(end) = old.and_then(Hold::end) {
            return Err(end);
        }
        self.may_hold(registration, wish, asked)?;
        let rules = self.rules_at(asked.now).ok_or(not_found("rules"))?;
        self.cohort_open(registration, asked)?;
        for slot in [Some(first), second].into_iter().flatten() {
            self.late_enough(slot, asked)?;
        }
        shape(first, second, first.vaccine)?;

        let mut draft = Draft::new(self, asked.now);
        if let Some(old) = wish.instead_of {
            draft.push(HoldReleased { hold: old, reason: ReleaseReason::Replaced, content: wish.content });
        }
        let (contingent, (second, frees)) = first_of(
            draft.model.first_place(first, asked.channel, Some(rules.holds.held_share)),
            draft.model.second_place(first, wish.second),
        )?;
        let web = asked.channel == Channel::Web;
        let lives_s = if web { rules.holds.web_s } else { rules.holds.hotline_s };
        draft.push(HoldPlaced {
            hold: wish.hold,
            registration: wish.registration,
            first: wish.first,
            second,
            frees,
            contingent,
            asked_on: asked.on,
            deadline_at: asked.now.plus_seconds(lives_s),
            instead_of: wish.instead_of,
            content: wish.content,
        });
        Ok(draft.finish())
    }

    /// The hold to be swapped; one that is not this registration's is as if it were not there.
    fn hold_to_replace(&self, wish: &Wish) -> Result<Option<&Hold>, Rejection> {
        let Some(id) = wish.instead_of else { return Ok(None) };
        let own = self.holds_of(wish.registration).find(|hold| hold.placed.event.hold == id);
        own.map(Some).ok_or(not_found("hold"))
    }

    fn may_hold(&self, registration: &Registration, wish: &Wish, asked: &Asked) -> Result<(), Rejection> {
        if self.needs_desk(registration, true) {
            return Err(Rejection::NeedsDesk);
        }
        if let Some(hold) = self.live_hold_of(wish.registration)
            && wish.instead_of != Some(hold.placed.event.hold)
        {
            return Err(Rejection::AlreadyHolding { hold: hold.placed.event.hold });
        }
        if let Some(booking) = self.live_booking_of(wish.registration) {
            return Err(Rejection::AlreadyBooked { booking: booking.placed.event.hold });
        }
        let limit = self.rules_at(asked.now).map_or(0, |rules| rules.holds.per_registration_and_day);
        let today = |hold: &&Hold| hold.placed.event.asked_on == asked.on;
        let spent = self.holds_of(wish.registration).filter(today).count();
        if spent >= usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(Rejection::HoldsSpentToday { limit });
        }
        Ok(())
    }

    /// Another live registration of the same person was there before, or has a live booking (or hold).
    fn needs_desk(&self, registration: &Registration, holds_count: bool) -> bool {
        let mine = registration.id();
        self.registrations.iter().filter(|other| other.id() != mine && other.ended().is_none()).any(|other| {
            let shares = other.pseudonyms().iter().any(|name| registration.pseudonyms().contains(name));
            let distinct =
                other.distinct_from().contains(&mine) || registration.distinct_from().contains(&other.id());
            let earlier = self.registered_before(other, registration);
            let booked = self.live_booking_of(other.id()).is_some();
            let holds = holds_count && self.live_hold_of(other.id()).is_some();
            shares && !distinct && (earlier || booked || holds)
        })
    }

    /// By record: the list stands in the order of the records.
    fn registered_before(&self, one: &Registration, other: &Registration) -> bool {
        let order = |wanted: &Registration| {
            self.registrations.iter().position(|registration| registration.id() == wanted.id())
        };
        order(one) < order(other)
    }

    fn extend(&self, id: HoldId, content: ContentHash, asked: &Asked) -> Result<Decision, Rejection> {
        let hold = self.hold(id).ok_or(not_found("hold"))?;
        if let Some(end) = hold.end() {
            return Err(end);
        }
        if let Some(extended) = &hold.extended {
            return Ok(Decision::Repeat(extended.mark));
        }
        if hold.confirmed.is_some() {
            return Err(Rejection::AlreadyConfirmed);
        }
        let extension_s = self.rules_at(asked.now).map_or(0, |rules| rules.holds.extension_s);
        single(HoldExtended { hold: id, deadline_at: hold.deadline_at.plus_seconds(extension_s), content })
    }

    fn give_back(&self, id: HoldId, content: ContentHash, asked: &Asked) -> Result<Decision, Rejection> {
        let hold = self.hold(id).ok_or(not_found("hold"))?;
        if let Some(released) = hold.released.as_ref().filter(|told| told.event.content == content) {
            return Ok(Decision::Repeat(released.mark));
        }
        if let Some(end) = hold.end() {
            return Err(end);
        }
        if hold.confirmed.is_some() {
            return Err(Rejection::AlreadyConfirmed);
        }
        let mut draft = Draft::new(self, asked.now);
        draft.push(HoldReleased { hold: id, reason: ReleaseReason::GivenUp, content });
        Ok(draft.finish())
    }

    fn confirm(&self, id: HoldId, content: ContentHash) -> Result<Decision, Rejection> {
        let hold = self.hold(id).ok_or(not_found("hold"))?;
        if let Some(end) = hold.end() {
            return Err(end);
        }
        if let Some(confirmed) = &hold.confirmed {
            return Ok(Decision::Repeat(confirmed.mark));
        }
        let registration =
            self.registration(hold.placed.event.registration).ok_or(not_found("registration"))?;
        if self.needs_desk(registration, false) {
            return Err(Rejection::NeedsDesk);
        }
        single(BookingConfirmed { booking: id, content })
    }
}

impl Hold {
    /// The refusal that tells of its end.
    pub(super) fn end(&self) -> Option<Rejection> {
        let lapsed = self.expired.map(|ended| Rejection::HoldLapsed { ended });
        let released = self.released.as_ref().map(|told| Rejection::HoldEnded { ended: told.mark });
        let cancelled = self.cancelled.as_ref().map(|told| Rejection::BookingEnded { ended: told.mark });
        lapsed.or(released).or(cancelled)
    }

    fn placed_again(&self, wish: &Wish) -> Result<Decision, Rejection> {
        if self.placed.event.registration != wish.registration {
            return Err(Rejection::IdTaken);
        }
        if self.placed.event.content != wish.content {
            return Err(Rejection::ContentDiffers);
        }
        self.end().map_or(Ok(Decision::Repeat(self.placed.mark)), Err)
    }
}
