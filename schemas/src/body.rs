//! Bodies of records: framed events, or one frame of genesis, claim or raise.

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};

use crate::codec::{CodecError, from_bytes, from_bytes_prefix, to_bytes};
use crate::events::{Event, EventError};
use crate::ids::{ClaimId, NodeId};
use crate::record::RecordKind;

/// Which clock a ledger runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The wall clock.
    Wall = 0,
    /// A simulated one: every time in the ledger is simulated.
    Simulated = 1,
}

impl Encode for Clock {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (*self as u8).encode(encoder)
    }
}

impl<C> Decode<C> for Clock {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        match u8::decode(decoder)? {
            0 => Ok(Self::Wall),
            1 => Ok(Self::Simulated),
            _ => Err(DecodeError::Other("a clock that is neither wall nor simulated")),
        }
    }
}

impl<'de, C> BorrowDecode<'de, C> for Clock {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

/// The beginning of a partition: what can never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Genesis {
    /// How many partitions the ledger has, the office among them.
    pub partitions: u32,
    /// The fold version in force from the beginning.
    pub fold_version: u16,
    /// The ledger's clock.
    pub clock: Clock,
}

/// A writer takes the partition over. Claims alone may grow at the end.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Claim {
    /// Drawn for this claim.
    pub claim: ClaimId,
    /// Drawn for this process.
    pub node: NodeId,
    /// The highest fold version that the claimant knows.
    pub knows_fold: u16,
    /// Whether an operator accepted a clock far ahead of the ledger.
    pub clock_accepted: bool,
    /// Where the node can be asked.
    pub url: String,
}

/// A newer fold version comes into force with the next record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Raise {
    /// The fold version.
    pub fold_version: u16,
}

/// The body of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is documented at its type or kind")]
pub enum Body {
    Genesis(Genesis),
    Claim(Claim),
    Decision(Vec<Event>),
    Barrier,
    Raise(Raise),
    HandOver,
}

/// Why a body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// A newer program wrote it.
    #[error("record kind {0} is unknown to this program: a newer one is needed")]
    UnknownKind(u8),
    /// A newer program wrote it.
    #[error("version {version} of a {kind:?} is unknown to this program: a newer one is needed")]
    UnknownVersion {
        /// Of what.
        kind: RecordKind,
        /// The version.
        version: u8,
    },
    /// The body ends early or goes on too long.
    #[error("the body is framed wrongly: {0}")]
    Frame(&'static str),
    /// An event cannot be read.
    #[error("event {index}: {source}")]
    Event {
        /// Counted from 0.
        index: u16,
        /// What is wrong.
        source: EventError,
    },
    /// A payload other than an event's cannot be read.
    #[error(transparent)]
    Payload(#[from] CodecError),
}

const FRAME_VERSION: u8 = 1;
/// Most decisions fit into this.
const USUAL_BYTES: usize = 256;

impl Body {
    /// The kind of record that has such a body.
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Genesis(_) => RecordKind::Genesis,
            Self::Claim(_) => RecordKind::Claim,
            Self::Decision(_) => RecordKind::Decision,
            Self::Barrier => RecordKind::Barrier,
            Self::Raise(_) => RecordKind::Raise,
            Self::HandOver => RecordKind::HandOver,
        }
    }

    /// The bytes of the body.
    ///
    /// # Errors
    /// When a payload is over the limit of a record.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CodecError> {
        match self {
            Self::Genesis(genesis) => frame(genesis),
            Self::Claim(claim) => frame(claim),
            Self::Raise(raise) => frame(raise),
            Self::Barrier | Self::HandOver => Ok(Vec::new()),
            Self::Decision(events) => decision_bytes(events),
        }
    }

    /// The body of a record of this kind.
    ///
    /// # Errors
    /// When the kind, a version or a payload cannot be read.
    pub fn read(kind: u8, bytes: &[u8]) -> Result<Self, BodyError> {
        let kind = RecordKind::from_number(kind).ok_or(BodyError::UnknownKind(kind))?;
        match kind {
            RecordKind::Genesis => Ok(Self::Genesis(from_bytes(unframe(kind, bytes)?)?)),
            RecordKind::Raise => Ok(Self::Raise(from_bytes(unframe(kind, bytes)?)?)),
            RecordKind::Claim => {
                let (claim, _newer_fields) = from_bytes_prefix(unframe(kind, bytes)?)?;
                Ok(Self::Claim(claim))
            }
            RecordKind::Decision => read_decision(bytes).map(Self::Decision),
            RecordKind::Barrier | RecordKind::HandOver if bytes.is_empty() => {
                Ok(if kind == RecordKind::Barrier { Self::Barrier } else { Self::HandOver })
            }
            RecordKind::Barrier | RecordKind::HandOver => Err(BodyError::Frame("it must be empty")),
        }
    }
}

fn too_large(what: &str) -> CodecError {
    CodecError::TooLarge(format!("{what} does not fit into a record"))
}

fn frame<T: Encode>(value: &T) -> Result<Vec<u8>, CodecError> {
    let payload = to_bytes(value)?;
    let mut bytes = vec![FRAME_VERSION];
    bytes.extend_from_slice(&length(&payload)?.to_le_bytes());
    bytes.extend_from_slice(&payload);
    Ok(bytes)
}

fn length(payload: &[u8]) -> Result<u32, CodecError> {
    u32::try_from(payload.len()).map_err(|_| too_large("a payload"))
}

fn unframe(kind: RecordKind, bytes: &[u8]) -> Result<&[u8], BodyError> {
    let mut reader = Reader(bytes);
    let [version] = reader.take()?;
    // Claims alone may grow at the end: whoever cannot read the newer fields still sees who took the partition over.
    let readable = version == FRAME_VERSION || (kind == RecordKind::Claim && version > FRAME_VERSION);
    if !readable {
        return Err(BodyError::UnknownVersion { kind, version });
    }
    let payload = reader.take_framed()?;
    if reader.0.is_empty() { Ok(payload) } else { Err(BodyError::Frame("bytes are left over")) }
}

fn decision_bytes(events: &[Event]) -> Result<Vec<u8>, CodecError> {
    let count = u16::try_from(events.len()).map_err(|_| too_large("so many events"))?;
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    bytes.extend_from_slice(&count.to_le_bytes());
    for event in events {
        bytes.extend_from_slice(&event.kind().to_le_bytes());
        bytes.push(event.version());
        let length_at = bytes.len();
        bytes.extend_from_slice(&[0; 4]);
        let length = u32::try_from(event.append_payload(&mut bytes)?).map_err(|_| too_large("a payload"))?;
        if let Some(place) = bytes.get_mut(length_at..).and_then(|rest| rest.first_chunk_mut()) {
            *place = length.to_le_bytes();
        }
    }
    Ok(bytes)
}

fn read_decision(bytes: &[u8]) -> Result<Vec<Event>, BodyError> {
    let mut reader = Reader(bytes);
    let count = u16::from_le_bytes(reader.take()?);
    // Most records have one event. A count is not believed before the events are there.
    let mut events = Vec::with_capacity(usize::from(count.min(1)));
    for index in 0..count {
        let kind = u16::from_le_bytes(reader.take()?);
        let [version] = reader.take()?;
        let payload = reader.take_framed()?;
        events
            .push(Event::read(kind, version, payload).map_err(|source| BodyError::Event { index, source })?);
    }
    if reader.0.is_empty() { Ok(events) } else { Err(BodyError::Frame("bytes are left over")) }
}

/// Reads from the front of a body.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], BodyError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(BodyError::Frame("it ends early"))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn take_framed(&mut self) -> Result<&'a [u8], BodyError> {
        let length = u32::from_le_bytes(self.take()?);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (taken, rest) = self.0.split_at_checked(length).ok_or(BodyError::Frame("it ends early"))?;
        self.0 = rest;
        Ok(taken)
    }
}
