//! Holds and bookings as bytes; what is found by deadline or change follows.

use std::sync::Arc;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

use super::{Hold, HoldState, Holds};
use crate::centre::Centre;
use crate::centre::breach::Moved;
use crate::centre::stored::encode_all;

impl Encode for Holds {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        encode_all(self.all(), encoder)
    }
}

impl<C> Decode<C> for Holds {
    /// Without the indexes of deadlines, which need the slots: [`Centre::index_holds`].
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let holds = Vec::<Hold>::decode(decoder)?;
        let changes =
            holds.iter().flat_map(|hold| hold.changes.iter().map(|change| (change.id, hold.id))).collect();
        let by_id = holds.into_iter().map(|hold| (hold.id, Arc::new(hold))).collect();
        Ok(Self { by_id, changes, ..Self::default() })
    }
}

impl Centre {
    /// Makes the indexes of live holds, which name the days of their slots.
    pub(in crate::centre) fn index_holds(&mut self) -> Moved {
        let live = self.holds.all().filter(|hold| hold.state() == HoldState::Live);
        let dated = live.map(|hold| Ok((hold.clone(), self.date_of(hold)?)));
        for (hold, date) in dated.collect::<Result<Vec<_>, crate::centre::Breach>>()? {
            self.holds.index(&hold, date);
        }
        Ok(())
    }
}
