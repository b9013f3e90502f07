//! Events of the office: what concerns the whole ledger.

use bincode::{Decode, Encode};

use crate::events::supply::event_type;
use crate::ids::{ActorId, ContentHash};
use crate::time::Instant;
use crate::vocabulary::{Channel, ChannelState, Role};

event_type! {
    /// A channel was opened, drained or closed.
    pub struct ChannelSet {
        /// Which.
        pub channel: Channel,
        /// What it is now.
        pub state: ChannelState,
        /// Why, for people.
        pub reason: String,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// Somebody read records about people.
    pub struct RecordsRead {
        /// Who.
        pub actor: ActorId,
        /// As what.
        pub role: Role,
        /// What for.
        pub purpose: String,
        /// What was asked for, without direct identifiers.
        pub what: String,
        /// Beginning of the period read.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub from: Option<Instant>,
        /// End of the period read.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub to: Option<Instant>,
    }
}
