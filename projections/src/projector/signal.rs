//! What wakes the projector's thread.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use schemas::ids::Partition;

/// What is asked of the projector's thread.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// Partitions whose end has moved, or that were not followed to their end.
    pub(crate) moved: BTreeSet<Partition>,
    /// Somebody waits for availability.
    pub(crate) draw: bool,
    /// The projector is to end.
    pub(crate) stop: bool,
}

impl Asked {
    fn anything(&self) -> bool {
        !self.moved.is_empty() || self.draw || self.stop
    }
}

/// Wakes the projector's thread; nothing asked is lost, and asking never blocks for long.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    asked: Mutex<Asked>,
    woken: Condvar,
}

impl Signal {
    /// The end of a partition has moved.
    pub(crate) fn moved(&self, partition: Partition) {
        self.ask(|asked| asked.moved.extend([partition]));
    }

    /// Somebody waits for availability.
    pub(crate) fn draw(&self) {
        self.ask(|asked| asked.draw = true);
    }

    /// The projector is to end.
    pub(crate) fn stop(&self) {
        self.ask(|asked| asked.stop = true);
    }

    fn ask(&self, ask: impl FnOnce(&mut Asked)) {
        ask(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner));
        self.woken.notify_one();
    }

    /// Takes what is asked, waiting until there is anything, or until `until` if given.
    pub(crate) fn take(&self, until: Option<Instant>) -> Asked {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        while !asked.anything() {
            let Some(until) = until else {
                asked = self.woken.wait(asked).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            (asked, _) = self.woken.wait_timeout(asked, left).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::take(&mut asked)
    }
}
