//! The whole demo: a server and the morning in one process, then the audit, the summary and a look around.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::time::Instant as RealInstant;

use hyper::header::HeaderValue;
use ledger::clock::SimulatedClock;
use ledger::data_dir::{DataDir, DataDirError};
use ledger::log::NewLedger;
use ledger::log::kafka::broker::{BrokerError, ClusterPlan, OwnCluster};
use ledger::log::kafka::topic::{self, TopicError, TopicPlan};
use schemas::{Clock, Instant};

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
use crate::config::{Config, KafkaConfig};
use crate::credentials::CredentialError;
use crate::serve::{ServeClock, ServeError, ServeOptions, Server};
use crate::signals::{self, told_to_end};

/// What the demo is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many people; the supply is in proportion.
    pub people: u32,
    /// What everybody and everything is drawn from.
    pub seed: u64,
    /// Where the ledger is kept; none: in a directory that is removed at the end.
    pub data_dir: Option<PathBuf>,
    /// Which log the ledger is kept in.
    pub log: LogWanted,
    /// JSON lines instead of a table.
    pub json: bool,
}

/// Which log the demo's ledger is kept in.
#[derive(Debug, Clone)]
pub enum LogWanted {
    /// The embedded one.
    Embedded,
    /// A new topic at these brokers.
    Topic(Box<KafkaConfig>),
    /// A new topic at brokers that the demo starts, and ends with itself.
    OwnBrokers {
        /// 1 or 3.
        brokers: u8,
        /// The topic; the usual one when none is named.
        topic: Option<String>,
    },
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
    #[error(transparent)]
    Broker(#[from] BrokerError),
    #[error("the topic: {0}")]
    Topic(#[from] TopicError),
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
    /// Where the ledger is, or what goes with it when its log is in Kafka.
    pub data_dir: PathBuf,
    /// Where the log is when it is in Kafka.
    pub kafka: KafkaConfig,
    /// Says so when the program was told to end, also if that was while the summary was made.
    pub(crate) told_to_end: Receiver<()>,
    /// Removed when it is dropped.
    _directory: Option<tempfile::TempDir>,
    /// Ended when it is dropped, after the server.
    _cluster: Option<OwnCluster>,
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
    let mut display = Display::new(settings.json, &cast);
    let (kafka, cluster) = begin_log(&settings.log, begins_at)?;
    if let Some(brokers) = &kafka.brokers {
        display.says(&about_topic(kafka.topic(), brokers, cluster.as_ref()));
    }
    let config = config(data_dir.clone(), kafka.clone());
    let server =
        Server::start(ServeOptions { config: config.clone(), clock: ServeClock::Simulated(clock.clone()) })?;
    let morning_started = RealInstant::now();
    let told_to_end = signals::listen().map_err(DemoError::Runtime)?;
    let load = load(&cast, &addresses(&server)?, &badges, &clock, &mut display)?;
    let morning_took = morning_started.elapsed();
    let audit = audit::of(&config, &mut |progress| display.verifies(progress))?;
    display.ends();
    let summary = Summary {
        booked_in_views: load.booked,
        calls: load.calls,
        morning_took,
        took: started.elapsed(),
        ..Summary::of(&load.books, settings.people, settings.seed, cast.pairs(), audit)
    };
    let (_directory, _cluster) = (directory, cluster);
    Ok(Morning { summary, server, badges, clock, data_dir, kafka, told_to_end, _directory, _cluster })
}

/// Makes the topic, and the brokers if there are none. An embedded log makes itself.
fn begin_log(wanted: &LogWanted, begins_at: Instant) -> Result<(KafkaConfig, Option<OwnCluster>), DemoError> {
    let (kafka, cluster) = match wanted {
        LogWanted::Embedded => (KafkaConfig::default(), None),
        LogWanted::Topic(kafka) => (KafkaConfig::clone(kafka), None),
        LogWanted::OwnBrokers { brokers, topic } => {
            let cluster = OwnCluster::start(&ClusterPlan { brokers: *brokers, ..ClusterPlan::default() })?;
            let brokers = Some(cluster.bootstrap());
            (KafkaConfig { brokers, topic: topic.clone(), ..KafkaConfig::default() }, Some(cluster))
        }
    };
    if let Some(settings) = kafka.settings() {
        let partitions = Config::default().partitions;
        let ledger = NewLedger { partitions, clock: Clock::Simulated, time: begins_at, ledger: None };
        topic::create(&settings, &TopicPlan { ledger, replication: None })?;
    }
    Ok((kafka, cluster))
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

/// Names the processes of brokers of one's own, so that somebody can kill one and watch.
fn about_topic(topic: &str, brokers: &str, cluster: Option<&OwnCluster>) -> String {
    let processes = cluster.map_or_else(String::new, |cluster| {
        let pids = (1..=cluster.brokers()).filter_map(|number| cluster.pid(number));
        let pids: Vec<String> = pids.map(|pid| pid.to_string()).collect();
        format!(", started for this demo as {}", pids.join(", "))
    });
    format!("the log is topic {topic} of Apache Kafka at {brokers}{processes}")
}

/// On ports that the system chooses, so that a demo can run beside anything.
fn config(data_dir: PathBuf, kafka: KafkaConfig) -> Config {
    let mut config = Config { data_dir, kafka, ..Config::default() };
    for edge in [&mut config.web, &mut config.hotline, &mut config.audit, &mut config.admin] {
        edge.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    }
    config
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
        let opened = opening::open(cast, &mut admin, &badges.admin, &advance).await?;
        display
            .says(&format!("{}: all centres are described, supplied and released", weekday_time(opened.at)));
        let agents: Vec<HeaderValue> = badges.agents.clone();
        let requests = Requests::new(cast.chance.clone(), &cast.tables, agents);
        let (edges, answers) = Edges::reach(addresses.web, addresses.hotline, requests);
        let mut calls = (0, 0);
        let show = |glance: &Glance<'_>| {
            calls = glance.calls;
            display.show(cast, glance);
        };
        let (books, _, now) = Engine::new(cast, &opened, edges, &advance).run(answers, show).await?;
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
