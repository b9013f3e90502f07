//! Edges: where requests come in. Each is a listener with threads and limits of its own, and a router.
//!
//! `router` is the index of the program: every path of an edge stands there once.

mod answer;
mod guarded;
pub(crate) mod listener;
pub(crate) mod router;

use schemas::vocabulary::Channel;

/// Who is served where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Citizens.
    Web,
    /// Agents on the phone, and centres' desks.
    Hotline,
    /// Operators.
    Admin,
}

impl Edge {
    /// The edge's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Hotline => "hotline",
            Self::Admin => "admin",
        }
    }

    /// The channel of commands that come in here, unless the credential says otherwise.
    pub(crate) const fn channel(self) -> Channel {
        match self {
            Self::Web => Channel::Web,
            Self::Hotline => Channel::Hotline,
            Self::Admin => Channel::Admin,
        }
    }
}
