//! Events as sentences.

use std::collections::BTreeMap;

use jiff::ZonedDateTime;
use jiff::tz::TimeZone;
use schemas::Event;
use schemas::Instant;
use schemas::events::{
    BookingCancelled, BookingRescheduled, ContingentsReturned, HoldPlaced, PlacesReturned,
    RegistrationAccepted, SlotsReleased, SlotsShrunk,
};
use schemas::ids::{CentreId, CentreNumber, SlotId};
use schemas::vocabulary::CancelDoses;

use super::Narrow;

/// A centre as sentences need it.
#[derive(Debug, Clone)]
pub(super) struct Face {
    pub(super) centre: CentreId,
    pub(super) time_zone: String,
}

/// What sentences need to know.
pub(super) struct Words<'a> {
    zone: TimeZone,
    number: CentreNumber,
    starts: &'a BTreeMap<(CentreNumber, SlotId), Instant>,
}

impl<'a> Words<'a> {
    pub(super) fn new(
        face: Option<&Face>,
        number: CentreNumber,
        starts: &'a BTreeMap<(CentreNumber, SlotId), Instant>,
    ) -> Self {
        let zone = face.and_then(|face| TimeZone::get(&face.time_zone).ok()).unwrap_or(TimeZone::UTC);
        Self { zone, number, starts }
    }

    /// What happened. Of slots only those in `narrow`, where it is given.
    pub(super) fn of(&self, event: &Event, narrow: Narrow<'_>) -> String {
        match event {
            Event::CentreDescribed(event) => {
                format!("centre {} was described, revision {}", event.id, event.revision)
            }
            Event::RulesSet(event) => {
                format!(
                    "rules {} (number {}) were set, in force from {}",
                    event.rules,
                    event.number,
                    self.time(event.effective_at)
                )
            }
            Event::DeliveryAnnounced(event) => format!(
                "delivery {} was announced: {} doses of cvx {} for {}",
                event.delivery, event.doses, event.vaccine, event.due_on
            ),
            Event::DeliveryReceived(event) => format!(
                "delivery {} was received on {}: {} doses, lot {}",
                event.delivery, event.received_on, event.doses, event.lot
            ),
            Event::SlotsReleased(event) => self.released(event, narrow),
            Event::ContingentsReturned(event) => self.flowed(event, narrow),
            Event::SlotsShrunk(event) => self.shrunk(event, narrow),
            Event::PlacesReturned(event) => self.returned(event, narrow),
            Event::ChannelSet(event) => {
                format!("channel {} was set to {}: {}", event.channel, event.state, event.reason)
            }
            Event::RecordsRead(event) => {
                format!(
                    "{} {} read {}, for: {}",
                    a(&event.role.to_string()),
                    event.actor,
                    event.what,
                    event.purpose
                )
            }
            other => self.of_people(other),
        }
    }

    fn of_people(&self, event: &Event) -> String {
        match event {
            Event::RegistrationAccepted(event) => accepted(event),
            Event::RegistrationAmended(event) => format!(
                "registration {} was amended to revision {}: group {}, district {}, age {}",
                event.registration, event.revision, event.group, event.district, event.age_band
            ),
            Event::RegistrationWithdrawn(event) => {
                format!("registration {} was withdrawn ({})", event.registration, event.reason)
            }
            Event::AccessReissued(event) => {
                format!("registration {} got a new secret, the {}th", event.registration, event.generation)
            }
            Event::ErasureOrdered(event) => {
                format!("the erasure of the personal data of registration {} was ordered", event.registration)
            }
            Event::ErasureDone(event) => {
                format!("the personal data of registration {} were erased", event.registration)
            }
            other => self.of_holds(other),
        }
    }

    fn of_holds(&self, event: &Event) -> String {
        match event {
            Event::HoldPlaced(event) => self.placed(event),
            Event::HoldExtended(event) => {
                format!("hold {} was extended until {}", event.hold, self.time(event.deadline_at))
            }
            Event::HoldReleased(event) => format!("hold {} was given back ({})", event.hold, event.reason),
            Event::HoldExpired(event) => format!("hold {} lapsed", event.hold),
            Event::BookingConfirmed(event) => {
                format!("hold {} was confirmed: it is a booking", event.booking)
            }
            Event::BookingRescheduled(event) => self.rescheduled(event),
            Event::BookingCancelled(event) => self.cancelled(event),
            other => other.name().to_owned(),
        }
    }

    fn placed(&self, event: &HoldPlaced) -> String {
        let mut text = format!(
            "hold {} was placed for registration {}: {}, of the contingent {}",
            event.hold,
            event.registration,
            self.slot(event.first),
            event.contingent
        );
        if let Some(second) = event.second {
            text.push_str(&format!("; second dose {}", self.slot(second)));
        }
        if let Some(frees) = event.frees {
            text.push_str(&format!(" (which frees a place of {})", self.slot(frees)));
        }
        text.push_str(&format!("; it lapses at {}", self.time(event.deadline_at)));
        if let Some(before) = event.instead_of {
            text.push_str(&format!("; it replaces hold {before}"));
        }
        text
    }

    fn rescheduled(&self, event: &BookingRescheduled) -> String {
        let mut text = format!("booking {} was moved (revision {})", event.booking, event.revision);
        if let Some(first) = event.first {
            text.push_str(&format!(", first dose to {}", self.slot(first)));
        }
        if let Some(second) = event.second {
            text.push_str(&format!(", second dose to {}", self.slot(second)));
        }
        self.backing(&mut text, event.frees, event.backed_by);
        text
    }

    fn cancelled(&self, event: &BookingCancelled) -> String {
        let what = match event.doses {
            CancelDoses::Both => "was cancelled",
            CancelDoses::Second => "gave its second place back",
        };
        let mut text = format!("booking {} {what} ({})", event.booking, event.reason);
        self.backing(&mut text, None, event.backed_by);
        text
    }

    fn backing(&self, text: &mut String, frees: Option<SlotId>, backed_by: Option<SlotId>) {
        if let Some(slot) = frees {
            text.push_str(&format!("; a place of {} became free", self.slot(slot)));
        }
        if let Some(slot) = backed_by {
            text.push_str(&format!("; the first place given back is backed by {}", self.slot(slot)));
        }
    }

    fn released(&self, event: &SlotsReleased, narrow: Narrow<'_>) -> String {
        let places = |wanted| {
            let slots = event.slots.iter().filter(|slot| slot.dose == wanted);
            slots.map(|slot| u64::from(slot.capacity)).sum::<u64>()
        };
        let (first, second) = (schemas::vocabulary::Dose::First, schemas::vocabulary::Dose::Second);
        let mut text = format!(
            "release {} of delivery {} put {} first and {} second places of cvx {} on offer",
            event.release,
            event.delivery,
            places(first),
            places(second),
            event.vaccine
        );
        let of_subject =
            event.slots.iter().filter(|slot| narrow.is_some_and(|narrow| narrow.contains(&slot.slot)));
        if narrow.is_some_and(|narrow| narrow.len() == 1) {
            for slot in of_subject {
                text.push_str(&format!(
                    ", among them {} with {} places",
                    self.slot(slot.slot),
                    slot.capacity
                ));
            }
        }
        text
    }

    fn flowed(&self, event: &ContingentsReturned, narrow: Narrow<'_>) -> String {
        let moved = event.returned.iter().filter(|back| is_told(narrow, back.slot));
        let moved =
            moved.map(|back| format!("{} of {} in {}", back.places, back.contingent, self.slot(back.slot)));
        format!("contingents flowed together, places became open: {}", listed(moved))
    }

    fn shrunk(&self, event: &SlotsShrunk, narrow: Narrow<'_>) -> String {
        let slots = event.slots.iter().filter(|slot| is_told(narrow, slot.slot));
        let removed = slots.map(|slot| match slot.contingent {
            Some(contingent) => format!("{} of {contingent} in {}", slot.removed, self.slot(slot.slot)),
            None => format!("{} in {}", slot.removed, self.slot(slot.slot)),
        });
        format!("shrink {} ({}) removed free places: {}", event.shrink, event.reason, listed(removed))
    }

    fn returned(&self, event: &PlacesReturned, narrow: Narrow<'_>) -> String {
        let told = |back: &&schemas::events::PlaceReturn| {
            is_told(narrow, back.slot) || back.backed_by.is_some_and(|slot| is_told(narrow, slot))
        };
        let places = event.returned.iter().filter(told).map(|back| {
            let backed =
                back.backed_by.map(|slot| format!(", backed by {}", self.slot(slot))).unwrap_or_default();
            format!("{} of {} in {}{backed}", back.places, back.contingent, self.slot(back.slot))
        });
        format!("resting places became free again: {}", listed(places))
    }

    fn slot(&self, slot: SlotId) -> String {
        match self.starts.get(&(self.number, slot)) {
            Some(&start) => format!("slot {slot} ({})", self.formatted(start, "%Y-%m-%d %H:%M")),
            None => format!("slot {slot}"),
        }
    }

    fn time(&self, at: Instant) -> String {
        self.formatted(at, "%Y-%m-%d %H:%M:%S")
    }

    fn formatted(&self, at: Instant, form: &str) -> String {
        // Every instant is a timestamp, so the default is never taken.
        let timestamp = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
        ZonedDateTime::new(timestamp, self.zone.clone()).strftime(form).to_string()
    }
}

fn accepted(event: &RegistrationAccepted) -> String {
    format!(
        "registration {} was accepted with reference {}: group {}, district {}, age {}, filled in by {}",
        event.registration, event.reference, event.group, event.district, event.age_band, event.made_by
    )
}

fn is_told(narrow: Narrow<'_>, slot: SlotId) -> bool {
    narrow.is_none_or(|slots| slots.contains(&slot))
}

fn listed(things: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 8;
    let things: Vec<String> = things.collect();
    let more = things.len().saturating_sub(SHOWN);
    let mut text = things.into_iter().take(SHOWN).collect::<Vec<_>>().join("; ");
    if more > 0 {
        text.push_str(&format!("; and {more} more"));
    }
    text
}

/// With its article.
fn a(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}
