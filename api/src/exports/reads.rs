//! Reads that the command line notes: a file each in the data directory, which `serve` takes into the log.
//!
//! The command cannot append to a log that another process owns, and the ledger cannot see who reads its files. What
//! stands here is what the command says of itself.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use ledger::data_dir::DataDir;
use ledger::vault::key_file;
use ledger::{Command, OfficeCommand};
use projections::tables::Order;
use schemas::ids::{ActorId, LedgerId};
use schemas::vocabulary::{Channel, Role};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::json::check_text;
use crate::service::{By, Service};

const NOTE: &str = "json";
/// What no note is longer than.
const MAX_BYTES: u64 = 16 << 10;

/// A read that stands in no log yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadNote {
    /// Which ledger was read.
    pub(crate) ledger: LedgerId,
    /// Names this read.
    pub(crate) id: Uuid,
    /// What for.
    pub(crate) purpose: String,
    /// What was read, without anybody's name.
    pub(crate) what: String,
}

impl ReadNote {
    /// Notes it, whole or not at all, and durable.
    ///
    /// # Errors
    /// When the data directory cannot be written.
    pub(crate) fn write(&self, data_dir: &DataDir) -> io::Result<()> {
        let folder = data_dir.reads();
        key_file::private_folder(&folder).map_err(io::Error::other)?;
        let place = folder.join(self.id.to_string()).with_extension(NOTE);
        let draft = place.with_extension("draft");
        let mut file = File::create(&draft)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        fs::rename(&draft, &place)?;
        File::open(&folder)?.sync_all()
    }

    fn read(place: &Path, ledger: LedgerId) -> Result<Self, String> {
        let mut bytes = Vec::new();
        let read = File::open(place).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes));
        read.map_err(|error| error.to_string())?;
        let note: Self = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        if note.ledger != ledger {
            return Err(format!("it is of ledger {}", note.ledger));
        }
        for (place, text) in [("purpose", &note.purpose), ("what", &note.what)] {
            check_text(place, text).map_err(|error| error.to_string())?;
        }
        Ok(note)
    }
}

/// What an order reads, as it is noted of exports over HTTP and by command alike.
pub(crate) fn words_of(order: &Order) -> String {
    let Order { tables, from, to, raw, .. } = order;
    let tables: Vec<_> = tables.iter().map(|table| table.as_str()).collect();
    let raw = if *raw { ", with ids as they are" } else { "" };
    format!("{}, {from} to {to}{raw}", tables.join(", "))
}

/// The notes that wait, in the order of their names.
fn waiting(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut places = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    places.retain(|place| place.extension().is_some_and(|extension| extension == NOTE));
    places.sort_unstable();
    Ok(places)
}

/// Takes all notes that wait into the log; whether none is left. One that is no note of this ledger is set aside.
pub(crate) async fn take_in(service: &Service) -> bool {
    let folder = DataDir::beside(&service.data_dir).reads();
    let places = match waiting(&folder) {
        Ok(places) => places,
        Err(error) => {
            tracing::error!(%error, "what was read cannot be looked for in {}", folder.display());
            return false;
        }
    };
    let mut all = true;
    for place in places {
        let taken = match ReadNote::read(&place, service.ledger.ledger_id()) {
            Ok(note) => take(service, note).await.and_then(|()| fs::remove_file(&place)),
            Err(why) => {
                tracing::error!(why, "{} is no note of a read and is set aside", place.display());
                fs::rename(&place, place.with_extension("refused"))
            }
        };
        if let Err(error) = taken {
            tracing::warn!(%error, "{} is not in the log yet and waits", place.display());
            all = false;
        }
    }
    all
}

/// Between the record and the removal of the note the program may end; then the read stands in the log twice, with one id.
async fn take(service: &Service, note: ReadNote) -> io::Result<()> {
    let ReadNote { purpose, what, .. } = note;
    let (actor, role) = (ActorId::NIL, Role::Admin);
    let command = OfficeCommand::NoteRead { actor, role, purpose, what, from: None, to: None };
    let by = By { channel: Channel::Reactor, actor };
    let noted = service.submit(by, Command::Office(command), "/").await;
    noted.map(drop).map_err(|problem| io::Error::other(problem.rule()))
}
