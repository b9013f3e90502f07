//! Clauses about reading.

use std::sync::Arc;

use schemas::ids::Partition;

use super::{ALL_BYTES, Found, ONE, append, end, ensure, read, same, value, values};
use crate::chain::{Chain, Verdict};
use crate::log::{Entry, Log, LogError};

pub(super) fn fresh(log: &Arc<dyn Log>) -> Found {
    ensure(log.partitions() >= 3, || "the suite needs three partitions".to_owned())?;
    for partition in (0..log.partitions()).map(Partition) {
        same("the end", &end(log, partition)?, &1)?;
        let mut chain = Chain::new(None, partition);
        for entry in read(log, partition, 0, ALL_BYTES)? {
            let verdict = chain.judge(entry.offset, &entry.value).map_err(|halt| halt.to_string())?;
            ensure(matches!(verdict, Verdict::Counts(_)), || format!("genesis does not count: {verdict:?}"))?;
        }
        same("the next seq", &chain.next_seq(), &1)?;
    }
    Ok(())
}

pub(super) fn from_the_middle(log: &Arc<dyn Log>) -> Found {
    append(log, ONE, (0..100).map(value).collect())?;
    for from in [1, 2, 50, 99, 100] {
        let entries = read(log, ONE, from, ALL_BYTES)?;
        let first = usize::try_from(from - 1).unwrap_or(usize::MAX);
        let expected: Vec<Entry> =
            (from..).zip((first..100).map(value)).map(|(offset, value)| Entry::new(offset, value)).collect();
        let found: Vec<Entry> =
            entries.into_iter().map(|entry| Entry::new(entry.offset, entry.value)).collect();
        same(&format!("entries from {from}"), &found, &expected)?;
    }
    Ok(())
}

pub(super) fn past_the_end(log: &Arc<dyn Log>) -> Found {
    append(log, ONE, vec![value(1)])?;
    same("entries at the end", &read(log, ONE, 2, ALL_BYTES)?, &Vec::new())?;
    let expected = Err(LogError::PastTheEnd { partition: ONE, end: 2, asked: 3 });
    same("a read past the end", &log.read(ONE, 3, ALL_BYTES), &expected)
}

pub(super) fn max_bytes(log: &Arc<dyn Log>) -> Found {
    let ten: Arc<[u8]> = Arc::from([7; 10]);
    append(log, ONE, vec![ten; 100])?;
    for (bytes, expected) in [(0, 1), (1, 1), (10, 1), (25, 2), (30, 3), (usize::MAX, 100)] {
        let found = read(log, ONE, 1, bytes)?.len();
        same(&format!("values of 10 bytes in {bytes}"), &found, &expected)?;
    }
    Ok(())
}

pub(super) fn the_same_for_ever(log: &Arc<dyn Log>) -> Found {
    append(log, ONE, (0..10).map(value).collect())?;
    let before = values(log, ONE)?;
    append(log, ONE, (10..20).map(value).collect())?;
    let after = values(log, ONE)?;
    ensure(after.starts_with(&before), || "what was read is read otherwise later".to_owned())
}
