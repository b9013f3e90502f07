//! The events of all partitions as one sequence that can be gone on with from every event.
//!
//! # Order
//! By the fold's time, then partition, then seq. Within a partition that is the order of the log. For a period that is
//! over in every partition the order is the same whoever reads it and when. At the tail what stands there is given out
//! at once: a partition that falls behind by its clock comes later than it would in a second reading, and never twice.

mod cursor;
mod feed;
mod ladder;

use std::sync::Arc;

use ledger::chain::Counted;
use ledger::fold::FoldError;
use ledger::log::{Log, LogError};
use schemas::ids::{CentreId, LedgerId, Partition};
use schemas::{Body, Event, Instant};

pub use self::cursor::CursorError;
use self::cursor::{Cursor, check_of};
use self::feed::Feed;
pub use self::ladder::Ladder;

/// Why the stream ends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A record cannot be judged.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The cursor leads nowhere.
    #[error(transparent)]
    Cursor(#[from] CursorError),
}

/// One event of the stream.
pub struct Streamed {
    /// The partition.
    pub partition: Partition,
    /// The centre that it concerns; none: the office.
    pub centre: Option<CentreId>,
    /// Its record.
    pub record: Arc<Counted>,
    /// Its place in the record, from 0.
    pub index: usize,
    /// The fold's time after its record.
    pub at: Instant,
}

impl Streamed {
    /// The event itself.
    pub fn event(&self) -> Option<&Event> {
        match &self.record.body {
            Body::Decision(events) => events.get(self.index),
            _ => None,
        }
    }
}

/// The events of all partitions, from a cursor on.
pub struct Stream {
    log: Arc<dyn Log>,
    ladder: Arc<Ladder>,
    ledger: LedgerId,
    feeds: Vec<Feed>,
    /// The record that is being given out.
    open: Option<OpenRecord>,
}

/// A record, and how many of its events were given out.
struct OpenRecord {
    feed: usize,
    record: Arc<Counted>,
    centre: Option<CentreId>,
    at: Instant,
    given: usize,
    of: usize,
}

impl Stream {
    /// Opens the stream to where the log ends now, from its beginning or from a cursor.
    ///
    /// # Errors
    /// When the cursor is not of this history, or the log cannot be read.
    pub fn open(
        log: Arc<dyn Log>,
        ladder: Arc<Ladder>,
        ledger: LedgerId,
        cursor: Option<&str>,
    ) -> Result<Self, StreamError> {
        let cursor = cursor.map(Cursor::from_text).transpose()?;
        let partitions: Vec<Partition> = (0..log.partitions()).map(Partition).collect();
        if let Some(cursor) = &cursor {
            if cursor.ledger != ledger {
                return Err(CursorError::ForeignLedger(cursor.ledger).into());
            }
            if cursor.next.len() != partitions.len() {
                return Err(CursorError::Malformed.into());
            }
        }
        let next = |at: usize| cursor.as_ref().and_then(|cursor| cursor.next.get(at)).copied().unwrap_or(0);
        let feeds = partitions.iter().enumerate();
        let feeds = feeds.map(|(at, &partition)| Feed::open(&*log, ledger, partition, next(at), &ladder));
        let feeds = feeds.collect::<Result<Vec<_>, _>>()?;
        let mut stream = Self { log, ladder, ledger, feeds, open: None };
        if let Some(cursor) = cursor {
            stream.go_on(&cursor)?;
        }
        Ok(stream)
    }

    fn go_on(&mut self, cursor: &Cursor) -> Result<(), StreamError> {
        if check_of(self.feeds.iter().map(|feed| (feed.next, feed.head))) != cursor.check {
            return Err(CursorError::ForeignHistory.into());
        }
        let Some((at, events)) = cursor.within else { return Ok(()) };
        let feed = self.feeds.get_mut(at).ok_or(CursorError::Malformed)?;
        let waiting = feed.take(&*self.log, &self.ladder)?.ok_or(CursorError::Future)?;
        self.open = Some(opened(at, waiting, events));
        Ok(())
    }

    /// The next event; none: there is none before the end that the stream knows of.
    ///
    /// # Errors
    /// When the log cannot be read.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator that ends does not begin again; this one may"
    )]
    pub fn next(&mut self) -> Result<Option<Streamed>, StreamError> {
        loop {
            if let Some(open) = &mut self.open
                && open.given < open.of
            {
                let index = open.given;
                open.given += 1;
                let partition = self.feeds.get(open.feed).map_or(Partition::OFFICE, |feed| feed.partition);
                let (record, centre) = (Arc::clone(&open.record), open.centre.clone());
                return Ok(Some(Streamed { partition, centre, record, index, at: open.at }));
            }
            self.close_record();
            let Some(first) = self.first()? else { return Ok(None) };
            let Some(feed) = self.feeds.get_mut(first) else { return Ok(None) };
            let Some(waiting) = feed.take(&*self.log, &self.ladder)? else { return Ok(None) };
            self.open = Some(opened(first, waiting, 0));
        }
    }

    /// The feed whose record comes first.
    fn first(&mut self) -> Result<Option<usize>, StreamError> {
        let mut first: Option<(Instant, usize)> = None;
        for (at, feed) in self.feeds.iter_mut().enumerate() {
            let Some((time, _)) = feed.peek(&*self.log, &self.ladder)? else { continue };
            // Feeds stand in the order of their partitions, so of equal times the first stays.
            if first.is_none_or(|(earliest, _)| time < earliest) {
                first = Some((time, at));
            }
        }
        Ok(first.map(|(_, at)| at))
    }

    fn close_record(&mut self) {
        if let Some(open) = self.open.take()
            && let Some(feed) = self.feeds.get_mut(open.feed)
        {
            feed.given(&open.record);
        }
    }

    /// Takes the last event back: it comes again, and the cursor is before it.
    pub fn give_back(&mut self) {
        if let Some(open) = &mut self.open {
            open.given = open.given.saturating_sub(1);
        }
    }

    /// Takes in what has come to stand in the log since.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn extend(&mut self) -> Result<(), StreamError> {
        self.feeds.iter_mut().try_for_each(|feed| feed.extend(&*self.log))
    }

    /// The place after the last event that was given out.
    pub fn cursor(&self) -> String {
        let whole = self.open.as_ref().filter(|open| open.given == open.of);
        let place = |(at, feed): (usize, &Feed)| match whole {
            Some(open) if open.feed == at => (open.record.mark.seq + 1, open.record.mark.head),
            _ => (feed.next, feed.head),
        };
        let places: Vec<(u64, [u8; 8])> = self.feeds.iter().enumerate().map(place).collect();
        let within = self.open.as_ref().filter(|open| open.given < open.of && open.given > 0);
        Cursor {
            ledger: self.ledger,
            next: places.iter().map(|&(next, _)| next).collect(),
            within: within.map(|open| (open.feed, open.given)),
            check: check_of(places),
        }
        .to_text()
    }
}

fn opened(feed: usize, waiting: feed::Waiting, given: usize) -> OpenRecord {
    let feed::Waiting { record, at, centre } = waiting;
    let of = match &record.body {
        Body::Decision(events) => events.len(),
        _ => 0,
    };
    OpenRecord { feed, record: Arc::new(record), centre, at, given, of }
}
