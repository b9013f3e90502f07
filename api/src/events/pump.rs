//! One reader's stream: events are read, filtered, written as lines, and waited for.

use std::sync::Arc;
use std::time::{Duration, Instant as Monotonic};

use projections::stream::{Stream, StreamError, Streamed};
use projections::tables::{EventAt, Veil, cloud_event};
use schemas::Event;
use schemas::ids::LedgerId;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use super::answer::{Cut, Lines, LinesBody, lines};
use super::filter::Filter;
use super::moved::Moved;

/// How often a reader who waits hears that there is nothing.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// In a long backlog it is looked again after so many events whether the reader may still read, and is still there.
const LOOK_EVERY: u32 = 1_024;

/// What a reader wants.
pub(crate) struct Wanted {
    pub(crate) filter: Filter,
    /// The most events.
    pub(crate) limit: Option<u64>,
    /// Whether to wait for more at the end.
    pub(crate) follow: bool,
    pub(crate) gzip: bool,
    /// How long the reader may take nothing.
    pub(crate) patience: Duration,
    pub(crate) veil: Veil,
    /// Whether the reader may still read: asked whenever all that stands in the log was given out, at each heartbeat, and
    /// every so many events.
    pub(crate) admitted: Box<dyn Fn() -> bool + Send>,
}

/// Why a stream ends, in its last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// There is no more now.
    End,
    /// So many were asked for.
    Limit,
    /// The period is over.
    Period,
    /// The reader took nothing for too long.
    Slow,
    /// The reader's credential is no longer in force.
    Revoked,
    /// The program ends.
    Shutdown,
    /// The log cannot be read.
    Failed,
}

impl Reason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Limit => "limit",
            Self::Period => "period",
            Self::Slow => "slow",
            Self::Revoked => "revoked",
            Self::Shutdown => "shutdown",
            Self::Failed => "failed",
        }
    }
}

/// A stream and where it goes.
pub(crate) struct Pump {
    stream: Stream,
    wanted: Wanted,
    ledger: LedgerId,
    moved: Arc<Moved>,
    lines: Lines,
    given: u64,
    /// Events, wanted or not, since it was asked whether the reader may read.
    unasked: u32,
    _room: OwnedSemaphorePermit,
}

/// Why a round ends.
enum Turn {
    /// Everything that stands in the log was given out.
    AtEnd,
    Done(Reason),
    Gone,
}

impl Pump {
    /// A pump, and the body that it fills.
    pub(crate) fn new(
        stream: Stream,
        wanted: Wanted,
        ledger: LedgerId,
        moved: Arc<Moved>,
        room: OwnedSemaphorePermit,
    ) -> Option<(Self, LinesBody)> {
        let (lines, body) = lines(wanted.gzip, wanted.patience, Handle::current())?;
        Some((Self { stream, wanted, ledger, moved, lines, given: 0, unasked: 0, _room: room }, body))
    }

    /// Runs until the stream ends; on a thread that may block.
    pub(crate) fn run(mut self) {
        let reason = match self.pump() {
            Ok(Some(reason)) => reason,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "a stream of events ends");
                Reason::Failed
            }
        };
        let end = json!({ "end": { "reason": reason.as_str(), "cursor": self.stream.cursor() } });
        self.lines.end(&line(&end));
    }

    /// None: the reader has gone.
    fn pump(&mut self) -> Result<Option<Reason>, StreamError> {
        loop {
            if !(self.wanted.admitted)() {
                return Ok(Some(Reason::Revoked));
            }
            let seen = self.moved.wakes();
            self.stream.extend()?;
            match self.round()? {
                Turn::Done(reason) => return Ok(Some(reason)),
                Turn::Gone => return Ok(None),
                Turn::AtEnd if !self.wanted.follow => return Ok(Some(Reason::End)),
                Turn::AtEnd => {}
            }
            match self.wait(seen) {
                Turn::Done(reason) => return Ok(Some(reason)),
                Turn::Gone => return Ok(None),
                Turn::AtEnd => {}
            }
        }
    }

    /// Gives out what stands in the log.
    fn round(&mut self) -> Result<Turn, StreamError> {
        loop {
            if self.wanted.limit.is_some_and(|limit| self.given >= limit) {
                return Ok(Turn::Done(Reason::Limit));
            }
            if self.moved.is_closed() {
                return Ok(Turn::Done(Reason::Shutdown));
            }
            let Some(streamed) = self.stream.next()? else { return Ok(Turn::AtEnd) };
            if self.wanted.filter.is_over(&streamed) {
                self.stream.give_back();
                return Ok(Turn::Done(Reason::Period));
            }
            if self.is_time_to_look() {
                if !(self.wanted.admitted)() {
                    self.stream.give_back();
                    return Ok(Turn::Done(Reason::Revoked));
                }
                if self.lines.is_gone() {
                    return Ok(Turn::Gone);
                }
            }
            let Some(event) = streamed.event().filter(|event| self.wanted.filter.admits(&streamed, event))
            else {
                continue;
            };
            let text = self.text(&streamed, event);
            self.given += 1;
            match self.lines.line(&text) {
                Ok(()) => {}
                Err(Cut::Gone) => return Ok(Turn::Gone),
                Err(Cut::Slow) => return Ok(Turn::Done(Reason::Slow)),
            }
        }
    }

    fn is_time_to_look(&mut self) -> bool {
        self.unasked = (self.unasked + 1) % LOOK_EVERY;
        self.unasked == 0
    }

    fn text(&self, streamed: &Streamed, event: &Event) -> Vec<u8> {
        let at = EventAt {
            ledger: self.ledger,
            partition: streamed.partition,
            centre: streamed.centre.as_ref(),
            record: &streamed.record,
            index: streamed.index,
        };
        let mut object = cloud_event(&at, event, &self.wanted.veil).unwrap_or_default();
        if let Some(members) = object.as_object_mut() {
            members.insert("cursor".to_owned(), Value::from(self.stream.cursor()));
        }
        line(&object)
    }

    /// Sends what is gathered and waits for the log to move; says that it is there while it does not.
    fn wait(&mut self, seen: u64) -> Turn {
        let began = Monotonic::now();
        loop {
            match self.lines.flush() {
                Ok(()) => {}
                Err(Cut::Gone) => return Turn::Gone,
                Err(Cut::Slow) => return Turn::Done(Reason::Slow),
            }
            let left = HEARTBEAT.saturating_sub(began.elapsed());
            self.moved.wait(seen, left);
            if self.lines.is_gone() {
                return Turn::Gone;
            }
            if self.moved.is_closed() {
                return Turn::Done(Reason::Shutdown);
            }
            if self.moved.wakes() != seen {
                return Turn::AtEnd;
            }
            if began.elapsed() >= HEARTBEAT {
                let beat = json!({ "heartbeat": { "cursor": self.stream.cursor() } });
                match self.lines.line(&line(&beat)).and_then(|()| self.lines.flush()) {
                    Ok(()) => return Turn::AtEnd,
                    Err(Cut::Gone) => return Turn::Gone,
                    Err(Cut::Slow) => return Turn::Done(Reason::Slow),
                }
            }
        }
    }
}

fn line(value: &Value) -> Vec<u8> {
    let mut bytes = value.to_string().into_bytes();
    bytes.push(b'\n');
    bytes
}
