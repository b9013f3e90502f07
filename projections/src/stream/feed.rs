//! One partition of the stream: judged from a place that is known, given out record by record.

use std::collections::VecDeque;
use std::sync::Arc;

use ledger::chain::{Chain, Counted, Verdict};
use ledger::fold::FoldError;
use ledger::log::Log;
use schemas::ids::{CentreId, CentreNumber, LedgerId, Partition};
use schemas::{Body, Event, Instant};

use super::{Ladder, StreamError};

/// About how many bytes are read at once; so much of each partition waits in memory.
const BATCH_BYTES: usize = 32 * 1024;

/// A record that waits to be given out.
pub(super) struct Waiting {
    pub(super) record: Counted,
    /// The fold's time after it: it never goes back, and orders the stream.
    pub(super) at: Instant,
    pub(super) centre: Option<CentreId>,
}

/// The names of a partition's centres, by number.
pub(super) type Names = Arc<Vec<CentreId>>;

pub(super) struct Feed {
    pub(super) partition: Partition,
    chain: Chain,
    names: Names,
    /// Nothing at or behind this offset is read.
    end: u64,
    waiting: VecDeque<Waiting>,
    /// The seq that is given out next, and the head before it.
    pub(super) next: u64,
    pub(super) head: [u8; 8],
}

impl Feed {
    /// Begins where the record `next` is given out next.
    pub(super) fn open(
        log: &dyn Log,
        ledger: LedgerId,
        partition: Partition,
        next: u64,
        ladder: &Ladder,
    ) -> Result<Self, StreamError> {
        let known = ladder.below(partition, next);
        let (chain, names) = known.unwrap_or_else(|| (Chain::new(Some(ledger), partition), Names::default()));
        let mut feed = Self {
            partition,
            chain,
            names,
            end: log.end(partition)?,
            waiting: VecDeque::new(),
            next: 0,
            head: [0; 8],
        };
        feed.skip_to(log, next, ladder)?;
        Ok(feed)
    }

    fn skip_to(&mut self, log: &dyn Log, next: u64, ladder: &Ladder) -> Result<(), StreamError> {
        self.next = self.chain.next_seq();
        self.head = self.chain.position().head;
        while self.next < next {
            let Some(waiting) = self.take(log, ladder)? else {
                return Err(super::CursorError::Future.into());
            };
            self.given(&waiting.record);
        }
        Ok(())
    }

    /// Notes that a record was given out.
    pub(super) fn given(&mut self, record: &Counted) {
        self.next = record.mark.seq + 1;
        self.head = record.mark.head;
    }

    /// Reads on to where the log ends now.
    pub(super) fn extend(&mut self, log: &dyn Log) -> Result<(), StreamError> {
        self.end = self.end.max(log.end(self.partition)?);
        Ok(())
    }

    /// When the next record counts, and of which seq it is; none: there is none before the end.
    pub(super) fn peek(
        &mut self,
        log: &dyn Log,
        ladder: &Ladder,
    ) -> Result<Option<(Instant, u64)>, StreamError> {
        self.fill(log, ladder)?;
        Ok(self.waiting.front().map(|waiting| (waiting.at, waiting.record.mark.seq)))
    }

    /// The next record.
    pub(super) fn take(&mut self, log: &dyn Log, ladder: &Ladder) -> Result<Option<Waiting>, StreamError> {
        self.fill(log, ladder)?;
        Ok(self.waiting.pop_front())
    }

    fn fill(&mut self, log: &dyn Log, ladder: &Ladder) -> Result<(), StreamError> {
        while self.waiting.is_empty() && self.chain.next_offset() < self.end {
            let entries = log.read(self.partition, self.chain.next_offset(), BATCH_BYTES)?;
            if entries.is_empty() {
                return Ok(());
            }
            let end = self.end;
            for entry in entries.iter().take_while(|entry| entry.offset < end) {
                let (partition, offset) = (self.partition, entry.offset);
                let verdict = self.chain.judge(offset, &entry.value);
                let verdict = verdict.map_err(|halt| FoldError::Halt { partition, offset, halt })?;
                if let Verdict::Counts(record) = verdict {
                    self.learn(&record);
                    ladder.note(&self.chain, &self.names);
                    self.wait(record);
                }
            }
        }
        Ok(())
    }

    fn learn(&mut self, record: &Counted) {
        let Body::Decision(events) = &record.body else { return };
        for event in events {
            if let Event::CentreDescribed(described) = event
                && index(described.number) == Some(self.names.len())
            {
                Arc::make_mut(&mut self.names).push(described.id.clone());
            }
        }
    }

    fn wait(&mut self, record: Counted) {
        let centre = index(record.prefix.centre).and_then(|at| self.names.get(at)).cloned();
        self.waiting.push_back(Waiting { record, at: self.chain.time(), centre });
    }
}

fn index(number: CentreNumber) -> Option<usize> {
    usize::try_from(number.0).ok()?.checked_sub(1)
}
