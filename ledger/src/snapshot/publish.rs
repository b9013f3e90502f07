//! Taking snapshots: whoever folds hands bytes over, and a thread of its own makes a file of them.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver, SendTimeoutError, Sender, bounded};
use schemas::ids::{Head, Partition};

use super::file::Draft;
use super::{Snapshot, Snapshots};
use crate::fault_point;
use crate::fold::PartitionFold;

/// How many are kept of a partition.
const KEPT: usize = 2;
/// So many bytes of snapshot are worth one record: a large fold is written down less often.
const BYTES_A_RECORD: u64 = 1_024;

/// At an end a snapshot is taken of this part of the records already that it is else taken after: of fewer it would save no time.
const PART_AT_THE_END: u64 = 50;

/// The record that a fold is right behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// Where it stands.
    pub offset: u64,
    /// The head before it.
    pub prev: Head,
}

/// Takes snapshots of the folds that it is shown. Ends, with what it has begun written, when it is dropped.
pub struct Publisher {
    every: u64,
    taken: Mutex<BTreeMap<Partition, Taken>>,
    sender: Option<Sender<Draft>>,
    thread: Option<JoinHandle<()>>,
}

/// The newest snapshot of a partition.
#[derive(Debug, Clone, Copy, Default)]
struct Taken {
    next_seq: u64,
    bytes: u64,
}

impl Snapshots {
    /// Begins to take snapshots, on a thread of its own.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn publisher(&self) -> io::Result<Publisher> {
        // One that waits and one that is written: no more memory than that, however slow the disk.
        let (sender, drafts) = bounded(1);
        let snapshots = self.clone();
        let thread = std::thread::Builder::new()
            .name("snapshots".to_owned())
            .spawn(move || snapshots.write_all(&drafts))?;
        Ok(Publisher {
            every: self.every,
            taken: Mutex::default(),
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    fn write_all(&self, drafts: &Receiver<Draft>) {
        self.sweep();
        while let Ok(draft) = drafts.recv() {
            let (partition, offset) = (draft.header().partition, draft.header().offset);
            match self.write(draft) {
                Ok(()) => tracing::debug!(partition = partition.0, offset, "a snapshot was taken"),
                Err(error) => {
                    tracing::warn!(partition = partition.0, %error, "a snapshot could not be taken; tries again later");
                }
            }
        }
    }

    fn write(&self, draft: Draft) -> io::Result<()> {
        let (partition, offset) = (draft.header().partition, draft.header().offset);
        let path = self.path(partition, offset);
        let beside = path.with_extension("new");
        let pieces = draft.into_pieces().map_err(io::Error::other)?;
        let written = write_file(&beside, &pieces)
            .and_then(|()| {
                fault_point::reach("snapshot-written");
                fs::rename(&beside, &path)
            })
            .and_then(|()| File::open(&self.folder)?.sync_all());
        if written.is_err() {
            // What cannot be deleted either is swept at the next start.
            let _ = fs::remove_file(&beside);
        }
        written?;
        for (_, old) in self.files(partition)?.into_iter().skip(KEPT) {
            fs::remove_file(old)?;
        }
        Ok(())
    }

    /// What a process left half written is nobody's.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.extension().is_some_and(|extension| extension == "new") {
                // It is in nobody's way, and tried again at the next start.
                let _ = fs::remove_file(path);
            }
        }
    }
}

fn write_file(path: &Path, pieces: &[Vec<u8>]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    for piece in pieces {
        file.write_all(piece)?;
        fault_point::reach("snapshot-half");
    }
    file.sync_all()
}

impl Publisher {
    /// A fold was begun from this snapshot: the next one is reckoned from there.
    pub fn began_from(&self, snapshot: &Snapshot) {
        let chain = &snapshot.fold.chain;
        let taken = Taken { next_seq: chain.next_seq(), bytes: snapshot.bytes };
        self.taken().insert(chain.partition(), taken);
    }

    /// Takes a snapshot of a fold right behind a decision, if it is time again and the last one is written. `beside` is
    /// asked only then for what is to stand beside it.
    pub fn offer(&self, fold: &PartitionFold, decided: Decided, beside: impl FnOnce() -> Vec<u8>) {
        let is_free = self.sender.as_ref().is_some_and(|sender| !sender.is_full());
        if is_free && self.has_passed(fold) >= self.interval(fold) {
            self.take(fold, decided, beside, Instant::now());
        }
    }

    /// Takes the last snapshot of a fold before the end, if enough has passed to be worth it. Waits for the snapshots before it, but
    /// not beyond `until`.
    pub fn offer_at_the_end(
        &self,
        fold: &PartitionFold,
        decided: Decided,
        beside: impl FnOnce() -> Vec<u8>,
        until: Instant,
    ) {
        let enough = (self.interval(fold) / PART_AT_THE_END).max(1);
        if Instant::now() < until && self.has_passed(fold) >= enough {
            self.take(fold, decided, beside, until);
        }
    }

    /// Records since the newest snapshot of a partition.
    fn has_passed(&self, fold: &PartitionFold) -> u64 {
        fold.chain.next_seq().saturating_sub(self.newest(fold).next_seq)
    }

    /// After how many records it is time again.
    fn interval(&self, fold: &PartitionFold) -> u64 {
        self.every.max(self.newest(fold).bytes / BYTES_A_RECORD)
    }

    fn newest(&self, fold: &PartitionFold) -> Taken {
        self.taken().get(&fold.chain.partition()).copied().unwrap_or_default()
    }

    fn take(&self, fold: &PartitionFold, decided: Decided, beside: impl FnOnce() -> Vec<u8>, until: Instant) {
        let (partition, Some(sender)) = (fold.chain.partition(), &self.sender) else { return };
        match Draft::of(fold, (decided.offset, decided.prev), beside()) {
            Ok(draft) => {
                let taken = Taken { next_seq: fold.chain.next_seq(), bytes: draft.size() };
                match sender.send_deadline(draft, until) {
                    Ok(()) => drop(self.taken().insert(partition, taken)),
                    Err(SendTimeoutError::Timeout(_) | SendTimeoutError::Disconnected(_)) => {}
                }
            }
            Err(error) => tracing::warn!(partition = partition.0, %error, "a snapshot could not be taken"),
        }
    }
}

impl Publisher {
    fn taken(&self) -> MutexGuard<'_, BTreeMap<Partition, Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that takes snapshots had panicked");
        }
    }
}
