//! The whole program in one value: log, ledger, views, vault, credentials and edges, started in order and ended in the
//! opposite one.

mod clock;
mod edges;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use clock::{RunningOn, SIMULATED_BEGIN_MS};
use edges::Edges;
use ledger::clock::SimulatedClock;
use ledger::data_dir::{DataDir, DataDirError};
use ledger::log::{Log, NewLedger};
use ledger::snapshot::Snapshots;
use ledger::vault::{Vault, VaultError};
use ledger::{Ledger, Options};
use projections::{CaughtUp, Projector, ProjectorHandle, Settings, Views};
use schemas::ids::NodeId;

use crate::config::Config;
use crate::credentials::{CredentialError, Credentials};
use crate::edge::Edge;
use crate::events::Events;
use crate::exports::Exports;
use crate::figures;
use crate::log::{self, OpenError};
use crate::past::Pasts;
use crate::reactor::Reactor;
use crate::service::Service;

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
    #[error(transparent)]
    Log(#[from] OpenError),
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
    /// The vault is gone, and the ledger has centres whose people it held.
    #[error(
        "there is no vault in {0}, and the ledger has people whose data it held: name the data directory where it is, or \
         restore vault and keys from a copy"
    )]
    VaultLost(PathBuf),
    /// The exports cannot be read.
    #[error("the exports: {0}")]
    Exports(std::io::Error),
    /// The system gave no thread or no chance.
    #[error("the system refuses: {0}")]
    System(String),
    /// The writers did not take their partitions over.
    #[error("after {within} s not every partition has a writer: {0}", within = WAIT_FOR_WRITERS.as_secs())]
    NotReady(String),
}

/// A running server. Dropping it shuts it down too.
pub struct Server {
    service: Arc<Service>,
    parts: Option<Parts>,
    web: SocketAddr,
}

/// What has to end, in order.
struct Parts {
    edges: Edges,
    reactor: Reactor,
    projector: ProjectorHandle,
    _running_on: Option<RunningOn>,
    _log: Arc<dyn Log>,
    _data_dir: DataDir,
}

/// What the ledger stands on, and the views that agree with it.
struct Foundation {
    config: Config,
    data_dir: DataDir,
    chosen: clock::Chosen,
    log: Arc<dyn Log>,
    caught_up: CaughtUp,
}

impl Server {
    /// Starts everything. Edges other than web open when there is a credential that they admit.
    ///
    /// # Errors
    /// When a part cannot be used; then nothing is left running.
    pub fn start(options: ServeOptions) -> Result<Self, ServeError> {
        let config = options.config;
        let data_dir = DataDir::open(&config.data_dir)?;
        let chosen = clock::choose(&options.clock);
        let expect = NewLedger {
            partitions: config.partitions,
            clock: chosen.kind,
            time: chosen.clock.now(),
            ledger: None,
        };
        let log = log::to_append(&config, &data_dir, &expect)?;
        let snapshots = Snapshots::new(data_dir.snapshots(), config.snapshot_every);
        let settings = Settings { snapshots: Some(snapshots.clone()), ..Settings::default() };
        // Before there is a writer: to a log that the views know more of than it has, nothing is to be added.
        let caught_up = Projector::catch_up(Arc::clone(&log), &data_dir.views(), settings)?;
        let node = node(&config, snapshots)?;
        // Before anything is made or appended: the next start would find a vault, and no longer miss the one that is lost.
        if !Vault::is_there(&data_dir.vault()) && caught_up.views().has_centres() {
            return Err(ServeError::VaultLost(data_dir.vault()));
        }
        let clock = Arc::clone(&chosen.clock);
        let ledger = Ledger::start_from(caught_up.folds(), Arc::clone(&log), clock, node)?;
        let started = Self::start_beside(&ledger, Foundation { config, data_dir, chosen, log, caught_up });
        if started.is_err() {
            ledger.shut_down();
        }
        started
    }

    /// Everything that needs the ledger.
    fn start_beside(ledger: &Ledger, foundation: Foundation) -> Result<Self, ServeError> {
        let Foundation { config, data_dir, chosen, log, caught_up } = foundation;
        // Behind the writers, so that these are woken first: somebody waits for them.
        let (views, projector) = caught_up.follow()?;
        let running_on = chosen.run_on(ledger)?;
        let vault = Vault::open(&data_dir.vault(), &data_dir.keys(), ledger.ledger_id())?;
        // Where others may append, a writer is ready when it would claim its partition as soon as work waits for it.
        if !ledger.wait_until_ready(WAIT_FOR_WRITERS) {
            return Err(ServeError::NotReady(
                crate::routes::health::why_not_ready(&ledger.status()).join("; "),
            ));
        }
        let service = Arc::new(Service {
            ledger: ledger.clone(),
            views,
            vault,
            pasts: Pasts::start(Arc::clone(&log), data_dir.past())
                .map_err(|error| ServeError::System(format!("{}: {error}", data_dir.past().display())))?,
            events: Events::of(&*log),
            exports: Exports::start(&data_dir, Arc::clone(&log)).map_err(ServeError::Exports)?,
            data_dir: data_dir.path().to_owned(),
            log: Arc::clone(&log),
            credentials: Credentials::open(data_dir.path())?,
            metrics: figures::recorder(),
            request_timeout: Duration::from_millis(config.request_timeout_ms),
        });
        let edges = Edges::open(&service, &config)?;
        let reactor =
            Reactor::start(Arc::clone(&service)).map_err(|error| ServeError::System(error.to_string()))?;
        let web = edges.address(Edge::Web).unwrap_or(config.web.address);
        let parts =
            Parts { edges, reactor, projector, _running_on: running_on, _log: log, _data_dir: data_dir };
        Ok(Self { service, parts: Some(parts), web })
    }

    /// Where citizens are served.
    pub fn web_address(&self) -> SocketAddr {
        self.web
    }

    /// Where agents are served, if they are.
    pub fn hotline_address(&self) -> Option<SocketAddr> {
        self.address(Edge::Hotline)
    }

    /// Where auditors and analysts are served, if they are.
    pub fn audit_address(&self) -> Option<SocketAddr> {
        self.address(Edge::Audit)
    }

    /// Where operators are served, if they are.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.address(Edge::Admin)
    }

    fn address(&self, edge: Edge) -> Option<SocketAddr> {
        self.parts.as_ref()?.edges.address(edge)
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
        // Streams that wait for more would wait until the edges cut them.
        self.service.events.close();
        parts.edges.shut_down();
        self.service.pasts.stop();
        self.service.exports.stop();
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

fn node(config: &Config, snapshots: Snapshots) -> Result<Options, ServeError> {
    let seed = getrandom::u64().map_err(|error| ServeError::System(error.to_string()))?;
    let node = NodeId::from(uuid::Uuid::new_v4());
    let Config { accept_clock, clock_ahead_ms, .. } = *config;
    Ok(Options { accept_clock, clock_ahead_ms, snapshots: Some(snapshots), ..Options::new(node, seed) })
}
