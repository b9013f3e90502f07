//! What the threads of a log share: the newest entries in memory, who waits for them, and whether the log is sound.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use schemas::ids::Partition;

use super::super::tail::Tail;
use super::super::{Entry, LogError, OnMoved, OnOutcome};

/// How long what is acknowledged may take to be read back before it is told as unknown.
const READ_BACK_WITHIN: Duration = Duration::from_secs(30);

pub(super) struct Shared {
    seats: Vec<Mutex<Seat>>,
    subscribers: RwLock<Vec<OnMoved>>,
    /// Of the whole log.
    damage: OnceLock<LogError>,
    out_of_reach: Mutex<Option<String>>,
}

/// A partition.
struct Seat {
    tail: Tail,
    /// The last entry that anybody here has read.
    last_read: Option<Entry>,
    /// Acknowledged appends that the tail has not passed yet, as they were acknowledged.
    waiting: VecDeque<Waiting>,
    /// Why nothing of this partition can be read behind its end, or appended to it, any more.
    gap: Option<LogError>,
}

/// An append that is acknowledged.
struct Waiting {
    /// The offset after its last value.
    until: u64,
    since: Instant,
    on_outcome: OnOutcome,
}

/// What a batch of the tail sets off once no lock is held.
#[derive(Default)]
pub(super) struct Moved {
    outcomes: Vec<OnOutcome>,
    partitions: Vec<Partition>,
}

impl Shared {
    /// With nothing in memory yet.
    pub(super) fn at(ends: &[u64]) -> Self {
        let seat = |&end| {
            Mutex::new(Seat { tail: Tail::at(end), last_read: None, waiting: VecDeque::new(), gap: None })
        };
        Self {
            seats: ends.iter().map(seat).collect(),
            subscribers: RwLock::default(),
            damage: OnceLock::new(),
            out_of_reach: Mutex::default(),
        }
    }

    pub(super) fn partitions(&self) -> u32 {
        u32::try_from(self.seats.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Partition> + use<> {
        (0..self.partitions()).map(Partition)
    }

    fn seat(&self, partition: Partition) -> Result<MutexGuard<'_, Seat>, LogError> {
        let index = usize::try_from(partition.0).unwrap_or(usize::MAX);
        let seat = self.seats.get(index).ok_or(LogError::PastTheEnd { partition, end: 0, asked: 0 })?;
        Ok(seat.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// # Errors
    /// What is wrong with the log for good.
    pub(super) fn sound(&self) -> Result<(), LogError> {
        self.damage.get().map_or(Ok(()), |damage| Err(damage.clone()))
    }

    /// Whether anything can be appended to a partition.
    ///
    /// # Errors
    /// What is wrong with the log, or with this partition of it, for good.
    pub(super) fn sound_in(&self, partition: Partition) -> Result<(), LogError> {
        self.sound()?;
        self.seat(partition)?.sound()
    }

    pub(super) fn end(&self, partition: Partition) -> Result<u64, LogError> {
        Ok(self.seat(partition)?.tail.end())
    }

    /// Before where to read, and the entries from `from` on if they are in memory.
    ///
    /// # Errors
    /// Where nothing will ever stand, because the partition has a gap there.
    pub(super) fn read(
        &self,
        partition: Partition,
        from: u64,
        max_bytes: usize,
    ) -> Result<(u64, Option<Vec<Entry>>), LogError> {
        let seat = self.seat(partition)?;
        let end = seat.tail.end();
        if from > end {
            return Err(LogError::PastTheEnd { partition, end, asked: from });
        }
        let until = match &seat.gap {
            Some(gap @ LogError::Gap { offset, .. }) if from >= *offset => return Err(gap.clone()),
            Some(LogError::Gap { offset, .. }) => end.min(*offset),
            _ => end,
        };
        Ok((until, seat.tail.read(from, max_bytes)))
    }

    /// The last entry that anybody here has read of a partition: it must stand there for ever.
    pub(super) fn last_read(&self, partition: Partition) -> Option<Entry> {
        self.seat(partition).ok()?.last_read.clone()
    }

    /// Somebody has read this, elsewhere than at the tail.
    pub(super) fn was_read(&self, partition: Partition, entry: &Entry) {
        if let Ok(mut seat) = self.seat(partition) {
            seat.note(entry);
        }
    }

    /// Takes in what the tail has read of a partition. Of what is damaged nobody is to hear any more.
    pub(super) fn publish(&self, partition: Partition, entries: &mut Vec<Entry>, moved: &mut Moved) {
        let Ok(mut seat) = self.seat(partition) else { return };
        if self.sound().and_then(|()| seat.sound()).is_err() {
            return entries.clear();
        }
        if let Some(last) = entries.last() {
            seat.note(last);
        }
        let before = seat.tail.end();
        entries.drain(..).for_each(|entry| seat.tail.push(entry));
        let end = seat.tail.end();
        if end == before {
            return;
        }
        moved.partitions.push(partition);
        while let Some(first) = seat.waiting.pop_front_if(|first| first.until <= end) {
            moved.outcomes.push(first.on_outcome);
        }
    }

    /// Tells of success once the tail has passed `until`, which may be now.
    pub(super) fn acknowledged(&self, partition: Partition, until: u64, on_outcome: OnOutcome) {
        let outcome = match (self.sound(), self.seat(partition)) {
            (Err(damage), _) | (_, Err(damage)) => Err(damage),
            (Ok(()), Ok(mut seat)) => {
                // Outcomes keep the order of what was acknowledged.
                if seat.gap.is_none() && (seat.tail.end() < until || !seat.waiting.is_empty()) {
                    seat.waiting.push_back(Waiting { until, since: Instant::now(), on_outcome });
                    return;
                }
                seat.sound()
            }
        };
        call("an outcome", || on_outcome(outcome));
    }

    /// Tells as unknown what was acknowledged long ago and has not been read back.
    pub(super) fn give_up_waiting(&self) {
        let late = |first: &mut Waiting| first.since.elapsed() > READ_BACK_WITHIN;
        let error = LogError::Unreachable("acknowledged, but not read back for long".to_owned());
        self.fail_waiting(&error, late);
    }

    /// Tells everybody who waits that it ends so.
    pub(super) fn end_waiting(&self, error: &LogError) {
        self.fail_waiting(error, |_| true);
    }

    fn fail_waiting(&self, error: &LogError, ends: impl Fn(&mut Waiting) -> bool) {
        for seat in &self.seats {
            let held = seat.lock().unwrap_or_else(PoisonError::into_inner);
            fail_waiting_in(held, error, &ends);
        }
    }

    /// From now on nothing can be read or appended any more. Readers are woken to hear of it.
    pub(super) fn damaged(&self, what: String) {
        tracing::error!(what, "the log is damaged");
        let damage = self.damage.get_or_init(|| LogError::Damaged(what));
        self.end_waiting(damage);
        self.wake(&self.all().collect::<Vec<_>>());
    }

    /// From now on nothing can be read behind this partition's end or appended to it any more. Its readers are woken to hear of
    /// it. What stands before the gap is as good as ever.
    pub(super) fn has_gap(&self, partition: Partition, gap: &LogError) {
        tracing::error!(%partition, %gap, "a partition of the log has a gap");
        let Ok(mut seat) = self.seat(partition) else { return };
        seat.gap.get_or_insert_with(|| gap.clone());
        fail_waiting_in(seat, gap, |_| true);
        self.wake(&[partition]);
    }

    /// What the brokers do not answer, if they do not.
    pub(super) fn out_of_reach(&self) -> Option<String> {
        self.out_of_reach.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn is_out_of_reach(&self, why: Option<String>) {
        *self.out_of_reach.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    pub(super) fn subscribe(&self, on_moved: OnMoved) {
        self.subscribers.write().unwrap_or_else(PoisonError::into_inner).push(on_moved);
    }

    /// Tells outcomes and wakes subscribers, and is empty again.
    pub(super) fn tell(&self, moved: &mut Moved) {
        moved.outcomes.drain(..).for_each(|told| call("an outcome", || told(Ok(()))));
        self.wake(&moved.partitions);
        moved.partitions.clear();
    }

    fn wake(&self, partitions: &[Partition]) {
        if partitions.is_empty() {
            return;
        }
        let subscribers = self.subscribers.read().unwrap_or_else(PoisonError::into_inner).clone();
        for on_moved in subscribers {
            partitions.iter().for_each(|&partition| call("a subscriber", || on_moved(partition)));
        }
    }
}

/// Tells those who wait in a seat, from the first on, that it ends so; once the seat is free again.
fn fail_waiting_in(mut seat: MutexGuard<'_, Seat>, error: &LogError, ends: impl Fn(&mut Waiting) -> bool) {
    let mut ended = Vec::new();
    while let Some(first) = seat.waiting.pop_front_if(&ends) {
        ended.push(first.on_outcome);
    }
    drop(seat);
    ended.into_iter().for_each(|told| call("an outcome", || told(Err(error.clone()))));
}

impl Seat {
    fn sound(&self) -> Result<(), LogError> {
        self.gap.clone().map_or(Ok(()), Err)
    }

    fn note(&mut self, entry: &Entry) {
        if self.last_read.as_ref().is_none_or(|last| last.offset < entry.offset) {
            self.last_read = Some(entry.clone());
        }
    }
}

/// Calls what somebody handed in. Should it panic, the thread that all others depend on goes on.
pub(super) fn call(what: &str, callback: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(callback)).is_err() {
        tracing::error!("{what} panicked");
    }
}
