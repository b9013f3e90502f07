//! Which events a reader wants.

use projections::stream::Streamed;
use schemas::ids::CentreId;
use schemas::vocabulary::Channel;
use schemas::{Event, Instant};

/// Which events a reader wants; what is not said is all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) centre: Option<CentreId>,
    /// Slugs: `hold-placed`.
    pub(crate) types: Vec<String>,
    pub(crate) channel: Option<Channel>,
    pub(crate) from: Option<Instant>,
    pub(crate) to: Option<Instant>,
}

impl Filter {
    /// The slug of a type as a reader writes it: `hold-placed`, or `de.terminbuch.hold-placed.v1`.
    pub(crate) fn slug(text: &str) -> Option<&'static str> {
        let bare = text.strip_prefix("de.terminbuch.").unwrap_or(text);
        let is_version = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let bare =
            bare.rsplit_once(".v").filter(|(_, version)| is_version(version)).map_or(bare, |(bare, _)| bare);
        Event::CATALOGUE.iter().map(|&(_, _, _, slug)| slug).find(|&slug| slug == bare)
    }

    /// Whether the period is over at this event: the stream is in the order of time.
    pub(super) fn is_over(&self, streamed: &Streamed) -> bool {
        self.to.is_some_and(|to| streamed.at >= to)
    }

    pub(super) fn admits(&self, streamed: &Streamed, event: &Event) -> bool {
        let channel = Channel::from_number(streamed.record.prefix.channel);
        self.centre.as_ref().is_none_or(|centre| streamed.centre.as_ref() == Some(centre))
            && (self.types.is_empty() || self.types.iter().any(|slug| slug == event.slug()))
            && self.channel.is_none_or(|wanted| channel == Some(wanted))
            && self.from.is_none_or(|from| streamed.at >= from)
    }
}
