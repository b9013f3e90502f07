//! The office as bytes.

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

use super::Office;

impl Encode for Office {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        if let Some(breach) = &self.breach {
            return Err(EncodeError::OtherString(breach.to_string()));
        }
        self.channels.encode(encoder)?;
        self.last.encode(encoder)
    }
}

impl<C> Decode<C> for Office {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Ok(Self { channels: Decode::decode(decoder)?, last: Decode::decode(decoder)?, breach: None })
    }
}
