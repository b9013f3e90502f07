//! What a centre has to offer: its description, rules, deliveries, releases and shrinks.

mod deliveries;
mod fold;
mod release;
mod rules;
mod shrink;

use std::collections::BTreeMap;

use schemas::ids::{Cvx, DeliveryId, ReleaseId, RulesId, ShrinkId};
use schemas::{CivilDate, Event, Instant, RuleSet};

use super::known::Known;

/// Doses promised and, later, taken in.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// Of what.
    pub vaccine: Cvx,
    /// How many doses were announced.
    pub announced: u32,
    /// For when.
    pub due_on: CivilDate,
    /// The announcement.
    pub known: Known,
    /// What came.
    pub received: Option<Arrival>,
    /// Doses that its released first places bind, less what was shrunk.
    pub bound: u64,
}

/// Doses that came.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Arrival {
    /// The manufacturer's lot.
    pub lot: String,
    /// How many.
    pub doses: u32,
    /// When.
    pub received_on: CivilDate,
    /// The command and the record.
    pub known: Known,
}

impl Delivery {
    /// How many doses may be bound: what came, or what is announced while nothing has come.
    pub fn doses(&self) -> u32 {
        self.received.as_ref().map_or(self.announced, |arrival| arrival.doses)
    }
}

/// A set of rules and from when it is in force.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
struct InForce {
    from: Instant,
    number: u32,
    set: RuleSet,
}

/// Everything about supply but the slots themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub(super) struct Supply {
    rules: BTreeMap<RulesId, Known>,
    /// By (from, number).
    sets: Vec<InForce>,
    deliveries: BTreeMap<DeliveryId, Delivery>,
    releases: BTreeMap<ReleaseId, Known>,
    shrinks: BTreeMap<ShrinkId, Known>,
}

impl Supply {
    pub(super) fn rules_at(&self, now: Instant) -> Option<&RuleSet> {
        self.sets.iter().rev().find(|rules| rules.from <= now).map(|rules| &rules.set)
    }

    pub(super) fn delivery(&self, id: DeliveryId) -> Option<&Delivery> {
        self.deliveries.get(&id)
    }

    pub(super) fn deliveries(&self) -> impl Iterator<Item = &Delivery> {
        self.deliveries.values()
    }

    pub(super) fn release(&self, id: ReleaseId) -> Option<&Known> {
        self.releases.get(&id)
    }

    pub(super) fn shrink(&self, id: ShrinkId) -> Option<&Known> {
        self.shrinks.get(&id)
    }
}

/// Whether these events fit into one record, prefix and framing included.
pub(super) fn fits_a_record(events: &[Event]) -> bool {
    const FRAME_BYTES: usize = 2 + 1 + 4;
    let mut bytes = schemas::record::PREFIX_BYTES + 2;
    for event in events {
        let Ok(payload) = event.payload() else { return false };
        bytes += FRAME_BYTES + payload.len();
    }
    bytes <= schemas::codec::MAX_RECORD_BYTES
}
