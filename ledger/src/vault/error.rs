//! Why the vault could not do something.

use std::path::PathBuf;

/// Why the vault could not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The entry of this revision holds other data of the person.
    #[error("this revision was sent before with other data")]
    Differs,
    /// The registration has another secret, or has data but no secret: the sender is not its owner.
    #[error("the registration has another secret")]
    SecretDiffers,
    /// The registration's data were erased: its id never begins again.
    #[error("the data of this registration were erased")]
    Erased,
    /// There is no entry of this registration.
    #[error("the vault has no entry of this registration")]
    NotFound,
    /// The person's data are over the bound.
    #[error("the person's data have {bytes} bytes, and {limit} are the limit")]
    TooLarge {
        /// As encoded.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// Neither name has a letter or a digit, so that nobody could be found by it.
    #[error("the names have no letter in them")]
    NoName,
    /// There is as much of something as there may be.
    #[error("there are {limit} {what}, which is the limit")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// So much work waits that more is refused; surely nothing was done.
    #[error("too much work waits for the vault")]
    Full,
    /// The vault is closed or its thread has ended.
    #[error("the vault is closed")]
    Closed,
    /// The storage failed: what was asked for may be durable or not, whole in either case. Ask again.
    #[error("the vault's storage failed: {0}")]
    Storage(String),
    /// An entry cannot be what was written.
    #[error("the vault is damaged at {entry}: {what}")]
    Damaged {
        /// Which one.
        entry: String,
        /// What is wrong.
        what: String,
    },
    /// The vault was made for something else.
    #[error("{0}")]
    Mismatch(String),
    /// A key that entries need is not there.
    #[error("the key {} is missing, and entries need it: bring it back", file.display())]
    KeyMissing {
        /// Where it should be.
        file: PathBuf,
    },
    /// A key is there but cannot be used.
    #[error("the key {} cannot be used: {why}", file.display())]
    KeyUnusable {
        /// Where it is.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl From<rocksdb::Error> for VaultError {
    fn from(error: rocksdb::Error) -> Self {
        Self::Storage(error.to_string())
    }
}
