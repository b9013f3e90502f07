//! The whole program in one value: log, ledger, views, vault, credentials and edges, started in order and ended in the
//! opposite one.

mod clock;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use clock::RunningOn;
use ledger::clock::SimulatedClock;
use ledger::data_dir::{DataDir, DataDirError};
use ledger::log::embedded::EmbeddedLog;
use ledger::log::{Log, LogError, NewLedger};
use ledger::vault::{Vault, VaultError};
use ledger::{Ledger, Options};
use projections::{Projector, ProjectorHandle, Settings, Views};
use schemas::ids::NodeId;
use schemas::vocabulary::Role;

use crate::config::{Config, EdgeConfig};
use crate::credentials::{CredentialError, Credentials};
use crate::edge::Edge;
use crate::edge::listener::{self, RunningEdge};
use crate::edge::router::router;
use crate::figures;
use crate::reactor::Reactor;
use crate::service::{EdgeState, Service};

/// How long the start waits for the writers to take their partitions over.
const WAIT_FOR_WRITERS: Duration = Duration::from_secs(30);

/// Which clock the ledger runs on. A ledger keeps the kind that it was made with.
#[derive(Clone)]
pub enum ServeClock {
    /// The wall clock.
    Wall,
    /// A clock that the caller moves.
    Simulated(SimulatedClock),
    /// A simulated ledger's time, running on from its last as fast as real time does.
    RunsOn,
}

/// What a server is started with.
#[derive(Clone)]
pub struct ServeOptions {
    /// The settings.
    pub config: Config,
    /// The clock.
    pub clock: ServeClock,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The log cannot be used.
    #[error("the log: {0}")]
    Log(#[from] LogError),
    /// The ledger cannot be folded.
    #[error("the ledger: {0}")]
    Ledger(#[from] ledger::StartError),
    /// The views cannot be used.
    #[error("the views: {0}")]
    Views(#[from] projections::StartError),
    /// The vault cannot be used.
    #[error("the vault: {0}")]
    Vault(#[from] VaultError),
    /// The credentials cannot be read.
    #[error("the credentials: {0}")]
    Credentials(#[from] CredentialError),
    /// An edge cannot listen.
    #[error("the {edge} edge cannot listen on {address}: {source}")]
    Edge {
        /// Which.
        edge: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The system gave no thread or no chance.
    #[error("the system refuses: {0}")]
    System(String),
    /// The writers did not take their partitions over.
    #[error("after {} s not every partition has a writer", WAIT_FOR_WRITERS.as_secs())]
    NotReady,
}

/// A running server. Dropping it shuts it down too.
pub struct Server {
    service: Arc<Service>,
    parts: Option<Parts>,
    web: SocketAddr,
    hotline: Option<SocketAddr>,
    admin: Option<SocketAddr>,
}

/// What has to end, in order.
struct Parts {
    edges: Vec<RunningEdge>,
    reactor: Reactor,
    projector: ProjectorHandle,
    _running_on: Option<RunningOn>,
    _log: Arc<dyn Log>,
    _data_dir: DataDir,
}

/// What the ledger stands on.
struct Foundation {
    config: Config,
    data_dir: DataDir,
    chosen: clock::Chosen,
    log: Arc<dyn Log>,
}

impl Server {
    /// Starts everything. Edges other than web open only when there is a credential that they admit.
    ///
    /// # Errors
    /// When a part cannot be used; then nothing is left running.
    pub fn start(options: ServeOptions) -> Result<Self, ServeError> {
        let config = options.config;
        let data_dir = DataDir::open(&config.data_dir)?;
        let chosen = clock::choose(&options.clock, &data_dir.log())?;
        let log = open_log(&data_dir, &config, &chosen)?;
        let ledger = Ledger::start(Arc::clone(&log), Arc::clone(&chosen.clock), node()?)?;
        let started = Self::start_beside(&ledger, Foundation { config, data_dir, chosen, log });
        if started.is_err() {
            ledger.shut_down();
        }
        started
    }

    /// Everything that needs the ledger.
    fn start_beside(ledger: &Ledger, foundation: Foundation) -> Result<Self, ServeError> {
        let Foundation { config, data_dir, chosen, log } = foundation;
        let (views, projector) = Projector::start(Arc::clone(&log), &data_dir.views(), Settings::default())?;
        let vault = Vault::open(&data_dir.vault(), &data_dir.keys(), ledger.ledger_id())?;
        if !ledger.wait_until_ready(WAIT_FOR_WRITERS) {
            return Err(ServeError::NotReady);
        }
        let service = Arc::new(Service {
            ledger: ledger.clone(),
            views,
            vault,
            credentials: Credentials::open(data_dir.path())?,
            metrics: figures::recorder(),
            request_timeout: Duration::from_millis(config.request_timeout_ms),
        });
        let edges = open_edges(&service, &config)?;
        let reactor =
            Reactor::start(Arc::clone(&service)).map_err(|error| ServeError::System(error.to_string()))?;
        let address = |edge| edges.iter().find(|open| open.edge() == edge).map(RunningEdge::address);
        let (hotline, admin) = (address(Edge::Hotline), address(Edge::Admin));
        let web = address(Edge::Web).unwrap_or(config.web.address);
        let running_on = chosen.running_on;
        let parts =
            Parts { edges, reactor, projector, _running_on: running_on, _log: log, _data_dir: data_dir };
        Ok(Self { service, parts: Some(parts), web, hotline, admin })
    }

    /// Where citizens are served.
    pub fn web_address(&self) -> SocketAddr {
        self.web
    }

    /// Where agents are served, if they are.
    pub fn hotline_address(&self) -> Option<SocketAddr> {
        self.hotline
    }

    /// Where operators are served, if they are.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// The ledger, to be asked without HTTP.
    pub fn ledger(&self) -> &Ledger {
        &self.service.ledger
    }

    /// The views, to be asked without HTTP.
    pub fn views(&self) -> &Views {
        &self.service.views
    }

    /// Takes no more requests, lets answers in flight finish, and closes everything. Blocks until then.
    pub fn shut_down(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some(parts) = self.parts.take() else { return };
        parts.edges.iter().for_each(RunningEdge::stop_accepting);
        parts.edges.into_iter().for_each(RunningEdge::shut_down);
        parts.reactor.stop();
        self.service.ledger.shut_down();
        parts.projector.stop();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn open_log(data_dir: &DataDir, config: &Config, chosen: &clock::Chosen) -> Result<Arc<dyn Log>, ServeError> {
    let new = NewLedger {
        partitions: config.partitions,
        clock: chosen.kind,
        time: chosen.clock.now(),
        ledger: None,
    };
    Ok(Arc::new(EmbeddedLog::open(&data_dir.log(), &new)?))
}

fn node() -> Result<Options, ServeError> {
    let seed = getrandom::u64().map_err(|error| ServeError::System(error.to_string()))?;
    let node = NodeId::from(uuid::Uuid::new_v4());
    Ok(Options { node, url: String::new(), hinted: true, seed })
}

fn open_edges(service: &Arc<Service>, config: &Config) -> Result<Vec<RunningEdge>, ServeError> {
    let wanted: [(Edge, &EdgeConfig, &[Role], &str); 3] = [
        (Edge::Web, &config.web, &[], ""),
        (Edge::Hotline, &config.hotline, &[Role::Agent, Role::Centre], "agent"),
        (Edge::Admin, &config.admin, &[Role::Admin], "admin"),
    ];
    let mut edges = Vec::new();
    for (edge, settings, roles, role) in wanted {
        if !roles.is_empty() && !service.credentials.any_with(roles) {
            tracing::warn!(
                "the {} edge stays closed: nobody could use it. Make a credential with \
                 `terminbuch credentials new --role {role} --name …` and start again",
                edge.as_str()
            );
            continue;
        }
        let state = EdgeState { edge, limits: Arc::new(settings.clone()), service: Arc::clone(service) };
        let opened = listener::open(edge, settings, router(state));
        let address = settings.address;
        edges.push(opened.map_err(|source| ServeError::Edge { edge: edge.as_str(), address, source })?);
    }
    Ok(edges)
}
