//! The one place that knows bincode: `legacy` (little-endian, fixed width), with a limit and nothing left over.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use bincode::{Decode, Encode};

/// The largest record, in bytes: prefix and body.
pub const MAX_RECORD_BYTES: usize = 60_000;

const CONFIG: Configuration<LittleEndian, Fixint, Limit<MAX_RECORD_BYTES>> =
    bincode::config::legacy().with_limit::<MAX_RECORD_BYTES>();

/// Why bytes are not the payload they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end early, name an unknown word or break a limit.
    #[error("cannot decode the payload: {0}")]
    Malformed(String),
    /// There are bytes after the payload.
    #[error("{0} bytes are left over after the payload")]
    TrailingBytes(usize),
    /// The value does not fit into a record.
    #[error("cannot encode the payload: {0}")]
    TooLarge(String),
}

/// The bytes of a value.
pub fn to_bytes<T: Encode>(value: &T) -> Result<Vec<u8>, CodecError> {
    bincode::encode_to_vec(value, CONFIG).map_err(|error| CodecError::TooLarge(error.to_string()))
}

/// The value that these bytes are, all of them.
pub fn from_bytes<T: Decode<()>>(bytes: &[u8]) -> Result<T, CodecError> {
    match from_bytes_prefix(bytes)? {
        (value, 0) => Ok(value),
        (_, left) => Err(CodecError::TrailingBytes(left)),
    }
}

/// The value that these bytes begin with, and how many are left over.
pub fn from_bytes_prefix<T: Decode<()>>(bytes: &[u8]) -> Result<(T, usize), CodecError> {
    let (value, used) = bincode::decode_from_slice(bytes, CONFIG)
        .map_err(|error| CodecError::Malformed(error.to_string()))?;
    Ok((value, bytes.len() - used))
}
