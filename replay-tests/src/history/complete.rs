//! Callers over HTTP do not see what the vault makes of a person. The log tells it afterwards.

use std::collections::BTreeMap;

use ledger::command::PersonFacts;
use ledger::{CentreCommand, Command};
use schemas::events::RegistrationAccepted;
use schemas::ids::RegistrationId;
use schemas::{Body, Event, Prefix};

use super::{History, Witness};

/// Puts into each call that registers somebody the facts that the record of the same id has. Whether the record is the right
/// one in all else is for the checker to say; where there is none the call stays as it is.
pub fn complete(mut history: History, witnesses: &[Witness]) -> History {
    let accepted = accepted(witnesses);
    for call in &mut history.calls {
        if let Command::Centre(_, CentreCommand::Register { registration, reference, person, .. }) =
            &mut call.asked.command
            && let Some(event) = accepted.get(registration)
        {
            reference.clone_from(&event.reference);
            *person = PersonFacts {
                pseudonyms: event.pseudonyms.clone(),
                commitment: event.commitment,
                age_band: event.age_band,
                group: person.group,
                district: person.district,
            };
        }
    }
    history
}

fn accepted(witnesses: &[Witness]) -> BTreeMap<RegistrationId, RegistrationAccepted> {
    let mut accepted = BTreeMap::new();
    for entry in witnesses.iter().flat_map(|witness| &witness.entries) {
        let Ok((prefix, body)) = Prefix::split(&entry.value) else { continue };
        let Ok(Body::Decision(events)) = Body::read(prefix.kind, body) else { continue };
        for event in events {
            if let Event::RegistrationAccepted(event) = event {
                accepted.entry(event.registration).or_insert(event);
            }
        }
    }
    accepted
}
