//! A connection that does not wait for ever: for the head of a request, for the next request, or to be read from.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::problem::HEAD_TOO_SLOW;

/// Counts twice for each request, when it begins and when it is answered: odd while one is at work.
#[derive(Clone, Default)]
pub(super) struct Turn(Arc<AtomicU64>);

impl Turn {
    pub(super) fn next(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long a connection may keep us waiting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) head: Duration,
    pub(super) idle: Duration,
    pub(super) write: Duration,
}

/// A TCP stream with limits to every wait.
pub(super) struct Guarded {
    stream: TcpStream,
    turn: Turn,
    patience: Patience,
    reading: Option<Reading>,
    writing: Option<Pin<Box<Sleep>>>,
}

/// What is being waited for between two requests.
struct Reading {
    turn: u64,
    head_began: bool,
    limit: Pin<Box<Sleep>>,
}

impl Guarded {
    pub(super) fn new(stream: TcpStream, turn: Turn, patience: Patience) -> Self {
        Self { stream, turn, patience, reading: None, writing: None }
    }

    fn bytes_came(&mut self) {
        let turn = self.turn.now();
        let began = self.reading.as_ref().is_some_and(|wait| wait.turn == turn && wait.head_began);
        if turn.is_multiple_of(2) && !began {
            self.reading = Some(Reading { turn, head_began: true, limit: timer(self.patience.head) });
        }
    }

    /// Pending, or the error that ends the connection.
    fn keep_waiting(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let turn = self.turn.now();
        if !turn.is_multiple_of(2) {
            self.reading = None;
            return Poll::Pending;
        }
        if self.reading.as_ref().is_none_or(|wait| wait.turn != turn) {
            self.reading = Some(Reading { turn, head_began: false, limit: timer(self.patience.idle) });
        }
        let Some(wait) = &mut self.reading else { return Poll::Pending };
        if wait.limit.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        if wait.head_began {
            // The connection ends either way; the answer is a courtesy.
            let _ = self.stream.try_write(&HEAD_TOO_SLOW);
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn written<T>(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.writing = None;
            return outcome;
        }
        let limit = self.writing.get_or_insert_with(|| timer(self.patience.write));
        limit.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

fn timer(after: Duration) -> Pin<Box<Sleep>> {
    Box::pin(sleep_until(Instant::now() + after))
}

impl AsyncRead for Guarded {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut this.stream).poll_read(context, buffer);
        if outcome.is_pending() {
            return this.keep_waiting(context);
        }
        if buffer.filled().len() > before {
            this.bytes_came();
        }
        outcome
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.written(context, outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.written(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
