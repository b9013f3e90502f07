//! Runs a verification: which threads read what, when the state is saved, and what is made of it at the end.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use schemas::Genesis;
use schemas::ids::{LedgerId, Partition};

use super::beside::{Commitments, Standing};
use super::partition::PartitionCheck;
use super::report::{Fault, Progress, Report};
use super::resume::{self, Saved, ToSave};
use super::step::Step;
use super::wrong::Wrong;
use super::{VerifyError, reader};
use crate::log::{Log, LogError, ledger_of};

/// How many steps of one partition may wait between who judges and who recounts.
const STEPS_AHEAD: usize = 2;
/// How often the state is saved, unless told otherwise.
const SAVED_EVERY: Duration = Duration::from_secs(30);

/// A verification that is about to begin: what is read, beside what, and where its state is kept.
pub struct Verification<'a> {
    log: &'a dyn Log,
    vault: Option<&'a dyn Commitments>,
    standings: Vec<Standing>,
    resume: Option<(PathBuf, Duration)>,
    stop: Option<&'a AtomicBool>,
    threads: usize,
}

/// How a verification ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All was read.
    Done(Box<Report>),
    /// It was told to stop before. Its state stands in the file to resume from, when one was named.
    Stopped(Progress),
}

impl<'a> Verification<'a> {
    /// Of all that stands in the log now.
    pub fn of(log: &'a dyn Log) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self { log, vault: None, standings: Vec::new(), resume: None, stop: None, threads }
    }

    /// Compares the commitments in the ledger with what the vault keeps, which must have been opened after the log.
    #[must_use]
    pub fn with_vault(self, vault: &'a dyn Commitments) -> Self {
        Self { vault: Some(vault), ..self }
    }

    /// Looks whether these stand in the log. They must have been read before the log was opened.
    #[must_use]
    pub fn with_standings(mut self, standings: impl IntoIterator<Item = Standing>) -> Self {
        self.standings.extend(standings);
        self
    }

    /// Keeps the state in a file, and goes on from what stands there. The file goes when all was read.
    #[must_use]
    pub fn resumable(self, file: PathBuf) -> Self {
        Self { resume: Some((file, SAVED_EVERY)), ..self }
    }

    /// Saves the state so often, in time, if it is resumable.
    #[must_use]
    pub fn saved_every(mut self, every: Duration) -> Self {
        if let Some((_, before)) = &mut self.resume {
            *before = every;
        }
        self
    }

    /// Stops soon after this has become true.
    #[must_use]
    pub fn stopped_by(self, stop: &'a AtomicBool) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Reads so many partitions at a time (1 at least), each with a second thread for the recount.
    #[must_use]
    pub fn on_threads(self, threads: usize) -> Self {
        Self { threads: threads.max(1), ..self }
    }

    /// Verifies, and tells how far it is after each batch.
    ///
    /// # Errors
    /// When the log cannot be read, or the file to resume from cannot be used. Damage that is found while reading is a
    /// fault in the report instead.
    pub fn run(self, progress: &mut dyn FnMut(&Progress)) -> Result<Outcome, VerifyError> {
        let run = Run::begin(self)?;
        let told = run.read(progress)?;
        run.end(told)
    }
}

/// A verification under way.
struct Run<'a> {
    asked: Verification<'a>,
    ledger: Option<LedgerId>,
    ends: Vec<u64>,
    standings: Vec<Standing>,
    checks: Vec<Mutex<PartitionCheck>>,
    /// The next partition that nobody reads yet.
    next: AtomicUsize,
    failed: Mutex<Option<VerifyError>>,
    halt: AtomicBool,
}

impl<'a> Run<'a> {
    fn begin(mut asked: Verification<'a>) -> Result<Self, VerifyError> {
        let ledger = ledger_of(asked.log, Partition::OFFICE).ok().flatten();
        let saved = match &asked.resume {
            Some((file, _)) => resume::read(file, asked.log, ledger, asked.vault.is_some())?,
            None => None,
        };
        let (ends, standings, checks) = match saved {
            Some(Saved { ends, standings, checks, .. }) => (ends, standings, checks),
            None => {
                let partitions = asked.log.partitions();
                let all = || (0..partitions).map(Partition);
                let ends: Vec<u64> =
                    all().map(|partition| asked.log.end(partition)).collect::<Result<_, LogError>>()?;
                let checks = all().zip(&ends).map(|(at, end)| PartitionCheck::new(at, partitions, *end));
                (ends.clone(), std::mem::take(&mut asked.standings), checks.collect())
            }
        };
        let (next, failed, halt) = Default::default();
        let checks = checks.into_iter().map(Mutex::new).collect();
        Ok(Self { asked, ledger, ends, standings, checks, next, failed, halt })
    }

    fn read(&self, progress: &mut dyn FnMut(&Progress)) -> Result<Progress, VerifyError> {
        let mut told = self.progress();
        progress(&told);
        let mut saved_at = Instant::now();
        thread::scope(|scope| {
            // Nobody runs ahead of who is told, so that a stop comes soon.
            let (tell, steps) = sync_channel(0);
            for _ in 0..self.asked.threads.min(self.checks.len()) {
                let tell = tell.clone();
                scope.spawn(move || self.work(&tell));
            }
            drop(tell);
            for step in steps {
                let Progress { values, bytes, partition, .. } = step;
                (told.values, told.bytes) = (told.values + values, told.bytes + bytes);
                told.partition = partition;
                progress(&told);
                if self.asked.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                    self.halt.store(true, Ordering::Relaxed);
                }
                if let Some((_, every)) = &self.asked.resume
                    && saved_at.elapsed() >= *every
                {
                    self.save().unwrap_or_else(|error| self.fail(error));
                    saved_at = Instant::now();
                }
            }
        });
        match lock(&self.failed).take() {
            Some(error) => Err(error),
            None => Ok(told),
        }
    }

    /// What was read before, if anything was.
    fn progress(&self) -> Progress {
        let mut told =
            Progress { values: 0, of: self.ends.iter().sum(), bytes: 0, partition: Partition::OFFICE };
        for check in &self.checks {
            let (values, bytes) = lock(check).read();
            (told.values, told.bytes) = (told.values + values, told.bytes + bytes);
        }
        told
    }

    fn is_halted(&self) -> bool {
        self.halt.load(Ordering::Relaxed)
    }

    fn fail(&self, error: VerifyError) {
        lock(&self.failed).get_or_insert(error);
        self.halt.store(true, Ordering::Relaxed);
    }

    /// Takes one partition after the other.
    fn work(&self, tell: &SyncSender<Progress>) {
        while !self.is_halted() {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let (Some(check), Some(end)) = (self.checks.get(index), self.ends.get(index)) else { return };
            if let Err(error) = self.partition(check, *end, tell) {
                self.fail(error);
            }
        }
    }

    /// One thread reads and judges, this one recounts.
    fn partition(
        &self,
        check: &Mutex<PartitionCheck>,
        end: u64,
        tell: &SyncSender<Progress>,
    ) -> Result<(), VerifyError> {
        let begun = lock(check);
        if begun.is_finished() {
            return Ok(());
        }
        let (chain, partition) = (begun.chain().clone(), begun.chain().partition());
        // Where reading could not go on before, it cannot now.
        let end = if begun.is_halted() { 0 } else { end };
        drop(begun);
        let standings = self.standings.iter().filter(|standing| standing.partition == partition);
        let standings: Vec<&Standing> = standings.collect();
        let whole = thread::scope(|scope| {
            let (send, steps) = sync_channel(STEPS_AHEAD);
            let (log, standings) = (self.asked.log, &standings);
            let judging = scope.spawn(move || reader::judge_all(log, chain, end, standings, &send));
            for step in steps {
                if self.is_halted() {
                    return Ok(false);
                }
                let Step { values, bytes, .. } = step;
                lock(check).take(step, self.asked.vault);
                // Nobody hears it when the verification has failed elsewhere.
                _ = tell.send(Progress { values, of: 0, bytes, partition });
            }
            match judging.join() {
                Ok(read) => read.map(|()| true),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })?;
        if whole {
            self.finish(check, &standings)?;
        }
        Ok(())
    }

    fn finish(&self, check: &Mutex<PartitionCheck>, standings: &[&Standing]) -> Result<(), VerifyError> {
        let read = lock(check);
        let (chain, seen) = (read.chain().clone(), read.seen().clone());
        drop(read);
        if let Some(again) = reader::begun_again(self.asked.log, &chain, &seen, &|| self.is_halted())? {
            lock(check).finish(again, standings);
        }
        Ok(())
    }

    fn save(&self) -> Result<(), VerifyError> {
        let (Some((file, _)), Some(ledger)) = (&self.asked.resume, self.ledger) else { return Ok(()) };
        let checks: Vec<_> = self.checks.iter().map(lock).collect();
        let checks: Vec<&PartitionCheck> = checks.iter().map(|check| &**check).collect();
        let state = ToSave {
            with_vault: self.asked.vault.is_some(),
            ends: &self.ends,
            standings: &self.standings,
            checks: &checks,
        };
        Ok(resume::write(file, ledger, &state)?)
    }

    fn end(self, told: Progress) -> Result<Outcome, VerifyError> {
        if !self.checks.iter().all(|check| lock(check).is_finished()) {
            self.save()?;
            return Ok(Outcome::Stopped(told));
        }
        if let Some((file, _)) = &self.asked.resume {
            resume::remove(file)?;
        }
        let mut report = Report::default();
        let mut office = None;
        for check in self.checks {
            let check = check.into_inner().unwrap_or_else(PoisonError::into_inner);
            let (partition, begun) = (check.chain().partition(), check.begun());
            check.report(&mut report);
            compare_genesis(&mut report, partition, &mut office, begun);
        }
        report.vault_read = self.asked.vault.is_some();
        report.clean = report.fault_count == 0;
        Ok(Outcome::Done(Box::new(report)))
    }
}

/// Nothing that panics while it holds one leaves it half done: its panic ends the verification.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What genesis of a partition says, and of which ledger.
pub(super) type Begun = Option<(LedgerId, Genesis)>;

fn compare_genesis(report: &mut Report, partition: Partition, office: &mut Begun, begun: Begun) {
    if office.is_none() {
        *office = begun;
        report.ledger = begun.map(|(ledger, _)| ledger);
    } else if begun.is_some() && begun != *office {
        let what = "genesis is of another ledger than the office's, or says otherwise".to_owned();
        let wrong = Wrong::GenesisDiffers;
        report.fault(Fault { partition, offset: Some(0), position: None, wrong, what });
    }
}
