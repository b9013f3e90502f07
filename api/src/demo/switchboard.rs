//! The hotline: 530 agents, the callers who wait for one, and the hours at which phones are staffed.

use std::collections::VecDeque;

use schemas::Instant;

/// Agents on the phones.
pub const AGENTS: u16 = 530;

/// A call takes three and a half minutes.
pub const CALL_MS: u64 = 210_000;

/// How long somebody stays on the line before hanging up.
pub const HOLDS_THE_LINE_MS: u64 = 20 * 60_000;

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Local time is one hour ahead of UTC in that week.
const ZONE_MS: u64 = HOUR_MS;
/// Phones are staffed between these hours of the day.
const STAFFED_MS: std::ops::Range<u64> = 8 * HOUR_MS..22 * HOUR_MS;

/// An agent on a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agent(pub u16);

/// Who is on the phone.
#[derive(Debug)]
pub struct Switchboard {
    free: Vec<Agent>,
    waiting: VecDeque<(u32, Instant)>,
    calls: u64,
    hung_up: u64,
}

/// What becomes of somebody who rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rings {
    /// An agent answers.
    Answered(Agent),
    /// All agents are busy: the caller waits in line.
    Waits,
    /// Nobody is there before this instant.
    Closed(Instant),
}

impl Switchboard {
    /// All agents are free.
    pub fn new(agents: u16) -> Self {
        Self { free: (0..agents).rev().map(Agent).collect(), waiting: VecDeque::new(), calls: 0, hung_up: 0 }
    }

    /// Somebody rings.
    pub fn rings(&mut self, caller: u32, now: Instant) -> Rings {
        if let Some(opens_at) = opens_at(now) {
            return Rings::Closed(opens_at);
        }
        match self.free.pop() {
            Some(agent) => {
                self.calls += 1;
                Rings::Answered(agent)
            }
            None => {
                self.waiting.push_back((caller, now));
                Rings::Waits
            }
        }
    }

    /// An agent has ended a call: takes the next caller in line, if there is one who still waits. Those who hung up
    /// before are returned too.
    pub fn ends(&mut self, agent: Agent, now: Instant) -> (Vec<u32>, Option<u32>) {
        let mut hung_up = Vec::new();
        while let Some((caller, since)) = self.waiting.pop_front() {
            if now.millis_since(since) > HOLDS_THE_LINE_MS || opens_at(now).is_some() {
                self.hung_up += 1;
                hung_up.push(caller);
            } else {
                self.calls += 1;
                return (hung_up, Some(caller));
            }
        }
        self.free.push(agent);
        (hung_up, None)
    }

    /// Calls that were answered, and callers who hung up.
    pub fn counts(&self) -> (u64, u64) {
        (self.calls, self.hung_up)
    }
}

/// When the phones open next; none: they are staffed now.
fn opens_at(now: Instant) -> Option<Instant> {
    let hour = now.plus_millis(ZONE_MS).millis_since(Instant::EPOCH) % DAY_MS;
    let days = if hour < STAFFED_MS.start { 0 } else { DAY_MS };
    let midnight = now.minus_millis(hour);
    (!STAFFED_MS.contains(&hour)).then(|| midnight.plus_millis(days + STAFFED_MS.start))
}
