//! Following the log: judge, fold, map to rows, commit with the checkpoint, tell.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ledger::chain::{Chain, Counted, Verdict};
use ledger::fold::{FoldError, PartitionFold};
use ledger::log::{Entry, LogError};
use schemas::ids::{CentreId, LedgerId, Partition};
use schemas::{Body, Event, Position};

use super::draw::draw;
use super::tracks::Tracks;
use super::{Settings, StartError};
use crate::draft::Draft;
use crate::keys::{CentreAt, Place};
use crate::mapping::Mapping;
use crate::rows::Checkpoint;
use crate::views::{PartitionProgress, Progress, Published, Shared};

/// One partition as it is followed.
pub(super) struct Followed {
    partition: Partition,
    progress: Arc<PartitionProgress>,
    fold: PartitionFold,
    tracks: Tracks,
    /// Why it is followed no further.
    halted: Option<Arc<str>>,
    /// Whether the fold is where the store is, so that it may be shown. It is not once a record has broken it.
    sound: bool,
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

impl Followed {
    pub(super) fn new(partition: Partition, progress: Arc<PartitionProgress>, ledger: LedgerId) -> Self {
        Self {
            partition,
            progress,
            fold: PartitionFold::new(Some(ledger), partition),
            tracks: Tracks::new(partition),
            halted: None,
            sound: true,
            shown: Position { partition, seq: 0, head: [0; 8] },
        }
    }

    /// Folds what the store has already, and compares.
    ///
    /// # Errors
    /// When the log cannot be read, or what the store has is not in it.
    pub(super) fn refold(&mut self, shared: &Shared, settings: &Settings) -> Result<(), StartError> {
        let Some(stored) = shared.store.checkpoint(self.partition)? else { return Ok(()) };
        let partition = self.partition;
        let damage = |reason| StartError::NotInTheLog { partition, reason };
        let end = shared.log.end(partition)?;
        if end < stored.offset {
            return Err(damage(format!(
                "the log ends at {end}, and they have followed it to {}",
                stored.offset
            )));
        }
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
        let found = checkpoint(&self.fold.chain);
        if found != stored {
            return Err(damage(format!("they say {stored:?}, and the log says {found:?}")));
        }
        self.progress.written(self.now());
        Ok(())
    }

    /// Follows one batch, and tells whether there may be more.
    pub(super) fn follow(&mut self, shared: &Shared, settings: &Settings) -> bool {
        if self.halted.is_some() {
            return false;
        }
        let followed = guarded(|| self.follow_batch(shared, settings));
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
        let from = self.fold.chain.next_offset();
        let entries = match shared.log.read(self.partition, from, settings.batch_bytes) {
            Ok(entries) => entries,
            // The program is ending; what is left is followed at the next start.
            Err(LogError::Closed) => return Ok(false),
            Err(error) => return Err(error.to_string()),
        };
        if entries.is_empty() {
            return Ok(false);
        }
        let batch = self.judge(shared, entries.iter().take(settings.batch_entries.max(1)))?;
        let halted = batch.halted.clone();
        self.commit(shared, batch)?;
        halted.map_or(Ok(true), Err)
    }

    fn judge<'a>(
        &mut self,
        shared: &Shared,
        entries: impl Iterator<Item = &'a Entry>,
    ) -> Result<Batch, String> {
        let mut batch = Batch {
            draft: Draft::default(),
            checkpoint: checkpoint(&self.fold.chain),
            counted: Vec::new(),
            described: Vec::new(),
            halted: None,
        };
        for entry in entries {
            match self.read(entry) {
                Ok(Verdict::Counts(record)) => self.map(shared, &record, &mut batch)?,
                Ok(Verdict::Repeat | Verdict::Void(_)) => {}
                Err(reason) => {
                    batch.halted = Some(reason);
                    break;
                }
            }
            batch.checkpoint = checkpoint(&self.fold.chain);
        }
        Ok(batch)
    }

    /// Judges and folds one entry.
    fn read(&mut self, entry: &Entry) -> Result<Verdict, String> {
        self.fold.read(entry.offset, &entry.value).map_err(|error| {
            self.sound = matches!(error, FoldError::Halt { .. });
            error.to_string()
        })
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

    fn commit(&mut self, shared: &Shared, batch: Batch) -> Result<(), String> {
        let checkpoint = batch.checkpoint;
        shared.store.commit(self.partition, batch.draft, &checkpoint).map_err(|error| error.to_string())?;
        batch.described.into_iter().for_each(|(centre, at)| shared.learn(centre, at));
        self.progress.remember(&batch.counted);
        self.progress.written(Progress {
            position: Position::new(self.partition, checkpoint.seq, &checkpoint.head),
            at: checkpoint.time,
            offset: checkpoint.offset,
            halted: None,
        });
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
        self.progress.written(Progress { halted: Some(reason), ..self.progress.now() });
    }

    /// The offset that is read next.
    pub(super) fn next_offset(&self) -> u64 {
        self.fold.chain.next_offset()
    }

    /// Whether there is something to be shown that is not.
    pub(super) fn has_moved(&self) -> bool {
        self.sound && self.shown != self.fold.chain.position()
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

fn checkpoint(chain: &Chain) -> Checkpoint {
    Checkpoint {
        offset: chain.next_offset(),
        epoch: chain.epoch(),
        seq: chain.position().seq,
        head: chain.head(),
        fold_version: chain.fold_version(),
        time: chain.time(),
    }
}
