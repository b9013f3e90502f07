//! The row of an event.

use schemas::Event;
use schemas::ids::{HoldId, RegistrationId, SlotId};

use super::{number, of_slot, of_text};
use crate::tables::cloud_event::EventAt;
use crate::tables::column::Cell;
use crate::tables::veil::Veil;

/// What of an event has a column of its own.
#[derive(Default)]
struct Marked {
    registration: Option<RegistrationId>,
    hold: Option<HoldId>,
    first: Option<SlotId>,
    second: Option<SlotId>,
    contingent: Option<&'static str>,
    reason: Option<&'static str>,
}

/// The row of an event in the order of the columns.
///
/// # Errors
/// Never in practice: nothing in an event has no JSON.
pub(in crate::tables) fn event_row(
    at: &EventAt<'_>,
    event: &Event,
    veil: &Veil,
) -> Result<Vec<Cell>, serde_json::Error> {
    let marked = marked(event);
    let prefix = &at.record.prefix;
    let actor = (!prefix.actor.is_nil()).then(|| veil.actor(prefix.actor));
    let command = (!prefix.command.is_nil()).then(|| veil.command(prefix.command));
    let word = |word: Option<&'static str>| word.map_or(Cell::Empty, Cell::Word);
    Ok(vec![
        Cell::Text(at.id(veil)),
        Cell::Word(event.slug()),
        number(event.version()),
        Cell::Instant(veil.instant(at.record.mark.time)),
        Cell::Word(at.channel().as_str()),
        of_text(actor),
        of_text(command),
        of_text(marked.registration.map(|id| veil.registration(id))),
        of_text(marked.hold.map(|id| veil.hold(id))),
        of_slot(marked.first),
        of_slot(marked.second),
        word(marked.contingent),
        word(marked.reason),
        Cell::Text(serde_json::to_string(&veil.data(event)?)?),
    ])
}

fn marked(event: &Event) -> Marked {
    let none = Marked::default();
    let registration = |id: RegistrationId| Marked { registration: Some(id), ..Marked::default() };
    let hold = |id: HoldId| Marked { hold: Some(id), ..Marked::default() };
    match event {
        Event::RegistrationAccepted(event) => registration(event.registration),
        Event::RegistrationAmended(event) => registration(event.registration),
        Event::RegistrationWithdrawn(event) => {
            Marked { reason: Some(event.reason.as_str()), ..registration(event.registration) }
        }
        Event::AccessReissued(event) => registration(event.registration),
        Event::ErasureOrdered(event) => registration(event.registration),
        Event::ErasureDone(event) => registration(event.registration),
        Event::HoldPlaced(event) => Marked {
            registration: Some(event.registration),
            first: Some(event.first),
            second: event.second,
            contingent: Some(event.contingent.as_str()),
            ..hold(event.hold)
        },
        Event::HoldExtended(event) => hold(event.hold),
        Event::HoldReleased(event) => Marked { reason: Some(event.reason.as_str()), ..hold(event.hold) },
        Event::HoldExpired(event) => hold(event.hold),
        Event::BookingConfirmed(event) => hold(event.booking),
        Event::BookingRescheduled(event) => Marked {
            first: event.first,
            second: event.second,
            contingent: event.contingent.map(|contingent| contingent.as_str()),
            reason: Some(event.cause.as_str()),
            ..hold(event.booking)
        },
        Event::BookingCancelled(event) => {
            Marked { reason: Some(event.reason.as_str()), ..hold(event.booking) }
        }
        Event::SlotsShrunk(event) => Marked { reason: Some(event.reason.as_str()), ..none },
        Event::CentreDescribed(_)
        | Event::RulesSet(_)
        | Event::DeliveryAnnounced(_)
        | Event::DeliveryReceived(_)
        | Event::SlotsReleased(_)
        | Event::ContingentsReturned(_)
        | Event::PlacesReturned(_)
        | Event::ChannelSet(_)
        | Event::RecordsRead(_) => none,
    }
}
