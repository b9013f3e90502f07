//! Whom the story is about, and what leads on from there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use schemas::ids::{CentreId, HoldId, SlotId};
use schemas::vocabulary::CancelDoses;
use schemas::{Event, Reference};

use super::Narrow;
use super::mentions::Mentions;

/// Whom the story is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Whatever has this UUID: a registration, hold, booking, delivery, release, shrink, set of rules or change.
    Id([u8; 16]),
    /// The registration with this reference.
    Reference(Reference),
    /// A slot of a centre.
    Slot(CentreId, SlotId),
}

/// Why a text is no subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names nothing: give a UUID, a reference like FRA-7K4M-92Q2-5, or a centre and the number of a slot like \
     frankfurt/417"
)]
pub struct SubjectError(String);

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        let unknown = || SubjectError(text.chars().take(80).collect());
        if let Some((centre, slot)) = text.split_once('/') {
            let centre = centre.parse().map_err(|_| unknown())?;
            return Ok(Self::Slot(centre, SlotId(slot.parse().map_err(|_| unknown())?)));
        }
        if let Ok(id) = text.parse::<HoldId>() {
            return Ok(Self::Id(id.0));
        }
        text.parse().map(Self::Reference).map_err(|_| unknown())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{}", HoldId(*id)),
            Self::Reference(reference) => write!(f, "{reference}"),
            Self::Slot(centre, slot) => write!(f, "{centre}/{slot}"),
        }
    }
}

/// First and second slot of a hold, as far as it is known.
type Pair = (Option<SlotId>, Option<SlotId>);

/// The subject, and what was found to belong to it.
pub(super) struct Thread {
    subject: Subject,
    /// The registration of a reference, the holds of a registration, the live holds of a slot.
    ids: BTreeSet<[u8; 16]>,
    /// The subject's own texts, for what was read about it.
    names: BTreeSet<String>,
    /// The slots of the live holds of a slot.
    pairs: BTreeMap<[u8; 16], Pair>,
    /// The slots of a release, with their centre.
    slots: Option<(CentreId, BTreeSet<SlotId>)>,
}

impl Thread {
    pub(super) fn new(subject: Subject) -> Self {
        let names = BTreeSet::from([subject.to_string()]);
        let ids = match &subject {
            Subject::Id(id) => BTreeSet::from([*id]),
            Subject::Reference(_) | Subject::Slot(..) => BTreeSet::new(),
        };
        let slots = match &subject {
            Subject::Slot(centre, slot) => Some((centre.clone(), BTreeSet::from([*slot]))),
            Subject::Id(_) | Subject::Reference(_) => None,
        };
        Self { subject, ids, names, pairs: BTreeMap::new(), slots }
    }

    /// The slots that the subject is about at a centre.
    pub(super) fn slots(&self, centre: Option<&CentreId>) -> Narrow<'_> {
        self.slots.as_ref().filter(|(of, _)| Some(of) == centre).map(|(_, slots)| slots)
    }

    /// Whether an event that counts concerns the subject; what it leads to is followed from here on.
    pub(super) fn follow(&mut self, centre: Option<&CentreId>, event: &Event) -> bool {
        if !self.concerns(centre, event) {
            return false;
        }
        match (&self.subject, event) {
            (Subject::Reference(_), Event::RegistrationAccepted(accepted)) => {
                self.ids.insert(accepted.registration.0);
                self.names.insert(accepted.registration.to_string());
            }
            (Subject::Id(id), Event::RegistrationAccepted(accepted)) if accepted.registration.0 == *id => {
                self.names.insert(accepted.reference.to_string());
            }
            (Subject::Id(id), Event::SlotsReleased(released)) if released.release.0 == *id => {
                let slots = released.slots.iter().map(|slot| slot.slot).collect();
                self.slots = centre.map(|centre| (centre.clone(), slots));
            }
            (_, Event::HoldPlaced(placed)) => self.follow_hold(centre, placed),
            (Subject::Slot(..), ended) => self.let_go(ended),
            _ => {}
        }
        true
    }

    /// The holds of a registration belong to its story, and those of a slot to its; those of a release's slots do not.
    fn follow_hold(&mut self, centre: Option<&CentreId>, placed: &schemas::events::HoldPlaced) {
        let of_registration = self.ids.contains(&placed.registration.0);
        let has_slot = |slot: &SlotId| *slot == placed.first || Some(*slot) == placed.second;
        let of_slot = match &self.subject {
            Subject::Slot(of, slot) => Some(of) == centre && has_slot(slot),
            Subject::Id(_) | Subject::Reference(_) => false,
        };
        if of_registration || of_slot {
            self.ids.insert(placed.hold.0);
        }
        // Who looked at the hold or booking of somebody looked at him.
        if of_registration {
            self.names.insert(placed.hold.to_string());
        }
        if of_slot {
            self.pairs.insert(placed.hold.0, (Some(placed.first), placed.second));
        }
    }

    /// A hold that has ended or moved away has nothing more to do with its slot; a booking that moved there has.
    fn let_go(&mut self, event: &Event) {
        let (id, pair) = match event {
            Event::HoldReleased(event) => (event.hold.0, (None, None)),
            Event::HoldExpired(event) => (event.hold.0, (None, None)),
            Event::BookingCancelled(event) => {
                let (first, _) = self.pair(event.booking.0);
                (event.booking.0, (first.filter(|_| event.doses == CancelDoses::Second), None))
            }
            Event::BookingRescheduled(event) => {
                let (first, second) = self.pair(event.booking.0);
                (event.booking.0, (event.first.or(first), event.second.or(second)))
            }
            _ => return,
        };
        let Subject::Slot(_, slot) = &self.subject else { return };
        if pair.0 == Some(*slot) || pair.1 == Some(*slot) {
            self.ids.insert(id);
            self.pairs.insert(id, pair);
        } else {
            self.ids.remove(&id);
            self.pairs.remove(&id);
        }
    }

    fn pair(&self, id: [u8; 16]) -> Pair {
        self.pairs.get(&id).copied().unwrap_or_default()
    }

    /// Whether an event concerns the subject.
    pub(super) fn concerns(&self, centre: Option<&CentreId>, event: &Event) -> bool {
        match (&self.subject, event) {
            (Subject::Reference(reference), Event::RegistrationAccepted(accepted)) => {
                return accepted.reference == *reference || self.ids.contains(&accepted.registration.0);
            }
            (_, Event::RecordsRead(read)) => {
                return read.what.split([' ', ',']).any(|word| self.names.contains(word));
            }
            _ => {}
        }
        let mentions = Mentions::of(event);
        if mentions.ids.iter().any(|id| self.ids.contains(id)) {
            return true;
        }
        let placing =
            matches!(event, Event::HoldPlaced(_) | Event::BookingRescheduled(_) | Event::BookingCancelled(_));
        let whole_release = matches!(self.subject, Subject::Id(_));
        let Some(slots) = self.slots(centre).filter(|_| !(placing && whole_release)) else { return false };
        mentions.slots.iter().any(|slot| slots.contains(slot))
    }
}

#[cfg(test)]
mod tests {
    use super::Subject;

    #[test]
    fn a_subject_is_a_uuid_a_reference_or_a_slot() {
        for text in ["51c2a0de-0f4b-4c6e-9d3a-2f1b7c8e9a10", "frankfurt/417"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        let reference = schemas::Reference::new("FRA".parse().unwrap(), 77);
        assert_eq!(reference.to_string().parse(), Ok(Subject::Reference(reference)));
        for wrong in ["", "frankfurt/", "frankfurt/x", "somebody", "51c2a0de"] {
            assert!(wrong.parse::<Subject>().is_err(), "{wrong}");
        }
    }
}
