//! Who read what, and what for: it stands in the office's partition before the answer leaves.

use ledger::{Command, OfficeCommand};
use schemas::Instant;

use super::Caller;
use crate::json::check_text;
use crate::problem::{Outcome, Problem};
use crate::service::EdgeState;
use crate::stamp::{Stamp, Zone};

/// What is noted of a read of persons' records.
pub(crate) struct Read {
    /// What for, as the reader says it.
    pub(crate) purpose: String,
    /// What was read, without anybody's name.
    pub(crate) what: String,
    /// The period that was read, where there is one.
    pub(crate) period: (Option<Instant>, Option<Instant>),
}

impl Read {
    /// A read of one thing.
    pub(crate) fn of(purpose: String, what: String) -> Self {
        Self { purpose, what, period: (None, None) }
    }
}

/// The purpose in the query of a reader who has to say it.
pub(crate) fn purpose(sent: Option<String>) -> Outcome<String> {
    let missing = || {
        Problem::new("BadQuery").detail(
            "purpose is missing: say in a few words what you read this for, as in ?purpose=complaint%204711; it is noted",
        )
    };
    let purpose = sent.ok_or_else(missing)?;
    check_text("purpose", &purpose).map_err(|error| Problem::new("BadQuery").detail(error.to_string()))?;
    Ok(purpose)
}

impl EdgeState {
    /// Writes who reads what into the office, and waits until it counts; the stamp is that record's. `place`: where
    /// to ask again, with the query, when it is not yet known whether it does.
    pub(crate) async fn note_read(&self, caller: &Caller, read: Read, place: &str) -> Outcome<Stamp> {
        let Caller::Staff(credential) = caller else {
            return Err(Problem::new("CredentialMissing").challenge());
        };
        let Read { purpose, what, period: (from, to) } = read;
        let (actor, role) = (credential.id, credential.role);
        let command = OfficeCommand::NoteRead { actor, role, purpose, what, from, to };
        let receipt = self.service.submit(self.by(caller), Command::Office(command), place).await?;
        Ok(Stamp { position: receipt.position, at: receipt.recorded_at, zone: Zone::utc() })
    }
}
