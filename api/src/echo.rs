//! The yardstick of `figures`: an edge like the others, with the same accept loop and limits, that sends a JSON body back.

use std::io;
use std::net::SocketAddr;

use axum::Json;
use axum::Router;
use axum::routing::post;

use crate::config::EdgeConfig;
use crate::edge::Edge;
use crate::edge::listener::{self, RunningEdge};

/// A running echo. It ends when it is dropped.
pub struct Echo(RunningEdge);

impl Echo {
    /// Answers `POST /echo` with these limits, on a port that the system chooses.
    ///
    /// # Errors
    /// When nothing can be bound or no threads can be started.
    pub fn start(like: &EdgeConfig) -> io::Result<Self> {
        let mut config = like.clone();
        config.address.set_port(0);
        let router =
            Router::new().route("/echo", post(|Json(body): Json<serde_json::Value>| async { Json(body) }));
        Ok(Self(listener::open(Edge::Web, &config, router)?))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }
}
