//! What stands beside the log and must agree with it.

use bincode::{Decode, Encode};
use schemas::ids::{CentreId, Head, Partition, RegistrationId};

use crate::vault::{Committed, VaultReader};

/// A vault that is asked for the commitments to what it keeps.
pub trait Commitments: Sync {
    /// What is kept of a revision.
    ///
    /// # Errors
    /// In words, when the entry cannot be read.
    fn committed(
        &self,
        centre: &CentreId,
        registration: RegistrationId,
        revision: u32,
    ) -> Result<Committed, String>;
}

impl Commitments for VaultReader {
    fn committed(
        &self,
        centre: &CentreId,
        registration: RegistrationId,
        revision: u32,
    ) -> Result<Committed, String> {
        VaultReader::committed(self, centre, registration, revision).map_err(|error| error.to_string())
    }
}

/// Something derived from the log up to a place, which must be in it: a checkpoint of the views, or a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Standing {
    /// What it is, in words: `the views`.
    pub what: String,
    /// Which partition it follows.
    pub partition: Partition,
    /// The offset after the last value that it has taken in.
    pub offset: u64,
    /// The last record that counted.
    pub seq: u64,
    /// The head after it.
    pub head: Head,
    /// The fold version in force after it.
    pub fold_version: u16,
}
