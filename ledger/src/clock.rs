//! The one place that reads the wall clock. Everything else gets the time as a value.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use schemas::Instant;

/// Called with the new time when a clock jumps; it must not block.
pub type OnJump = Arc<dyn Fn(Instant) + Send + Sync>;

/// What time it is in the ledger.
pub trait Clock: Send + Sync {
    /// The time now. It never goes back.
    fn now(&self) -> Instant;

    /// The time by a fresh look at where it comes from: a wall clock that was set meanwhile shows its new time.
    fn look_again(&self) -> Instant {
        self.now()
    }

    /// Hears of jumps from now on. A clock that only flows never calls.
    fn on_jump(&self, on_jump: OnJump);

    /// Whether the time flows by itself, so that one may sleep until an instant.
    fn flows(&self) -> bool;
}

/// The wall clock, read once and counted on with the monotonic one, so that it cannot jump under a running writer.
#[derive(Debug, Clone)]
pub struct WallClock {
    start: Instant,
    since: std::time::Instant,
}

impl WallClock {
    /// Reads the wall clock. A time outside 1970 to 9998 is taken for the nearer end.
    pub fn start() -> Self {
        Self { start: on_the_wall(), since: std::time::Instant::now() }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn on_the_wall() -> Instant {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    i64::try_from(millis).ok().and_then(Instant::from_millis).unwrap_or(Instant::MAX)
}

impl Clock for WallClock {
    fn now(&self) -> Instant {
        self.start.plus_millis(u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn look_again(&self) -> Instant {
        on_the_wall()
    }

    fn on_jump(&self, _: OnJump) {}

    fn flows(&self) -> bool {
        true
    }
}

/// A clock that stands until somebody moves it: the demo's and the tests'.
#[derive(Clone)]
pub struct SimulatedClock(Arc<Mutex<Simulated>>);

struct Simulated {
    now: Instant,
    listeners: Vec<OnJump>,
}

impl SimulatedClock {
    /// A clock that stands at `now`.
    pub fn at(now: Instant) -> Self {
        Self(Arc::new(Mutex::new(Simulated { now, listeners: Vec::new() })))
    }

    /// Moves it on to `to`; it stays where it is when that is not later.
    pub fn advance_to(&self, to: Instant) {
        let listeners = {
            let mut clock = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if to <= clock.now {
                return;
            }
            clock.now = to;
            clock.listeners.clone()
        };
        listeners.iter().for_each(|on_jump| on_jump(to));
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Instant {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).now
    }

    fn on_jump(&self, on_jump: OnJump) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).listeners.push(on_jump);
    }

    fn flows(&self) -> bool {
        false
    }
}
