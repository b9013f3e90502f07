//! A partition's fold as bytes, canonical and sorted: two who read the same log to the same place have the same ones.

use std::fmt;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use schemas::codec::{self, CodecError};
use schemas::ids::{CentreNumber, Partition};
use sha2::{Digest, Sha256};

use super::{PartitionFold, State};
use crate::centre::Centre;
use crate::chain::Chain;
use crate::office::Office;

/// SHA-256 over the bytes of a partition's fold: two folds have the same one when they are the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub struct StateHash(pub [u8; 32]);

impl fmt::Display for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateHash({self})")
    }
}

impl PartitionFold {
    /// The hash of the chain and of all that follows from it, as of the last record read.
    ///
    /// # Errors
    /// When the state does not add up: then there is nothing to compare.
    pub fn state_hash(&self) -> Result<StateHash, CodecError> {
        let mut hasher = Sha256::new();
        codec::feed(self, |piece| hasher.update(piece))?;
        Ok(StateHash(hasher.finalize().into()))
    }
}

impl Encode for PartitionFold {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.chain.encode(encoder)?;
        self.state.office.encode(encoder)?;
        self.state.centres.encode(encoder)
    }
}

impl<C> Decode<C> for PartitionFold {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let chain = Chain::decode(decoder)?;
        let partition = chain.partition();
        let state = State::of(partition, Office::decode(decoder)?, Vec::decode(decoder)?)?;
        Ok(Self { partition, chain, state })
    }
}

impl State {
    fn of(partition: Partition, office: Office, centres: Vec<Centre>) -> Result<Self, DecodeError> {
        let numbered = (1..).map(CentreNumber).zip(&centres);
        let named = numbered.map(|(number, centre)| Some((centre.id()?.clone(), number)));
        let numbers =
            named.collect::<Option<_>>().ok_or(DecodeError::Other("a centre was never described"))?;
        Ok(Self { partition, office, centres, numbers })
    }
}
