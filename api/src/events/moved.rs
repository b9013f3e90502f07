//! Waiting for the log to move.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Counts the wakes of a log.
#[derive(Default)]
pub(crate) struct Moved {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    wakes: u64,
    closed: bool,
}

impl Moved {
    pub(super) fn wake(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).wakes += 1;
        self.changed.notify_all();
    }

    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed
    }

    /// How often it has moved: asked before reading, so that nothing is missed by waiting afterwards.
    pub(super) fn wakes(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).wakes
    }

    /// Waits until the log has moved since `seen`, or is closed, or `limit` is over.
    pub(super) fn wait(&self, seen: u64, limit: Duration) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let still = |state: &mut State| state.wakes == seen && !state.closed;
        drop(self.changed.wait_timeout_while(state, limit, still));
    }
}
