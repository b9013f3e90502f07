//! The folder of an export: finished files are noted in a journal, so that one that was cut off goes on; half a file has
//! a temporary name; the manifest comes last and takes the journal's place.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use ledger::fault_point;
use schemas::Position;
use schemas::ids::Partition;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::ExportError;
use super::format::Hashed;
use super::manifest::{FileEntry, MANIFEST, Manifest};
use super::order::Order;

const JOURNAL: &str = ".journal";
/// The views that the export is made from; they go when it is done.
const WORK: &str = ".views";
const HALF: &str = "partial";

/// What an export was begun with: the journal's first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) order: Order,
    pub(super) ledger: String,
    /// Where each partition of the log ended then; nothing later is read.
    pub(super) ends: Vec<u64>,
}

/// A finished file, as the journal notes it.
#[derive(Serialize, Deserialize)]
struct Ended {
    #[serde(flatten)]
    entry: FileEntry,
    /// Where the log had been read to: whoever goes on must come past it, or reads another history.
    after: Option<Position>,
}

/// An export's folder, held by this process alone.
pub(super) struct Folder {
    path: PathBuf,
    journal: File,
    /// Finished before this start, and found whole.
    kept: BTreeMap<String, FileEntry>,
    /// Where the log had been read to for them.
    passed: BTreeMap<(Partition, u64), Position>,
    reached: Option<Position>,
    entries: Vec<FileEntry>,
}

/// A file on its way.
pub(super) struct Half {
    path: String,
    temporary: PathBuf,
}

impl Folder {
    /// What an export of the same order made of this folder, if it was cut off right behind its manifest: only its journal is still
    /// to be taken away.
    ///
    /// # Errors
    /// When the folder holds an export that is finished and cleared up, or another one; or somebody else exports into it.
    pub(super) fn made(path: &Path, begin: &Begun) -> Result<Option<Manifest>, ExportError> {
        let place = path.join(MANIFEST);
        let failed = |source| ExportError::file(&place, source);
        let bytes = match fs::read(&place) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(failed(source)),
        };
        let finished = || ExportError::Finished(path.to_owned());
        let journal = path.join(JOURNAL);
        let held = File::open(&journal).map_err(|_| finished())?;
        lock(&held, path)?;
        let made: Manifest = serde_json::from_slice(&bytes).map_err(|_| finished())?;
        if made.order != begin.order || made.ledger.to_string() != begin.ledger {
            return Err(finished());
        }
        fs::remove_file(&journal).and_then(|()| sync_folder(&place)).map_err(failed)?;
        Ok(Some(made))
    }

    /// Opens a folder to export into, and goes on where an export of the same order was cut off.
    pub(super) fn open(path: &Path, begin: Begun) -> Result<(Self, Begun), ExportError> {
        let failed = |source| ExportError::file(path, source);
        fs::create_dir_all(path).map_err(failed)?;
        let known = path.join(JOURNAL);
        if !known.exists() && fs::read_dir(path).map_err(failed)?.next().is_some() {
            return Err(ExportError::NotEmpty(path.to_owned()));
        }
        let journal = OpenOptions::new().create(true).read(true).append(true).open(&known).map_err(failed)?;
        lock(&journal, path)?;
        let (kept, passed) = Default::default();
        let mut folder =
            Self { path: path.to_owned(), journal, kept, passed, reached: None, entries: Vec::new() };
        let begun = folder.go_on(begin)?;
        Ok((folder, begun))
    }

    fn go_on(&mut self, begin: Begun) -> Result<Begun, ExportError> {
        let mut text = Vec::new();
        let read = self.journal.read_to_end(&mut text);
        read.map_err(|source| ExportError::file(&self.path, source))?;
        // A line that was cut off is no entry, and the next one would not begin anew behind it.
        let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        text.truncate(whole);
        self.journal.set_len(length(whole)).map_err(|source| ExportError::file(&self.path, source))?;
        let mut lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let Some(begun) = lines.next().and_then(|line| serde_json::from_slice::<Begun>(line).ok()) else {
            self.note(&begin)?;
            return Ok(begin);
        };
        if begun.order != begin.order || begun.ledger != begin.ledger {
            return Err(ExportError::OtherOrder(self.path.clone()));
        }
        // A file that is not as it was noted is written again.
        for Ended { entry, after } in lines.filter_map(|line| serde_json::from_slice(line).ok()) {
            if hash_of(&self.path.join(&entry.path)).is_ok_and(|hash| hash == entry.sha256) {
                self.passed.extend(after.map(|after| ((after.partition, after.seq), after)));
                self.kept.insert(entry.path.clone(), entry);
            }
        }
        self.destroy_work()?;
        Ok(begun)
    }

    fn note(&mut self, line: &impl Serialize) -> Result<(), ExportError> {
        let failed = |source| ExportError::file(&self.path, source);
        let mut bytes = serde_json::to_vec(line).map_err(io::Error::from).map_err(failed)?;
        bytes.push(b'\n');
        self.journal.write_all(&bytes).and_then(|()| self.journal.sync_data()).map_err(failed)
    }

    /// Where the views stand that the export is made from.
    pub(super) fn work(&self) -> PathBuf {
        self.path.join(WORK)
    }

    /// How many files were finished before this start.
    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    /// The log is read to here.
    pub(super) fn pass(&mut self, position: Position) -> Result<(), ExportError> {
        self.reached = Some(position);
        match self.passed.get(&(position.partition, position.seq)) {
            Some(&before) if before != position => {
                Err(ExportError::OtherHistory { folder: self.path.clone(), before })
            }
            _ => Ok(()),
        }
    }

    /// Begins a file; none: it was finished before.
    pub(super) fn begin(&mut self, path: &str) -> Result<Option<(Half, Hashed)>, ExportError> {
        if let Some(entry) = self.kept.get(path) {
            self.entries.push(entry.clone());
            return Ok(None);
        }
        let place = self.path.join(path);
        let failed = |source| ExportError::file(&place, source);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        let temporary = place.with_extension(HALF);
        let file = File::create(&temporary).map_err(failed)?;
        Ok(Some((Half { path: path.to_owned(), temporary }, Hashed::new(file))))
    }

    /// Gives a file its name, and notes it.
    pub(super) fn end(
        &mut self,
        half: Half,
        written: Hashed,
        mut entry: FileEntry,
    ) -> Result<(), ExportError> {
        let place = self.path.join(&half.path);
        let failed = |source| ExportError::file(&place, source);
        let (bytes, digest) = written.end().map_err(failed)?;
        entry.bytes = bytes;
        entry.sha256 = hex(&digest);
        fs::rename(&half.temporary, &place).map_err(failed)?;
        sync_folder(&place).map_err(failed)?;
        fault_point::reach("export-unnoted");
        let ended = Ended { entry, after: self.reached };
        self.note(&ended)?;
        self.entries.push(ended.entry);
        Ok(())
    }

    /// Writes the manifest; the export is whole then.
    pub(super) fn finish(mut self, mut manifest: Manifest) -> Result<Manifest, ExportError> {
        // In which order they were finished depends on where an earlier start was cut off.
        self.entries.sort_by(|a, b| a.path.cmp(&b.path));
        manifest.files = std::mem::take(&mut self.entries);
        self.destroy_work()?;
        let place = self.path.join(MANIFEST);
        let failed = |source| ExportError::file(&place, source);
        let temporary = place.with_extension(HALF);
        let mut bytes = serde_json::to_vec_pretty(&manifest).map_err(io::Error::from).map_err(failed)?;
        bytes.push(b'\n');
        let mut file = File::create(&temporary).map_err(failed)?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        fault_point::reach("export-manifest");
        fs::rename(&temporary, &place).map_err(failed)?;
        sync_folder(&place).map_err(failed)?;
        fault_point::reach("export-named");
        fs::remove_file(self.path.join(JOURNAL)).map_err(failed)?;
        sync_folder(&place).map_err(failed)?;
        Ok(manifest)
    }

    fn destroy_work(&self) -> Result<(), ExportError> {
        match fs::remove_dir_all(self.work()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(ExportError::file(&self.work(), error))
            }
            _ => Ok(()),
        }
    }
}

fn lock(journal: &File, folder: &Path) -> Result<(), ExportError> {
    journal.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => ExportError::InUse(folder.to_owned()),
        TryLockError::Error(source) => ExportError::file(folder, source),
    })
}

fn sync_folder(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// The SHA-256 of a file, in hexadecimal digits.
///
/// # Errors
/// When it cannot be read.
pub fn hash_of(file: &Path) -> io::Result<String> {
    let mut file = File::open(file)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hex(&digest.finalize()));
        }
        digest.update(buffer.get(..read).unwrap_or(&buffer));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
