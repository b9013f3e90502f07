//! The one place that knows bincode: `legacy` (little-endian, fixed width), with a limit and nothing left over.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use bincode::{Decode, Encode};

/// The largest record, in bytes: prefix and body.
pub const MAX_RECORD_BYTES: usize = 60_000;

/// bincode reckons a list against its limit by the size of its elements in memory, which is up to two and a half times their
/// written size. With four times the size of a record whatever was written can be read, and no length that a damaged
/// payload names makes us reserve more than this.
const MAX_DECODED_BYTES: usize = 4 * MAX_RECORD_BYTES;

const CONFIG: Configuration<LittleEndian, Fixint, Limit<MAX_DECODED_BYTES>> =
    bincode::config::legacy().with_limit::<MAX_DECODED_BYTES>();

/// Why bytes are not the payload they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end early, name an unknown word or break a limit.
    #[error("cannot decode the payload: {0}")]
    Malformed(String),
    /// There are bytes after the payload.
    #[error("{0} bytes are left over after the payload")]
    TrailingBytes(usize),
    /// The value does not fit into a record, or is one that could not be read again.
    #[error("cannot encode the payload: {0}")]
    TooLarge(String),
}

/// The bytes of a value.
///
/// # Errors
/// When they are more than a record may have.
pub fn to_bytes<T: Encode>(value: &T) -> Result<Vec<u8>, CodecError> {
    let bytes =
        bincode::encode_to_vec(value, CONFIG).map_err(|error| CodecError::TooLarge(error.to_string()))?;
    match bytes.len() {
        0..=MAX_RECORD_BYTES => Ok(bytes),
        length => Err(CodecError::TooLarge(format!("it has {length} bytes, a record at most 60,000"))),
    }
}

/// The value that these bytes are, all of them.
///
/// # Errors
/// When they are malformed, too many, or go on after the value.
pub fn from_bytes<T: Decode<()>>(bytes: &[u8]) -> Result<T, CodecError> {
    match from_bytes_prefix(bytes)? {
        (value, 0) => Ok(value),
        (_, left) => Err(CodecError::TrailingBytes(left)),
    }
}

/// The value that these bytes begin with, and how many are left over.
///
/// # Errors
/// When they are malformed or too many.
pub fn from_bytes_prefix<T: Decode<()>>(bytes: &[u8]) -> Result<(T, usize), CodecError> {
    if bytes.len() > MAX_RECORD_BYTES {
        return Err(CodecError::Malformed(format!("{} bytes are more than a record may have", bytes.len())));
    }
    let (value, used) = bincode::decode_from_slice(bytes, CONFIG)
        .map_err(|error| CodecError::Malformed(error.to_string()))?;
    Ok((value, bytes.len() - used))
}
