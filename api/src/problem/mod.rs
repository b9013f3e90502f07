//! Problems: every answer that is not a success, as RFC 9457 has it.
//!
//! A [`Problem`] names an entry of the [catalogue], which fixes its status, title and the sentence that tells the
//! person what to do next; what is particular to this answer is added as data. Nothing else in the crate makes a
//! response with a status of 400 or above.

pub mod catalogue;
mod from_answer;
mod from_rejection;
mod raw;
mod response;

use schemas::Instant;
use serde::Serialize;
use serde_json::{Map, Value};

pub use catalogue::{ProblemType, problem_type};
pub(crate) use from_answer::{jittered, not_done, not_yet_known};
pub(crate) use from_rejection::refused;
pub(crate) use raw::{HEAD_TOO_SLOW, NO_ROOM};
pub(crate) use response::Refused;

use crate::stamp::{Stamp, Zone};

/// What handlers return.
pub(crate) type Outcome<T> = Result<T, Problem>;

/// One answer that is not a success.
#[derive(Debug, Clone)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    problem_type: &'static ProblemType,
    detail: Option<String>,
    next: Option<String>,
    stamp: Option<Stamp>,
    data: Map<String, Value>,
    retry_after_s: Option<u32>,
    location: Option<String>,
    challenge: bool,
    close: bool,
}

impl Problem {
    /// The problem of this rule; a rule that the catalogue lacks is a fault of the program and says so.
    pub fn new(rule: &str) -> Self {
        Self(Box::new(Parts {
            problem_type: problem_type(rule),
            detail: None,
            next: None,
            stamp: None,
            data: Map::new(),
            retry_after_s: None,
            location: None,
            challenge: false,
            close: false,
        }))
    }

    /// The rule's name.
    pub fn rule(&self) -> &'static str {
        self.0.problem_type.rule
    }

    /// Says what is wrong in this very case.
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Replaces the catalogue's sentence by a better one for this case.
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.0.next = Some(next.into());
        self
    }

    /// Binds the answer to the position that it rests on.
    pub(crate) fn stamped(mut self, stamp: Stamp) -> Self {
        self.0.stamp = Some(stamp);
        self
    }

    /// Adds a member; what cannot be written as JSON is left out.
    pub(crate) fn with(mut self, name: &str, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value)
            && !value.is_null()
        {
            self.0.data.insert(name.to_owned(), value);
        }
        self
    }

    /// Adds an instant in the centre's zone, if there is one.
    pub(crate) fn with_instant(self, name: &str, instant: Option<Instant>, zone: &Zone) -> Self {
        match instant {
            Some(instant) => self.with(name, zone.show(instant)),
            None => self,
        }
    }

    /// Says after how many seconds another try may do better.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// Says where to ask again.
    pub(crate) fn location(mut self, path: String) -> Self {
        self.0.location = Some(path);
        self
    }

    /// Says that a bearer is wanted (RFC 6750).
    pub(crate) fn challenge(mut self) -> Self {
        self.0.challenge = true;
        self
    }

    /// Ends the connection after this answer: what the client still sends is not read.
    pub(crate) fn close(mut self) -> Self {
        self.0.close = true;
        self
    }
}
