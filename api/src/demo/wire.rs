//! Connections: HTTP/1.1, kept alive, each with one request at a time.
//!
//! Deadlines, time-outs and back-off run on the real clock. Whatever is not an answer (no connection, a time-out,
//! 202, 429, 503) is tried again with the same id, so every request is answered once in the end.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HOST, HeaderValue, IF_NONE_MATCH};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use schemas::Position;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::stamp::POSITION;

/// How long one try may take.
const TRY_LASTS: Duration = Duration::from_secs(30);

/// How long a request is tried before the demo gives up.
const GIVES_UP_AFTER: Duration = Duration::from_secs(180);

/// The first pause between two tries; each later one is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A request, apart from the connection that it goes over.
#[derive(Debug, Clone)]
pub struct Sent {
    /// GET, PUT, POST or DELETE.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// `Bearer …`, if there is anything to bear.
    pub bearer: Option<HeaderValue>,
    /// The ETag of what is known already.
    pub known: Option<HeaderValue>,
    /// The JSON body; empty: none.
    pub body: Bytes,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Received {
    /// The status.
    pub status: StatusCode,
    /// The ETag, if there is one.
    pub etag: Option<HeaderValue>,
    /// The position that the answer rests on, if it names one.
    pub position: Option<Position>,
    /// The whole body.
    pub body: Bytes,
    /// How often it was tried again.
    pub retries: u32,
    /// From the first try to the answer.
    pub took: Duration,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
#[error("{method} {path} had no answer within {} s: {reason}", GIVES_UP_AFTER.as_secs())]
pub struct NoAnswer {
    method: Method,
    path: String,
    reason: String,
}

/// An answer with the mark of its request.
pub type Answered<M> = (M, Result<Received, NoAnswer>);

/// Connections to one edge, and the requests that wait for one of them.
pub struct Wire<M> {
    workers: Vec<mpsc::UnboundedSender<(M, Sent)>>,
    idle: Vec<usize>,
    backlog: VecDeque<(M, Sent)>,
}

impl<M: Send + 'static> Wire<M> {
    /// Opens nothing yet: each connection is made with its first request. `answers` gets each answer with the number
    /// of its connection, which has to come back through [`Self::is_idle`].
    ///
    /// Must be called inside a tokio runtime, which then carries the connections.
    pub fn to(
        edge: SocketAddr,
        connections: usize,
        answers: &mpsc::UnboundedSender<(usize, Answered<M>)>,
    ) -> Self {
        let workers = (0..connections).map(|number| worker(edge, number, answers.clone())).collect();
        Self { workers, idle: (0..connections).rev().collect(), backlog: VecDeque::new() }
    }

    /// Sends a request over an idle connection, or as soon as there is one.
    pub fn send(&mut self, mark: M, sent: Sent) {
        match self.idle.pop() {
            Some(number) => self.give(number, (mark, sent)),
            None => self.backlog.push_back((mark, sent)),
        }
    }

    /// Notes that a connection has delivered its answer.
    pub fn is_idle(&mut self, number: usize) {
        match self.backlog.pop_front() {
            Some(next) => self.give(number, next),
            None => self.idle.push(number),
        }
    }

    fn give(&self, number: usize, job: (M, Sent)) {
        // A worker ends only when its sender is dropped.
        if let Some(worker) = self.workers.get(number) {
            let _ = worker.send(job);
        }
    }
}

fn worker<M: Send + 'static>(
    edge: SocketAddr,
    number: usize,
    answers: mpsc::UnboundedSender<(usize, Answered<M>)>,
) -> mpsc::UnboundedSender<(M, Sent)> {
    let (jobs, mut todo) = mpsc::unbounded_channel::<(M, Sent)>();
    tokio::spawn(async move {
        let mut connection = Connection::to(edge);
        while let Some((mark, sent)) = todo.recv().await {
            let answer = connection.ask(&sent).await;
            if answers.send((number, (mark, answer))).is_err() {
                return;
            }
        }
    });
    jobs
}

/// One connection, made when it is needed and made again when it was lost.
pub struct Connection {
    edge: SocketAddr,
    host: HeaderValue,
    open: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// To this edge.
    pub fn to(edge: SocketAddr) -> Self {
        let host = HeaderValue::try_from(edge.to_string()).unwrap_or(HeaderValue::from_static("localhost"));
        Self { edge, host, open: None }
    }

    /// Asks until there is an answer.
    ///
    /// # Errors
    /// When there was none for three minutes.
    pub async fn ask(&mut self, sent: &Sent) -> Result<Received, NoAnswer> {
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut retries = 0;
        loop {
            let (reason, wait) = match tokio::time::timeout(TRY_LASTS, self.try_once(sent)).await {
                Ok(Ok(answer)) if !is_worth_another_try(answer.status) => {
                    return Ok(Received { retries, took: begun.elapsed(), ..answer });
                }
                Ok(Ok(answer)) => (answer.status.to_string(), None),
                Ok(Err(error)) => (error, Some(())),
                Err(_) => ("no answer in time".to_owned(), Some(())),
            };
            if wait.is_some() {
                self.open = None;
            }
            if begun.elapsed() > GIVES_UP_AFTER {
                let (method, path) = (sent.method.clone(), sent.path.clone());
                return Err(NoAnswer { method, path, reason });
            }
            retries += 1;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn try_once(&mut self, sent: &Sent) -> Result<Received, String> {
        let mut open = match self.open.take().filter(|open| !open.is_closed()) {
            Some(open) => open,
            None => connect(self.edge).await.map_err(|error| error.to_string())?,
        };
        open.ready().await.map_err(|error| error.to_string())?;
        let response = open.send_request(self.request(sent)?).await.map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        self.open = Some(open);
        let etag = head.headers.get(ETAG).cloned();
        let position = head.headers.get(POSITION).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Received { status: head.status, etag, position, body, retries: 0, took: Duration::ZERO })
    }

    fn request(&self, sent: &Sent) -> Result<Request<Full<Bytes>>, String> {
        let mut request = Request::builder().method(&sent.method).uri(&sent.path).header(HOST, &self.host);
        if let Some(bearer) = &sent.bearer {
            request = request.header(AUTHORIZATION, bearer);
        }
        if let Some(known) = &sent.known {
            request = request.header(IF_NONE_MATCH, known);
        }
        if !sent.body.is_empty() {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        request.body(Full::new(sent.body.clone())).map_err(|error| error.to_string())
    }
}

async fn connect(
    edge: SocketAddr,
) -> Result<SendRequest<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(edge).await?;
    stream.set_nodelay(true)?;
    let (open, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Its end shows in the sender.
    tokio::spawn(connection);
    Ok(open)
}

/// 202 is "not yet known, ask again here", 429 a quota, 503 the server's load; of the others no one says "surely not
/// done" or "perhaps".
fn is_worth_another_try(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::ACCEPTED
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}
