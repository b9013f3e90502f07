//! Centres, rules, deliveries, releases, shrinks and channels.

use schemas::events::{
    CentreDescribed, ChannelSet, DeliveryAnnounced, DeliveryReceived, RulesSet, SlotsReleased, SlotsShrunk,
};
use schemas::ids::SlotId;

use super::Mapping;
use crate::keys::{Key, Table};
use crate::rows::{CentreRow, ChannelRow, DeliveryRow, Received, ReleaseRow, RulesRow, ShrinkRow, SlotRow};
use crate::store::{ReadRows, StoreError};

impl<S: ReadRows> Mapping<'_, S> {
    pub(super) fn channel_set(&mut self, event: &ChannelSet) -> Result<(), StoreError> {
        let row = ChannelRow { set: event.clone(), set_at: self.place.mark };
        self.draft.put(Key::channel(event.channel), &row)
    }

    pub(super) fn centre_described(&mut self, event: &CentreDescribed) -> Result<(), StoreError> {
        let key = self.place.centre.rows(Table::Centres);
        let before: Option<CentreRow> = self.draft.get(self.store, &key)?;
        let row = CentreRow {
            description: event.clone(),
            created_at: before.map_or(self.place.mark, |before| before.created_at),
            described_at: self.place.mark,
        };
        self.draft.put(key, &row)
    }

    pub(super) fn rules_set(&mut self, event: &RulesSet) -> Result<(), StoreError> {
        let key = self.place.centre.row(Table::Rules, event.rules.0);
        self.draft.put(key, &RulesRow { rules: event.clone(), set_at: self.place.mark })
    }

    pub(super) fn delivery_announced(&mut self, event: &DeliveryAnnounced) -> Result<(), StoreError> {
        let row = DeliveryRow {
            vaccine: event.vaccine,
            doses: event.doses,
            due_on: event.due_on,
            content: event.content,
            announced_at: self.place.mark,
            received: None,
        };
        self.draft.put(self.place.centre.row(Table::Deliveries, event.delivery.0), &row)
    }

    pub(super) fn delivery_received(&mut self, event: &DeliveryReceived) -> Result<(), StoreError> {
        let key = self.place.centre.row(Table::Deliveries, event.delivery.0);
        let received = Received {
            lot: event.lot.clone(),
            doses: event.doses,
            received_on: event.received_on,
            content: event.content,
            received_at: self.place.mark,
        };
        let what = || format!("delivery {}", event.delivery);
        self.change(key, what, |row: &mut DeliveryRow| row.received = Some(received)).map(drop)
    }

    pub(super) fn slots_released(&mut self, event: &SlotsReleased) -> Result<(), StoreError> {
        let row = ReleaseRow {
            delivery: event.delivery,
            vaccine: event.vaccine,
            doses: event.doses,
            interval_min_days: event.interval_min_days,
            interval_max_days: event.interval_max_days,
            flows_back_at: event.flows_back_at,
            first_slot: event.slots.first().map_or(SlotId(0), |slot| slot.slot),
            slots: u32::try_from(event.slots.len()).unwrap_or(u32::MAX),
            content: event.content,
            released_at: self.place.mark,
        };
        self.draft.put(self.place.centre.row(Table::Releases, event.release.0), &row)?;
        for slot in &event.slots {
            let row = SlotRow {
                start_at: slot.start_at,
                local_date: slot.local_date,
                length_min: slot.length_min,
                vaccine: event.vaccine,
                dose: slot.dose,
                release: event.release,
            };
            self.draft.put(self.place.centre.slot(slot.slot), &row)?;
        }
        self.touch(event.slots.iter().map(|slot| slot.slot));
        // Backing may also reserve places of second-dose slots that came with earlier releases.
        self.touch(event.backing.iter().map(|backing| backing.second));
        Ok(())
    }

    pub(super) fn slots_shrunk(&mut self, event: &SlotsShrunk) -> Result<(), StoreError> {
        let row = ShrinkRow { shrunk: event.clone(), shrunk_at: self.place.mark };
        self.draft.put(self.place.centre.row(Table::Shrinks, event.shrink.0), &row)?;
        for shrunk in &event.slots {
            self.touch([shrunk.slot]);
            self.touch(shrunk.frees.iter().map(|freed| freed.slot));
        }
        Ok(())
    }
}
