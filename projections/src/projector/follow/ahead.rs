//! Reading on, a piece at a time; what a batch does not take waits for the next one.

use ledger::log::{Entry, LogError};

use super::{Followed, Settings, Shared};

impl Followed {
    /// What the log has next: nothing when it cannot be read just now.
    pub(super) fn entries(&mut self, shared: &Shared, settings: &Settings) -> Result<Vec<Entry>, String> {
        let from = self.fold.chain.next_offset();
        if self.ahead.front().is_some_and(|next| next.offset == from) {
            return Ok(self.next_of(settings));
        }
        match shared.log.read(self.partition, from, settings.batch_bytes) {
            Ok(entries) => {
                self.goes_on();
                self.ahead = entries.into();
                Ok(self.next_of(settings))
            }
            Err(error @ (LogError::Storage(_) | LogError::Unreachable(_))) => {
                self.wait("the views wait for the log", &error.to_string());
                Ok(Vec::new())
            }
            // The program is ending; what is left is followed at the next start.
            Err(LogError::Closed) => Ok(Vec::new()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn next_of(&mut self, settings: &Settings) -> Vec<Entry> {
        let count = settings.batch_entries.max(1).min(self.ahead.len());
        self.ahead.drain(..count).collect()
    }
}
