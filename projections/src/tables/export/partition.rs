//! One partition: judged from its beginning, its events written day by day, its state kept as of the end of the period.

use std::collections::BTreeMap;

use ledger::chain::{Chain, Counted, Verdict};
use ledger::fold::{FoldError, State};
use ledger::log::LogError;
use schemas::ids::{CentreId, CentreNumber, Partition};
use schemas::{Body, CivilDate, Event, Position};

use super::super::cloud_event::EventAt;
use super::super::column::TableName;
use super::super::day::Days;
use super::super::error::ExportError;
use super::super::manifest::PartitionRange;
use super::super::rows::event_row;
use super::Job;
use super::sheets::{OpenSheet, SheetAt};
use crate::draft::Draft;
use crate::keys::{CentreAt, Place};
use crate::mapping::Mapping;
use crate::rows::Checkpoint;

/// About how many bytes are read at once.
const BATCH_BYTES: usize = 1 << 20;

/// One partition as it is read.
pub(super) struct Pass<'a, 'b> {
    pub(super) job: &'a mut Job<'b>,
    pub(super) partition: Partition,
    chain: Chain,
    pub(super) state: State,
    draft: Draft,
    pub(super) faces: BTreeMap<CentreNumber, Face>,
    berlin: Days,
    /// The open file of each centre, with its day.
    open: BTreeMap<CentreNumber, (CivilDate, OpenSheet)>,
    range: PartitionRange,
    since: Option<Position>,
}

/// A centre as it is named and counts its days.
#[derive(Clone)]
pub(super) struct Face {
    pub(super) id: CentreId,
    pub(super) days: Days,
}

impl<'a, 'b> Pass<'a, 'b> {
    pub(super) fn new(job: &'a mut Job<'b>, partition: Partition) -> Self {
        let chain = Chain::new(Some(job.ledger), partition);
        // Where the earlier export had not come to genesis there is nothing to go on from.
        let is_here = |position: &&Position| position.partition == partition && position.head != [0; 8];
        let since = job.order.since.iter().find(is_here).copied();
        let last = chain.position();
        Self {
            job,
            partition,
            chain,
            state: State::new(partition),
            draft: Draft::default(),
            faces: BTreeMap::new(),
            berlin: Days::in_berlin(),
            open: BTreeMap::new(),
            range: PartitionRange { partition, first: None, last, closed: false },
            since,
        }
    }

    /// Reads to `end`, or to where the period is over; `progress` hears how many values were read.
    pub(super) fn run(
        mut self,
        end: u64,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<PartitionRange, ExportError> {
        while self.chain.next_offset() < end && !self.range.closed {
            self.batch(end)?;
            if !progress(self.chain.next_offset()) {
                return Err(ExportError::Stopped);
            }
        }
        if let Some(since) = self.since.filter(|since| since.seq > self.range.last.seq) {
            return Err(ExportError::ForeignManifest(since));
        }
        for (_, (_, sheet)) in std::mem::take(&mut self.open) {
            sheet.close(&mut self.job.folder)?;
        }
        if self.job.store.is_some() {
            self.snapshot(self.range.last.seq)?;
        }
        Ok(self.range)
    }

    fn batch(&mut self, end: u64) -> Result<(), ExportError> {
        let next = self.chain.next_offset();
        let entries = self.job.log.read(self.partition, next, BATCH_BYTES)?;
        if entries.is_empty() {
            let partition = self.partition;
            return Err(LogError::Damaged(format!(
                "partition {partition} shows nothing at {next}, and ended at {end} when the export was begun"
            ))
            .into());
        }
        for entry in entries.iter().take_while(|entry| entry.offset < end) {
            let (partition, offset) = (self.partition, entry.offset);
            let verdict = self.chain.judge(offset, &entry.value);
            match verdict.map_err(|halt| FoldError::Halt { partition, offset, halt })? {
                Verdict::Counts(record) => self.take(&record)?,
                Verdict::Repeat | Verdict::Void(_) => {}
            }
            if self.range.closed {
                break;
            }
        }
        let mut draft = std::mem::take(&mut self.draft);
        match &self.job.store {
            Some(store) => Ok(store.commit(self.partition, &mut draft, &Checkpoint::of(&self.chain))?),
            None => Ok(()),
        }
    }

    fn take(&mut self, record: &Counted) -> Result<(), ExportError> {
        let number = record.prefix.centre;
        if let Body::Decision(events) = &record.body {
            events.iter().for_each(|event| self.learn(number, event));
        }
        let position = record.mark.position(self.partition);
        if let Some(since) = self.since
            && since.seq == position.seq
            && since != position
        {
            return Err(ExportError::ForeignManifest(since));
        }
        self.job.folder.pass(position)?;
        // One zone for the whole partition, so that a period is one piece of it and the next export begins where this one
        // ends. A claim may carry less than the time of what stands before it.
        let day = self.berlin.on(self.chain.time());
        if day > self.job.order.to {
            self.range.closed = true;
            return Ok(());
        }
        self.range.last = position;
        let new = self.since.is_none_or(|since| position.seq > since.seq);
        let within = new && day >= self.job.order.from;
        if within && self.range.first.is_none() {
            self.range.first = Some(position);
        }
        let Body::Decision(events) = &record.body else { return Ok(()) };
        if within && self.job.order.tables.contains(&TableName::Events) {
            self.write(record, events, day)?;
        }
        self.follow(record, events)
    }

    fn learn(&mut self, number: CentreNumber, event: &Event) {
        if let Event::CentreDescribed(described) = event {
            let days = Days::in_zone(&described.time_zone);
            self.faces.insert(number, Face { id: described.id.clone(), days });
        }
    }

    fn write(&mut self, record: &Counted, events: &[Event], day: CivilDate) -> Result<(), ExportError> {
        let number = record.prefix.centre;
        let (partition, ledger) = (self.partition, self.job.ledger);
        let centre = self.faces.get(&number).map(|face| &face.id);
        let mut sheet = match self.open.remove(&number) {
            Some((open, sheet)) if open == day => sheet,
            before => {
                // Time never goes back, so the day before it is over.
                if let Some((_, sheet)) = before {
                    sheet.close(&mut self.job.folder)?;
                }
                let name = (partition.0, record.mark.seq);
                let at = SheetAt { table: TableName::Events, date: day, centre: centre.cloned(), name };
                OpenSheet::open(&mut self.job.folder, &at, self.job.order.format, &self.job.about)?
            }
        };
        for (index, event) in events.iter().enumerate() {
            let at = EventAt { ledger, partition, centre, record, index };
            sheet.row(event_row(&at, event, self.job.veil)?)?;
        }
        self.open.insert(number, (day, sheet));
        Ok(())
    }

    fn follow(&mut self, record: &Counted, events: &[Event]) -> Result<(), ExportError> {
        let Some(store) = &self.job.store else { return Ok(()) };
        let partition = self.partition;
        let centre = CentreAt { partition, number: record.prefix.centre };
        let place = Place { centre, mark: record.mark };
        Mapping::record(store, &mut self.draft, place, events)?;
        let applied = self.state.apply(record.prefix.centre, events, &record.mark);
        // It was judged just now.
        let offset = self.chain.next_offset().saturating_sub(1);
        Ok(applied.map_err(|error| FoldError::State { partition, offset, error })?)
    }
}
