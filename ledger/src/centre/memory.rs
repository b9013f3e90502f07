//! What has ended leaves the fold after seven days, so that its size is bounded by what lives.

use std::collections::BTreeSet;

use schemas::Instant;
use schemas::ids::{HoldId, RegistrationId};

use super::Centre;
use super::holds::Holds;
use super::people::People;

const SEVEN_DAYS_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

/// How many things one event takes out at most. Everything old enough counts as gone at once ([`Centre::is_past`]);
/// only the clearing up is spread.
const CLEARED_PER_EVENT: usize = 16;

/// What can be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    Hold(HoldId),
    Registration(RegistrationId),
    Erasure(RegistrationId),
}

/// What has ended, by the time of its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Memory {
    ended: BTreeSet<(Instant, Thing)>,
}

impl Memory {
    /// What of these has ended.
    pub(super) fn of(holds: &Holds, people: &People) -> Self {
        let holds =
            holds.all().filter_map(|hold| Some((hold.ended.as_ref()?.mark.time, Thing::Hold(hold.id))));
        let ended = |person: &super::Registration| {
            Some((person.ended.as_ref()?.mark.time, Thing::Registration(person.id)))
        };
        let erased =
            people.erasures().filter_map(|(id, erasure)| Some((erasure.done?.time, Thing::Erasure(*id))));
        Self { ended: holds.chain(people.all().filter_map(ended)).chain(erased).collect() }
    }

    pub(super) fn note(&mut self, ended_at: Instant, thing: Thing) {
        self.ended.insert((ended_at, thing));
    }

    fn oldest(&self) -> Option<(Instant, Thing)> {
        self.ended.first().copied()
    }
}

impl Centre {
    /// Whether what ended then is gone, at the centre's last record.
    pub(super) fn is_past(&self, ended_at: Instant) -> bool {
        self.last.is_some_and(|last| ended_at.plus_millis(SEVEN_DAYS_MS) <= last.time)
    }

    pub(super) fn clear_up(&mut self) {
        for _ in 0..CLEARED_PER_EVENT {
            match self.memory.oldest() {
                Some((ended_at, thing)) if self.is_past(ended_at) => {
                    self.memory.ended.pop_first();
                    self.forget(thing);
                }
                _ => return,
            }
        }
    }

    /// Takes out what has ended; its id may begin again. Does nothing for what is not there.
    pub(super) fn forget(&mut self, thing: Thing) {
        match thing {
            Thing::Hold(id) => {
                if let Some(end) = self.holds.get(id).and_then(|hold| hold.ended.as_ref()) {
                    self.memory.ended.remove(&(end.mark.time, thing));
                    self.holds.forget(id);
                }
            }
            Thing::Registration(id) => {
                if let Some(end) = self.people.get(id).and_then(|person| person.ended.as_ref()) {
                    self.memory.ended.remove(&(end.mark.time, thing));
                    self.people.forget(id);
                }
            }
            Thing::Erasure(id) => {
                if let Some(done) = self.people.erasure(id).and_then(|erasure| erasure.done) {
                    self.memory.ended.remove(&(done.time, thing));
                    self.people.forget_erasure(id);
                }
            }
        }
    }
}
