//! How a partition was: the same fold over a log that is read no further than a place.

use schemas::ids::Partition;
use schemas::{Instant, Position, Prefix};

use crate::chain::{Chain, Verdict};
use crate::fold::{FoldError, PartitionFold};
use crate::log::{Entry, Log, LogError};

/// About how many bytes are read at once.
const BATCH_BYTES: usize = 1 << 20;

/// How far a partition is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Until {
    /// To the log's end.
    End,
    /// To the record that stands there.
    Position(Position),
    /// To the last record at which the fold's time is not after it. Of several at one time all are read.
    Instant(Instant),
}

/// Why a partition cannot be shown as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PastError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A record before the place cannot be judged, or does not add up.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The position lies past the log's end.
    #[error("position {asked} lies ahead: the partition has come to {end}")]
    Ahead {
        /// As asked for.
        asked: Position,
        /// The last record.
        end: Position,
    },
    /// Another record stands there.
    #[error("position {asked} is not of this ledger's history: {found} stands there")]
    OtherHistory {
        /// As asked for.
        asked: Position,
        /// What stands there.
        found: Position,
    },
    /// The partition did not exist then.
    #[error("at {at} there was no partition {partition} yet")]
    BeforeGenesis {
        /// Which.
        partition: Partition,
        /// The instant asked for.
        at: Instant,
    },
}

impl Until {
    /// Whether a partition that was read up to here is as it was then, so that the next value is not read any more.
    pub fn is_reached(&self, chain: &Chain, next: &[u8]) -> bool {
        match self {
            Self::End => false,
            Self::Position(position) => chain.genesis().is_some() && chain.position().seq >= position.seq,
            Self::Instant(at) => moves_past(*at, chain, next),
        }
    }

    /// Whether what was read is what was asked for.
    ///
    /// # Errors
    /// When the place is not in the partition.
    pub fn check(&self, chain: &Chain) -> Result<(), PastError> {
        let (found, partition) = (chain.position(), chain.partition());
        match *self {
            Self::Position(asked) if found.seq < asked.seq || chain.genesis().is_none() => {
                Err(PastError::Ahead { asked, end: found })
            }
            Self::Position(asked) if found != asked => Err(PastError::OtherHistory { asked, found }),
            Self::Instant(at) if chain.genesis().is_none() => Err(PastError::BeforeGenesis { partition, at }),
            Self::End | Self::Position(_) | Self::Instant(_) => Ok(()),
        }
    }
}

/// Whether the fold's time is after `at` once this value is read. What says an earlier time cannot move it there, so only
/// the few that say a later one are judged for it.
fn moves_past(at: Instant, chain: &Chain, next: &[u8]) -> bool {
    let Ok((prefix, _)) = Prefix::split(next) else { return false };
    if prefix.time_ms <= at.millis() {
        return false;
    }
    let mut ahead = chain.clone();
    match ahead.judge(chain.next_offset(), next) {
        Ok(Verdict::Counts(_)) => ahead.time() > at,
        Ok(Verdict::Repeat | Verdict::Void(_)) => false,
        // It stands where the next record has to, and is of a later time: nothing before it is missing.
        Err(_) => true,
    }
}

/// Reads a partition until a place, telling how many values were read after each batch. What it gives is the fold right
/// after the last record that counts there, however the place was named.
///
/// # Errors
/// When the log cannot be read or folded so far, or the place is not in it.
pub fn fold_until(
    log: &dyn Log,
    partition: Partition,
    until: Until,
    told: &mut dyn FnMut(u64),
) -> Result<PartitionFold, PastError> {
    let mut fold = PartitionFold::new(None, partition);
    let mut after_last = 0;
    read_values(log, partition, told, &mut |entry| {
        if until.is_reached(&fold.chain, &entry.value) {
            return Ok(false);
        }
        if matches!(fold.read(entry.offset, &entry.value)?, Verdict::Counts(_)) {
            after_last = entry.offset + 1;
        }
        Ok(true)
    })?;
    until.check(&fold.chain)?;
    if fold.chain.next_offset() == after_last {
        return Ok(fold);
    }
    // What does not count stands at the end: it was read, and the state of a position is that before it.
    fold_until(log, partition, Until::Position(fold.chain.position()), told)
}

/// Shows the values of a partition in their order, to where the log ends now, for as long as `see` wants to see more.
///
/// # Errors
/// When the log cannot be read, or `see` fails.
pub fn read_values(
    log: &dyn Log,
    partition: Partition,
    told: &mut dyn FnMut(u64),
    see: &mut dyn FnMut(&Entry) -> Result<bool, PastError>,
) -> Result<(), PastError> {
    let end = log.end(partition)?;
    let mut next = 0;
    while next < end {
        let entries = log.read(partition, next, BATCH_BYTES)?;
        let before = next;
        for entry in entries.iter().take_while(|entry| entry.offset < end) {
            if !see(entry)? {
                told(next - before);
                return Ok(());
            }
            next = entry.offset + 1;
        }
        if next == before {
            return Err(LogError::Damaged(format!(
                "it shows nothing of partition {partition} at {next}, before its end"
            ))
            .into());
        }
        told(next - before);
    }
    Ok(())
}
