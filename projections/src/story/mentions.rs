//! What an event names: things by their UUID, and slots.

use schemas::Event;
use schemas::ids::SlotId;

/// Things and slots.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    pub(super) ids: Vec<[u8; 16]>,
    pub(super) slots: Vec<SlotId>,
}

impl Mentions {
    pub(super) fn of(event: &Event) -> Self {
        match event {
            Event::RulesSet(event) => Self::ids([event.rules.0]),
            Event::DeliveryAnnounced(event) => Self::ids([event.delivery.0]),
            Event::DeliveryReceived(event) => Self::ids([event.delivery.0]),
            Event::SlotsReleased(event) => Self {
                ids: vec![event.release.0, event.delivery.0],
                slots: event.slots.iter().map(|slot| slot.slot).collect(),
            },
            Event::ContingentsReturned(event) => Self::slots(event.returned.iter().map(|back| back.slot)),
            Event::SlotsShrunk(event) => {
                let slots = event.slots.iter();
                let named = slots.flat_map(|slot| {
                    std::iter::once(slot.slot).chain(slot.frees.iter().map(|free| free.slot))
                });
                Self { ids: vec![event.shrink.0], slots: named.collect() }
            }
            Event::PlacesReturned(event) => {
                let places = event.returned.iter();
                Self::slots(places.flat_map(|back| std::iter::once(back.slot).chain(back.backed_by)))
            }
            other => Self::of_people(other),
        }
    }

    fn of_people(event: &Event) -> Self {
        match event {
            Event::RegistrationAccepted(event) => Self::ids([event.registration.0]),
            Event::RegistrationAmended(event) => Self {
                ids: std::iter::once(event.registration.0)
                    .chain(event.distinct_from.iter().map(|other| other.0))
                    .collect(),
                slots: Vec::new(),
            },
            Event::RegistrationWithdrawn(event) => Self::ids([event.registration.0]),
            Event::AccessReissued(event) => Self::ids([event.registration.0, event.access.0]),
            Event::ErasureOrdered(event) => Self::ids([event.registration.0]),
            Event::ErasureDone(event) => Self::ids([event.registration.0]),
            other => Self::of_holds(other),
        }
    }

    fn of_holds(event: &Event) -> Self {
        match event {
            Event::HoldPlaced(event) => Self {
                ids: [event.hold.0, event.registration.0]
                    .into_iter()
                    .chain(event.instead_of.map(|hold| hold.0))
                    .collect(),
                slots: [Some(event.first), event.second, event.frees].into_iter().flatten().collect(),
            },
            Event::HoldExtended(event) => Self::ids([event.hold.0]),
            Event::HoldReleased(event) => Self::ids([event.hold.0]),
            Event::HoldExpired(event) => Self::ids([event.hold.0]),
            Event::BookingConfirmed(event) => Self::ids([event.booking.0]),
            Event::BookingRescheduled(event) => Self {
                ids: vec![event.booking.0, event.change.0],
                slots: [event.first, event.second, event.frees, event.backed_by]
                    .into_iter()
                    .flatten()
                    .collect(),
            },
            Event::BookingCancelled(event) => {
                Self { ids: vec![event.booking.0], slots: event.backed_by.into_iter().collect() }
            }
            _ => Self::default(),
        }
    }

    fn ids<const N: usize>(ids: [[u8; 16]; N]) -> Self {
        Self { ids: ids.to_vec(), slots: Vec::new() }
    }

    fn slots(slots: impl Iterator<Item = SlotId>) -> Self {
        Self { ids: Vec::new(), slots: slots.collect() }
    }
}
