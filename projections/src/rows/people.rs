//! Rows about registrations, and the ways to find one.

use bincode::{Decode, Encode};
use ledger::rejection::Mark;
use schemas::Reference;
use schemas::ids::{AccessId, Commitment, ContentHash, District, Group, HoldId, Pseudonym, RegistrationId};
use schemas::vocabulary::{AgeBand, MadeBy, WithdrawReason};

use crate::keys::CentreAt;

/// A registration.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RegistrationRow {
    /// What people say on the phone.
    pub reference: Reference,
    /// 1 at first, one more with each amendment.
    pub revision: u32,
    /// All pseudonyms that it names, ascending.
    pub pseudonyms: Vec<Pseudonym>,
    /// Commitment to the person's data.
    pub commitment: Commitment,
    /// Priority group.
    pub group: Group,
    /// Where the person lives.
    pub district: District,
    /// How old, in five years.
    pub age_band: AgeBand,
    /// Who filled it in.
    pub made_by: MadeBy,
    /// Namesakes that an agent found to be other people.
    pub distinct_from: Vec<RegistrationId>,
    /// Hash of the command that made the newest revision.
    pub content: ContentHash,
    /// Where it was accepted: its time counts, and stays.
    pub registered_at: Mark,
    /// Where its newest revision stands.
    pub revised_at: Mark,
    /// Its live hold or booking.
    pub hold: Option<HoldId>,
    /// Its newest secret, when one was reissued.
    pub access: Option<Access>,
    /// Its end.
    pub withdrawn: Option<Withdrawn>,
    /// How far the erasure of its person's data is.
    pub erasure: Option<Erasure>,
}

/// A secret that took the place of an older one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Access {
    /// The id of the change.
    pub access: AccessId,
    /// 1 for the first new secret, then counted on.
    pub generation: u32,
    /// Hash of the command.
    pub content: ContentHash,
    /// Where.
    pub reissued_at: Mark,
}

/// The end of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Withdrawn {
    /// Why.
    pub reason: WithdrawReason,
    /// Hash of the command.
    pub content: ContentHash,
    /// Where.
    pub withdrawn_at: Mark,
}

/// How far an erasure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Erasure {
    /// Where it was ordered.
    pub ordered_at: Mark,
    /// Where it was found done; none: the data may still be in the vault.
    pub done_at: Option<Mark>,
}

/// What a reference stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct ReferenceRow {
    /// The centre.
    pub centre: CentreAt,
    /// The registration.
    pub registration: RegistrationId,
}

/// That a registration names a pseudonym. The key holds both; of several registrations of one person, the later is
/// the one with the greater (time, partition, seq).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct PersonRow {
    /// The centre of the registration.
    pub centre: CentreAt,
    /// The registration.
    pub registration: RegistrationId,
    /// Where it was accepted.
    pub registered_at: Mark,
}
