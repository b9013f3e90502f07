//! Commands: what somebody asks for, in the imperative. They are never written; what they lead to is. That they have a
//! JSON form serves those who keep a record of what was asked.

use schemas::ids::{
    AccessId, ActorId, BookingId, CentreId, ChangeId, CommandId, Commitment, ContentHash, Cvx, DeliveryId,
    District, Group, HoldId, Pseudonym, ReferencePrefix, RegistrationId, ReleaseId, RulesId, ShrinkId,
    SlotId,
};
use schemas::vocabulary::{
    AgeBand, CancelDoses, CancelReason, Channel, ChannelState, Contingent, Dose, MadeBy, Role, ShrinkReason,
    WithdrawReason,
};
use schemas::{CivilDate, Instant, Reference, RuleSet};
use sha2::{Digest, Sha256};

/// A command and whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Command {
    /// For the office.
    Office(OfficeCommand),
    /// For one centre.
    Centre(CentreId, CentreCommand),
}

/// What can be asked of the office.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the events they lead to")]
pub enum OfficeCommand {
    /// Opens, drains or closes a channel.
    SetChannel { channel: Channel, state: ChannelState, reason: String },
    /// Notes who read what; never a repeat.
    NoteRead {
        actor: ActorId,
        role: Role,
        purpose: String,
        what: String,
        from: Option<Instant>,
        to: Option<Instant>,
    },
}

/// What can be asked of a centre.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the events they lead to")]
pub enum CentreCommand {
    /// Describes the centre; the first time it comes into being.
    DescribeCentre(CentreDescription),
    /// Sets a whole set of rules, in force from `effective_at`.
    SetRules { rules: RulesId, effective_at: Instant, set: RuleSet },
    /// Announces doses.
    AnnounceDelivery { delivery: DeliveryId, vaccine: Cvx, doses: u32, due_on: CivilDate },
    /// Takes doses in.
    ReceiveDelivery { delivery: DeliveryId, lot: String, doses: u32, received_on: CivilDate },
    /// Puts the slots of at most one day of first doses, with second ones, on offer.
    ReleaseSlots { release: ReleaseId, delivery: DeliveryId, vaccine: Cvx, slots: Vec<SlotPlan> },
    /// Removes free places.
    ShrinkSlots { shrink: ShrinkId, reason: ShrinkReason, slots: Vec<ShrinkPlan> },
    /// Registers a person. `reference` is drawn by the edge and no part of the content.
    Register { registration: RegistrationId, reference: Reference, made_by: MadeBy, person: PersonFacts },
    /// Amends a registration; `revision` is the one the caller has seen.
    AmendRegistration {
        registration: RegistrationId,
        revision: u32,
        person: PersonFacts,
        distinct_from: Vec<RegistrationId>,
    },
    /// Ends a registration and gives its places back.
    WithdrawRegistration { registration: RegistrationId, reason: WithdrawReason },
    /// Notes that a registration has a new secret; `secret_hash` is SHA-256 of it, for the content alone.
    ReissueAccess { registration: RegistrationId, access: AccessId, secret_hash: [u8; 32] },
    /// Orders the erasure of a person's data. `ended_in_views`: the edge found in the views that the registration
    /// ended so long ago that the fold has forgotten it.
    Erase { registration: RegistrationId, ended_in_views: bool },
    /// Notes that the data are gone; the program's own.
    FinishErasure { registration: RegistrationId },
    /// Sets a first place and its second aside.
    PlaceHold {
        hold: HoldId,
        registration: RegistrationId,
        first: SlotId,
        /// None: the writer picks.
        second: Option<SlotId>,
        instead_of: Option<HoldId>,
    },
    /// Extends a hold once.
    ExtendHold { hold: HoldId },
    /// Gives a hold back.
    ReleaseHold { hold: HoldId },
    /// Makes a hold a booking.
    ConfirmHold { hold: HoldId },
    /// Moves a booking.
    RescheduleBooking { booking: BookingId, change: ChangeId, first: Option<SlotId>, second: Option<SlotId> },
    /// Gives places of a booking back.
    CancelBooking { booking: BookingId, doses: CancelDoses, reason: CancelReason },
}

/// A centre as it is to be described.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the fields are those of `CentreDescribed`")]
pub struct CentreDescription {
    pub id: CentreId,
    pub reference_prefix: ReferencePrefix,
    pub name: String,
    pub address: String,
    pub phone: String,
    pub time_zone: String,
    pub opens_on: CivilDate,
    pub catchment: Vec<District>,
}

/// What the ledger is told of a person: nothing that names them.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the fields are those of `RegistrationAccepted`")]
pub struct PersonFacts {
    /// Ascending.
    pub pseudonyms: Vec<Pseudonym>,
    pub commitment: Commitment,
    pub group: Group,
    pub district: District,
    pub age_band: AgeBand,
}

/// A slot as it is to be released. The edge lays a day out on the rules' grid and deals the contingents.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the fields are those of `ReleasedSlot`")]
pub struct SlotPlan {
    pub start_at: Instant,
    pub local_date: CivilDate,
    pub length_min: u32,
    pub dose: Dose,
    pub capacity: u32,
    /// 0 in second-dose slots, as are the two below; else the three add up to `capacity`.
    pub web: u32,
    pub hotline: u32,
    pub open: u32,
}

/// Places to be removed from a slot.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, serde::Serialize, serde::Deserialize)]
pub struct ShrinkPlan {
    /// The slot.
    pub slot: SlotId,
    /// The contingent of a first-dose slot; none: from open, then hotline, then web.
    pub contingent: Option<Contingent>,
    /// How many places.
    pub places: u32,
}

/// What the shell knows of a command's moment, as values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The time the decision will be stamped with.
    pub now: Instant,
    /// The civil day at the centre.
    pub on: CivilDate,
    /// Where it came in.
    pub channel: Channel,
    /// Who; nil: the bearer of the registration's secret.
    pub actor: ActorId,
}

impl Command {
    /// The last UUID of the command's path; nil where there is none.
    pub fn id(&self) -> CommandId {
        match self {
            Self::Office(_) => CommandId::NIL,
            Self::Centre(_, command) => command.id(),
        }
    }

    /// Tells it from others that are under way: its id, or its content where it has none.
    pub(crate) fn key(&self) -> [u8; 16] {
        match (self.id(), self) {
            (CommandId::NIL, Self::Office(command)) => command.content().0,
            (CommandId::NIL, Self::Centre(_, command)) => command.content().0,
            (id, _) => id.0,
        }
    }
}

impl OfficeCommand {
    /// The first 16 bytes of SHA-256 over the command as sent.
    pub fn content(&self) -> ContentHash {
        match self {
            Self::SetChannel { channel, state, reason } => content("SetChannel", &(*channel, *state, reason)),
            Self::NoteRead { actor, role, purpose, what, from, to } => {
                content("NoteRead", &(actor, *role, purpose, what, from, to))
            }
        }
    }
}

impl CentreCommand {
    /// The last UUID of the command's path; nil where there is none.
    pub fn id(&self) -> CommandId {
        CommandId(match self {
            Self::DescribeCentre(_) => [0; 16],
            Self::SetRules { rules, .. } => rules.0,
            Self::AnnounceDelivery { delivery, .. } | Self::ReceiveDelivery { delivery, .. } => delivery.0,
            Self::ReleaseSlots { release, .. } => release.0,
            Self::ShrinkSlots { shrink, .. } => shrink.0,
            Self::Register { registration, .. }
            | Self::AmendRegistration { registration, .. }
            | Self::WithdrawRegistration { registration, .. }
            | Self::Erase { registration, .. }
            | Self::FinishErasure { registration } => registration.0,
            Self::ReissueAccess { access, .. } => access.0,
            Self::PlaceHold { hold, .. }
            | Self::ExtendHold { hold }
            | Self::ReleaseHold { hold }
            | Self::ConfirmHold { hold } => hold.0,
            Self::RescheduleBooking { change, .. } => change.0,
            Self::CancelBooking { booking, .. } => booking.0,
        })
    }

    /// The first 16 bytes of SHA-256 over the command as sent, with the commitment in place of personal data and
    /// without what the edge drew.
    pub fn content(&self) -> ContentHash {
        match self {
            Self::DescribeCentre(description) => content("DescribeCentre", description),
            Self::SetRules { rules, effective_at, set } => content("SetRules", &(rules, effective_at, set)),
            Self::AnnounceDelivery { delivery, vaccine, doses, due_on } => {
                content("AnnounceDelivery", &(delivery, vaccine, doses, due_on))
            }
            Self::ReceiveDelivery { delivery, lot, doses, received_on } => {
                content("ReceiveDelivery", &(delivery, lot, doses, received_on))
            }
            Self::ReleaseSlots { release, delivery, vaccine, slots } => {
                content("ReleaseSlots", &(release, delivery, vaccine, slots))
            }
            Self::ShrinkSlots { shrink, reason, slots } => content("ShrinkSlots", &(shrink, reason, slots)),
            Self::Register { registration, made_by, person, .. } => {
                content("Register", &(registration, made_by, person.as_sent()))
            }
            Self::AmendRegistration { registration, revision, person, distinct_from } => {
                content("AmendRegistration", &(registration, revision, person.as_sent(), distinct_from))
            }
            Self::WithdrawRegistration { registration, reason } => {
                content("WithdrawRegistration", &(registration, reason))
            }
            Self::ReissueAccess { registration, access, secret_hash } => {
                content("ReissueAccess", &(registration, access, secret_hash))
            }
            Self::Erase { registration, .. } => content("Erase", registration),
            Self::FinishErasure { registration } => content("FinishErasure", registration),
            Self::PlaceHold { hold, registration, first, second, instead_of } => {
                content("PlaceHold", &(hold, registration, first, second, instead_of))
            }
            Self::ExtendHold { hold } => content("ExtendHold", hold),
            Self::ReleaseHold { hold } => content("ReleaseHold", hold),
            Self::ConfirmHold { hold } => content("ConfirmHold", hold),
            Self::RescheduleBooking { booking, change, first, second } => {
                content("RescheduleBooking", &(booking, change, first, second))
            }
            Self::CancelBooking { booking, doses, reason } => {
                content("CancelBooking", &(booking, doses, reason))
            }
        }
    }
}

impl PersonFacts {
    /// Without the pseudonyms, which the vault gives and which may differ from one sending to the next.
    fn as_sent(&self) -> (&Commitment, &Group, &District, &AgeBand) {
        (&self.commitment, &self.group, &self.district, &self.age_band)
    }
}

fn content<T: bincode::Encode>(name: &str, fields: &T) -> ContentHash {
    // Commands come from the edge, which bounds them far below a record; what does not fit is refused by `decide`.
    let bytes = schemas::codec::to_bytes(fields).unwrap_or_default();
    let digest: [u8; 32] =
        Sha256::new().chain_update(name).chain_update([0]).chain_update(bytes).finalize().into();
    let mut content = [0; 16];
    content.copy_from_slice(&digest[..16]);
    ContentHash(content)
}
