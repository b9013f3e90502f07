//! Rows: one for each thing, as they stand in the store. Nothing in them can be derived from another row.

mod booking;
mod people;
mod supply;

use bincode::{Decode, Encode};
use ledger::chain::Chain;
use schemas::Instant;
use schemas::codec::{CodecError, append_bytes, from_bytes};
use schemas::ids::{Head, LedgerId};

pub use booking::{Ended, HoldRow, HoldState};
pub use people::{Access, Erasure, PersonRow, ReferenceRow, RegistrationRow, Withdrawn};
pub use supply::{CentreRow, ChannelRow, DeliveryRow, Received, ReleaseRow, RulesRow, ShrinkRow, SlotRow};

use crate::keys::Table;

/// The format of all rows: raised whenever a row's bytes change, so that older views are rebuilt and never misread.
pub const VIEW_FORMAT: u8 = 1;

/// Something that stands in the store.
pub trait Row: Encode + Decode<()> {
    /// Where.
    const TABLE: Table;
}

macro_rules! tables_of {
    ($($row:ty => $table:ident;)*) => {$(
        impl Row for $row {
            const TABLE: Table = Table::$table;
        }
    )*};
}

tables_of! {
    Meta => Meta;
    Checkpoint => Checkpoints;
    ChannelRow => Channels;
    CentreRow => Centres;
    RulesRow => Rules;
    DeliveryRow => Deliveries;
    ReleaseRow => Releases;
    ShrinkRow => Shrinks;
    SlotRow => Slots;
    RegistrationRow => Registrations;
    ReferenceRow => References;
    HoldRow => Holds;
    PersonRow => Persons;
}

/// Which views these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Meta {
    /// The ledger that they follow from.
    pub ledger: LedgerId,
    /// How many partitions it has.
    pub partitions: u32,
}

/// How far a partition has been followed. It is written with the rows that follow from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Checkpoint {
    /// The offset after the last entry that was judged, void ones included.
    pub offset: u64,
    /// The reign.
    pub epoch: u64,
    /// The last record that counted.
    pub seq: u64,
    /// The head after it.
    pub head: Head,
    /// The fold version in force after it.
    pub fold_version: u16,
    /// The fold's time: the greatest of the records that counted.
    pub time: Instant,
}

impl Checkpoint {
    /// Where a chain stands.
    pub(crate) fn of(chain: &Chain) -> Self {
        Self {
            offset: chain.next_offset(),
            epoch: chain.epoch(),
            seq: chain.position().seq,
            head: chain.head(),
            fold_version: chain.fold_version(),
            time: chain.time(),
        }
    }
}

/// Puts the bytes of a row behind what stands there: the view format, then bincode.
pub(crate) fn encode<R: Row>(row: &R, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
    bytes.push(VIEW_FORMAT);
    append_bytes(row, bytes).map(drop)
}

/// The row that these bytes are.
pub(crate) fn decode<R: Row>(bytes: &[u8]) -> Result<R, CodecError> {
    match bytes.split_first() {
        Some((&VIEW_FORMAT, payload)) => from_bytes(payload),
        Some((other, _)) => Err(CodecError::Malformed(format!("the row has format {other}"))),
        None => Err(CodecError::Malformed("the row is empty".to_owned())),
    }
}
