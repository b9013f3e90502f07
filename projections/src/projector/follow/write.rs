//! Writing what was followed, waiting while that fails, and writing it again.

use schemas::Position;

use super::{Batch, Followed, Write};
use crate::store::{Store, StoreError};
use crate::views::{Progress, Shared};

impl Followed {
    /// After a write has failed: opens the store anew and writes what it has not. Whether it stands where the fold is.
    pub(super) fn write_again(&mut self, shared: &Shared) -> Result<bool, String> {
        if let Err(error) = shared.store.mend() {
            self.wait("the views wait for their disk", &error.to_string());
            return Ok(false);
        }
        if self.opened != shared.store.opened() {
            self.opened = shared.store.opened();
            self.is_where_it_should_be(shared)?;
        }
        match self.unwritten.take() {
            Some(batch) => {
                let is_written = self.commit(shared, batch, Store::commit)?;
                if is_written {
                    self.goes_on();
                }
                Ok(is_written)
            }
            None => Ok(true),
        }
    }

    /// A store that was opened anew may have lost what was written to it last.
    fn is_where_it_should_be(&self, shared: &Shared) -> Result<(), String> {
        let stored = shared.store.checkpoint(self.partition).map_err(|error| error.to_string())?;
        let stored_to = stored.as_ref().map_or(0, |stored| stored.offset);
        let is_written = stored_to == self.progress.now().offset;
        if is_written
            || self.unwritten.as_ref().is_some_and(|batch| stored.as_ref() == Some(&batch.checkpoint))
        {
            return Ok(());
        }
        Err(format!(
            "after a write had failed the views stood at offset {stored_to} and not at {}: start again",
            self.progress.now().offset
        ))
    }

    /// Writes a batch and tells of it; whether it could be written. What cannot is kept.
    pub(super) fn commit(&mut self, shared: &Shared, mut batch: Batch, write: Write) -> Result<bool, String> {
        let checkpoint = batch.checkpoint;
        match write(&shared.store, self.partition, &mut batch.draft, &checkpoint) {
            Ok(()) => {}
            Err(error @ (StoreError::Storage(_) | StoreError::Folder { .. } | StoreError::Failing(_))) => {
                self.unwritten = Some(batch);
                self.wait("the views wait for their disk", &error.to_string());
                return Ok(false);
            }
            Err(error) => return Err(error.to_string()),
        }
        batch.described.into_iter().for_each(|(centre, at)| shared.learn(centre, at));
        self.progress.remember(&batch.counted);
        self.progress.written(Progress {
            position: Position::new(self.partition, checkpoint.seq, &checkpoint.head),
            at: checkpoint.time,
            offset: checkpoint.offset,
            halted: None,
            waits: self.waits.clone(),
        });
        if let Some(spare) = &mut self.spare {
            batch.draft.clear();
            *spare = batch.draft;
        }
        batch.halted.map_or(Ok(true), Err)
    }

    pub(super) fn wait(&mut self, what: &str, why: &str) {
        if self.waits.as_deref() == Some(why) {
            return;
        }
        tracing::warn!(partition = self.partition.0, why, "{what}");
        self.waits = Some(why.into());
        self.progress.written(Progress { waits: self.waits.clone(), ..self.progress.now() });
    }

    pub(super) fn goes_on(&mut self) {
        if self.waits.take().is_some() {
            tracing::info!(partition = self.partition.0, "the views are followed again");
            self.progress.written(Progress { waits: None, ..self.progress.now() });
        }
    }
}
