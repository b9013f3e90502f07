//! The exports of the audit edge: one at a time, the others wait in turn; a start goes on where the last one was.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ledger::log::Log;
use ledger::vault::key_file;
use projections::tables::{Export, ExportError, KEY_BYTES, Noted, Order, Veil};
use schemas::ids::ActorId;
use uuid::Uuid;

use super::job::{self, Job, State};
use super::key::{ExportKey, KeyError};

/// The most exports that wait or run.
const MOST_WAITING: usize = 8;
/// How long an export waits for a log that does not answer.
const AGAIN_AFTER: Duration = Duration::from_secs(5);
/// The most exports that are kept.
const MOST_KEPT: usize = 100;

/// The exports that were asked for.
pub(crate) struct Exports {
    shared: Arc<Shared>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    folder: PathBuf,
    key: ExportKey,
    log: Arc<dyn Log>,
    /// Who writes or removes a folder of a job holds it, so that notes and jobs agree. It is taken before the jobs, which
    /// are never held while the disk works: who only looks waits for no disk.
    disk: Mutex<()>,
    jobs: Mutex<Jobs>,
    changed: Condvar,
}

#[derive(Default)]
struct Jobs {
    all: BTreeMap<Uuid, Job>,
    next: u64,
    /// What is being made, also when it was deleted meanwhile.
    running: Option<Uuid>,
    closed: bool,
}

/// An export that somebody asks for.
pub(crate) struct Asked {
    pub(crate) id: Uuid,
    pub(crate) actor: ActorId,
    pub(crate) order: Order,
    /// The earlier export that it goes on from.
    pub(crate) since: Option<Uuid>,
}

/// Why an export is not taken.
#[derive(Debug)]
pub(crate) enum NotTaken {
    /// The id is another order's, or somebody else's.
    IdTaken,
    /// The id was used with another order.
    Differs,
    /// As many wait as may.
    Full,
    /// As many are kept as may be.
    TooMany,
    /// It cannot be noted.
    Storage(io::Error),
}

impl Exports {
    /// Reads what was asked for before, and goes on with it.
    ///
    /// # Errors
    /// When it cannot be read, or the system gives no thread.
    pub(crate) fn start(data_dir: &ledger::data_dir::DataDir, log: Arc<dyn Log>) -> io::Result<Self> {
        let folder = data_dir.exports();
        // Pseudonymous at best: for the owner's eyes alone.
        key_file::private_folder(&folder).map_err(io::Error::other)?;
        let all = job::read_all(&folder)?;
        let next = all.last().map_or(0, |job| job.number + 1);
        let all = all.into_iter().map(|job| (job.id, job)).collect();
        let jobs = Mutex::new(Jobs { all, next, running: None, closed: false });
        let (key, disk) = (ExportKey::of(data_dir), Mutex::default());
        let shared = Arc::new(Shared { folder, key, log, disk, jobs, changed: Condvar::new() });
        let works = Arc::clone(&shared);
        let worker = std::thread::Builder::new().name("exports".to_owned()).spawn(move || works.work())?;
        Ok(Self { shared, worker: Mutex::new(Some(worker)) })
    }

    /// Takes an export in; whether it was there before.
    pub(crate) fn ask(&self, asked: Asked) -> Result<(Job, bool), NotTaken> {
        let Asked { id, actor, order, since } = asked;
        let _disk = self.shared.disk();
        let number = {
            let jobs = self.shared.jobs();
            if let Some(known) = jobs.all.get(&id) {
                return match known {
                    known if known.actor != actor => Err(NotTaken::IdTaken),
                    known if known.order != order || known.since != since => Err(NotTaken::Differs),
                    known => Ok((known.clone(), true)),
                };
            }
            // Its folder is still written in by an order that was deleted.
            let is_ending = jobs.running == Some(id);
            if is_ending || jobs.all.values().filter(|job| !job.state.is_over()).count() >= MOST_WAITING {
                return Err(NotTaken::Full);
            }
            if jobs.all.len() >= MOST_KEPT {
                return Err(NotTaken::TooMany);
            }
            jobs.next
        };
        let job = Job { id, actor, number, order, since, state: State::Waiting };
        job::write(&self.shared.folder, &job).map_err(NotTaken::Storage)?;
        let mut jobs = self.shared.jobs();
        jobs.next = number + 1;
        jobs.all.insert(id, job.clone());
        self.shared.changed.notify_all();
        Ok((job, false))
    }

    /// The key that subjects are hidden under.
    ///
    /// # Errors
    /// When it cannot be read, or is not the one that earlier exports were made with.
    pub(crate) fn key(&self) -> Result<[u8; KEY_BYTES], KeyError> {
        self.shared.key.get()
    }

    /// An export as it is now.
    pub(crate) fn get(&self, id: Uuid) -> Option<Job> {
        self.shared.jobs().all.get(&id).cloned()
    }

    /// Where the files of an export stand.
    pub(crate) fn files(&self, id: Uuid) -> PathBuf {
        job::files(&self.shared.folder, id)
    }

    /// Forgets an export and deletes its files; one that runs is stopped.
    pub(crate) fn delete(&self, id: Uuid) -> io::Result<()> {
        let _disk = self.shared.disk();
        // Without its note nothing of it comes back, whatever happens to the rest.
        job::unnote(&self.shared.folder, id)?;
        let runs = {
            let mut jobs = self.shared.jobs();
            jobs.all.remove(&id);
            jobs.running == Some(id)
        };
        // Who writes into it still would be disturbed, and takes it away at its end.
        if runs { Ok(()) } else { self.shared.remove_folder(id) }
    }

    /// Stops what runs; the next start goes on with it.
    pub(crate) fn stop(&self) {
        self.shared.jobs().closed = true;
        self.shared.changed.notify_all();
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker
            && worker.join().is_err()
        {
            tracing::error!("the thread of the exports panicked");
        }
    }
}

impl Shared {
    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn disk(&self) -> MutexGuard<'_, ()> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(job) = self.next() {
            match self.run(&job) {
                Ok(()) => self.note(&job, State::Done),
                // Closed or deleted: in the first case the next start goes on.
                Err(Undone::Stopped) => {}
                Err(Undone::ForNow(reason)) => {
                    tracing::warn!(export = %job.id, reason, "an export waits for the log");
                    self.pause();
                }
                Err(Undone::Failed(reason)) => {
                    tracing::error!(export = %job.id, reason, "an export failed");
                    self.note(&job, State::Failed { reason });
                }
            }
            self.leave(&job);
        }
    }

    /// A moment, unless the program ends.
    fn pause(&self) {
        let until = Instant::now() + AGAIN_AFTER;
        let mut jobs = self.jobs();
        while !jobs.closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            jobs = self.changed.wait_timeout(jobs, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The next job in turn; none: the program ends.
    fn next(&self) -> Option<Job> {
        let mut jobs = self.jobs();
        loop {
            if jobs.closed {
                return None;
            }
            let first = jobs.all.values().filter(|job| !job.state.is_over()).min_by_key(|job| job.number);
            if let Some(first) = first.cloned() {
                jobs.running = Some(first.id);
                return Some(first);
            }
            jobs = self.changed.wait(jobs).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn run(&self, job: &Job) -> Result<(), Undone> {
        let failed = |error: &dyn std::error::Error| Undone::Failed(error.to_string());
        let out = job::files(&self.folder, job.id);
        let veil = if job.order.raw {
            Veil::raw()
        } else {
            Veil::files(&self.key.get().map_err(|error| failed(&error))?, &job.order.purpose)
        };
        let noted = Noted::InTheLog;
        let export = Export { log: &*self.log, order: job.order.clone(), noted, veil, out: &out };
        let outcome = export.run(&mut |progress| {
            let mut jobs = self.jobs();
            if jobs.closed {
                return false;
            }
            match jobs.all.get_mut(&job.id).filter(|known| known.number == job.number) {
                Some(known) => {
                    known.state = State::Running { values: progress.values, of: progress.of };
                    true
                }
                None => false,
            }
        });
        match outcome {
            // The manifest was there: the last start ended between it and the note.
            Ok(_) | Err(ExportError::Finished(_)) => Ok(()),
            Err(ExportError::Stopped) => Err(Undone::Stopped),
            Err(ExportError::Log(error)) if error.is_for_now() => Err(Undone::ForNow(error.to_string())),
            Err(error) => Err(failed(&error)),
        }
    }

    fn note(&self, job: &Job, state: State) {
        let _disk = self.disk();
        let known = self.jobs().all.get(&job.id).filter(|known| known.number == job.number).cloned();
        let Some(known) = known else { return };
        let over = Job { state, ..known };
        if let Err(error) = job::write(&self.folder, &over) {
            tracing::error!(export = %job.id, %error, "how an export ended cannot be noted");
        }
        self.jobs().all.insert(job.id, over);
    }

    /// Nothing is written for this job any more; what is left of one that was deleted goes. Its id may be in use anew.
    fn leave(&self, job: &Job) {
        let _disk = self.disk();
        let number = {
            let mut jobs = self.jobs();
            jobs.running = None;
            jobs.all.get(&job.id).map(|known| known.number)
        };
        let removed = match number {
            Some(number) if number == job.number => Ok(()),
            Some(_) => remove(&job::files(&self.folder, job.id)),
            None => self.remove_folder(job.id),
        };
        if let Err(error) = removed {
            tracing::error!(export = %job.id, %error, "a deleted export cannot be removed");
        }
    }

    fn remove_folder(&self, id: Uuid) -> io::Result<()> {
        remove(&job::folder(&self.folder, id))
    }
}

/// Why a job has no end yet, or a bad one.
enum Undone {
    Stopped,
    /// The log does not answer.
    ForNow(String),
    Failed(String),
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
