//! One event as a CloudEvents 1.0 JSON object.

use ledger::chain::Counted;
use schemas::Event;
use schemas::ids::{CentreId, LedgerId, Partition};
use schemas::vocabulary::Channel;
use serde_json::{Map, Value};

use super::veil::Veil;

/// Where an event stands.
#[derive(Debug, Clone, Copy)]
pub struct EventAt<'a> {
    /// The ledger.
    pub ledger: LedgerId,
    /// The partition.
    pub partition: Partition,
    /// The centre that it concerns; none: the office.
    pub centre: Option<&'a CentreId>,
    /// Its record.
    pub record: &'a Counted,
    /// Its place in the record, from 0.
    pub index: usize,
}

impl EventAt<'_> {
    /// The channel that the record came by.
    pub(super) fn channel(&self) -> Channel {
        // A record of a channel that is not known does not count.
        Channel::from_number(self.record.prefix.channel).unwrap_or(Channel::Writer)
    }

    /// The event's name.
    pub(super) fn id(&self, veil: &Veil) -> String {
        veil.event_id(self.partition, self.record.mark.seq, self.index)
    }
}

/// The event as CloudEvents 1.0 has it, with the extension attributes `channel`, `actor` and `command` (both only where
/// there is one). `dataschema` stands where the data are whole: a veil leaves members out.
///
/// # Errors
/// Never in practice: nothing in an event has no JSON.
pub fn cloud_event(at: &EventAt<'_>, event: &Event, veil: &Veil) -> Result<Value, serde_json::Error> {
    let mut object = Map::new();
    let mut put = |name: &str, value: String| object.insert(name.to_owned(), Value::from(value));
    put("specversion", "1.0".to_owned());
    put("id", at.id(veil));
    put("source", format!("/terminbuch/{}/{}", at.ledger, at.partition));
    put("type", format!("de.terminbuch.{}.v{}", event.slug(), event.version()));
    if let Some(centre) = at.centre {
        put("subject", centre.to_string());
    }
    put("time", veil.instant(at.record.mark.time).to_string());
    put("datacontenttype", "application/json".to_owned());
    if veil.is_raw() {
        put("dataschema", event.schema_id());
    }
    put("channel", at.channel().to_string());
    let (actor, command) = (at.record.prefix.actor, at.record.prefix.command);
    if !actor.is_nil() {
        put("actor", veil.actor(actor).to_string());
    }
    if !command.is_nil() {
        put("command", veil.command(command).to_string());
    }
    object.insert("data".to_owned(), Value::Object(veil.data(event)?));
    Ok(Value::Object(object))
}
