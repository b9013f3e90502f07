//! Events about registrations. Direct identifiers stand in the vault, never here.

use bincode::{Decode, Encode};

use crate::events::supply::event_type;
use crate::ids::{AccessId, Commitment, ContentHash, District, Group, Pseudonym, RegistrationId};
use crate::reference::Reference;
use crate::vocabulary::{AgeBand, MadeBy, WithdrawReason};

event_type! {
    /// A person registered at a centre.
    pub struct RegistrationAccepted {
        /// The registration's id.
        pub registration: RegistrationId,
        /// What people say on the phone.
        pub reference: Reference,
        /// All pseudonyms that were live under the person's index, ascending.
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
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// A registration was amended; its time stays.
    pub struct RegistrationAmended {
        /// The registration's id.
        pub registration: RegistrationId,
        /// 2 at the first amendment, then counted on.
        pub revision: u32,
        /// All pseudonyms that were live under the person's index, ascending.
        pub pseudonyms: Vec<Pseudonym>,
        /// Commitment to the person's data.
        pub commitment: Commitment,
        /// Priority group.
        pub group: Group,
        /// Where the person lives.
        pub district: District,
        /// How old, in five years.
        pub age_band: AgeBand,
        /// Registrations of namesakes that an agent found to be other people.
        pub distinct_from: Vec<RegistrationId>,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// A registration ended. The same record ends its hold or booking.
    pub struct RegistrationWithdrawn {
        /// The registration's id.
        pub registration: RegistrationId,
        /// Why.
        pub reason: WithdrawReason,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// A registration got a new secret; its hash is in the vault.
    pub struct AccessReissued {
        /// The registration's id.
        pub registration: RegistrationId,
        /// The id of this change.
        pub access: AccessId,
        /// 1 for the first new secret, then counted on.
        pub generation: u32,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// A person's data are to be erased from the vault.
    pub struct ErasureOrdered {
        /// The registration's id.
        pub registration: RegistrationId,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// A person's data are gone from the vault and its files.
    pub struct ErasureDone {
        /// The registration's id.
        pub registration: RegistrationId,
    }
}
