//! A closed loop of requests over so many keep-alive connections, on a runtime of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant as Stopwatch};

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;

/// A request to be sent, and the status that it must be answered with.
pub(super) struct Prepared {
    /// The method.
    pub(super) method: Method,
    /// Path and query.
    pub(super) path: String,
    /// The secret or credential, without `Bearer`.
    pub(super) bearer: String,
    /// The JSON body; empty: none.
    pub(super) body: String,
    /// The expected status.
    pub(super) status: u16,
}

/// What a run came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// Answers a second.
    pub(super) rate: f64,
    /// The middle of the times from sending to the whole answer.
    pub(super) median: Duration,
}

/// Sends every request once over so many connections.
///
/// # Errors
/// When a connection fails or an answer has another status than expected.
pub(super) fn run(address: SocketAddr, connections: usize, requests: Vec<Prepared>) -> Result<Run> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let count = requests.len();
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    runtime.block_on(async {
        let mut senders = Vec::new();
        for _ in 0..connections {
            senders.push(connect(address).await?);
        }
        let watch = Stopwatch::now();
        let workers: Vec<_> = senders
            .into_iter()
            .map(|sender| tokio::spawn(work(sender, Arc::clone(&requests), Arc::clone(&next))))
            .collect();
        let mut times = Vec::with_capacity(count);
        for worker in workers {
            times.extend(worker.await??);
        }
        let rate = rate(count, watch.elapsed());
        times.sort_unstable();
        Ok(Run { rate, median: times.get(times.len() / 2).copied().unwrap_or_default() })
    })
}

#[expect(clippy::cast_precision_loss, reason = "a rate of far fewer than 2^52 requests")]
fn rate(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = tokio::net::TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends with the sender; what goes wrong shows at the next request.
    tokio::spawn(async move { connection.await.ok() });
    Ok(sender)
}

async fn work(
    mut sender: SendRequest<Full<Bytes>>,
    requests: Arc<Vec<Prepared>>,
    next: Arc<AtomicUsize>,
) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    while let Some(prepared) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let watch = Stopwatch::now();
        let request = Request::builder()
            .method(&prepared.method)
            .uri(&prepared.path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", prepared.bearer))
            .body(Full::from(prepared.body.clone()))?;
        sender.ready().await?;
        let answer = sender.send_request(request).await.context("sending")?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        times.push(watch.elapsed());
        let text = String::from_utf8_lossy(&body);
        ensure!(status == prepared.status, "{} answered {status}: {text}", prepared.path);
    }
    Ok(times)
}
