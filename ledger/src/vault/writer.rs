//! The vault's two threads: one writes, all that is queued in one synced batch; one erases from the files.

use std::sync::Arc;
use std::sync::PoisonError;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use schemas::Instant;
use schemas::ids::AccessId;

use super::row::Place;
use super::staged::{IndexChange, ReadyPut, Staged};
use super::{Secret, Shared, Stored, VaultError};

/// The most jobs in one batch: some megabytes of rows.
const MAX_GROUP: usize = 1_024;

/// Hears once what became of a job.
pub(crate) type Reply<T> = Box<dyn FnOnce(Result<T, VaultError>) + Send>;

/// Work for the writing thread.
pub(crate) enum Job {
    Put(Box<ReadyPut>, Reply<Stored>),
    Reissue(Place, AccessId, Secret, Reply<u32>),
    Erase(Place, Reply<bool>),
    Sweep(Vec<(Place, u32, Instant)>, Reply<u64>),
}

/// Work for the erasing thread.
pub(crate) struct Purge {
    places: Vec<Place>,
    reply: Reply<()>,
}

/// Called when the rows of the group are durable, or could not be written.
type Then = Box<dyn FnOnce(Result<(), VaultError>, &Shared, &Sender<Purge>)>;

/// Writes until all handles are gone.
pub(crate) fn write(shared: &Shared, jobs: &Receiver<Job>, purges: &Sender<Purge>) {
    let mut sound = Ok(());
    while let Ok(first) = jobs.recv() {
        if sound.is_err() {
            sound = shared.recover();
        }
        // Whatever came in during the last sync goes into this one; nothing waits for more to come.
        let group = std::iter::once(first).chain(jobs.try_iter()).take(MAX_GROUP);
        let mut staged = Staged::new(shared);
        let then: Vec<Then> = group.map(|job| stage(&mut staged, job)).collect();
        sound = sound.and_then(|()| commit(shared, staged));
        for then in then {
            then(sound.clone(), shared, purges);
        }
    }
}

/// Erases until the writing thread has ended.
pub(crate) fn purge(shared: &Arc<Shared>, purges: &Receiver<Purge>) {
    while let Ok(first) = purges.recv() {
        let all: Vec<Purge> = std::iter::once(first).chain(purges.try_iter()).collect();
        let mut places: Vec<Place> = all.iter().flat_map(|purge| purge.places.clone()).collect();
        places.sort_unstable();
        places.dedup();
        let outcome = shared.store.purge(&places);
        for purge in all {
            (purge.reply)(outcome.clone());
        }
    }
}

fn commit(shared: &Shared, staged: Staged<'_>) -> Result<(), VaultError> {
    if staged.rows.is_empty() {
        return Ok(());
    }
    shared.store.commit(&staged.rows)?;
    let mut index = shared.index.lock().unwrap_or_else(PoisonError::into_inner);
    for change in staged.index {
        match change {
            IndexChange::Insert(digest, place, revision, pseudonym) => {
                index.insert(digest, place, revision, pseudonym);
            }
            IndexChange::Remove(digest, place, revision) => index.remove(&digest, &place, revision),
        }
    }
    Ok(())
}

fn stage(staged: &mut Staged<'_>, job: Job) -> Then {
    match job {
        Job::Put(put, reply) => {
            let kept = staged.put(&put);
            let digest = put.digest;
            Box::new(move |outcome, shared, _| {
                reply(outcome.and(kept).map(|kept| {
                    let index = shared.index.lock().unwrap_or_else(PoisonError::into_inner);
                    let pseudonyms = index.pseudonyms(&digest);
                    let (commitment, age_ms, existed) = (kept.commitment, kept.age_ms, kept.existed);
                    Stored { pseudonyms, commitment, age_ms, existed }
                }));
            })
        }
        Job::Reissue(place, access, secret, reply) => {
            let generation = staged.reissue(&place, access, &secret);
            Box::new(move |outcome, _, _| reply(outcome.and(generation)))
        }
        Job::Erase(place, reply) => stage_erase(staged, place, reply),
        Job::Sweep(entries, reply) => stage_sweep(staged, entries, reply),
    }
}

fn stage_erase(staged: &mut Staged<'_>, place: Place, reply: Reply<bool>) -> Then {
    let erased = staged.erase(&place);
    Box::new(move |outcome, _, purges| match outcome.and(erased) {
        Ok(erased) if erased.to_purge => {
            hand_over(purges, vec![place], Box::new(move |purged| reply(purged.map(|()| erased.any))));
        }
        Ok(erased) => reply(Ok(erased.any)),
        Err(error) => reply(Err(error)),
    })
}

fn stage_sweep(staged: &mut Staged<'_>, entries: Vec<(Place, u32, Instant)>, reply: Reply<u64>) -> Then {
    let mut swept = Ok(Vec::new());
    for (place, revision, made_at) in entries {
        match (staged.sweep(&place, revision, made_at), &mut swept) {
            (Ok(true), Ok(places)) => places.push(place),
            (Err(error), Ok(_)) => swept = Err(error),
            _ => {}
        }
    }
    Box::new(move |outcome, _, purges| match outcome.and(swept) {
        Ok(places) if places.is_empty() => reply(Ok(0)),
        Ok(places) => {
            let count = u64::try_from(places.len()).unwrap_or(u64::MAX);
            hand_over(purges, places, Box::new(move |purged| reply(purged.map(|()| count))));
        }
        Err(error) => reply(Err(error)),
    })
}

fn hand_over(purges: &Sender<Purge>, places: Vec<Place>, reply: Reply<()>) {
    // The rows are deleted and marked: who is sent away here asks again, or the next start does it.
    match purges.try_send(Purge { places, reply }) {
        Ok(()) => {}
        Err(TrySendError::Full(purge)) => (purge.reply)(Err(VaultError::Full)),
        Err(TrySendError::Disconnected(purge)) => (purge.reply)(Err(VaultError::Closed)),
    }
}
