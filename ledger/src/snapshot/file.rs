//! The bytes of a snapshot: `TBSN`, SHA-256 over all that follows, format (u16), the
//! header's length (u32), then what [`Header`] says, the fold and
//! what its maker wrote beside it.
//!
//! Magic, checksum and format keep their places in every later format, so that damage is never taken for another format.

use bincode::{Decode, Encode};
use schemas::codec::{self, CodecError};
use schemas::ids::{Head, LedgerId, Partition};
use sha2::{Digest, Sha256};

use crate::fold::{PartitionFold, StateHash};

/// The format that is read and written. Raised whenever the bytes of a fold mean something else.
pub const FORMAT: u16 = 1;

const MAGIC: [u8; 4] = *b"TBSN";

/// What a snapshot is of.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Header {
    pub(super) ledger: LedgerId,
    pub(super) partition: Partition,
    /// The fold version in force.
    pub(super) fold_version: u16,
    /// Where the record stands that it is right behind.
    pub(super) offset: u64,
    /// That record's seq.
    pub(super) seq: u64,
    /// The head before that record.
    pub(super) prev: Head,
    /// The head after it.
    pub(super) head: Head,
    pub(super) state_hash: StateHash,
    fold_bytes: u64,
}

/// A snapshot that is going to be written: all but what can be reckoned elsewhere.
pub(super) struct Draft {
    header: Header,
    fold: Vec<u8>,
    beside: Vec<u8>,
}

/// Why bytes are no snapshot that could be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    #[error("{0}")]
    Damaged(String),
    #[error("its format is {0}")]
    Format(u16),
}

/// Bytes that are what was once written.
pub(super) struct Opened<'a> {
    pub(super) header: Header,
    fold: &'a [u8],
    pub(super) beside: &'a [u8],
}

impl Draft {
    /// Takes the bytes of a fold that is right behind the record at `offset`; nothing else is done here, for the fold's
    /// owner waits.
    ///
    /// # Errors
    /// When the fold does not add up.
    pub(super) fn of(
        fold: &PartitionFold,
        (offset, prev): (u64, Head),
        beside: Vec<u8>,
    ) -> Result<Self, CodecError> {
        let mut bytes = Vec::new();
        codec::feed(fold, |piece| bytes.extend_from_slice(piece))?;
        let chain = &fold.chain;
        let header = Header {
            ledger: chain.ledger().unwrap_or(LedgerId::NIL),
            partition: chain.partition(),
            fold_version: chain.fold_version(),
            offset,
            seq: chain.position().seq,
            prev,
            head: chain.head(),
            state_hash: StateHash([0; 32]),
            fold_bytes: bytes.len() as u64,
        };
        Ok(Self { header, fold: bytes, beside })
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn size(&self) -> u64 {
        (self.fold.len() + self.beside.len()) as u64
    }

    /// The file's bytes, in pieces.
    ///
    /// # Errors
    /// Never in practice: a header is short.
    pub(super) fn into_pieces(mut self) -> Result<[Vec<u8>; 3], CodecError> {
        self.header.state_hash = StateHash(Sha256::digest(&self.fold).into());
        let header = codec::to_bytes(&self.header)?;
        let mut checked = FORMAT.to_le_bytes().to_vec();
        checked.extend(u32::try_from(header.len()).unwrap_or(u32::MAX).to_le_bytes());
        checked.extend(header);
        let checksum =
            Sha256::new().chain_update(&checked).chain_update(&self.fold).chain_update(&self.beside);
        let mut first = MAGIC.to_vec();
        first.extend(checksum.finalize());
        first.append(&mut checked);
        Ok([first, self.fold, self.beside])
    }
}

/// Reads the outside of a snapshot.
///
/// # Errors
/// When it is damaged, or has another format.
pub(super) fn open(bytes: &[u8]) -> Result<Opened<'_>, Unusable> {
    let damaged = |what: &str| Unusable::Damaged(what.to_owned());
    let rest = bytes.strip_prefix(&MAGIC).ok_or_else(|| damaged("it does not begin as a snapshot does"))?;
    let (checksum, checked) = rest.split_first_chunk::<32>().ok_or_else(|| damaged("it is cut off"))?;
    if checksum.as_slice() != Sha256::digest(checked).as_slice() {
        return Err(damaged("its checksum does not hold"));
    }
    let (format, rest) = checked.split_first_chunk::<2>().ok_or_else(|| damaged("it is cut off"))?;
    let format = u16::from_le_bytes(*format);
    if format != FORMAT {
        return Err(Unusable::Format(format));
    }
    let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(|| damaged("it is cut off"))?;
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let (header, rest) = rest.split_at_checked(length).ok_or_else(|| damaged("it is cut off"))?;
    let header: Header =
        codec::from_bytes(header).map_err(|error| Unusable::Damaged(format!("its header: {error}")))?;
    let length = usize::try_from(header.fold_bytes).unwrap_or(usize::MAX);
    let (fold, beside) = rest.split_at_checked(length).ok_or_else(|| damaged("it is cut off"))?;
    Ok(Opened { header, fold, beside })
}

impl Opened<'_> {
    /// The fold itself.
    ///
    /// # Errors
    /// When the bytes are none, or not the one that the header names.
    pub(super) fn fold(&self) -> Result<PartitionFold, Unusable> {
        let damaged = |what: String| Unusable::Damaged(what);
        let fold: PartitionFold =
            codec::from_large_bytes(self.fold).map_err(|error| damaged(format!("its fold: {error}")))?;
        let (chain, header) = (&fold.chain, &self.header);
        let named = chain.ledger() == Some(header.ledger)
            && chain.partition() == header.partition
            && chain.next_offset() == header.offset + 1
            && chain.position().seq == header.seq
            && chain.head() == header.head;
        if named {
            Ok(fold)
        } else {
            Err(damaged("its fold is not the one that its header names".to_owned()))
        }
    }
}
