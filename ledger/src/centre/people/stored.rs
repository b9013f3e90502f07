//! Registrations as bytes; what is found by reference or pseudonym follows.

use std::sync::Arc;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

use super::{People, Registration};
use crate::centre::stored::encode_all;

impl Encode for People {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        encode_all(self.all(), encoder)?;
        self.accesses.encode(encoder)?;
        self.erasures.encode(encoder)
    }
}

impl<C> Decode<C> for People {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let registrations = Vec::<Registration>::decode(decoder)?;
        let mut people = Self {
            accesses: Decode::decode(decoder)?,
            erasures: Decode::decode(decoder)?,
            ..Self::default()
        };
        // A reference belongs to the last who got it: one that is long ended may still be there beside him.
        let mut given: Vec<&Registration> = registrations.iter().collect();
        given.sort_by_key(|person| person.accepted.seq);
        people.references = given.iter().map(|person| (person.reference, person.id)).collect();
        for person in registrations.iter().filter(|person| person.ended.is_none()) {
            people.find(person.id, &person.pseudonyms);
        }
        people.by_id = registrations.into_iter().map(|person| (person.id, Arc::new(person))).collect();
        Ok(people)
    }
}
