//! Rows about what is on offer: centres, rules, deliveries, releases, shrinks, slots and channels.

use bincode::{Decode, Encode};
use ledger::rejection::Mark;
use schemas::events::{CentreDescribed, ChannelSet, RulesSet, SlotsShrunk};
use schemas::ids::{ContentHash, Cvx, DeliveryId, ReleaseId, SlotId};
use schemas::vocabulary::Dose;
use schemas::{CivilDate, Instant};

/// A channel as it was last set.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ChannelRow {
    /// What was set.
    pub set: ChannelSet,
    /// Where.
    pub set_at: Mark,
}

/// A centre as it was last described.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CentreRow {
    /// The description.
    pub description: CentreDescribed,
    /// Where it came into being.
    pub created_at: Mark,
    /// Where it was last described.
    pub described_at: Mark,
}

/// One whole set of rules.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RulesRow {
    /// The set, its number and its instant.
    pub rules: RulesSet,
    /// Where it was set.
    pub set_at: Mark,
}

impl RulesRow {
    /// From when the set is in force: the first from its record, each later one from the instant that it names.
    pub fn in_force_from(&self) -> Instant {
        if self.rules.number == 1 { self.set_at.time } else { self.rules.effective_at }
    }
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DeliveryRow {
    /// Of what.
    pub vaccine: Cvx,
    /// Doses announced.
    pub doses: u32,
    /// For when.
    pub due_on: CivilDate,
    /// Hash of the command.
    pub content: ContentHash,
    /// Where it was announced.
    pub announced_at: Mark,
    /// What came of it.
    pub received: Option<Received>,
}

/// What came of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Received {
    /// The manufacturer's lot.
    pub lot: String,
    /// How many doses came.
    pub doses: u32,
    /// When.
    pub received_on: CivilDate,
    /// Hash of the command.
    pub content: ContentHash,
    /// Where it was noted.
    pub received_at: Mark,
}

/// A release. Its slots are rows of their own, numbered on from `first_slot`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReleaseRow {
    /// The delivery that its doses come from.
    pub delivery: DeliveryId,
    /// Of what.
    pub vaccine: Cvx,
    /// Doses a person gets: 1 or 2.
    pub doses: u8,
    /// Least civil days to the second dose.
    pub interval_min_days: u32,
    /// Most civil days to the second dose.
    pub interval_max_days: u32,
    /// When its contingents flow together.
    pub flows_back_at: Option<Instant>,
    /// Its first slot.
    pub first_slot: SlotId,
    /// How many slots it has.
    pub slots: u32,
    /// Hash of the command.
    pub content: ContentHash,
    /// Where it was released.
    pub released_at: Mark,
}

/// Places that were removed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ShrinkRow {
    /// What was removed, and why.
    pub shrunk: SlotsShrunk,
    /// Where.
    pub shrunk_at: Mark,
}

/// What a slot keeps for life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SlotRow {
    /// When it begins.
    pub start_at: Instant,
    /// The civil day at the centre.
    pub local_date: CivilDate,
    /// How long it is, in minutes.
    pub length_min: u32,
    /// Of what.
    pub vaccine: Cvx,
    /// For which dose.
    pub dose: Dose,
    /// The release that it came with.
    pub release: ReleaseId,
}
