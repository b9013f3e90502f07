//! The ledger's clock.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Monotonic};

use ledger::clock::{Clock, SimulatedClock, WallClock};
use ledger::log::embedded::EmbeddedLog;
use ledger::log::{Log as _, LogError};
use schemas::ids::Partition;
use schemas::{Instant, Prefix};

use super::{ServeClock, ServeError};

/// When a simulated ledger without a past begins: the day before the morning, 2021-01-11T08:00+01:00.
const SIMULATED_BEGIN_MS: i64 = 1_610_348_400_000;
/// How often a clock that runs on is moved.
const MOVED_EVERY: Duration = Duration::from_millis(10);

/// A clock and its kind as genesis says it.
pub(super) struct Chosen {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) kind: schemas::Clock,
    pub(super) running_on: Option<RunningOn>,
}

pub(super) fn choose(wanted: &ServeClock, log_dir: &Path) -> Result<Chosen, ServeError> {
    let (simulated, running_on) = match wanted {
        ServeClock::Wall => {
            let clock = Arc::new(WallClock::start());
            return Ok(Chosen { clock, kind: schemas::Clock::Wall, running_on: None });
        }
        ServeClock::Simulated(clock) => (clock.clone(), None),
        ServeClock::RunsOn => {
            let clock = SimulatedClock::at(last_time(log_dir)?);
            let running_on = RunningOn::start(clock.clone())
                .map_err(|error| ServeError::System(format!("no thread for the clock: {error}")))?;
            (clock, Some(running_on))
        }
    };
    Ok(Chosen { clock: Arc::new(simulated), kind: schemas::Clock::Simulated, running_on })
}

/// The greatest time of the last records of a log's partitions.
fn last_time(log_dir: &Path) -> Result<Instant, LogError> {
    let begin = Instant::from_millis(SIMULATED_BEGIN_MS).unwrap_or(Instant::EPOCH);
    if !log_dir.join("rocks").is_dir() {
        return Ok(begin);
    }
    let log = EmbeddedLog::open_existing(log_dir)?;
    let mut last = begin;
    for partition in (0..log.partitions()).map(Partition) {
        let end = log.end(partition)?;
        let entries = log.read(partition, end.saturating_sub(1), 1)?;
        let prefix = entries.last().and_then(|entry| Prefix::split(&entry.value).ok());
        let time = prefix.and_then(|(prefix, _)| Instant::from_millis(prefix.time_ms));
        last = last.max(time.unwrap_or(begin));
    }
    Ok(last)
}

/// Moves a simulated clock on with real time, until it is dropped.
pub(crate) struct RunningOn {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl RunningOn {
    pub(crate) fn start(clock: SimulatedClock) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let (from, began) = (clock.now(), Monotonic::now());
        let thread = std::thread::Builder::new().name("running-on".to_owned()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(MOVED_EVERY);
                clock.advance_to(from.plus_millis(u64::try_from(began.elapsed().as_millis()).unwrap_or(0)));
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for RunningOn {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the clock's thread had panicked");
        }
    }
}
