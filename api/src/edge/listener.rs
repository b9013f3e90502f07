//! One edge's listener: a runtime of its own, a bounded number of connections, and an end that lets answers finish.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError, mpsc};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::Edge;
use super::guarded::{Guarded, Patience, Turn};
use crate::config::EdgeConfig;
use crate::problem::NO_ROOM;

/// The most bytes that the head of a request may have.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// How long to wait when the system has no room for another connection.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// An edge that answers until it is shut down.
pub(crate) struct RunningEdge {
    edge: Edge,
    address: SocketAddr,
    runtime: Runtime,
    stop: watch::Sender<bool>,
    /// In a mutex, so that a server can be shared between threads.
    ended: Mutex<mpsc::Receiver<()>>,
    grace: Duration,
}

/// Binds the listener and begins to answer.
///
/// # Errors
/// When the address cannot be bound or no threads can be started.
pub(crate) fn open(edge: Edge, config: &EdgeConfig, router: Router) -> io::Result<RunningEdge> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(config.threads.max(1))
        .thread_name(edge.as_str())
        .enable_all()
        .build()?;
    let listener = {
        let _inside = runtime.enter();
        bind(config)?
    };
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let (tell_ended, ended) = mpsc::channel();
    let grace = Duration::from_millis(config.shutdown_grace_ms);
    let accept = Accept { edge, router, config: config.clone(), stopped };
    runtime.spawn(async move {
        let mut connections = accept.until_stopped(listener).await;
        let all_ended = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, all_ended).await.is_err() {
            tracing::warn!(
                edge = edge.as_str(),
                left = connections.len(),
                "connections were cut at shutdown"
            );
        }
        // Nobody listens when the edge was dropped without being shut down.
        let _ = tell_ended.send(());
    });
    Ok(RunningEdge { edge, address, runtime, stop, ended: Mutex::new(ended), grace })
}

impl RunningEdge {
    /// Which it is.
    pub(crate) fn edge(&self) -> Edge {
        self.edge
    }

    /// Where it listens; the port is the one the system chose when 0 was asked for.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections or requests.
    pub(crate) fn stop_accepting(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until the answers in flight are sent, at most for the grace, and ends the threads.
    pub(crate) fn shut_down(self) {
        self.stop.send_replace(true);
        let ended = self.ended.into_inner().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(self.grace + Duration::from_secs(1)).is_err() {
            tracing::warn!(edge = self.edge.as_str(), "the edge did not end in time");
        }
        self.runtime.shutdown_background();
    }
}

fn bind(config: &EdgeConfig) -> io::Result<TcpListener> {
    let socket = if config.address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(config.address)?;
    socket.listen(config.backlog)
}

struct Accept {
    edge: Edge,
    router: Router,
    config: EdgeConfig,
    stopped: watch::Receiver<bool>,
}

impl Accept {
    async fn until_stopped(self, listener: TcpListener) -> JoinSet<()> {
        let mut connections = JoinSet::new();
        let mut stopped = self.stopped.clone();
        loop {
            tokio::select! {
                () = told(&mut stopped) => return connections,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) if connections.len() < self.config.max_connections => {
                        connections.spawn(self.serve(stream));
                        self.count_open(connections.len());
                    }
                    Ok((stream, _)) => self.turn_away(&stream),
                    Err(error) => {
                        tracing::warn!(edge = self.edge.as_str(), %error, "a connection was not accepted");
                        tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
                    }
                }
            }
        }
    }

    fn turn_away(&self, stream: &TcpStream) {
        metrics::counter!("terminbuch_connections_refused_total", "edge" => self.edge.as_str()).increment(1);
        // The connection is dropped either way; the answer is a courtesy.
        let _ = stream.try_write(&NO_ROOM);
    }

    #[expect(clippy::cast_precision_loss, reason = "connections are counted in thousands")]
    fn count_open(&self, open: usize) {
        metrics::gauge!("terminbuch_connections", "edge" => self.edge.as_str()).set(open as f64);
    }

    /// Serves one connection until it ends, or until the edge stops and its last answer is sent.
    fn serve(&self, stream: TcpStream) -> impl Future<Output = ()> + Send + 'static {
        let turn = Turn::default();
        let patience = Patience {
            head: Duration::from_millis(self.config.header_timeout_ms),
            idle: Duration::from_millis(self.config.idle_timeout_ms),
            write: Duration::from_millis(self.config.write_timeout_ms),
        };
        // Answers are written whole, so waiting for more to send with them only delays them.
        let _ = stream.set_nodelay(true);
        let stream = TokioIo::new(Guarded::new(stream, turn.clone(), patience));
        let router = self.router.clone();
        let service = service_fn(move |request| {
            turn.next();
            let (turn, answer) = (turn.clone(), router.clone().oneshot(request));
            // It is at work until the last byte of the body is on its way, which can be long after the head.
            async move { answer.await.map(|response| response.map(|body| AtWork { body, turn })) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // Idle time counts into it; it also makes hyper look at the socket again after each answer, without which
            // `Guarded` would not be asked while nothing comes.
            .header_read_timeout(patience.idle)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(stream, service);
        let mut stopped = self.stopped.clone();
        async move {
            let mut connection = std::pin::pin!(connection);
            tokio::select! {
                // How a connection ends concerns its client alone.
                _ = connection.as_mut() => return,
                () = told(&mut stopped) => {}
            }
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// The body of an answer, which is at work while it is there.
struct AtWork {
    body: Body,
    turn: Turn,
}

impl hyper::body::Body for AtWork {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.turn.next();
    }
}

/// Waits until the edge is to stop, or is gone.
async fn told(stopped: &mut watch::Receiver<bool>) {
    // Without a sender there is nobody left to serve for.
    drop(stopped.wait_for(|stopped| *stopped).await);
}
