//! Who asked for the same.

use std::collections::BTreeMap;

use ledger::{CentreCommand, Command};
use schemas::ids::{ActorId, CentreId, ContentHash};
use schemas::vocabulary::Channel;
use schemas::{Event, Instant};

use crate::history::History;

/// One command, whoever sends it: its centre and its content.
pub(super) type Key = (CentreId, ContentHash);

/// All calls for one command.
#[derive(Debug, Default)]
pub(super) struct Asking<'history> {
    /// By their number in the history, which is the order in which they were made.
    pub(super) calls: Vec<usize>,
    /// The ways in which it was sent: they may differ in what is no part of the content.
    pub(super) ways: Vec<Way<'history>>,
}

/// One way in which a command was sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Way<'history> {
    pub(super) command: &'history CentreCommand,
    pub(super) channel: Channel,
    pub(super) actor: ActorId,
}

/// All calls by what they ask.
#[derive(Debug)]
pub(super) struct Askings<'history> {
    by_key: BTreeMap<Key, Asking<'history>>,
    /// Of each call; none: it is the office's.
    pub(super) keys: Vec<Option<Key>>,
}

impl<'history> Askings<'history> {
    pub(super) fn of(history: &'history History) -> Self {
        let mut askings = Self { by_key: BTreeMap::new(), keys: Vec::new() };
        for (number, call) in history.calls.iter().enumerate() {
            let Command::Centre(centre, command) = &call.asked.command else {
                askings.keys.push(None);
                continue;
            };
            let key = (centre.clone(), command.content());
            let asking = askings.by_key.entry(key.clone()).or_default();
            asking.calls.push(number);
            let actor = call.asked.actor.unwrap_or(ActorId::NIL);
            let way = Way { command, channel: call.asked.channel, actor };
            if !asking.ways.contains(&way) {
                asking.ways.push(way);
            }
            askings.keys.push(Some(key));
        }
        askings
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Asking<'history>> {
        self.by_key.get(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &Asking<'history>)> {
        self.by_key.iter()
    }
}

impl Asking<'_> {
    /// The call that was made first.
    pub(super) fn first(&self) -> Option<usize> {
        self.calls.first().copied()
    }

    /// Until when anybody waits, and who; none when nobody knows of one of them.
    pub(super) fn last_deadline(&self, history: &History) -> Option<(u64, usize)> {
        let deadlines = self.calls.iter().map(|&number| {
            let call = history.calls.get(number)?;
            Some((call.asked.deadline_ns?, number))
        });
        deadlines.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// The same by the ledger's time.
    pub(super) fn last_deadline_at(&self, history: &History) -> Option<Instant> {
        let deadlines = self.calls.iter().map(|&number| {
            let asked = &history.calls.get(number)?.asked;
            let waits_ns = asked.deadline_ns?.saturating_sub(asked.asked_ns);
            Some(asked.ledger_at?.plus_millis(waits_ns.div_ceil(1_000_000)))
        });
        deadlines.collect::<Option<Vec<_>>>()?.into_iter().max()
    }
}

/// The content of the command that led to these events.
pub(super) fn content_of(events: &[Event]) -> Option<ContentHash> {
    events.iter().find_map(|event| match event {
        Event::CentreDescribed(event) => Some(event.content),
        Event::RulesSet(event) => Some(event.content),
        Event::DeliveryAnnounced(event) => Some(event.content),
        Event::DeliveryReceived(event) => Some(event.content),
        Event::SlotsReleased(event) => Some(event.content),
        Event::SlotsShrunk(event) => Some(event.content),
        Event::RegistrationAccepted(event) => Some(event.content),
        Event::RegistrationAmended(event) => Some(event.content),
        Event::RegistrationWithdrawn(event) => Some(event.content),
        Event::AccessReissued(event) => Some(event.content),
        Event::ErasureOrdered(event) => Some(event.content),
        Event::ErasureDone(event) => {
            Some(CentreCommand::FinishErasure { registration: event.registration }.content())
        }
        Event::HoldPlaced(event) => Some(event.content),
        Event::HoldExtended(event) => Some(event.content),
        Event::HoldReleased(event) => Some(event.content),
        Event::BookingConfirmed(event) => Some(event.content),
        Event::BookingRescheduled(event) => Some(event.content),
        Event::BookingCancelled(event) => Some(event.content),
        Event::ContingentsReturned(_)
        | Event::HoldExpired(_)
        | Event::PlacesReturned(_)
        | Event::ChannelSet(_)
        | Event::RecordsRead(_) => None,
    })
}
