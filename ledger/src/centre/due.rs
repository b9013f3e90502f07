//! What time alone brings about: contingents that flow together and holds that lapse.

use schemas::events::{ContingentReturn, ContingentsReturned, HoldExpired};
use schemas::ids::{HoldId, SlotId};
use schemas::vocabulary::Contingent;
use schemas::{Event, Instant};

use super::Centre;
use super::stock::{Draft, Slots, effects};

/// The most events of one record.
const MOST_EVENTS: usize = 256;
/// The most slots that flow back in one record: 18 bytes each, which leaves room for the rest.
const MOST_SLOTS: usize = 1_000;

impl Centre {
    /// The next record of what is due at `now`, of at most 256 events; none when nothing is. What is due is ordered by
    /// instant; at one instant contingents flow back before holds expire.
    pub fn due(&self, now: Instant) -> Option<Vec<Event>> {
        let mut flow_backs = self.stock.flow_backs().iter().take_while(|(at, _)| *at <= now).peekable();
        let mut lapsed = self.holds.deadlines().iter().take_while(|(at, _)| *at <= now).peekable();
        let mut draft = Draft::new(&self.stock);
        let (mut events, mut slots_left) = (Vec::new(), MOST_SLOTS);
        while events.len() < MOST_EVENTS && slots_left > 0 {
            let flow_at = flow_backs.peek().map(|(at, _)| *at);
            let lapse_at = lapsed.peek().map(|(at, _)| *at);
            match (flow_at, lapse_at) {
                (Some(at), lapse) if lapse.is_none_or(|lapse| at <= lapse) => {
                    let mut slots = Vec::new();
                    while let Some((_, slot)) =
                        flow_backs.next_if(|(other, _)| *other == at && slots.len() < slots_left)
                    {
                        slots.push(*slot);
                    }
                    slots_left -= slots.len();
                    events.push(flow_back(&mut draft, &slots));
                }
                (flow, Some(_)) => {
                    let Some((_, hold)) = lapsed.next() else { break };
                    events.push(HoldExpired { hold: *hold }.into());
                    if flow.is_some() {
                        self.try_expiry(&mut draft, *hold);
                    }
                }
                _ => break,
            }
        }
        (!events.is_empty()).then_some(events)
    }

    /// When something is due next; none when nothing ever is.
    pub fn next_due_at(&self) -> Option<Instant> {
        let flow_back = self.stock.flow_backs().first().map(|(at, _)| *at);
        let lapse = self.holds.deadlines().first().map(|(at, _)| *at);
        flow_back.into_iter().chain(lapse).min()
    }

    /// A place that comes back before a flow-back of the same record flows with the others.
    fn try_expiry(&self, draft: &mut Draft<'_>, hold: HoldId) {
        if let Some(hold) = self.holds.get(hold) {
            effects::hold_returned(draft, hold).ok();
        }
    }
}

/// Every slot is named for both contingents, with 0 places when nothing is left.
fn flow_back(draft: &mut Draft<'_>, slots: &[SlotId]) -> Event {
    let mut returned = Vec::new();
    for id in slots {
        let Some(first) = draft.slot(*id).and_then(|slot| slot.first()) else { continue };
        for contingent in [Contingent::Web, Contingent::Hotline] {
            let counts = first.counts(contingent);
            let places = counts.free.saturating_add(counts.resting);
            returned.push(ContingentReturn { slot: *id, contingent, places });
        }
    }
    let event = ContingentsReturned { returned };
    effects::contingents_returned(draft, &event).ok();
    event.into()
}
