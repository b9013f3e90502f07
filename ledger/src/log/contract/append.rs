//! Clauses about appending.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use schemas::ids::Partition;

use super::{Found, ONE, OTHER, append, end, ensure, same, send, value, values, wait};
use crate::log::Log;

pub(super) fn order(log: &Arc<dyn Log>) -> Found {
    let calls: Vec<_> =
        (0..50).map(|call| send(log, ONE, (0..7).map(|i| value(call * 7 + i)).collect())).collect();
    calls.iter().try_for_each(wait)?;
    same("values", &values(log, ONE)?, &(0..350).map(value).collect())
}

pub(super) fn outcomes(log: &Arc<dyn Log>) -> Found {
    let told = Arc::new(AtomicUsize::new(0));
    for number in 0..200 {
        let told = Arc::clone(&told);
        let count = Box::new(move |_| _ = told.fetch_add(1, Ordering::SeqCst));
        log.append(ONE, vec![value(number).into()], count);
    }
    // The calls of one appender keep their order, so the outcomes before this one have come.
    append(log, ONE, vec![value(200)])?;
    same("outcomes", &told.load(Ordering::SeqCst), &200)
}

pub(super) fn nothing(log: &Arc<dyn Log>) -> Found {
    append(log, ONE, Vec::new())?;
    same("the end", &end(log, ONE)?, &1)
}

pub(super) fn no_partition(log: &Arc<dyn Log>) -> Found {
    let beyond = Partition(log.partitions());
    ensure(append(log, beyond, vec![value(1)]).is_err(), || format!("an append to {beyond} succeeded"))?;
    ensure(log.read(beyond, 0, 1).is_err(), || format!("{beyond} could be read"))?;
    ensure(log.end(beyond).is_err(), || format!("{beyond} has an end"))
}

pub(super) fn partitions(log: &Arc<dyn Log>) -> Found {
    let calls: Vec<_> =
        (0..40).map(|number| send(log, [ONE, OTHER][number % 2], vec![value(number)])).collect();
    calls.iter().try_for_each(wait)?;
    same("even values", &values(log, ONE)?, &(0..40).step_by(2).map(value).collect())?;
    same("odd values", &values(log, OTHER)?, &(1..40).step_by(2).map(value).collect())?;
    same("the office's end", &end(log, Partition::OFFICE)?, &1)
}

pub(super) fn large(log: &Arc<dyn Log>) -> Found {
    let many: Vec<Arc<[u8]>> =
        (0..300_u32).map(|number| Arc::from(number.to_le_bytes().repeat(15_000))).collect();
    append(log, ONE, many.clone())?;
    ensure(values(log, ONE)? == many, || "a batch of 18 MB came back otherwise".to_owned())
}

pub(super) fn two_appenders(log: &Arc<dyn Log>) -> Found {
    let work = |first: usize| -> Found {
        let calls: Vec<_> = (first..first + 300).map(|number| send(log, ONE, vec![value(number)])).collect();
        calls.iter().try_for_each(wait)
    };
    let (one, two) = thread::scope(|scope| {
        let one = scope.spawn(|| work(0));
        let two = work(1_000);
        (one.join().unwrap_or_else(|_| Err("an appender panicked".to_owned())), two)
    });
    one.and(two)?;
    let found = values(log, ONE)?;
    let of = |first: usize| -> Vec<Arc<[u8]>> {
        let own: Vec<_> = (first..first + 300).map(value).collect();
        found.iter().filter(|value| own.contains(value)).cloned().collect()
    };
    same("all values", &found.len(), &600)?;
    same("the first appender's values", &of(0), &(0..300).map(value).collect())?;
    same("the second appender's values", &of(1_000), &(1_000..1_300).map(value).collect())
}
