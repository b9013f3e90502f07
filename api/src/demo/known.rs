//! What the people know of a centre together, and how new what they are shown has to be.
//!
//! A page may be some 50 ms old, in real time. While little happens, that is hours of virtual time; so whoever looks
//! more than a virtual second after a change asks for a page that shows it, and a slow redraw changes nothing.

use std::collections::VecDeque;

use hyper::StatusCode;
use hyper::header::HeaderValue;
use schemas::{Instant, Position};

use super::behaviour::Ask;
use super::seen::Seen;
use super::wire::Received;

/// A change is older news after so many milliseconds of virtual time.
const NEWS_MS: u64 = 1_000;

/// What is known of one centre.
#[derive(Debug, Default)]
pub struct Known {
    /// Its days.
    pub seen: Seen,
    etag: Option<HeaderValue>,
    /// The newest position that a page was drawn for.
    shown: Option<Position>,
    /// Changes that are still news.
    news: VecDeque<(Instant, Position)>,
    /// The newest change that everybody may expect to be shown.
    settled: Option<Position>,
}

/// What a request for a page says of what is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expects {
    /// The ETag of the days that are known.
    pub etag: Option<HeaderValue>,
    /// The position that the page has to show at least.
    pub at_least: Option<Position>,
}

impl Known {
    /// A centre that stands at this position and that nobody has looked at yet.
    pub fn opened(position: Option<Position>) -> Self {
        Self { settled: position, ..Self::default() }
    }

    /// What somebody who looks now expects.
    pub fn expects(&mut self, now: Instant) -> Expects {
        while let Some(&(at, position)) = self.news.front()
            && at.plus_millis(NEWS_MS) <= now
        {
            self.settled = Some(position);
            self.news.pop_front();
        }
        let is_behind = |position: &Position| self.shown.is_none_or(|shown| shown.seq < position.seq);
        Expects { etag: self.etag.clone(), at_least: self.settled.filter(is_behind) }
    }

    /// Takes in the answer to what somebody asked at this time.
    pub fn learns(&mut self, asked_at: Instant, ask: Ask, answer: &Received) {
        match ask {
            Ask::Look | Ask::Pairs(_) | Ask::Day(_) => self.sees(ask, answer),
            Ask::Register | Ask::Extend(_) => {}
            _ if answer.status.is_success() => self.hears(asked_at, answer.position),
            _ => {}
        }
    }

    /// A body that cannot be read leaves what was known before.
    fn sees(&mut self, ask: Ask, answer: &Received) {
        self.shown = newer(self.shown, answer.position);
        if ask == Ask::Look
            && answer.status == StatusCode::OK
            && let Ok(seen) = Seen::read(&answer.body)
        {
            (self.seen, self.etag) = (seen, answer.etag.clone());
        }
    }

    fn hears(&mut self, asked_at: Instant, position: Option<Position>) {
        let last = self.news.back().map(|&(_, last)| last).or(self.settled);
        if let Some(position) = position.filter(|position| last.is_none_or(|last| last.seq < position.seq)) {
            self.news.push_back((asked_at, position));
        }
    }
}

fn newer(one: Option<Position>, other: Option<Position>) -> Option<Position> {
    [one, other].into_iter().flatten().max_by_key(|position| position.seq)
}
