//! One event under a veil. The match is over all events: a new one does not compile before it is decided what it hides.

use schemas::Event;
use schemas::events::{
    BookingCancelled, BookingConfirmed, BookingRescheduled, HoldExpired, HoldExtended, HoldPlaced,
    HoldReleased, RegistrationAccepted, RegistrationAmended,
};
use schemas::ids::{
    AccessId, ActorId, ChangeId, CommandId, Commitment, ContentHash, HoldId, Pseudonym, RegistrationId,
};
use serde_json::{Map, Value};

use super::veil::Veil;

impl Veil {
    /// The event with its subjects under this veil, in JSON, and what cannot be said under another name left out.
    pub(super) fn data(&self, event: &Event) -> Result<Map<String, Value>, serde_json::Error> {
        let Value::Object(mut data) = self.event(event).to_json()? else { return Ok(Map::new()) };
        if !self.is_raw() {
            for withheld in withheld(event) {
                data.remove(*withheld);
            }
        }
        Ok(data)
    }

    /// The event with its subjects under this veil.
    pub(super) fn event(&self, event: &Event) -> Event {
        if self.is_raw() {
            return event.clone();
        }
        let mut event = event.clone();
        match &mut event {
            Event::CentreDescribed(event) => event.content = self.content(event.content),
            Event::RulesSet(event) => event.content = self.content(event.content),
            Event::DeliveryAnnounced(event) => event.content = self.content(event.content),
            Event::DeliveryReceived(event) => event.content = self.content(event.content),
            Event::SlotsReleased(event) => event.content = self.content(event.content),
            Event::SlotsShrunk(event) => event.content = self.content(event.content),
            Event::ChannelSet(event) => event.content = self.content(event.content),
            Event::RegistrationAccepted(event) => self.accepted(event),
            Event::RegistrationAmended(event) => self.amended(event),
            Event::RegistrationWithdrawn(event) => {
                event.registration = self.registration(event.registration);
                event.content = self.content(event.content);
            }
            Event::AccessReissued(event) => {
                event.registration = self.registration(event.registration);
                event.access = AccessId(self.uuid("access", event.access.0));
                event.content = self.content(event.content);
            }
            Event::ErasureOrdered(event) => {
                event.registration = self.registration(event.registration);
                event.content = self.content(event.content);
            }
            Event::ErasureDone(event) => event.registration = self.registration(event.registration),
            Event::HoldPlaced(event) => self.placed(event),
            Event::HoldExtended(HoldExtended { hold, deadline_at, content }) => {
                *hold = self.hold(*hold);
                *deadline_at = self.instant(*deadline_at);
                *content = self.content(*content);
            }
            Event::HoldReleased(HoldReleased { hold, content, .. })
            | Event::BookingConfirmed(BookingConfirmed { booking: hold, content })
            | Event::BookingCancelled(BookingCancelled { booking: hold, content, .. }) => {
                *hold = self.hold(*hold);
                *content = self.content(*content);
            }
            Event::HoldExpired(HoldExpired { hold }) => *hold = self.hold(*hold),
            Event::BookingRescheduled(BookingRescheduled { booking, change, content, .. }) => {
                *booking = self.hold(*booking);
                *change = ChangeId(self.uuid("change", change.0));
                *content = self.content(*content);
            }
            Event::RecordsRead(event) => event.actor = self.actor(event.actor),
            // Places alone: nobody stands in them.
            Event::ContingentsReturned(_) | Event::PlacesReturned(_) => {}
        }
        event
    }

    fn accepted(&self, event: &mut RegistrationAccepted) {
        event.registration = self.registration(event.registration);
        event.reference = self.reference(&event.reference);
        event.pseudonyms = self.pseudonyms(&event.pseudonyms);
        event.commitment = self.commitment(event.commitment);
        event.content = self.content(event.content);
    }

    fn amended(&self, event: &mut RegistrationAmended) {
        event.registration = self.registration(event.registration);
        event.pseudonyms = self.pseudonyms(&event.pseudonyms);
        event.commitment = self.commitment(event.commitment);
        event.distinct_from = event.distinct_from.iter().map(|&other| self.registration(other)).collect();
        event.content = self.content(event.content);
    }

    fn placed(&self, event: &mut HoldPlaced) {
        event.hold = self.hold(event.hold);
        event.registration = self.registration(event.registration);
        event.instead_of = event.instead_of.map(|hold| self.hold(hold));
        event.deadline_at = self.instant(event.deadline_at);
        event.content = self.content(event.content);
    }

    pub(super) fn registration(&self, raw: RegistrationId) -> RegistrationId {
        RegistrationId(self.uuid("registration", raw.0))
    }

    pub(super) fn hold(&self, raw: HoldId) -> HoldId {
        HoldId(self.uuid("hold", raw.0))
    }

    pub(super) fn actor(&self, raw: ActorId) -> ActorId {
        ActorId(self.uuid("actor", raw.0))
    }

    pub(super) fn command(&self, raw: CommandId) -> CommandId {
        CommandId(self.uuid("command", raw.0))
    }

    /// Sorted anew: the order of the raw ones would tell something about them.
    pub(super) fn pseudonyms(&self, raw: &[Pseudonym]) -> Vec<Pseudonym> {
        let mut all: Vec<_> = raw.iter().map(|raw| Pseudonym(self.bytes("pseudonym", raw.0))).collect();
        all.sort_unstable();
        all
    }

    fn commitment(&self, raw: Commitment) -> Commitment {
        Commitment(self.long_bytes("commitment", raw.0))
    }

    fn content(&self, raw: ContentHash) -> ContentHash {
        ContentHash(self.bytes("content", raw.0))
    }
}

/// Members of an event's data that are left out under a veil: a district beside an age band names few people, and what
/// was looked up, and why, is free text in which a name or a reference can stand.
fn withheld(event: &Event) -> &'static [&'static str] {
    match event {
        Event::RegistrationAccepted(_) | Event::RegistrationAmended(_) => &["district"],
        Event::RecordsRead(_) => &["purpose", "what"],
        _ => &[],
    }
}
