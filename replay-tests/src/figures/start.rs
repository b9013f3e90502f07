//! How long a start takes with snapshots, beside one that has to read the whole log.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant as Stopwatch;

use anyhow::{Context, Result, ensure};
use api::config::Config;
use api::{ServeClock, ServeOptions, Server};
use ledger::data_dir::DataDir;
use ledger::log::{EmbeddedLog, Log, NewLedger};
use ledger::snapshot::{EVERY, Snapshots};
use ledger::vault::Vault;
use projections::{Projector, Settings};
use schemas::Clock;

use super::report::{Figure, Plan};
use super::{history, long};

const START: Plan = Plan {
    figure: "serve: ready, from snapshots",
    unit: "s",
    yardstick_is: "ready, reading the whole log",
    aim: 0.2,
    more_is_better: false,
};

/// Writes a ledger of so many records, starts it `runs` times with its snapshots and without, and verifies it.
///
/// # Errors
/// When the ledger cannot be written or started.
pub fn figures(records: u32, runs: u32) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    make(folder.path(), records)?;
    let (snapshots, aside) = (folder.path().join("snapshots"), folder.path().join("aside"));
    let mut pairs = Vec::new();
    for _ in 0..runs {
        let from_snapshots = start(folder.path())?;
        std::fs::rename(&snapshots, &aside)?;
        let from_the_log = start(folder.path())?;
        std::fs::remove_dir_all(&snapshots)?;
        std::fs::rename(&aside, &snapshots)?;
        pairs.push((from_snapshots, from_the_log));
    }
    let mut figures = vec![START.row(&pairs)];
    figures.extend(long::figures(folder.path(), records, runs)?);
    Ok(figures)
}

/// How many people a ledger of so many records is about.
pub(super) fn people_in(records: u32) -> u32 {
    (records / 30).max(1)
}

/// Writes the log of a ledger that is not there yet.
pub(super) fn write(data_dir: &DataDir, records: u32, people: u32) -> Result<Arc<dyn Log>> {
    let time = "2021-01-11T07:00:00+01:00".parse()?;
    let new = NewLedger { partitions: 2, clock: Clock::Simulated, time, ledger: None };
    let log: Arc<dyn Log> = Arc::new(EmbeddedLog::open(&data_dir.log(), &new)?);
    history::write_long(log.as_ref(), records, people)?;
    Ok(log)
}

/// A data directory with the log, its views and its snapshots.
fn make(path: &Path, records: u32) -> Result<()> {
    let data_dir = DataDir::open(path)?;
    let log = write(&data_dir, records, people_in(records))?;
    let snapshots = Some(Snapshots::new(data_dir.snapshots(), EVERY));
    let settings = Settings { snapshots, ..Settings::default() };
    let (views, projector) = Projector::start(Arc::clone(&log), &data_dir.views(), settings)?;
    ensure!(views.halted().is_empty(), "the history is not sound: {:?}", views.halted());
    projector.stop();
    let genesis = log.read(schemas::ids::Partition::OFFICE, 0, 1)?;
    let genesis = genesis.first().context("there is no genesis")?;
    let (prefix, _) = schemas::Prefix::split(&genesis.value)?;
    // A vault that is made later would be taken for one that was lost.
    drop(Vault::open(&data_dir.vault(), &data_dir.keys(), prefix.ledger)?);
    Ok(())
}

/// Seconds until a server on this data directory answers.
fn start(path: &Path) -> Result<f64> {
    let mut config = Config { data_dir: path.to_owned(), partitions: 2, ..Config::default() };
    config.web.address.set_port(0);
    let watch = Stopwatch::now();
    let server = Server::start(ServeOptions { config, clock: ServeClock::RunsOn })?;
    let seconds = watch.elapsed().as_secs_f64();
    server.shut_down();
    Ok(seconds)
}
