//! One person, one booking: two registrations are one person if their pseudonyms meet.

use super::Centre;
use super::people::Registration;
use crate::rejection::Rejection;

/// What a later registration must have to stand in the way of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rival {
    HoldOrBooking,
    Booking,
}

impl Centre {
    /// Refused while another live registration of the person came first or is ahead; an agent settles it.
    pub(super) fn refuse_rivals(&self, person: &Registration, ahead: Rival) -> Result<(), Rejection> {
        let in_the_way = |other: &Registration| {
            let earlier = other.accepted.seq < person.accepted.seq;
            let distinct =
                other.distinct_from.contains(&person.id) || person.distinct_from.contains(&other.id);
            !distinct && (earlier || self.is_ahead(other, ahead))
        };
        if self.people.same_person(person).any(in_the_way) {
            return Err(Rejection::NeedsDesk);
        }
        Ok(())
    }

    fn is_ahead(&self, other: &Registration, ahead: Rival) -> bool {
        let current = other.current.and_then(|id| self.hold(id));
        current.is_some_and(|hold| ahead == Rival::HoldOrBooking || hold.confirmed.is_some())
    }
}
