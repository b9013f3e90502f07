//! Records: 128 bytes of prefix that every version can read for ever, and a body.

use crate::codec::MAX_RECORD_BYTES;
use crate::ids::{ActorId, CentreNumber, CommandId, Head, LedgerId, Partition};
use crate::vocabulary::Channel;

/// The first four bytes of every record.
pub const MAGIC: [u8; 4] = *b"TBUC";
/// The format that this program writes.
pub const FORMAT: u16 = 1;
/// Bytes of a prefix.
pub const PREFIX_BYTES: usize = 128;

/// What a record is. Kind 6 is reserved for seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// The beginning of a partition.
    Genesis = 0,
    /// A writer takes the partition over.
    Claim = 1,
    /// What was decided: events.
    Decision = 2,
    /// Nothing, but a place that others can rest on.
    Barrier = 3,
    /// A newer fold version comes into force.
    Raise = 4,
    /// The owner gives the partition away.
    HandOver = 5,
}

impl RecordKind {
    /// The kind with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Genesis, Self::Claim, Self::Decision, Self::Barrier, Self::Raise, Self::HandOver]
            .into_iter()
            .find(|&kind| kind as u8 == number)
    }
}

/// The prefix of a record as it stands in the bytes. Format, kind and channel are raw numbers, and the time is
/// unchecked, so that a reader can judge the place of a record that it cannot understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    /// The format; [`FORMAT`] is the only one so far.
    pub format: u16,
    /// The number of a [`RecordKind`].
    pub kind: u8,
    /// The number of a [`Channel`].
    pub channel: u8,
    /// Which `decide`, `apply` and chain rules wrote it.
    pub fold_version: u16,
    /// The partition.
    pub partition: Partition,
    /// The ledger.
    pub ledger: LedgerId,
    /// The reign it was written in: one more with each claim.
    pub epoch: u64,
    /// Its place among the records that count.
    pub seq: u64,
    /// The head before it.
    pub prev: Head,
    /// Milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// The last UUID of the command's path; nil: none.
    pub command: CommandId,
    /// Who; nil: the bearer of the registration's secret, or the writer.
    pub actor: ActorId,
    /// The centre it concerns; 0: none.
    pub centre: CentreNumber,
}

/// Why bytes are no record of any version. Such bytes are void, wherever they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// Under 128 bytes.
    #[error("{0} bytes are too few for a record's prefix of 128")]
    TooShort(usize),
    /// Over 60,000 bytes.
    #[error("{0} bytes are more than a record may have (60,000)")]
    TooLong(usize),
    /// Other first bytes.
    #[error("it does not begin with TBUC")]
    Magic,
    /// The body is not as long as the prefix says.
    #[error("the prefix names a body of {said} bytes, but {found} follow")]
    BodyLength {
        /// As the prefix has it.
        said: u32,
        /// As found.
        found: usize,
    },
}

impl Prefix {
    /// A prefix of the current format; epoch, seq, prev and time are for the caller to fill in.
    pub fn new(kind: RecordKind, channel: Channel, ledger: LedgerId, partition: Partition) -> Self {
        Self {
            format: FORMAT,
            kind: kind as u8,
            channel: channel.number(),
            fold_version: 1,
            partition,
            ledger,
            epoch: 0,
            seq: 0,
            prev: Head([0; 32]),
            time_ms: 0,
            command: CommandId::NIL,
            actor: ActorId::NIL,
            centre: CentreNumber::NONE,
        }
    }

    /// The value of a record: this prefix, the body's length and the body. None when it is over 60,000 bytes.
    pub fn with_body(&self, body: &[u8]) -> Option<Vec<u8>> {
        let length = u32::try_from(body.len()).ok()?;
        if PREFIX_BYTES + body.len() > MAX_RECORD_BYTES {
            return None;
        }
        let mut value = Vec::with_capacity(PREFIX_BYTES + body.len());
        value.extend_from_slice(&MAGIC);
        value.extend_from_slice(&self.format.to_le_bytes());
        value.extend_from_slice(&[self.kind, self.channel]);
        value.extend_from_slice(&self.fold_version.to_le_bytes());
        value.extend_from_slice(&[0, 0]);
        value.extend_from_slice(&self.partition.0.to_le_bytes());
        value.extend_from_slice(&self.ledger.0);
        value.extend_from_slice(&self.epoch.to_le_bytes());
        value.extend_from_slice(&self.seq.to_le_bytes());
        value.extend_from_slice(&self.prev.0);
        value.extend_from_slice(&self.time_ms.to_le_bytes());
        value.extend_from_slice(&self.command.0);
        value.extend_from_slice(&self.actor.0);
        value.extend_from_slice(&self.centre.0.to_le_bytes());
        value.extend_from_slice(&length.to_le_bytes());
        value.extend_from_slice(body);
        Some(value)
    }

    /// Splits a value into prefix and body.
    ///
    /// # Errors
    /// When the bytes are no record of any version.
    pub fn split(value: &[u8]) -> Result<(Self, &[u8]), PrefixError> {
        if value.len() > MAX_RECORD_BYTES {
            return Err(PrefixError::TooLong(value.len()));
        }
        let (prefix, body) =
            value.split_first_chunk::<PREFIX_BYTES>().ok_or(PrefixError::TooShort(value.len()))?;
        if bytes_at::<4>(prefix, 0) != MAGIC {
            return Err(PrefixError::Magic);
        }
        let said = u32::from_le_bytes(bytes_at(prefix, 124));
        if usize::try_from(said) != Ok(body.len()) {
            return Err(PrefixError::BodyLength { said, found: body.len() });
        }
        let [kind, channel] = bytes_at(prefix, 6);
        let prefix = Self {
            format: u16::from_le_bytes(bytes_at(prefix, 4)),
            kind,
            channel,
            fold_version: u16::from_le_bytes(bytes_at(prefix, 8)),
            partition: Partition(u32::from_le_bytes(bytes_at(prefix, 12))),
            ledger: LedgerId(bytes_at(prefix, 16)),
            epoch: u64::from_le_bytes(bytes_at(prefix, 32)),
            seq: u64::from_le_bytes(bytes_at(prefix, 40)),
            prev: Head(bytes_at(prefix, 48)),
            time_ms: i64::from_le_bytes(bytes_at(prefix, 80)),
            command: CommandId(bytes_at(prefix, 88)),
            actor: ActorId(bytes_at(prefix, 104)),
            centre: CentreNumber(u32::from_le_bytes(bytes_at(prefix, 120))),
        };
        Ok((prefix, body))
    }
}

/// The `N` bytes at `at` of a prefix; `at + N` is at most 128 at every call.
fn bytes_at<const N: usize>(prefix: &[u8; PREFIX_BYTES], at: usize) -> [u8; N] {
    prefix.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}
