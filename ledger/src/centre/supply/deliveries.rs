//! `AnnounceDelivery` and `ReceiveDelivery`.

use schemas::CivilDate;
use schemas::events::{DeliveryAnnounced, DeliveryReceived};
use schemas::ids::{Cvx, DeliveryId};

use crate::answer::Decision;
use crate::centre::{Ask, Centre};
use crate::rejection::Rejection;

impl Centre {
    pub(in crate::centre) fn announce(
        &self,
        ask: &Ask<'_>,
        delivery: DeliveryId,
        vaccine: Cvx,
        doses: u32,
        due_on: CivilDate,
    ) -> Result<Decision, Rejection> {
        if let Some(before) = self.delivery(delivery) {
            return before.known.repeat(ask.content);
        }
        ask.one(DeliveryAnnounced { delivery, vaccine, doses, due_on, content: ask.content })
    }

    pub(in crate::centre) fn receive(
        &self,
        ask: &Ask<'_>,
        delivery: DeliveryId,
        lot: &str,
        doses: u32,
        received_on: CivilDate,
    ) -> Result<Decision, Rejection> {
        let announced = self.delivery(delivery).ok_or(Rejection::NotFound { what: "delivery" })?;
        if let Some(arrival) = &announced.received {
            return arrival.known.repeat(ask.content).map_err(|_| Rejection::AlreadyReceived);
        }
        let (lot, content) = (lot.to_owned(), ask.content);
        ask.one(DeliveryReceived { delivery, lot, doses, received_on, content })
    }
}
