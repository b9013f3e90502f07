//! The slots as bytes; every counter and index beside them follows.

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

use super::{Slots, Stock};
use crate::centre::breach::Moved;
use crate::centre::slot::Slot;
use crate::centre::stored::unsound;

impl Encode for Stock {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.slots.encode(encoder)
    }
}

impl<C> Decode<C> for Stock {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::of(Vec::decode(decoder)?).map_err(|breach| unsound(&breach))
    }
}

impl Stock {
    fn of(slots: Vec<Slot>) -> Result<Self, crate::centre::Breach> {
        let mut stock = Self::default();
        slots.into_iter().try_for_each(|slot| stock.insert(slot))?;
        stock.count_all_backing()?;
        stock.touched.clear();
        Ok(stock)
    }

    fn count_all_backing(&mut self) -> Moved {
        let backing: Vec<_> = self
            .slots
            .iter()
            .filter_map(Slot::first)
            .flat_map(|first| first.backing.iter().map(|(&second, &places)| (second, places)))
            .collect();
        backing.into_iter().try_for_each(|(second, places)| self.count_backing(second, places, 0))
    }
}
