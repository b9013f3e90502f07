//! The body of an answer that is written while it is read: chunks through a bounded channel, and room kept for a last one.

use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::{Body, Frame};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{OwnedPermit, Receiver, Sender, channel};

/// Bytes that are gathered before they are sent, unless nothing more is at hand.
const CHUNK_BYTES: usize = 32 * 1024;
/// Chunks that wait for a reader.
const CHUNKS: usize = 16;

/// The reader's end.
pub(crate) struct LinesBody(Receiver<Bytes>);

impl Body for LinesBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// Why no more can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The reader has gone.
    Gone,
    /// The reader took nothing for too long.
    Slow,
}

/// The writer's end.
pub(super) struct Lines {
    gathered: Gathered,
    chunks: Sender<Bytes>,
    last: OwnedPermit<Bytes>,
    runtime: Handle,
    patience: Duration,
}

enum Gathered {
    Plain(Vec<u8>),
    Gzip(GzEncoder<Vec<u8>>),
}

/// Both ends. `patience`: how long a reader may take nothing. None when there is no room for a last chunk, which is never.
pub(super) fn lines(gzip: bool, patience: Duration, runtime: Handle) -> Option<(Lines, LinesBody)> {
    let (chunks, receiver) = channel(CHUNKS);
    let last = chunks.clone().try_reserve_owned().ok()?;
    let gathered = if gzip {
        Gathered::Gzip(GzEncoder::new(Vec::new(), Compression::fast()))
    } else {
        Gathered::Plain(Vec::new())
    };
    Some((Lines { gathered, chunks, last, runtime, patience }, LinesBody(receiver)))
}

impl Lines {
    /// Adds a line, and sends what is gathered when it is enough. What could not be sent stays for the last chunk.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<(), Cut> {
        self.gathered.push(line);
        if self.gathered.len() >= CHUNK_BYTES { self.send() } else { Ok(()) }
    }

    /// Sends what is gathered.
    pub(super) fn flush(&mut self) -> Result<(), Cut> {
        self.gathered.sync();
        if self.gathered.len() == 0 { Ok(()) } else { self.send() }
    }

    fn send(&mut self) -> Result<(), Cut> {
        // The limit begins inside the runtime, whose clock it needs.
        let room = async { tokio::time::timeout(self.patience, self.chunks.reserve()).await };
        match self.runtime.block_on(room) {
            Ok(Ok(permit)) => {
                permit.send(self.gathered.take());
                Ok(())
            }
            Ok(Err(_)) => Err(Cut::Gone),
            Err(_) => Err(Cut::Slow),
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.chunks.is_closed()
    }

    /// Sends what is left and a last line, for which there is always room.
    pub(super) fn end(mut self, line: &[u8]) {
        self.gathered.push(line);
        self.last.send(self.gathered.finish());
    }
}

impl Gathered {
    fn push(&mut self, line: &[u8]) {
        // Writing into memory does not fail.
        let _ = match self {
            Self::Plain(bytes) => bytes.write_all(line),
            Self::Gzip(encoder) => encoder.write_all(line),
        };
    }

    fn len(&self) -> usize {
        match self {
            Self::Plain(bytes) => bytes.len(),
            Self::Gzip(encoder) => encoder.get_ref().len(),
        }
    }

    /// So that a reader can read every line that was written.
    fn sync(&mut self) {
        if let Self::Gzip(encoder) = self {
            let _ = encoder.flush();
        }
    }

    fn take(&mut self) -> Bytes {
        match self {
            Self::Plain(bytes) => std::mem::take(bytes).into(),
            Self::Gzip(encoder) => std::mem::take(encoder.get_mut()).into(),
        }
    }

    fn finish(self) -> Bytes {
        match self {
            Self::Plain(bytes) => bytes.into(),
            Self::Gzip(encoder) => encoder.finish().unwrap_or_default().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With a thread that keeps the time, as an edge has: a handle alone keeps none.
    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
    }

    #[test]
    fn who_takes_nothing_is_cut_and_still_gets_every_line_with_the_reason_last() {
        for gzip in [false, true] {
            let runtime = runtime();
            let (mut lines, mut body) =
                lines(gzip, Duration::from_millis(50), runtime.handle().clone()).unwrap();
            let mut written = Vec::new();
            let cut = (0_u64..).find_map(|number| {
                // Digests do not shrink, so that gzip fills the channel, too.
                let line = format!(
                    "{}\n",
                    (0..64)
                        .map(|at| format!(
                            "{:016x}",
                            number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(at)
                        ))
                        .collect::<String>()
                );
                written.extend_from_slice(line.as_bytes());
                lines.line(line.as_bytes()).err()
            });
            assert_eq!(cut, Some(Cut::Slow));
            lines.end(b"why\n");
            written.extend_from_slice(b"why\n");
            let mut read = Vec::new();
            while let Some(chunk) = runtime.block_on(body.0.recv()) {
                read.extend_from_slice(&chunk);
            }
            assert!(read.len() < (CHUNKS + 2) * 2 * CHUNK_BYTES, "what waits is bounded: {}", read.len());
            if gzip {
                let mut plain = Vec::new();
                std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(read.as_slice()), &mut plain)
                    .unwrap();
                read = plain;
            }
            assert!(read == written, "{gzip}");
        }
    }

    #[test]
    fn who_has_gone_is_told_from_who_is_slow() {
        let runtime = runtime();
        let (mut lines, body) = lines(false, Duration::from_secs(10), runtime.handle().clone()).unwrap();
        drop(body);
        assert!(lines.is_gone());
        let cut = (0..10_000).find_map(|_| lines.line(&[7; 1_000]).err());
        assert_eq!(cut, Some(Cut::Gone));
    }
}
