//! One citizen's line to the server, made anew whenever it broke.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::timeout;

/// Longer than the server keeps anybody waiting.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the server is now; nowhere while it is dead.
pub(super) type Door = watch::Receiver<Option<SocketAddr>>;

/// The server that was heard last to have done something new.
pub(super) type Doer = watch::Sender<Option<SocketAddr>>;

/// What is asked over HTTP.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

/// What came back, and from which server.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) from: SocketAddr,
    pub(super) status: u16,
    pub(super) body: Value,
}

/// See the module's page.
pub(super) struct Wire {
    door: Door,
    line: Option<(SocketAddr, SendRequest<Full<Bytes>>)>,
}

impl Wire {
    pub(super) fn to(door: Door) -> Self {
        Self { door, line: None }
    }

    /// Waits until there is a server, at most so long; whether there is.
    pub(super) async fn is_open_within(&mut self, at_most: Duration) -> bool {
        matches!(timeout(at_most, self.door.wait_for(Option::is_some)).await, Ok(Ok(_)))
    }

    /// Sends and hears.
    ///
    /// # Errors
    /// When the line broke or nothing came: then nobody knows what became of it.
    pub(super) async fn ask(&mut self, sent: &Sent, bearer: &str) -> Result<Heard> {
        let heard = timeout(PATIENCE, self.try_once(sent, bearer)).await.context("no answer").flatten();
        if heard.is_err() {
            self.line = None;
        }
        heard
    }

    async fn try_once(&mut self, sent: &Sent, bearer: &str) -> Result<Heard> {
        let (from, line) = match &mut self.line {
            Some(line) => line,
            None => {
                let address = (*self.door.borrow()).context("nobody is there")?;
                self.line.insert((address, connect(address).await?))
            }
        };
        let mut request = Request::builder()
            .method(&sent.method)
            .uri(&sent.path)
            .header("host", "terminbuch")
            .header("authorization", format!("Bearer {bearer}"));
        if sent.body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = sent.body.as_ref().map(Value::to_string).unwrap_or_default();
        line.ready().await?;
        let answer = line.send_request(request.body(Full::from(body))?).await?;
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await?.to_bytes();
        Ok(Heard { from: *from, status, body: serde_json::from_slice(&bytes).unwrap_or_default() })
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = tokio::net::TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends with the sender; what goes wrong shows at the request.
    tokio::spawn(async move { connection.await.ok() });
    Ok(sender)
}
