//! The thread that makes pasts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use ledger::log::Log;
use projections::Past;
use tokio::sync::watch;

use super::{Made, Moment};
use crate::problem::{Outcome, Problem, jittered};

/// How many may wait to be made.
const WAITING: usize = 8;
/// How much the thread gives way to all others: 0 is not at all, 19 the most.
const NICE: i32 = 10;

/// One past to be made.
struct Job {
    moment: Moment,
    made: watch::Sender<Option<Made>>,
}

/// The thread, and the way to it.
pub(super) struct Maker {
    jobs: Mutex<Option<SyncSender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    stopped: Arc<AtomicBool>,
}

impl Maker {
    /// Empties the folder and waits for jobs.
    pub(super) fn start(log: Arc<dyn Log>, dir: PathBuf) -> io::Result<Self> {
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let (jobs, waiting) = sync_channel(WAITING);
        let stopped = Arc::new(AtomicBool::new(false));
        let work = Work { log, dir, stopped: Arc::clone(&stopped) };
        let thread = std::thread::Builder::new().name("past".to_owned()).spawn(move || work.run(&waiting))?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)), stopped })
    }

    /// Has a past made; what comes of it is told there.
    pub(super) fn make(&self, moment: Moment) -> Outcome<watch::Receiver<Option<Made>>> {
        let (made, told) = watch::channel(None);
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(jobs) = jobs.as_ref() else {
            return Err(Problem::new("ShuttingDown").retry_after(jittered(5)));
        };
        match jobs.try_send(Job { moment, made }) {
            Ok(()) => Ok(told),
            Err(TrySendError::Full(_)) => Err(Problem::new("PastNotReady").retry_after(jittered(10))),
            Err(TrySendError::Disconnected(_)) => Err(Problem::new("InternalError")),
        }
    }

    /// Gives up what is being made and waits for the end of the thread.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the maker of pasts had stopped with a panic");
        }
    }
}

/// What the thread works with.
struct Work {
    log: Arc<dyn Log>,
    dir: PathBuf,
    stopped: Arc<AtomicBool>,
}

impl Work {
    fn run(&self, waiting: &Receiver<Job>) {
        // Of the thread, not of the process: that is how Linux counts.
        if let Err(error) = rustix::process::setpriority_process(None, NICE) {
            tracing::warn!(%error, "looking back has the same priority as all else");
        }
        for (number, job) in (1_u64..).zip(waiting) {
            let made = self.make(&self.dir.join(number.to_string()), &job.moment);
            job.made.send_replace(Some(made));
        }
    }

    fn make(&self, dir: &Path, moment: &Moment) -> Made {
        let go_on = || !self.stopped.load(Ordering::Relaxed);
        let log = Arc::clone(&self.log);
        Past::look_back(log, dir, &moment.untils, moment.others, &go_on).map(Arc::new).map_err(Arc::new)
    }
}
