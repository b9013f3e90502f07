//! A centre as bytes: what its events add up to, without the indexes that follow from it. Those are made anew where the
//! bytes are read; a test shows that they come out the same.

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};
use schemas::ids::CentreNumber;

use super::memory::Memory;
use super::{Centre, Described, breach::Breach, holds::Holds, people::People, stock::Stock, supply::Supply};
use crate::rejection::Mark;

/// A list as `Vec` reads it, from what need not be one.
pub(super) fn encode_all<'a, T: Encode + 'a, E: Encoder>(
    things: impl ExactSizeIterator<Item = &'a T>,
    encoder: &mut E,
) -> Result<(), EncodeError> {
    let length = u64::try_from(things.len()).unwrap_or(u64::MAX);
    length.encode(encoder)?;
    things.into_iter().try_for_each(|thing| thing.encode(encoder))
}

/// Bytes that no fold ever had.
pub(super) fn unsound(breach: &Breach) -> DecodeError {
    DecodeError::OtherString(breach.to_string())
}

impl Centre {
    /// The centre's id, once it is described.
    pub(crate) fn id(&self) -> Option<&schemas::ids::CentreId> {
        self.described.as_ref().map(|described| &described.centre.id)
    }
}

impl Encode for Centre {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        if let Some(breach) = &self.breach {
            return Err(EncodeError::OtherString(breach.to_string()));
        }
        self.number.encode(encoder)?;
        self.described.encode(encoder)?;
        self.supply.encode(encoder)?;
        self.stock.encode(encoder)?;
        self.people.encode(encoder)?;
        self.holds.encode(encoder)?;
        self.last.encode(encoder)
    }
}

impl<C> Decode<C> for Centre {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let number = CentreNumber::decode(decoder)?;
        let described = Option::<Box<Described>>::decode(decoder)?;
        let supply = Supply::decode(decoder)?;
        let stock = Stock::decode(decoder)?;
        let people = People::decode(decoder)?;
        let holds = Holds::decode(decoder)?;
        let last = Option::<Mark>::decode(decoder)?;
        let memory = Memory::of(&holds, &people);
        let mut centre = Self { number, described, supply, stock, people, holds, memory, last, breach: None };
        centre.index_holds().map_err(|breach| unsound(&breach))?;
        Ok(centre)
    }
}

impl<'de, C> BorrowDecode<'de, C> for Centre {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}
