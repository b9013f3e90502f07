//! Clauses about waking.

use std::sync::{Arc, Weak};

use crossbeam_channel::unbounded;

use super::{
    ALL_BYTES, Found, ONE, OTHER, PATIENCE, append, end, ensure, same, send, subscribe, value, wait,
};
use crate::log::{Log, LogError};

pub(super) fn after_the_end_moved(log: &Arc<dyn Log>) -> Found {
    let (seen, sightings) = unbounded();
    let weak: Weak<dyn Log> = Arc::downgrade(log);
    log.subscribe(Arc::new(move |partition| {
        if let Some(log) = weak.upgrade() {
            drop(seen.send((
                partition,
                log.end(partition),
                log.read(partition, 0, ALL_BYTES).map(|read| read.len()),
            )));
        }
    }));
    for number in 0..20 {
        append(log, ONE, vec![value(number)])?;
        let woken = sightings.recv_timeout(PATIENCE);
        let (partition, end, read) = woken.map_err(|_| "nobody was woken".to_owned())?;
        same("the partition", &partition, &ONE)?;
        let due = number as u64 + 2;
        ensure(end.as_ref().is_ok_and(|&end| end >= due), || {
            format!("woken at an end of {end:?}, before {due}")
        })?;
        same("values read", &read.map(|read| read as u64), &end)?;
    }
    Ok(())
}

pub(super) fn none_lost(log: &Arc<dyn Log>) -> Found {
    let moves = subscribe(log);
    let calls: Vec<_> =
        (0..500).map(|number| send(log, [ONE, OTHER][number % 2], vec![value(number)])).collect();
    // Wakes may be merged, so only the end tells when all is there: one wake must come after it.
    let mut due = vec![ONE, OTHER];
    while !due.is_empty() {
        let woken =
            moves.recv_timeout(PATIENCE).map_err(|_| format!("no wake tells of the end of {due:?}"))?;
        if end(log, woken)? == 251 {
            due.retain(|&partition| partition != woken);
        }
    }
    calls.iter().try_for_each(wait)
}

pub(super) fn all_subscribers(log: &Arc<dyn Log>) -> Found {
    let subscribers = [subscribe(log), subscribe(log)];
    append(log, ONE, vec![value(1)])?;
    let late = subscribe(log);
    append(log, OTHER, vec![value(2)])?;
    for moves in &subscribers {
        same("the first wake", &moves.recv_timeout(PATIENCE).ok(), &Some(ONE))?;
    }
    for moves in subscribers.iter().chain([&late]) {
        // The one that came late may still be told of the first move.
        let told =
            std::iter::from_fn(|| moves.recv_timeout(PATIENCE).ok()).any(|partition| partition == OTHER);
        ensure(told, || "a subscriber was not woken".to_owned())?;
    }
    Ok(())
}

pub(super) fn outcome_means_readable(log: &Arc<dyn Log>) -> Found {
    for number in 0..20 {
        let (seen, sightings) = unbounded();
        let weak: Weak<dyn Log> = Arc::downgrade(log);
        let look = move |outcome: Result<(), LogError>| {
            let end = weak.upgrade().map(|log| log.end(ONE));
            _ = seen.send((outcome, end));
        };
        log.append(ONE, vec![value(number).into()], Box::new(look));
        let (outcome, end) = sightings.recv_timeout(PATIENCE).map_err(|_| "no outcome".to_owned())?;
        same("the outcome", &outcome, &Ok(()))?;
        same("the end at the outcome", &end, &Some(Ok(number as u64 + 2)))?;
    }
    Ok(())
}
