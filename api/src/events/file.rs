//! A file as the body of an answer: read piece by piece, as the reader takes it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use tokio::fs::File;
use tokio::io::{AsyncRead as _, ReadBuf};

const PIECE_BYTES: usize = 64 * 1024;

/// A file that is being sent.
pub(crate) struct FileBody(File);

impl FileBody {
    pub(crate) fn new(file: File) -> Self {
        Self(file)
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let mut bytes = vec![0; PIECE_BYTES];
        let mut buffer = ReadBuf::new(&mut bytes);
        if let Err(error) = ready!(Pin::new(&mut self.0).poll_read(context, &mut buffer)) {
            return Poll::Ready(Some(Err(error)));
        }
        let read = buffer.filled().len();
        bytes.truncate(read);
        Poll::Ready((read > 0).then(|| Ok(Frame::data(bytes.into()))))
    }
}
