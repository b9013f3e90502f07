//! Writes calls down as they happen.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant as Monotonic;

use ledger::{Answer, Ledger, Request};
use schemas::Instant;

use super::call::{Answered, Asked, CallId, History, HistoryError, Line, Told};
use super::clock::now_ns;

/// Between clients and ledger. Clones share one recording.
#[derive(Clone)]
pub struct Recorder {
    process: u32,
    next: Arc<AtomicU64>,
    lines: Arc<Mutex<Lines>>,
}

struct Lines {
    kept: Vec<Line>,
    file: Option<File>,
}

impl Recorder {
    /// Keeps the recording in memory. `process` tells calls of several recorders apart.
    pub fn in_memory(process: u32) -> Self {
        Self::new(process, None)
    }

    /// Keeps the recording in memory and in a file. Each line is with the system before the call goes on, so that a process
    /// that is killed takes nothing with it but the answers that it had not heard.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn to_file(process: u32, path: &Path) -> Result<Self, HistoryError> {
        let opened = OpenOptions::new().create(true).append(true).open(path);
        let file = opened.map_err(|source| HistoryError::File { path: path.to_owned(), source })?;
        Ok(Self::new(process, Some(file)))
    }

    fn new(process: u32, file: Option<File>) -> Self {
        let lines = Arc::new(Mutex::new(Lines { kept: Vec::new(), file }));
        Self { process, next: Arc::default(), lines }
    }

    /// Submits a request of a client, and writes down what was asked and what was told.
    pub async fn submit(&self, ledger: &Ledger, client: u32, request: Request) -> Answer {
        let call = self.asks(client, &request, || Some(ledger.now()));
        let answer = ledger.submit(request).await;
        self.hears(call, Told::from(&answer), Some(ledger.now()));
        answer
    }

    /// Writes down what is about to be asked, for callers who do not use [`Self::submit`]. `ledger_at` tells the ledger's
    /// time, if the caller can see it.
    ///
    /// The clocks are read one after the other, and a busy machine may let much time pass between two readings: in this order
    /// a deadline may look later than it is and never earlier, and the call never later than it is.
    pub fn asks(
        &self,
        client: u32,
        request: &Request,
        ledger_at: impl FnOnce() -> Option<Instant>,
    ) -> CallId {
        let call = CallId(self.process, self.next.fetch_add(1, Ordering::SeqCst));
        let left = request.deadline.saturating_duration_since(Monotonic::now());
        let left_ns = u64::try_from(left.as_nanos()).unwrap_or(u64::MAX);
        let asked_ns = now_ns();
        let ledger_at = ledger_at();
        self.write(Line::Asked(Asked {
            call,
            client,
            command: request.command.clone(),
            channel: request.channel,
            actor: Some(request.actor).filter(|actor| !actor.is_nil()),
            asked_ns,
            deadline_ns: Some(asked_ns.saturating_add(left_ns)),
            ledger_at,
        }));
        call
    }

    /// Writes down what was told.
    pub fn hears(&self, call: CallId, told: Told, ledger_at: Option<Instant>) {
        self.write(Line::Answered(Answered { call, answered_ns: now_ns(), ledger_at, told }));
    }

    fn write(&self, line: Line) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &mut lines.file {
            let mut text = serde_json::to_vec(&line).unwrap_or_default();
            text.push(b'\n');
            if let Err(error) = file.write_all(&text) {
                tracing::error!(%error, "the recording cannot be written");
            }
        }
        lines.kept.push(line);
    }

    /// All that was written down so far.
    pub fn history(&self) -> History {
        History::of_lines(self.lines.lock().unwrap_or_else(PoisonError::into_inner).kept.clone())
    }
}
