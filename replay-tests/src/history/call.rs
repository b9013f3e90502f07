//! Calls: what was asked, when, and what was told. As JSON lines they outlive their process.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use ledger::{Answer, Command, Rejection};
use schemas::ids::{ActorId, ContentHash};
use schemas::vocabulary::Channel;
use schemas::{Body, Event, Instant, Position};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::plain;

/// Names a call: the process that made it, and a number within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallId(pub u32, pub u64);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {}.{}", self.0, self.1)
    }
}

/// One line of a recording. A call that is never answered is one whose caller knows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// A call begins.
    Asked(Asked),
    /// A call ends.
    Answered(Answered),
}

/// What was asked. All `_ns` are nanoseconds of [`now_ns`](super::now_ns).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Which call.
    pub call: CallId,
    /// Who: a number of the driver's own.
    pub client: u32,
    /// What.
    pub command: Command,
    /// Where it came in.
    pub channel: Channel,
    /// In whose name; absent: nil.
    pub actor: Option<ActorId>,
    /// Just before it was handed over.
    pub asked_ns: u64,
    /// Until when the caller waits; absent: nobody knows.
    pub deadline_ns: Option<u64>,
    /// The ledger's time then, where the caller could see it.
    pub ledger_at: Option<Instant>,
}

/// What was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Which call.
    pub call: CallId,
    /// Just after it came.
    pub answered_ns: u64,
    /// The ledger's time then, where the caller could see it.
    pub ledger_at: Option<Instant>,
    /// What.
    pub told: Told,
}

/// An answer, as far as it can be written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// It stands in the log.
    Done {
        /// Where.
        position: Position,
        /// The record's time.
        recorded_at: Instant,
        /// Whether it stood there before.
        repeated: bool,
        /// [`hash_of_events`] of the events that were told; absent: none were.
        events: Option<ContentHash>,
    },
    /// A rule refuses it.
    Refused {
        /// The rule's name.
        rule: String,
        /// The refusal without what only helps the person on, as text; absent where a caller sees the rule alone.
        facts: Option<String>,
        /// Whether it rests on what cannot change, so that a reign that is over may still say it.
        is_final: bool,
        /// What it rests on.
        as_of: Position,
        /// The fold's time there.
        at: Option<Instant>,
    },
    /// It surely was not done.
    NotDone(String),
    /// It may or may not have been done.
    Unknown,
}

/// The first 16 bytes of SHA-256 over a decision's body.
pub fn hash_of_events(events: &[Event]) -> ContentHash {
    let bytes = Body::Decision(events.to_vec()).to_bytes().unwrap_or_default();
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let mut hash = [0; 16];
    hash.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    ContentHash(hash)
}

/// A refusal as text, without what only helps the person on.
pub fn facts_of(rejection: &Rejection) -> String {
    format!("{:?}", plain(rejection))
}

impl From<&Answer> for Told {
    fn from(answer: &Answer) -> Self {
        match answer {
            Answer::Done(receipt) => Self::Done {
                position: receipt.position,
                recorded_at: receipt.recorded_at,
                repeated: receipt.repeated,
                events: (!receipt.repeated).then(|| hash_of_events(&receipt.events)),
            },
            Answer::Refused { rejection, as_of, at } => Self::Refused {
                rule: rejection.rule().to_owned(),
                facts: Some(facts_of(rejection)),
                is_final: rejection.is_final(),
                as_of: *as_of,
                at: Some(*at),
            },
            Answer::NotDone(why) => Self::NotDone(format!("{why:?}")),
            Answer::Unknown => Self::Unknown,
        }
    }
}

/// A call as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// How it began.
    pub asked: Asked,
    /// How it ended, if it did.
    pub answered: Option<Answered>,
}

impl Call {
    /// Its name.
    pub fn id(&self) -> CallId {
        self.asked.call
    }

    /// What was told, if anything.
    pub fn told(&self) -> Option<&Told> {
        self.answered.as_ref().map(|answered| &answered.told)
    }
}

/// Why a history cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A line, other than a last one that was cut off when its process died.
    #[error("{path}, line {line}: {source}")]
    Line {
        /// In which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// All calls of all clients, in the order in which they were made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The calls.
    pub calls: Vec<Call>,
}

impl History {
    /// From lines in any order.
    pub fn of_lines(lines: impl IntoIterator<Item = Line>) -> Self {
        let (mut calls, mut answers) = (BTreeMap::new(), BTreeMap::new());
        for line in lines {
            match line {
                Line::Asked(asked) => drop(calls.insert((asked.asked_ns, asked.call), asked)),
                Line::Answered(answered) => drop(answers.insert(answered.call, answered)),
            }
        }
        let calls = calls.into_values();
        let calls = calls.map(|asked| Call { answered: answers.remove(&asked.call), asked });
        Self { calls: calls.collect() }
    }

    /// Reads the recordings of all processes. A last line without its end is passed over.
    ///
    /// # Errors
    /// When a file cannot be read, or a whole line is none.
    pub fn load(paths: &[&Path]) -> Result<Self, HistoryError> {
        let mut lines = Vec::new();
        for &path in paths {
            let file = |source| HistoryError::File { path: path.to_owned(), source };
            let text = std::fs::read_to_string(path).map_err(file)?;
            let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            for (number, line) in (1..).zip(whole) {
                let wrong = |source| HistoryError::Line { path: path.to_owned(), line: number, source };
                lines.push(serde_json::from_str(line).map_err(wrong)?);
            }
        }
        Ok(Self::of_lines(lines))
    }

    /// Writes all calls into one file, so that a history that failed can be kept and checked again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), HistoryError> {
        let mut text = Vec::new();
        for call in &self.calls {
            let asked = Line::Asked(call.asked.clone());
            for line in std::iter::once(asked).chain(call.answered.clone().map(Line::Answered)) {
                let wrong = |source| HistoryError::Line { path: path.to_owned(), line: 0, source };
                serde_json::to_writer(&mut text, &line).map_err(wrong)?;
                text.push(b'\n');
            }
        }
        std::fs::write(path, text).map_err(|source| HistoryError::File { path: path.to_owned(), source })
    }
}
