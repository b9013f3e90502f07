//! The program's own follow-ups: erasures that were ordered and not finished, data that no registration names, and what the
//! command line read.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Monotonic};

use ledger::vault::UNNAMED_MS;
use schemas::Instant;
use schemas::ids::{CentreId, RegistrationId};

use crate::exports::reads;
use crate::routes::erasure;
use crate::service::Service;

/// How often the vault is swept.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// How often it is looked whether the command line noted a read.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How soon again when a note could not be taken in.
const AGAIN_AFTER: Duration = Duration::from_secs(30);

/// A thread of its own; nothing waits for it.
pub(crate) struct Reactor {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Reactor {
    /// Finishes what was left and sweeps, now and every hour, and takes in what the command line noted.
    pub(crate) fn start(service: Arc<Service>) -> std::io::Result<Self> {
        let (stop, stopped) = channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("reactor".to_owned()).spawn(move || {
            let mut sweep_at = Monotonic::now();
            loop {
                if Monotonic::now() >= sweep_at {
                    runtime.block_on(finish_erasures(&service));
                    sweep(&service);
                    sweep_at = Monotonic::now() + SWEEP_EVERY;
                }
                let all_taken = runtime.block_on(reads::take_in(&service));
                let pause = if all_taken { LOOK_EVERY } else { AGAIN_AFTER };
                if !matches!(stopped.recv_timeout(pause), Err(RecvTimeoutError::Timeout)) {
                    return;
                }
            }
        })?;
        Ok(Self { stop, thread })
    }

    /// Ends the thread after what it is at.
    pub(crate) fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the reactor's thread had panicked");
        }
    }
}

async fn finish_erasures(service: &Arc<Service>) {
    match service.views.unfinished_erasures() {
        Ok(unfinished) => {
            for (centre, registration) in unfinished {
                erasure::finish(Arc::clone(service), centre, registration).await;
            }
        }
        Err(error) => tracing::error!(%error, "unfinished erasures cannot be found"),
    }
}

fn sweep(service: &Service) {
    // What the views cannot say is kept: erasing what is named would be worse than keeping what is not. They say nothing of
    // what came after their own time, when they wait, have halted or are made anew.
    let is_named = |centre: &CentreId, registration: RegistrationId, revision: u32, made_at: Instant| {
        let seen = service.views.position(service.views.partition_of(centre));
        if !knows_who_named(seen.map(|(_, at)| at), made_at) {
            return true;
        }
        let row = service.views.registration(centre, registration);
        row.map_or(true, |found| found.value.is_some_and(|row| revision <= row.revision))
    };
    match service.vault.sweep(service.ledger.now(), &is_named) {
        Ok(0) => {}
        Ok(swept) => tracing::info!(swept, "data that no registration names were erased"),
        Err(error) => tracing::error!(%error, "the vault could not be swept"),
    }
}

/// Whether views that have come to this time know each registration that may name what was made then.
fn knows_who_named(seen: Option<Instant>, made_at: Instant) -> bool {
    seen.is_some_and(|seen| seen.millis_since(made_at) > UNNAMED_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_that_stand_still_never_say_that_nobody_named_what_came_later() {
        let made_at = Instant::EPOCH.plus_millis(5 * UNNAMED_MS);
        assert!(!knows_who_named(None, made_at));
        assert!(!knows_who_named(Some(Instant::EPOCH), made_at));
        assert!(!knows_who_named(Some(made_at), made_at));
        assert!(!knows_who_named(Some(made_at.plus_millis(UNNAMED_MS)), made_at));
        assert!(knows_who_named(Some(made_at.plus_millis(UNNAMED_MS + 1)), made_at));
    }
}
