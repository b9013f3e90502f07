//! Calls that are going on: whatever a caller asks, he asks through the agent he talks to.

use std::collections::HashMap;

use schemas::Instant;

use super::behaviour::{Ask, Next};
use super::chance::{Chance, Draws, Purpose};
use super::switchboard::{Agent, CALL_MS, Rings, Switchboard};

/// A request that comes later than this is made in another call.
const STAYS_ON_THE_LINE_MS: u64 = 60_000;

/// The phones, with what is asked in each call.
pub struct Calls {
    board: Switchboard,
    talking: HashMap<u32, Call>,
    in_line: HashMap<u32, Ask>,
}

#[derive(Clone, Copy)]
struct Call {
    agent: Agent,
    begun_at: Instant,
}

/// What becomes of what a caller wants to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// This agent asks it now.
    Through(Agent),
    /// It is asked then: after the greeting, or when the phones open again.
    At(Instant),
    /// The caller waits in line.
    Waits,
}

/// What comes of an answer that a caller was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The agent who was on the call.
    pub agent: Agent,
    /// When the agent can take the next one.
    pub at: Instant,
}

impl Calls {
    /// With so many agents.
    pub fn new(agents: u16) -> Self {
        Self {
            board: Switchboard::new(agents),
            talking: HashMap::with_capacity(usize::from(agents)),
            in_line: HashMap::new(),
        }
    }

    /// A caller wants to ask something.
    pub fn asks(&mut self, chance: &Chance, caller: u32, ask: Ask, now: Instant) -> Line {
        if let Some(call) = self.talking.get(&caller) {
            return Line::Through(call.agent);
        }
        match self.board.rings(caller, now) {
            Rings::Answered(agent) => Line::At(self.greets(chance, caller, agent, now)),
            Rings::Closed(opens_at) => {
                Line::At(opens_at.plus_millis(draws(chance, caller, now).around_s(45 * 60)))
            }
            Rings::Waits => {
                self.in_line.insert(caller, ask);
                Line::Waits
            }
        }
    }

    /// Ends the caller's call if nothing more is asked in it.
    pub fn goes_on(&mut self, caller: u32, next: Option<Next>, now: Instant) -> Option<Ended> {
        let call = *self.talking.get(&caller)?;
        if next.is_some_and(|next| next.at.millis_since(now) <= STAYS_ON_THE_LINE_MS) {
            return None;
        }
        self.talking.remove(&caller);
        Some(Ended { agent: call.agent, at: now.max(call.begun_at.plus_millis(CALL_MS)) })
    }

    /// An agent is ready for the next caller: what is to be asked when.
    pub fn ready(&mut self, chance: &Chance, agent: Agent, now: Instant) -> Vec<(u32, Next)> {
        let (hung_up, answered) = self.board.ends(agent, now);
        let mut asked = Vec::with_capacity(hung_up.len() + 1);
        for caller in hung_up {
            let pause = draws(chance, caller, now).between_s(30 * 60, 3 * 3_600);
            asked.extend(
                self.in_line.remove(&caller).map(|ask| (caller, Next { at: now.plus_millis(pause), ask })),
            );
        }
        if let Some(caller) = answered {
            let at = self.greets(chance, caller, agent, now);
            asked.extend(self.in_line.remove(&caller).map(|ask| (caller, Next { at, ask })));
        }
        asked
    }

    /// Calls that were answered, and callers who hung up.
    pub fn counts(&self) -> (u64, u64) {
        self.board.counts()
    }

    fn greets(&mut self, chance: &Chance, caller: u32, agent: Agent, now: Instant) -> Instant {
        self.talking.insert(caller, Call { agent, begun_at: now });
        now.plus_millis(draws(chance, caller, now).between_s(15, 40))
    }
}

/// Keyed by the virtual second, so that other callers change nothing.
fn draws(chance: &Chance, caller: u32, now: Instant) -> Draws {
    let second = now.millis() / 1_000 % i64::from(u16::MAX);
    chance.draws(caller, Purpose::Call, u16::try_from(second).unwrap_or(0))
}
