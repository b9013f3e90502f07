//! One centre, recounted from its events alone.

mod holds;
mod moves;
mod order;
mod people;
mod places;
mod rules;
mod slots;
mod sums;
mod supply;

use std::collections::BTreeSet;

use bincode::{Decode, Encode};

use schemas::ids::{CentreId, CentreNumber, District, SlotId};
use schemas::vocabulary::{Channel, Contingent};
use schemas::{Event, Instant};

use self::holds::Holds;
use self::people::People;
use self::rules::Rules;
use self::slots::Slots;
use self::supply::Supply;
use super::report::Tally;
use super::wrong::Wrong;

/// Something wrong, in words.
pub(super) type Noted = (Wrong, String);

/// What a record says about all of its events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) time: Instant,
    pub(super) channel: Channel,
    pub(super) seq: u64,
}

/// What one centre's events add up to.
#[derive(Encode, Decode)]
pub(super) struct Recount {
    number: CentreNumber,
    id: CentreId,
    revision: u32,
    catchment: Vec<District>,
    rules: Rules,
    supply: Supply,
    slots: Slots,
    people: People,
    holds: Holds,
    /// First-dose slots whose contingents have yet to flow together.
    flow_backs: BTreeSet<(Instant, SlotId)>,
    noted: Vec<Noted>,
    oversold: u64,
}

impl Recount {
    pub(super) fn new(number: CentreNumber, id: CentreId) -> Self {
        Self {
            number,
            id,
            revision: 0,
            catchment: Vec::new(),
            rules: Rules::default(),
            supply: Supply::default(),
            slots: Slots::default(),
            people: People::default(),
            holds: Holds::default(),
            flow_backs: BTreeSet::new(),
            noted: Vec::new(),
            oversold: 0,
        }
    }

    pub(super) fn id(&self) -> &CentreId {
        &self.id
    }

    /// Takes in a record, all of its events, and looks whether everything still adds up.
    pub(super) fn take(&mut self, stamp: &Stamp, events: &[Event]) {
        for event in events {
            self.event(stamp, event);
        }
        self.check_record(stamp);
        self.people.forget_before(stamp.time);
    }

    /// What was noted since, and how many places were given beyond capacity.
    pub(super) fn noted(&mut self) -> (Vec<Noted>, u64) {
        (std::mem::take(&mut self.noted), std::mem::take(&mut self.oversold))
    }

    fn event(&mut self, stamp: &Stamp, event: &Event) {
        match event {
            Event::CentreDescribed(event) => self.described(event),
            Event::RulesSet(event) => self.rules_set(stamp, event),
            Event::DeliveryAnnounced(event) => self.announced(event),
            Event::DeliveryReceived(event) => self.received(event),
            Event::SlotsReleased(event) => self.released(stamp, event),
            Event::ContingentsReturned(event) => self.flowed(stamp, event),
            Event::SlotsShrunk(event) => self.shrunk(event),
            Event::PlacesReturned(event) => self.returned(stamp, event),
            Event::RegistrationAccepted(event) => self.accepted(stamp, event),
            Event::RegistrationAmended(event) => self.amended(event),
            Event::RegistrationWithdrawn(event) => self.withdrawn(stamp, event),
            Event::AccessReissued(event) => self.reissued(event),
            Event::ErasureOrdered(event) => self.erasure_ordered(event),
            Event::ErasureDone(event) => self.erasure_done(event),
            Event::HoldPlaced(event) => self.placed(stamp, event),
            Event::HoldExtended(event) => self.extended(stamp, event),
            Event::HoldReleased(event) => self.hold_released(stamp, event),
            Event::HoldExpired(event) => self.expired(stamp, event.hold),
            Event::BookingConfirmed(event) => self.confirmed(stamp, event),
            Event::BookingRescheduled(event) => self.rescheduled(stamp, event),
            Event::BookingCancelled(event) => self.cancelled(stamp, event),
            Event::ChannelSet(_) | Event::RecordsRead(_) => {
                self.wrong(Wrong::OutOfPlace, format!("{} belongs to the office", event.name()));
            }
        }
    }

    fn wrong(&mut self, wrong: Wrong, what: impl Into<String>) {
        self.noted.push((wrong, what.into()));
    }

    /// Notes what is wrong unless it is as it should be.
    fn expect(&mut self, kept: bool, wrong: Wrong, what: impl FnOnce() -> String) {
        if !kept {
            self.wrong(wrong, what());
        }
    }

    /// Adds what is alive at the end.
    pub(super) fn tally(&self, tally: &mut Tally) {
        for (_, hold) in self.holds.alive() {
            if !hold.confirmed {
                tally.live_holds += 1;
                continue;
            }
            let single = self.slots.first(hold.first).is_some_and(|first| first.doses == 1);
            tally.live_bookings += 1;
            tally.live_pairs += u64::from(single || hold.second.is_some());
            *tally.booked_by_contingent.entry(hold.contingent.as_str().to_owned()).or_default() += 1;
            *tally.booked_by_channel.entry(hold.channel.as_str().to_owned()).or_default() += 1;
        }
    }
}

/// Whether a channel may take a place from a contingent.
fn may_take(channel: Channel, contingent: Contingent) -> bool {
    match contingent {
        Contingent::Web => channel == Channel::Web,
        Contingent::Hotline => channel == Channel::Hotline,
        Contingent::Open => true,
    }
}
