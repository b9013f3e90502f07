//! What the passing of time alone decides.

use schemas::events::{ContingentReturn, ContingentsReturned, HoldExpired};
use schemas::ids::HoldId;
use schemas::vocabulary::{Contingent, Dose};
use schemas::{Event, Instant};

use super::lists::Model;

impl Model {
    /// The next event that is due: by instant, flow-backs before expiries, then by slot or hold id.
    pub fn due(&self, now: Instant) -> Option<Event> {
        let flow = self.next_flow_back().filter(|&at| at <= now);
        let expiry = self.next_expiry().filter(|&(at, _)| at <= now);
        match (flow, expiry) {
            (Some(at), Some((lapses_at, hold))) if lapses_at < at => Some(HoldExpired { hold }.into()),
            (Some(at), _) => Some(self.flow_back(at).into()),
            (None, Some((_, hold))) => Some(HoldExpired { hold }.into()),
            (None, None) => None,
        }
    }

    /// When something is due next.
    pub fn next_due_at(&self) -> Option<Instant> {
        let expiry = self.next_expiry().map(|(at, _)| at);
        self.next_flow_back().into_iter().chain(expiry).min()
    }

    fn next_flow_back(&self) -> Option<Instant> {
        self.slots.iter().filter(|slot| !slot.flowed).filter_map(|slot| slot.flows_back_at).min()
    }

    fn next_expiry(&self) -> Option<(Instant, HoldId)> {
        let live = self.holds.iter().filter(|hold| hold.ended().is_none() && hold.confirmed.is_none());
        live.map(|hold| (hold.deadline_at, hold.placed.event.hold)).min()
    }

    /// All slots whose contingents flow together at this instant are named, with 0 places when nothing is left.
    fn flow_back(&self, at: Instant) -> ContingentsReturned {
        let concerned = self
            .slots
            .iter()
            .filter(|slot| slot.dose == Dose::First && !slot.flowed && slot.flows_back_at == Some(at));
        let parts = concerned.flat_map(|slot| {
            [Contingent::Web, Contingent::Hotline].map(|contingent| {
                let tally = self.tally(slot.id, Some(contingent));
                ContingentReturn { slot: slot.id, contingent, places: tally.free + tally.resting }
            })
        });
        ContingentsReturned { returned: parts.collect() }
    }
}
