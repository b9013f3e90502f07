//! `GET /v1/events`: the stream of all events over HTTP, bounded for each reader, woken by the log and never polling.

mod answer;
mod file;
mod filter;
mod moved;
mod pump;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use ledger::log::Log;
use projections::stream::Ladder;
use tokio::sync::Semaphore;

pub(crate) use answer::LinesBody;
pub(crate) use file::FileBody;
pub(crate) use filter::Filter;
pub(crate) use moved::Moved;
pub(crate) use pump::{Pump, Wanted};

/// The most streams that are open at once. Each has a thread and at most some megabytes.
const MOST_STREAMS: usize = 16;

/// What all streams share.
pub(crate) struct Events {
    pub(crate) ladder: Arc<Ladder>,
    pub(crate) moved: Arc<Moved>,
    pub(crate) room: Arc<Semaphore>,
}

impl Events {
    /// Listens to a log from now on.
    pub(crate) fn of(log: &dyn Log) -> Self {
        let moved = Arc::new(Moved::default());
        let wake = Arc::clone(&moved);
        log.subscribe(Arc::new(move |_| wake.wake()));
        Self { ladder: Arc::default(), moved, room: Arc::new(Semaphore::new(MOST_STREAMS)) }
    }

    /// Ends the streams that wait for more.
    pub(crate) fn close(&self) {
        self.moved.close();
    }
}
