//! The loop of the writers' thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Monotonic};

use schemas::Instant;

use super::catch_up::Begun;
use super::mailbox::Mailbox;
use super::seat::Seat;
use super::{Options, Shared, StartError};
use crate::answer::{Answer, NotDone};
use crate::log::Log;
use crate::writer::{Input, Settings};

/// The thread looks around at least so often.
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// How long a shutdown waits for what is under way.
const LAST_WAIT: Duration = Duration::from_secs(10);

pub(super) fn spawn(
    log: Arc<dyn Log>,
    shared: Arc<Shared>,
    folds: Vec<Begun>,
    options: &Options,
) -> Result<JoinHandle<()>, StartError> {
    let exclusive = log.exclusive();
    let seats = folds
        .into_iter()
        .zip(0_u64..)
        .map(|(begun, number)| {
            let settings = Settings {
                node: options.node,
                url: options.url.clone(),
                exclusive,
                hinted: options.hinted,
                seed: options.seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
                accept_clock: options.accept_clock,
                clock_ahead_ms: options.clock_ahead_ms,
            };
            Seat::new(begun, settings, &shared)
        })
        .collect();
    let driver = Driver { log, shared, seats };
    Ok(std::thread::Builder::new().name("writers".to_owned()).spawn(move || driver.run())?)
}

struct Driver {
    log: Arc<dyn Log>,
    shared: Arc<Shared>,
    seats: Vec<Seat>,
}

impl Driver {
    fn run(mut self) {
        let mut ends_by = None;
        loop {
            let busy = self.round();
            if self.shared.ending.load(Ordering::SeqCst) {
                let by = *ends_by.get_or_insert_with(|| self.close());
                let idle = self.seats.iter().all(|seat| seat.dead || seat.writer.in_flight() == 0) && !busy;
                if idle || Monotonic::now() >= by {
                    return;
                }
            }
            if !busy {
                self.shared.signal.wait(self.wait_for());
            }
        }
    }

    /// Closes the mailboxes; whoever still waits in them hears so.
    fn close(&self) -> Monotonic {
        for letter in self.shared.mailboxes.iter().flat_map(Mailbox::close) {
            // A caller who went away needs no answer.
            let _gone = letter.reply.send(Answer::NotDone(NotDone::ShuttingDown));
        }
        Monotonic::now() + LAST_WAIT
    }

    /// Gives every writer its turn; whether more is waiting.
    fn round(&mut self) -> bool {
        let newest_at = self.seats.iter().map(|seat| seat.writer.time()).max().unwrap_or(Instant::EPOCH);
        let has_decisions = self.seats.iter().any(|seat| seat.writer.has_decisions());
        let Self { log, shared, seats } = self;
        let mut busy = false;
        for (at, seat) in seats.iter_mut().enumerate() {
            if seat.dead {
                seat.refuse_all(shared.mailboxes.get(at));
                continue;
            }
            let turn = catch_unwind(AssertUnwindSafe(|| {
                seat.handle(Input::WholeLedger { newest_at, has_decisions }, shared);
                seat.turn(at, log, shared)
            }));
            busy |= turn.unwrap_or_else(|_| {
                seat.dead = true;
                let reason = "its writer panicked; see the program's log".to_owned();
                seat.publish(shared, Some(reason));
                false
            });
        }
        let next_due = seats.iter().filter_map(|seat| seat.writer.next_due_at()).map(Instant::millis).min();
        shared.next_due_ms.store(next_due.unwrap_or(i64::MAX), Ordering::SeqCst);
        *shared.out_of_reach.lock().unwrap_or_else(PoisonError::into_inner) = log.out_of_reach();
        busy
    }

    fn wait_for(&self) -> Duration {
        let waits = self.seats.iter().filter_map(|seat| seat.next_turn_in(&self.shared));
        waits.min().unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
    }
}
