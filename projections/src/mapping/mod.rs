//! From events to rows. A row is read, changed and drafted again; what the events mean for slots comes back as the
//! slots whose counts they touch.

mod booking;
mod people;
mod supply;

use std::collections::BTreeSet;

use schemas::Event;
use schemas::ids::SlotId;

use crate::draft::Draft;
use crate::keys::{Key, Place};
use crate::rows::Row;
use crate::store::{ReadRows, StoreError};

/// Maps the events of one record.
pub(crate) struct Mapping<'a, S> {
    store: &'a S,
    draft: &'a mut Draft,
    place: Place,
    touched: BTreeSet<SlotId>,
}

impl<'a, S: ReadRows> Mapping<'a, S> {
    /// Drafts the rows that follow from a record's events, and tells which slots have other counts than before.
    ///
    /// # Errors
    /// When the store fails, or lacks a row that must be there.
    pub(crate) fn record(
        store: &'a S,
        draft: &'a mut Draft,
        place: Place,
        events: &[Event],
    ) -> Result<BTreeSet<SlotId>, StoreError> {
        let mut mapping = Self { store, draft, place, touched: BTreeSet::new() };
        events.iter().try_for_each(|event| mapping.event(event))?;
        Ok(mapping.touched)
    }

    fn event(&mut self, event: &Event) -> Result<(), StoreError> {
        match event {
            Event::CentreDescribed(event) => self.centre_described(event),
            Event::RulesSet(event) => self.rules_set(event),
            Event::DeliveryAnnounced(event) => self.delivery_announced(event),
            Event::DeliveryReceived(event) => self.delivery_received(event),
            Event::SlotsReleased(event) => self.slots_released(event),
            Event::ContingentsReturned(event) => {
                self.touch(event.returned.iter().map(|returned| returned.slot));
                Ok(())
            }
            Event::SlotsShrunk(event) => self.slots_shrunk(event),
            Event::RegistrationAccepted(event) => self.registration_accepted(event),
            Event::RegistrationAmended(event) => self.registration_amended(event),
            Event::RegistrationWithdrawn(event) => self.registration_withdrawn(event),
            Event::AccessReissued(event) => self.access_reissued(event),
            Event::ErasureOrdered(event) => self.erasure_ordered(event),
            Event::ErasureDone(event) => self.erasure_done(event),
            Event::HoldPlaced(event) => self.hold_placed(event),
            Event::HoldExtended(event) => self.hold_extended(event),
            Event::HoldReleased(event) => self.hold_released(event),
            Event::HoldExpired(event) => self.hold_expired(event),
            Event::PlacesReturned(event) => {
                self.touch(
                    event.returned.iter().flat_map(|place| [Some(place.slot), place.backed_by]).flatten(),
                );
                Ok(())
            }
            Event::BookingConfirmed(event) => self.booking_confirmed(event),
            Event::BookingRescheduled(event) => self.booking_rescheduled(event),
            Event::BookingCancelled(event) => self.booking_cancelled(event),
            Event::ChannelSet(event) => self.channel_set(event),
            // Who read what is asked of the log itself; there is no row for it.
            Event::RecordsRead(_) => Ok(()),
        }
    }

    fn touch(&mut self, slots: impl IntoIterator<Item = SlotId>) {
        self.touched.extend(slots);
    }

    /// A row that an earlier event must have made.
    fn existing<R: Row>(&self, key: &Key, what: impl FnOnce() -> String) -> Result<R, StoreError> {
        self.draft
            .get(self.store, key)?
            .ok_or_else(|| StoreError::Missing { table: R::TABLE.as_str(), what: what() })
    }

    /// Reads a row that must be there, changes it and drafts it again.
    fn change<R: Row>(
        &mut self,
        key: Key,
        what: impl FnOnce() -> String,
        change: impl FnOnce(&mut R),
    ) -> Result<R, StoreError> {
        let mut row = self.existing(&key, what)?;
        change(&mut row);
        self.draft.put(key, &row)?;
        Ok(row)
    }
}

/// Whether an event can change what a centre offers. It is told by the kind alone, so that a refold without the rows
/// finds the same positions.
pub(crate) fn changes_offer(event: &Event) -> bool {
    match event {
        Event::CentreDescribed(_)
        | Event::RulesSet(_)
        | Event::SlotsReleased(_)
        | Event::ContingentsReturned(_)
        | Event::SlotsShrunk(_)
        | Event::HoldPlaced(_)
        | Event::HoldExtended(_)
        | Event::HoldReleased(_)
        | Event::HoldExpired(_)
        | Event::PlacesReturned(_)
        | Event::BookingConfirmed(_)
        | Event::BookingRescheduled(_)
        | Event::BookingCancelled(_) => true,
        Event::DeliveryAnnounced(_)
        | Event::DeliveryReceived(_)
        | Event::RegistrationAccepted(_)
        | Event::RegistrationAmended(_)
        | Event::RegistrationWithdrawn(_)
        | Event::AccessReissued(_)
        | Event::ErasureOrdered(_)
        | Event::ErasureDone(_)
        | Event::ChannelSet(_)
        | Event::RecordsRead(_) => false,
    }
}
