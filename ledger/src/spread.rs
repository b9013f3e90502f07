//! Work on many things at once, by a bounded number of threads.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The most threads, whatever the machine has: who reads a log waits for disk and network, too.
const MOST_THREADS: usize = 8;

/// Does the work for each of these, in this order as far as there are threads, and gives what came of each in the same order.
/// A thread that cannot be had is done without.
pub fn spread<T: Send, R: Send>(things: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS).min(things.len());
    let done = Mutex::new(things.iter().map(|_| None).collect::<Vec<_>>());
    let waiting = Mutex::new(things.into_iter().enumerate());
    let take = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || {
        while let Some((at, thing)) = take() {
            let result = work(thing);
            if let Some(place) = done.lock().unwrap_or_else(PoisonError::into_inner).get_mut(at) {
                *place = Some(result);
            }
        }
    };
    thread::scope(|scope| {
        for number in 1..threads {
            let helper = thread::Builder::new().name(format!("spread-{number}"));
            if let Err(error) = helper.spawn_scoped(scope, run) {
                tracing::warn!(%error, "there is no thread to work beside this one");
            }
        }
        run();
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn each_is_done_once_and_answers_in_its_place() {
        let calls = AtomicUsize::new(0);
        let doubled = spread((0..1_000).collect(), |number: u32| {
            calls.fetch_add(1, Ordering::SeqCst);
            2 * number
        });
        assert_eq!(doubled, (0..1_000).map(|number| 2 * number).collect::<Vec<_>>());
        assert_eq!(calls.load(Ordering::SeqCst), 1_000);
        assert_eq!(spread(Vec::new(), |(): ()| ()), Vec::new());
    }

    #[test]
    fn what_panics_panics_where_it_was_asked_for() {
        let asked = std::panic::catch_unwind(|| spread(vec![1, 2, 3], |number| assert_ne!(number, 2)));
        assert!(asked.is_err());
    }
}
