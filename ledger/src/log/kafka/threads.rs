//! Threads of the log.

use std::thread::{self, JoinHandle};

use super::super::LogError;

pub(super) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, LogError> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(body);
    thread.map_err(|error| LogError::Storage(format!("thread {name} cannot be started: {error}")))
}

/// Waits for a thread of ours, unless it is this one: a callback may hold the last reference to the log.
pub(super) fn join(thread: JoinHandle<()>) {
    if thread.thread().id() != thread::current().id() && thread.join().is_err() {
        tracing::error!("a thread of the log panicked");
    }
}
