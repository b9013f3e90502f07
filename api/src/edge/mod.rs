//! Edges: where requests come in. Each is a listener with threads and limits of its own, and a router.
//!
//! `router` is the index of the program: every path of an edge stands there once.

mod answer;
mod guarded;
pub(crate) mod listener;
pub(crate) mod router;

use schemas::vocabulary::{Channel, Role};

/// Who is served where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Citizens.
    Web,
    /// Agents on the phone, and centres' desks.
    Hotline,
    /// Auditors and analysts, who only read.
    Audit,
    /// Operators.
    Admin,
}

impl Edge {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Web, Self::Hotline, Self::Audit, Self::Admin];

    /// The roles that are admitted; none: whoever bears the secret of a registration.
    pub(crate) const fn roles(self) -> &'static [Role] {
        match self {
            Self::Web => &[],
            Self::Hotline => &[Role::Agent, Role::Centre],
            Self::Audit => &[Role::Auditor, Role::Analyst],
            Self::Admin => &[Role::Admin],
        }
    }
}

impl Edge {
    /// The edge's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Hotline => "hotline",
            Self::Audit => "audit",
            Self::Admin => "admin",
        }
    }

    /// The channel of commands that come in here, unless the credential says otherwise.
    pub(crate) const fn channel(self) -> Channel {
        match self {
            Self::Web => Channel::Web,
            Self::Hotline => Channel::Hotline,
            Self::Audit => Channel::Audit,
            Self::Admin => Channel::Admin,
        }
    }
}
