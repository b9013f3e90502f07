//! The one queue of events, and how far the virtual clock may run.
//!
//! The clock moves on as the queue drains, but never more than a second past a request that has no answer yet. So a
//! slow machine changes nothing but the duration.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use schemas::Instant;

/// How far the virtual clock may be past the instant at which an unanswered request was issued, in milliseconds.
pub const LEASH_MS: u64 = 1_000;

/// What happens at an instant; it is moved into the queue and out again.
#[derive(Debug)]
pub struct Timeline<E> {
    now: Instant,
    events: BinaryHeap<Reverse<Event<E>>>,
    scheduled: u64,
    unanswered: BTreeSet<(Instant, u64)>,
    issued: u64,
}

/// A request on its way; given back when its answer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    issued_at: Instant,
    number: u64,
}

impl Ticket {
    /// The virtual time at which the request was issued.
    pub fn issued_at(&self) -> Instant {
        self.issued_at
    }
}

/// What can be done now.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn<E> {
    /// The clock has moved to this event.
    Due(E),
    /// The next event lies too far past an unanswered request: wait for an answer.
    Wait,
    /// Nothing is scheduled and nothing is unanswered.
    Over,
}

#[derive(Debug)]
struct Event<E> {
    at: Instant,
    number: u64,
    what: E,
}

impl<E> PartialEq for Event<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<E> Eq for Event<E> {}

impl<E> PartialOrd for Event<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Event<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl<E> Timeline<E> {
    /// An empty queue, with the clock at `now`.
    pub fn at(now: Instant, room: usize) -> Self {
        Self {
            now,
            events: BinaryHeap::with_capacity(room),
            scheduled: 0,
            unanswered: BTreeSet::new(),
            issued: 0,
        }
    }

    /// What the virtual clock shows.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// How many events are scheduled.
    pub fn scheduled(&self) -> usize {
        self.events.len()
    }

    /// How many requests have no answer yet.
    pub fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Schedules an event; one that lies in the past comes next. Events of one instant come in this order.
    pub fn schedule(&mut self, at: Instant, what: E) {
        self.scheduled += 1;
        self.events.push(Reverse(Event { at, number: self.scheduled, what }));
    }

    /// Takes the next event and moves the clock to it, if it may move there.
    pub fn turn(&mut self) -> Turn<E> {
        let Some(Reverse(next)) = self.events.peek() else {
            return if self.unanswered.is_empty() { Turn::Over } else { Turn::Wait };
        };
        if self.unanswered.first().is_some_and(|oldest| next.at > oldest.0.plus_millis(LEASH_MS)) {
            return Turn::Wait;
        }
        match self.events.pop() {
            Some(Reverse(event)) => {
                self.now = self.now.max(event.at);
                Turn::Due(event.what)
            }
            None => Turn::Over,
        }
    }

    /// Notes that a request is issued now.
    pub fn issue(&mut self) -> Ticket {
        self.issued += 1;
        self.unanswered.insert((self.now, self.issued));
        Ticket { issued_at: self.now, number: self.issued }
    }

    /// Notes that the request's answer is there.
    pub fn answered(&mut self, ticket: Ticket) {
        self.unanswered.remove(&(ticket.issued_at, ticket.number));
    }

    /// Drops all that is scheduled; what is unanswered stays so.
    pub fn clear(&mut self) {
        self.events.clear();
    }
}
