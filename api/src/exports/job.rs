//! One export that was asked for over HTTP, as it stands on the disk.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use projections::tables::Order;
use schemas::ids::ActorId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const NOTE: &str = "job.json";
const FILES: &str = "files";

/// What is noted of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) id: Uuid,
    /// Who asked: nobody but he and auditors can see it.
    pub(crate) actor: ActorId,
    /// Orders are taken in turn.
    pub(crate) number: u64,
    pub(crate) order: Order,
    /// The earlier export that it goes on from; the order says where that one ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Uuid>,
    pub(crate) state: State,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub(crate) enum State {
    /// Others come first.
    Waiting,
    /// Files are being written.
    Running {
        /// Values of the log that were read.
        values: u64,
        /// Values that are going to be read.
        of: u64,
    },
    /// The files are there.
    Done,
    /// There will be none.
    Failed {
        /// Why.
        reason: String,
    },
}

impl State {
    pub(crate) fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Failed { .. })
    }
}

/// Where a job stands below the exports.
pub(super) fn folder(exports: &Path, id: Uuid) -> PathBuf {
    exports.join(id.to_string())
}

/// Where its files stand.
pub(crate) fn files(exports: &Path, id: Uuid) -> PathBuf {
    folder(exports, id).join(FILES)
}

/// Notes a job, whole or not at all.
pub(super) fn write(exports: &Path, job: &Job) -> io::Result<()> {
    let folder = folder(exports, job.id);
    fs::create_dir_all(&folder)?;
    let note = folder.join(NOTE);
    let draft = note.with_extension("draft");
    let mut file = fs::File::create(&draft)?;
    file.write_all(&serde_json::to_vec(job)?)?;
    file.sync_all()?;
    fs::rename(&draft, &note)?;
    fs::File::open(&folder)?.sync_all()
}

/// Takes the note of a job away: what else stands there is nobody's then, and goes at the next start at the latest.
pub(super) fn unnote(exports: &Path, id: Uuid) -> io::Result<()> {
    match fs::remove_file(folder(exports, id).join(NOTE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// All jobs that are noted, in the order in which they were asked for. A folder of ours without a note was never promised
/// to anybody, and goes; one whose note cannot be read is set aside and said, so that it holds nobody up.
pub(super) fn read_all(exports: &Path) -> io::Result<Vec<Job>> {
    let mut jobs = Vec::new();
    let entries = match fs::read_dir(exports) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(jobs),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let is_ours =
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.parse::<Uuid>().is_ok());
        if !is_ours || !path.is_dir() {
            continue;
        }
        match fs::read(path.join(NOTE)) {
            Ok(bytes) => match serde_json::from_slice::<Job>(&bytes) {
                Ok(job) => jobs.push(job),
                Err(error) => set_aside(&path, &error)?,
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::remove_dir_all(&path)?,
            Err(error) => return Err(error),
        }
    }
    jobs.sort_by_key(|job| job.number);
    Ok(jobs)
}

/// What it says is gone; the files beside it may be wanted all the same.
fn set_aside(path: &Path, error: &serde_json::Error) -> io::Result<()> {
    let aside = path.with_extension("damaged");
    tracing::error!(
        note = %path.join(NOTE).display(), %error, aside = %aside.display(),
        "the note of an export cannot be read, so the export is set aside: ask for it again"
    );
    if aside.exists() {
        fs::remove_dir_all(&aside)?;
    }
    fs::rename(path, &aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_that_cannot_be_read_holds_up_no_other_export() {
        let dir = tempfile::tempdir().unwrap();
        let [torn, unpromised] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        for (folder, note) in
            [(torn.to_string(), true), (unpromised.to_string(), false), ("mine".into(), false)]
        {
            fs::create_dir(dir.path().join(&folder)).unwrap();
            if note {
                fs::write(dir.path().join(folder).join(NOTE), b"{\"id\": 1").unwrap();
            }
        }
        assert_eq!(read_all(dir.path()).unwrap(), vec![]);
        let stands = |name: &str| dir.path().join(name).is_dir();
        assert!(stands(&format!("{torn}.damaged")) && !stands(&torn.to_string()));
        assert!(stands("mine") && !stands(&unpromised.to_string()));
        assert_eq!(read_all(dir.path()).unwrap(), vec![]);
    }
}
