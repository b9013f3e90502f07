//! The one place that knows bincode: `legacy` (little-endian, fixed width), with a limit and nothing left over.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use bincode::enc::write::Writer;
use bincode::error::EncodeError;
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
    let mut bytes = Vec::new();
    append_bytes(value, &mut bytes)?;
    Ok(bytes)
}

/// Puts the bytes of a value behind what stands there; how many they are.
///
/// # Errors
/// When they are more than a record may have. What stands there then is of no use.
pub fn append_bytes<T: Encode>(value: &T, bytes: &mut Vec<u8>) -> Result<usize, CodecError> {
    let before = bytes.len();
    bincode::encode_into_writer(value, Behind(bytes), CONFIG)
        .map_err(|error| CodecError::TooLarge(error.to_string()))?;
    match bytes.len() - before {
        length @ 0..=MAX_RECORD_BYTES => Ok(length),
        length => Err(CodecError::TooLarge(format!("it has {length} bytes, a record at most 60,000"))),
    }
}

/// Hands the bytes of a value of any size over, piece by piece.
///
/// # Errors
/// When the value says that it has no bytes, or one in it could not be read again.
pub fn feed<T: Encode>(value: &T, take: impl FnMut(&[u8])) -> Result<(), CodecError> {
    bincode::encode_into_writer(value, Pieces(take), bincode::config::legacy())
        .map_err(|error| CodecError::TooLarge(error.to_string()))
}

struct Pieces<F>(F);

impl<F: FnMut(&[u8])> Writer for Pieces<F> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        (self.0)(bytes);
        Ok(())
    }
}

/// Writes behind what stands there.
struct Behind<'a>(&'a mut Vec<u8>);

impl Writer for Behind<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// The value of any size that these bytes are, all of them. No length that damaged bytes name makes us reserve more
/// than 64 times as much as there is, and little bytes no more than 256 KiB.
///
/// # Errors
/// When they are malformed, or go on after the value.
pub fn from_large_bytes<T: Decode<()>>(bytes: &[u8]) -> Result<T, CodecError> {
    match bytes.len() {
        0..0x1_0000 => decode_within::<T, 0x4_0000>(bytes),
        0x1_0000..0x10_0000 => decode_within::<T, 0x40_0000>(bytes),
        0x10_0000..0x100_0000 => decode_within::<T, 0x400_0000>(bytes),
        0x100_0000..0x1000_0000 => decode_within::<T, 0x4000_0000>(bytes),
        0x1000_0000..0x1_0000_0000 => decode_within::<T, 0x4_0000_0000>(bytes),
        length => Err(CodecError::Malformed(format!("{length} bytes are more than anything may have"))),
    }
}

fn decode_within<T: Decode<()>, const LIMIT: usize>(bytes: &[u8]) -> Result<T, CodecError> {
    let config = bincode::config::legacy().with_limit::<LIMIT>();
    let (value, used) = bincode::decode_from_slice(bytes, config)
        .map_err(|error| CodecError::Malformed(error.to_string()))?;
    match bytes.len() - used {
        0 => Ok(value),
        left => Err(CodecError::TrailingBytes(left)),
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
