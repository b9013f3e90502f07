//! The whole demo: a server and the morning in one process, then the audit, the summary and a look around.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Instant as RealInstant;

use hyper::header::HeaderValue;
use ledger::clock::SimulatedClock;
use ledger::data_dir::{DataDir, DataDirError};
use schemas::Instant;

use super::audit::{self, AuditError};
use super::badges::{self, Badges};
use super::books::Books;
use super::cast::Cast;
use super::data::DataError;
use super::display::{Display, weekday_time};
use super::edges::Edges;
use super::engine::{Engine, Glance};
use super::opening::{self, OpeningError};
use super::request::Requests;
use super::summary::Summary;
use super::wire::{Connection, NoAnswer};
use crate::config::Config;
use crate::credentials::CredentialError;
use crate::serve::{ServeClock, ServeError, ServeOptions, Server};
use crate::signals::told_to_end;

/// What the demo is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many people; the supply is in proportion.
    pub people: u32,
    /// What everybody and everything is drawn from.
    pub seed: u64,
    /// Where the ledger is kept; none: in a directory that is removed at the end.
    pub data_dir: Option<PathBuf>,
    /// JSON lines instead of a table.
    pub json: bool,
}

/// Why there was no morning.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each says what it is")]
pub enum DemoError {
    #[error("{0} is not empty; the demo begins a ledger of its own")]
    Used(PathBuf),
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error("no directory for the ledger: {0}")]
    TemporaryDirectory(std::io::Error),
    #[error("no runtime for the load: {0}")]
    Runtime(std::io::Error),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("the {0} edge did not open")]
    EdgeClosed(&'static str),
    #[error(transparent)]
    Opening(#[from] OpeningError),
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error("it was interrupted")]
    Interrupted,
}

/// The demo after its last request: the server is still up.
pub struct Morning {
    /// What it came to.
    pub summary: Summary,
    /// The server, to be looked at.
    pub server: Server,
    /// Credentials to look with.
    pub badges: Badges,
    /// The ledger's clock, which stands still until somebody moves it.
    pub clock: SimulatedClock,
    /// Where the ledger is.
    pub data_dir: PathBuf,
    /// Removed when it is dropped.
    _directory: Option<tempfile::TempDir>,
}

/// Where the edges are.
struct Addresses {
    web: SocketAddr,
    hotline: SocketAddr,
    admin: SocketAddr,
}

/// What the load brings back.
struct Load {
    books: Books,
    calls: (u64, u64),
    booked: u64,
}

/// Runs the morning from its beginning to its summary.
///
/// # Errors
/// When the directory was used before, the server does not start, or an edge refuses or answers nothing that it must.
pub fn run(settings: &Settings) -> Result<Morning, DemoError> {
    let started = RealInstant::now();
    let (data_dir, directory) = directory(settings)?;
    let cast = Cast::draw(settings.seed, settings.people)?;
    let begins_at = opening::begins_at(&cast);
    let badges = badges::make(&data_dir, begins_at)?;
    let clock = SimulatedClock::at(begins_at);
    let server = start(data_dir.clone(), &clock)?;
    let mut display = Display::new(settings.json, &cast);
    let morning_started = RealInstant::now();
    let load = load(&cast, &addresses(&server)?, &badges, &clock, &mut display)?;
    let morning_took = morning_started.elapsed();
    let audit = audit::of(&data_dir, &mut |progress| display.verifies(progress))?;
    display.ends();
    let summary = Summary {
        booked_in_views: load.booked,
        calls: load.calls,
        morning_took,
        took: started.elapsed(),
        ..Summary::of(&load.books, settings.people, settings.seed, cast.pairs(), audit)
    };
    Ok(Morning { summary, server, badges, clock, data_dir, _directory: directory })
}

fn directory(settings: &Settings) -> Result<(PathBuf, Option<tempfile::TempDir>), DemoError> {
    match &settings.data_dir {
        Some(path) if DataDir::is_used(path)? => Err(DemoError::Used(path.clone())),
        Some(path) => Ok((path.clone(), None)),
        None => {
            let directory = tempfile::Builder::new()
                .prefix("terminbuch-demo-")
                .tempdir()
                .map_err(DemoError::TemporaryDirectory)?;
            Ok((directory.path().to_owned(), Some(directory)))
        }
    }
}

/// On ports that the system chooses, so that a demo can run beside anything.
fn start(data_dir: PathBuf, clock: &SimulatedClock) -> Result<Server, DemoError> {
    let mut config = Config { data_dir, ..Config::default() };
    for edge in [&mut config.web, &mut config.hotline, &mut config.admin] {
        edge.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    }
    Ok(Server::start(ServeOptions { config, clock: ServeClock::Simulated(clock.clone()) })?)
}

fn addresses(server: &Server) -> Result<Addresses, DemoError> {
    Ok(Addresses {
        web: server.web_address(),
        hotline: server.hotline_address().ok_or(DemoError::EdgeClosed("hotline"))?,
        admin: server.admin_address().ok_or(DemoError::EdgeClosed("admin"))?,
    })
}

/// All requests come from this thread, in a runtime that is not the server's.
fn load(
    cast: &Cast,
    addresses: &Addresses,
    badges: &Badges,
    clock: &SimulatedClock,
    display: &mut Display,
) -> Result<Load, DemoError> {
    let advance = |now: Instant| clock.advance_to(now);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(DemoError::Runtime)?;
    let morning = async {
        let mut admin = Connection::to(addresses.admin);
        let now = opening::open(cast, &mut admin, &badges.admin, &advance).await?;
        display.says(&format!("{}: all centres are described, supplied and released", weekday_time(now)));
        let agents: Vec<HeaderValue> = badges.agents.clone();
        let requests = Requests::new(cast.chance.clone(), &cast.tables, agents);
        let (edges, answers) = Edges::reach(addresses.web, addresses.hotline, requests);
        let mut calls = (0, 0);
        let show = |glance: &Glance<'_>| {
            calls = glance.calls;
            display.show(cast, glance);
        };
        let (books, _, now) = Engine::new(cast, now, edges, &advance).run(answers, show).await?;
        advance(now);
        let booked = audit::booked_pairs(cast, addresses.web).await?;
        Ok(Load { books, calls, booked })
    };
    runtime.block_on(async {
        tokio::select! {
            load = morning => load,
            told = told_to_end() => Err(told.map_or_else(DemoError::Runtime, |()| DemoError::Interrupted)),
        }
    })
}
