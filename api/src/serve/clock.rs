//! The ledger's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Monotonic};

use ledger::Ledger;
use ledger::clock::{Clock, SimulatedClock, WallClock};
use schemas::Instant;

use super::{ServeClock, ServeError};

/// When a simulated ledger without a past begins: the day before the morning, 2021-01-11T08:00+01:00.
pub(crate) const SIMULATED_BEGIN_MS: i64 = 1_610_348_400_000;
/// How often a clock that runs on is moved.
const MOVED_EVERY: Duration = Duration::from_millis(10);

/// A clock and its kind as genesis says it.
pub(super) struct Chosen {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) kind: schemas::Clock,
    /// The same clock, if it is to run on from the ledger's last time.
    runs_on: Option<SimulatedClock>,
}

pub(super) fn choose(wanted: &ServeClock) -> Chosen {
    let begin = Instant::from_millis(SIMULATED_BEGIN_MS).unwrap_or(Instant::EPOCH);
    let (simulated, runs_on) = match wanted {
        ServeClock::Wall => {
            let clock = Arc::new(WallClock::start());
            return Chosen { clock, kind: schemas::Clock::Wall, runs_on: None };
        }
        ServeClock::Simulated(clock) => (clock.clone(), false),
        ServeClock::RunsOn => (SimulatedClock::at(begin), true),
    };
    let runs_on = runs_on.then(|| simulated.clone());
    Chosen { clock: Arc::new(simulated), kind: schemas::Clock::Simulated, runs_on }
}

impl Chosen {
    /// Sets a clock that runs on to the greatest time that the ledger's records have, and lets it go.
    pub(super) fn run_on(&self, ledger: &Ledger) -> Result<Option<RunningOn>, ServeError> {
        let Some(clock) = &self.runs_on else { return Ok(None) };
        let last = ledger.status().into_iter().map(|status| status.time).max();
        clock.advance_to(last.unwrap_or(Instant::EPOCH).max(clock.now()));
        let running_on = RunningOn::start(clock.clone())
            .map_err(|error| ServeError::System(format!("no thread for the clock: {error}")))?;
        Ok(Some(running_on))
    }
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
