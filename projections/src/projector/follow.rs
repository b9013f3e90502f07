//! Following the log: judge, fold, map to rows, commit with the checkpoint, tell.

mod ahead;
mod snapshots;
mod write;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ledger::chain::{Chain, Counted, Verdict};
use ledger::fold::{FoldError, PartitionFold};
use ledger::log::Entry;
use ledger::past::{PastError, Until};
use ledger::snapshot::{Decided, Publisher};
use schemas::ids::{CentreId, LedgerId, Partition};
use schemas::{Body, Event, Position};

use super::draw::draw;
use super::tracks::Tracks;
use super::{Settings, StartError};
use crate::draft::Draft;
use crate::keys::{CentreAt, Place};
use crate::mapping::Mapping;
use crate::rows::Checkpoint;
use crate::store::{Store, StoreError};
use crate::views::{PartitionProgress, Progress, Published, Shared};

/// One partition as it is followed.
pub(super) struct Followed {
    partition: Partition,
    progress: Arc<PartitionProgress>,
    fold: PartitionFold,
    tracks: Tracks,
    /// How far it is followed.
    until: Until,
    /// Read already, and due next. A log far away that is asked for something again fetches it again, with all behind it.
    ahead: VecDeque<Entry>,
    /// The record that was folded last, if it is a decision.
    decided: Option<Decided>,
    /// Why it is followed no further.
    halted: Option<Arc<str>>,
    /// Whether the fold is where the store is, so that it may be shown. It is not once a record has broken it.
    sound: bool,
    /// Why the log could not be read or the views not be written just now; it is tried again.
    waits: Option<Arc<str>>,
    /// The offset that was read first: that behind the snapshot, if there was one.
    began_at: u64,
    /// What could not be written. The fold is behind it already.
    unwritten: Option<Batch>,
    /// While it catches up: the memory of the draft that was written last, for the next one.
    spare: Option<Draft>,
    /// How often the store had been opened anew when it was last seen to stand where it should.
    opened: u64,
    /// What is shown.
    shown: Position,
}

/// What was made of a batch of entries, and is going to be committed.
struct Batch {
    draft: Draft,
    checkpoint: Checkpoint,
    counted: Vec<Position>,
    described: Vec<(CentreId, CentreAt)>,
    halted: Option<String>,
}

/// How a batch is committed.
type Write = fn(&Store, Partition, &mut Draft, &Checkpoint) -> Result<(), StoreError>;

impl Batch {
    fn after(chain: &Chain, draft: Draft) -> Self {
        Self {
            draft,
            checkpoint: Checkpoint::of(chain),
            counted: Vec::new(),
            described: Vec::new(),
            halted: None,
        }
    }
}

impl Followed {
    pub(super) fn new(partition: Partition, progress: Arc<PartitionProgress>, ledger: LedgerId) -> Self {
        Self {
            partition,
            progress,
            fold: PartitionFold::new(Some(ledger), partition),
            tracks: Tracks::new(partition),
            until: Until::End,
            ahead: VecDeque::new(),
            decided: None,
            halted: None,
            sound: true,
            waits: None,
            began_at: 0,
            unwritten: None,
            spare: None,
            opened: 0,
            shown: Position { partition, seq: 0, head: [0; 8] },
        }
    }

    /// Folds what the store has already, and compares.
    ///
    /// # Errors
    /// When the log cannot be read, or what the store has is not in it.
    pub(super) fn refold(
        &mut self,
        shared: &Shared,
        settings: &Settings,
        publisher: Option<&Publisher>,
    ) -> Result<(), StartError> {
        let Some(stored) = shared.store.checkpoint(self.partition)? else {
            // None knows little enough to go on from, and each must be of this log all the same.
            return self.begin_from_a_snapshot(shared, settings, 0, publisher);
        };
        let partition = self.partition;
        let damage = |reason| StartError::NotInTheLog { partition, reason };
        let end = shared.log.end(partition)?;
        if end < stored.offset {
            return Err(damage(format!(
                "the log ends at {end}, and they have followed it to {}",
                stored.offset
            )));
        }
        self.begin_from_a_snapshot(shared, settings, stored.offset, publisher)?;
        while self.fold.chain.next_offset() < stored.offset {
            let entries = shared.log.read(partition, self.fold.chain.next_offset(), settings.batch_bytes)?;
            if entries.is_empty() {
                return Err(damage(format!("the log says it ends at {end}, and has nothing to read there")));
            }
            let before = entries.iter().take_while(|entry| entry.offset < stored.offset);
            let mut counted = Vec::new();
            for entry in before {
                match guarded(|| self.read(entry)) {
                    Ok(Verdict::Counts(record)) => {
                        self.tracks.record(&record);
                        counted.push(record.mark.position(partition));
                    }
                    Ok(Verdict::Repeat | Verdict::Void(_)) => {}
                    Err(reason) => {
                        self.halt_behind(reason);
                        return Ok(());
                    }
                }
            }
            self.progress.remember(&counted);
        }
        let found = Checkpoint::of(&self.fold.chain);
        if found != stored {
            return Err(damage(format!("they say {stored:?}, and the log says {found:?}")));
        }
        self.progress.written(self.now());
        Ok(())
    }

    /// Follows one batch, and tells whether there may be more.
    pub(super) fn follow(&mut self, shared: &Shared, settings: &Settings) -> bool {
        self.follow_by(shared, |followed| followed.follow_batch(shared, settings))
    }

    /// Follows the partition to where it ends now, in large batches.
    pub(super) fn catch_up(&mut self, shared: &Shared, settings: &Settings, publisher: Option<&Publisher>) {
        let end = shared.log.end(self.partition).unwrap_or(0);
        self.spare = Some(Draft::default());
        let mut more = true;
        while more && self.fold.chain.next_offset() < end {
            more = self.follow_by(shared, |followed| followed.follow_bulk(shared, settings, end));
            if let Some(publisher) = publisher {
                self.offer(publisher);
            }
        }
        self.spare = None;
    }

    fn follow_by(&mut self, shared: &Shared, batch: impl FnOnce(&mut Self) -> Result<bool, String>) -> bool {
        if self.halted.is_some() {
            return false;
        }
        let followed = guarded(|| match self.write_again(shared)? {
            true => batch(self),
            false => Ok(false),
        });
        match followed {
            Ok(more) => more,
            Err(reason) => {
                // Rows that could not be made leave the fold ahead of the store.
                self.sound &= self.progress.now().position == self.fold.chain.position();
                self.halt(reason);
                false
            }
        }
    }

    fn follow_batch(&mut self, shared: &Shared, settings: &Settings) -> Result<bool, String> {
        let entries = self.entries(shared, settings)?;
        if entries.is_empty() {
            return Ok(false);
        }
        let mut batch = Batch::after(&self.fold.chain, Draft::default());
        let before = batch.checkpoint.offset;
        self.judge(shared, &entries, &mut batch)?;
        if batch.checkpoint.offset == before && batch.halted.is_none() {
            return Ok(false);
        }
        self.commit(shared, batch, Store::commit)
    }

    /// As many entries as make a large batch, and no more than there are before `end`.
    fn follow_bulk(&mut self, shared: &Shared, settings: &Settings, end: u64) -> Result<bool, String> {
        let draft = self.spare.as_mut().map(std::mem::take).unwrap_or_default();
        let mut batch = Batch::after(&self.fold.chain, draft);
        let mut more = true;
        while more && batch.halted.is_none() && batch.draft.memory_bytes() < settings.bulk_bytes {
            let entries = match self.entries(shared, settings) {
                Ok(entries) => entries,
                // What stands before it is sound, and is committed.
                Err(reason) => {
                    batch.halted = Some(reason);
                    break;
                }
            };
            self.judge(shared, &entries, &mut batch)?;
            more = !entries.is_empty() && self.fold.chain.next_offset() < end;
        }
        let is_bulk = batch.draft.len() >= settings.bulk_rows;
        let write = if is_bulk { Store::commit_sorted } else { Store::commit };
        Ok(self.commit(shared, batch, write)? && more)
    }

    fn judge(&mut self, shared: &Shared, entries: &[Entry], batch: &mut Batch) -> Result<(), String> {
        for entry in entries {
            if self.until.is_reached(&self.fold.chain, &entry.value) {
                break;
            }
            match self.read(entry) {
                Ok(Verdict::Counts(record)) => self.map(shared, &record, batch)?,
                Ok(Verdict::Repeat | Verdict::Void(_)) => {}
                Err(reason) => {
                    batch.halted = Some(reason);
                    break;
                }
            }
            batch.checkpoint = Checkpoint::of(&self.fold.chain);
        }
        Ok(())
    }

    /// Judges and folds one entry.
    fn read(&mut self, entry: &Entry) -> Result<Verdict, String> {
        let read = self.fold.read(entry.offset, &entry.value).map_err(|error| {
            self.sound = matches!(error, FoldError::Halt { .. });
            error.to_string()
        });
        self.decided = match &read {
            Ok(Verdict::Counts(Counted { prefix, body: Body::Decision(_), .. })) => {
                Some(Decided { offset: entry.offset, prev: prefix.prev })
            }
            _ => None,
        };
        read
    }

    fn map(&mut self, shared: &Shared, record: &Counted, batch: &mut Batch) -> Result<(), String> {
        batch.counted.push(record.mark.position(self.partition));
        self.tracks.record(record);
        let Body::Decision(events) = &record.body else { return Ok(()) };
        let centre = CentreAt { partition: self.partition, number: record.prefix.centre };
        let place = Place { centre, mark: record.mark };
        let touched = Mapping::record(&shared.store, &mut batch.draft, place, events)
            .map_err(|error| format!("record {}: {error}", record.mark.seq))?;
        self.tracks.touch(centre.number, touched);
        for event in events {
            if let Event::CentreDescribed(described) = event {
                batch.described.push((described.id.clone(), centre));
            }
        }
        Ok(())
    }

    /// Halts where the store has rows of later records: the fold is not where the store is.
    fn halt_behind(&mut self, reason: String) {
        self.sound = false;
        self.progress.written(self.now());
        self.halt(reason);
    }

    fn halt(&mut self, reason: String) {
        tracing::error!(partition = self.partition.0, reason, "the views follow this partition no further");
        let reason: Arc<str> = reason.into();
        self.halted = Some(Arc::clone(&reason));
        self.progress.written(Progress { halted: Some(reason), waits: None, ..self.progress.now() });
    }

    /// From now on it is followed no further than so.
    pub(super) fn stop_at(&mut self, until: Until) {
        self.until = until;
    }

    /// Whether it is where it was to be followed to.
    pub(super) fn check_reached(&self) -> Result<(), PastError> {
        self.until.check(&self.fold.chain)
    }

    /// The offset that is read next.
    pub(super) fn next_offset(&self) -> u64 {
        self.fold.chain.next_offset()
    }

    /// The offset that was read first, and how many were since.
    pub(super) fn read_since(&self) -> (u64, u64) {
        (self.began_at, self.next_offset().saturating_sub(self.began_at))
    }

    /// What the log adds up to so far, unless it has halted.
    pub(super) fn fold(&self) -> Option<&PartitionFold> {
        (self.sound && self.halted.is_none()).then_some(&self.fold)
    }

    /// Why it waits, if it does; it is to be tried again.
    pub(super) fn waits(&self) -> Option<&Arc<str>> {
        self.waits.as_ref().filter(|_| self.halted.is_none())
    }

    /// Whether there is something to be shown that is not. What is not written yet is not shown either.
    pub(super) fn has_moved(&self) -> bool {
        self.sound && self.unwritten.is_none() && self.shown != self.fold.chain.position()
    }

    /// Draws what has changed into what is going to be shown; a panic halts the partition and nothing else.
    pub(super) fn draw(&mut self, published: &mut Published) {
        if let Err(reason) = guarded(|| {
            self.draw_centres(published);
            Ok(())
        }) {
            self.sound = false;
            self.halt(reason);
        }
    }

    fn draw_centres(&mut self, published: &mut Published) {
        self.shown = self.fold.chain.position();
        published.as_of.insert(self.partition, (self.shown, self.fold.time()));
        for (number, track) in self.tracks.iter_mut() {
            let Some(centre) = self.fold.state.by_number(number) else { continue };
            if !track.is_dirty() {
                continue;
            }
            let id = &track.face.centre;
            let before = published.centres.get(id).map(Arc::clone);
            match draw(self.partition, track, centre, before.as_deref()) {
                Ok(shown) => {
                    published.centres.insert(id.clone(), Arc::new(shown));
                    track.clean();
                }
                Err(error) => tracing::error!(%error, centre = %id, "availability could not be drawn"),
            }
        }
    }

    /// Tells who waits for it what is shown.
    pub(super) fn tell_shown(&mut self) {
        self.progress.shown(self.shown);
    }

    fn now(&self) -> Progress {
        Progress {
            position: self.fold.chain.position(),
            at: self.fold.time(),
            offset: self.fold.chain.next_offset(),
            halted: self.halted.clone(),
            waits: self.waits.clone(),
        }
    }
}

/// A panic of one partition, which is a fault of the program, takes neither the others nor the process down.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|&text| text.to_owned());
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(format!("the program panicked: {}", said.unwrap_or_else(|| "it did not say why".to_owned())))
    })
}
