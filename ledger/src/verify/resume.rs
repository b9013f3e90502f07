//! The state of a verification in a file, from which another run goes on.
//!
//! | bytes | what |
//! |---|---|
//! | 18 | `terminbuch/verify` and a line feed |
//! | 2 | format |
//! | 16 | ledger |
//! | … | whether there was a vault, ends, standings and the state of each partition |
//! | 32 | SHA-256 of all that stands before |
//!
//! It holds pseudonymous data and is for its owner's eyes alone. It is written beside itself and renamed, so what stands
//! under its name is always whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use bincode::{Decode, Encode};
use schemas::codec::{feed, from_large_bytes};
use schemas::ids::LedgerId;
use sha2::{Digest, Sha256};

use super::beside::Standing;
use super::partition::PartitionCheck;
use crate::log::Log;

const MAGIC: &[u8; 18] = b"terminbuch/verify\n";
/// Raised whenever what is saved changes, or what the recount makes of a record.
const FORMAT: u16 = 2;
const SUM_BYTES: usize = 32;

/// Why a file to resume from cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResumeError {
    /// The system refuses.
    #[error("{file} cannot be used to resume from: {why}")]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// It is something else.
    #[error("{0} was not written by a verification: name another file, or none there is")]
    Foreign(PathBuf),
    /// It is not as it was written.
    #[error("{0} is damaged: delete it to begin from the start")]
    Damaged(PathBuf),
    /// Another version of the program wrote it.
    #[error(
        "{file} has format {found}, and this program reads {FORMAT}: go on with the program that wrote it, or delete it to begin from the start"
    )]
    Format {
        /// Which.
        file: PathBuf,
        /// As found.
        found: u16,
    },
    /// It is about another ledger.
    #[error(
        "{file} is about ledger {found}, and this log is of {expected}: name another file, or another log"
    )]
    OtherLedger {
        /// Which.
        file: PathBuf,
        /// The ledger that it is about.
        found: LedgerId,
        /// The ledger of the log.
        expected: String,
    },
    /// What was read until then was compared with a vault, and there is none now; or the other way round.
    #[error(
        "{file} was begun {} the vault and its keys: go on in the same way, or delete it to begin from the start",
        if *.with { "with" } else { "without" }
    )]
    OtherVault {
        /// Which.
        file: PathBuf,
        /// Whether there was a vault.
        with: bool,
    },
    /// The log is not the one that was read before.
    #[error("{file} is about another log of this ledger: {what}")]
    OtherLog {
        /// Which.
        file: PathBuf,
        /// What is not as it was.
        what: String,
    },
}

/// What a run goes on from.
#[derive(Decode)]
pub(super) struct Saved {
    /// Whether commitments are compared with a vault.
    with_vault: bool,
    pub(super) ends: Vec<u64>,
    pub(super) standings: Vec<Standing>,
    pub(super) checks: Vec<PartitionCheck>,
}

/// The same, to be written.
#[derive(Encode)]
pub(super) struct ToSave<'a> {
    pub(super) with_vault: bool,
    pub(super) ends: &'a [u64],
    pub(super) standings: &'a [Standing],
    pub(super) checks: &'a [&'a PartitionCheck],
}

/// What was saved, if anything was, and if it is about this log.
pub(super) fn read(
    file: &Path,
    log: &dyn Log,
    ledger: Option<LedgerId>,
    with_vault: bool,
) -> Result<Option<Saved>, ResumeError> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(file, &error)),
    };
    let foreign = || ResumeError::Foreign(file.to_owned());
    let damaged = || ResumeError::Damaged(file.to_owned());
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(foreign)?;
    let (format, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
    let found = u16::from_le_bytes(*format);
    if found != FORMAT {
        return Err(ResumeError::Format { file: file.to_owned(), found });
    }
    let (whole, sum) = bytes.split_last_chunk::<SUM_BYTES>().ok_or_else(damaged)?;
    if Sha256::digest(whole).as_slice() != sum {
        return Err(damaged());
    }
    let (found, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
    let found = LedgerId(*found);
    if ledger != Some(found) {
        let expected = ledger.map_or_else(|| "none that can be read".to_owned(), |ledger| ledger.to_string());
        return Err(ResumeError::OtherLedger { file: file.to_owned(), found, expected });
    }
    let body = rest.get(..rest.len().saturating_sub(SUM_BYTES)).ok_or_else(damaged)?;
    let saved: Saved = from_large_bytes(body).map_err(|_| damaged())?;
    if saved.with_vault != with_vault {
        return Err(ResumeError::OtherVault { file: file.to_owned(), with: saved.with_vault });
    }
    compare(&saved, log).map_err(|what| ResumeError::OtherLog { file: file.to_owned(), what })?;
    Ok(Some(saved))
}

/// The log has what was read of it, and what was to be read.
fn compare(saved: &Saved, log: &dyn Log) -> Result<(), String> {
    let partitions = usize::try_from(log.partitions()).unwrap_or(usize::MAX);
    if [saved.ends.len(), saved.checks.len()] != [partitions; 2] {
        return Err(format!("it has {partitions} partitions, and {} were read", saved.checks.len()));
    }
    for (check, end) in saved.checks.iter().zip(&saved.ends) {
        let partition = check.chain().partition();
        let found = log.end(partition).map_err(|error| error.to_string())?;
        if found < *end {
            return Err(format!("partition {partition} ends at {found}, and ended at {end}"));
        }
        let Some((offset, value)) = check.last() else { continue };
        let there = log.read(partition, offset, 1).map_err(|error| error.to_string())?;
        if there.first().is_none_or(|entry| *entry.value != *value) {
            return Err(format!("partition {partition} has another record at offset {offset}"));
        }
    }
    Ok(())
}

/// Saves the state, whole or not at all.
pub(super) fn write(file: &Path, ledger: LedgerId, state: &ToSave<'_>) -> Result<(), ResumeError> {
    let draft = draft_of(file);
    let written = || -> io::Result<()> {
        let mut out = Summed { out: BufWriter::new(private(&draft)?), sum: Sha256::new(), failed: None };
        out.take(MAGIC);
        out.take(&FORMAT.to_le_bytes());
        out.take(&ledger.0);
        let fed = feed(state, |bytes| out.take(bytes));
        fed.map_err(|error| io::Error::other(error.to_string()))?;
        out.end()?;
        fs::rename(&draft, file)?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    written().map_err(|error| refused(file, &error))
}

/// Takes the file away: all was read.
pub(super) fn remove(file: &Path) -> Result<(), ResumeError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(refused(file, &error)),
        _ => Ok(()),
    }
}

struct Summed {
    out: BufWriter<File>,
    sum: Sha256,
    failed: Option<io::Error>,
}

impl Summed {
    fn take(&mut self, bytes: &[u8]) {
        self.sum.update(bytes);
        if let Err(error) = self.out.write_all(bytes) {
            self.failed.get_or_insert(error);
        }
    }

    fn end(mut self) -> io::Result<()> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.out.write_all(&self.sum.finalize())?;
        self.out.into_inner()?.sync_all()
    }
}

fn draft_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".draft");
    PathBuf::from(name)
}

fn private(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

fn refused(file: &Path, error: &io::Error) -> ResumeError {
    ResumeError::File { file: file.to_owned(), why: error.to_string() }
}
