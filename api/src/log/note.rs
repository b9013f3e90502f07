//! The note in a data directory that says which topic its views and its vault follow: JSON in the file `topic`.
//!
//! Without it a start that forgets `--kafka` would begin a new embedded log beside what belongs to a ledger in Kafka.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use ledger::data_dir::DataDir;
use schemas::ids::LedgerId;
use serde::{Deserialize, Serialize};

use super::OpenError;

/// What the note says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    pub(super) ledger: LedgerId,
    pub(super) topic: String,
}

impl Note {
    /// What the data directory follows; none: no topic yet.
    pub(super) fn read(data_dir: &DataDir) -> Result<Option<Self>, OpenError> {
        let path = place(data_dir);
        let failed = |why: String| OpenError::Note { path: path.clone(), why };
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| failed(error.to_string()))?,
        };
        let note = serde_json::from_str(&text)
            .map_err(|error| failed(format!("it should say which topic is followed, but {error}")))?;
        Ok(Some(note))
    }

    /// Whole or not at all, and durable.
    pub(super) fn write(&self, data_dir: &DataDir) -> Result<(), OpenError> {
        let path = place(data_dir);
        self.replace(data_dir).map_err(|error| OpenError::Note { path, why: error.to_string() })
    }

    fn replace(&self, data_dir: &DataDir) -> io::Result<()> {
        let beside = data_dir.path().join("topic.new");
        let mut file = File::create(&beside)?;
        writeln!(file, "{}", serde_json::to_string(self)?)?;
        file.sync_all()?;
        fs::rename(&beside, place(data_dir))?;
        File::open(data_dir.path())?.sync_all()
    }
}

fn place(data_dir: &DataDir) -> PathBuf {
    data_dir.path().join("topic")
}
