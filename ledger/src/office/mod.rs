//! What concerns the whole ledger: which channels are open, and who read what. Pure, like a centre, only smaller.

use std::collections::BTreeMap;

use schemas::Event;
use schemas::events::{ChannelSet, RecordsRead};
use schemas::vocabulary::{Channel, ChannelState};

use crate::answer::Decision;
use crate::centre::{Breach, Known};
use crate::command::{Asked, OfficeCommand};
use crate::rejection::{Mark, Rejection};

mod stored;
#[cfg(test)]
mod tests;

/// The fold of the office.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Office {
    channels: BTreeMap<Channel, ChannelEntry>,
    last: Option<Mark>,
    breach: Option<Breach>,
}

/// What was last said about a channel.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct ChannelEntry {
    /// What it is.
    pub state: ChannelState,
    /// Why, for people.
    pub reason: String,
    /// The command and the record.
    pub known: Known,
}

impl Office {
    /// Nothing was said yet: every channel is open.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a command leads to. To say of a channel what was last said of it is a repeat; reading never is.
    ///
    /// # Errors
    /// None today: the office refuses nothing.
    pub fn decide(&self, command: &OfficeCommand, _: &Asked) -> Result<Decision, Rejection> {
        let content = command.content();
        let event: Event = match command {
            OfficeCommand::SetChannel { channel, state, reason } => {
                if let Some(entry) = self.channels.get(channel).filter(|entry| entry.known.content == content)
                {
                    return Ok(Decision::Repeat(entry.known.mark));
                }
                ChannelSet { channel: *channel, state: *state, reason: reason.clone(), content }.into()
            }
            OfficeCommand::NoteRead { actor, role, purpose, what, from, to } => RecordsRead {
                actor: *actor,
                role: *role,
                purpose: purpose.clone(),
                what: what.clone(),
                from: *from,
                to: *to,
            }
            .into(),
        };
        Ok(Decision::Events(vec![event]))
    }

    /// Folds an event of the record at `mark`. Total: what does not belong here is noted for `check`.
    pub fn apply(&mut self, event: &Event, mark: &Mark) {
        self.last = Some(*mark);
        match event {
            Event::ChannelSet(set) => {
                let known = Known { content: set.content, mark: *mark };
                let entry = ChannelEntry { state: set.state, reason: set.reason.clone(), known };
                self.channels.insert(set.channel, entry);
            }
            Event::RecordsRead(_) => {}
            other => {
                self.breach.get_or_insert(Breach::Misplaced { event: other.name() });
            }
        }
    }

    /// What `apply` noted.
    ///
    /// # Errors
    /// The first breach that was found, now and for ever.
    pub fn check(&self) -> Result<(), Breach> {
        self.breach.clone().map_or(Ok(()), Err)
    }

    /// Whether a channel takes commands; open until something else was said.
    pub fn channel_state(&self, channel: Channel) -> ChannelState {
        self.channels.get(&channel).map_or(ChannelState::Open, |entry| entry.state)
    }

    /// What was last said about a channel.
    pub fn channel(&self, channel: Channel) -> Option<&ChannelEntry> {
        self.channels.get(&channel)
    }

    /// The office's last record.
    pub fn last_change(&self) -> Option<Mark> {
        self.last
    }
}
