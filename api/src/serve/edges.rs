//! The edges of a running server. One that nobody could use stays closed until the first credential for it is made.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::ServeError;
use crate::config::{Config, EdgeConfig};
use crate::edge::Edge;
use crate::edge::listener::{self, RunningEdge};
use crate::edge::router::router;
use crate::service::{EdgeState, Service};

/// How often it is looked whether a closed edge has somebody to serve.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// All edges that are open, and a thread that opens the others when their time comes.
pub(super) struct Edges {
    open: Arc<Mutex<Vec<RunningEdge>>>,
    doorkeeper: Option<Doorkeeper>,
}

struct Doorkeeper {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

/// An edge and where it is to listen.
struct Closed {
    edge: Edge,
    settings: EdgeConfig,
    /// Whether it was told that it cannot listen; once is enough.
    told: bool,
}

impl Edges {
    /// Opens those that somebody can use, and the others later.
    ///
    /// # Errors
    /// When an edge cannot listen; then none does.
    pub(super) fn open(service: &Arc<Service>, config: &Config) -> Result<Self, ServeError> {
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        for edge in Edge::ALL {
            let settings = config.edge(edge).clone();
            if is_of_use(service, edge) {
                open.push(listen(service, edge, &settings)?);
            } else {
                tracing::warn!(
                    "the {} edge stays closed until somebody can use it: \
                     `terminbuch credentials new --role {} --name …`",
                    edge.as_str(),
                    edge.roles().first().map_or("", |role| role.as_str())
                );
                closed.push(Closed { edge, settings, told: false });
            }
        }
        let open = Arc::new(Mutex::new(open));
        let doorkeeper =
            if closed.is_empty() { None } else { Some(Doorkeeper::start(service, &open, closed)?) };
        Ok(Self { open, doorkeeper })
    }

    /// Where an edge listens, if it does.
    pub(super) fn address(&self, edge: Edge) -> Option<SocketAddr> {
        locked(&self.open).iter().find(|open| open.edge() == edge).map(RunningEdge::address)
    }

    /// Takes no more requests and lets answers in flight finish. Blocks until then.
    pub(super) fn shut_down(self) {
        if let Some(Doorkeeper { stop, thread }) = self.doorkeeper {
            drop(stop);
            if thread.join().is_err() {
                tracing::error!("the thread that opens edges had panicked");
            }
        }
        let open = std::mem::take(&mut *locked(&self.open));
        open.iter().for_each(RunningEdge::stop_accepting);
        open.into_iter().for_each(RunningEdge::shut_down);
    }
}

impl Doorkeeper {
    fn start(
        service: &Arc<Service>,
        open: &Arc<Mutex<Vec<RunningEdge>>>,
        closed: Vec<Closed>,
    ) -> Result<Self, ServeError> {
        let (stop, stopped) = channel();
        let (service, open) = (Arc::clone(service), Arc::clone(open));
        let thread = std::thread::Builder::new()
            .name("doorkeeper".to_owned())
            .spawn(move || open_in_time(&service, &open, closed, &stopped))
            .map_err(|error| ServeError::System(error.to_string()))?;
        Ok(Self { stop, thread })
    }
}

fn open_in_time(
    service: &Arc<Service>,
    open: &Mutex<Vec<RunningEdge>>,
    mut closed: Vec<Closed>,
    stopped: &Receiver<()>,
) {
    while !closed.is_empty() && matches!(stopped.recv_timeout(LOOK_EVERY), Err(RecvTimeoutError::Timeout)) {
        closed.retain_mut(|closed| {
            if !is_of_use(service, closed.edge) {
                return true;
            }
            match listen(service, closed.edge, &closed.settings) {
                Ok(running) => {
                    tracing::info!("the {} edge listens on {}", closed.edge.as_str(), running.address());
                    locked(open).push(running);
                    false
                }
                Err(error) => {
                    if !closed.told {
                        tracing::error!(%error, "trying again");
                    }
                    closed.told = true;
                    true
                }
            }
        });
    }
}

fn is_of_use(service: &Service, edge: Edge) -> bool {
    let roles = edge.roles();
    roles.is_empty() || service.credentials.any_with(roles)
}

fn listen(service: &Arc<Service>, edge: Edge, settings: &EdgeConfig) -> Result<RunningEdge, ServeError> {
    let state = EdgeState { edge, limits: Arc::new(settings.clone()), service: Arc::clone(service) };
    let address = settings.address;
    listener::open(edge, settings, router(state)).map_err(|source| ServeError::Edge {
        edge: edge.as_str(),
        address,
        source,
    })
}

fn locked(open: &Mutex<Vec<RunningEdge>>) -> MutexGuard<'_, Vec<RunningEdge>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}
