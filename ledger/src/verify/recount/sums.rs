//! What must hold after every record, and at the end as a whole.

use std::collections::{BTreeMap, BTreeSet};

use schemas::ids::SlotId;
use schemas::vocabulary::{Channel, Contingent};

use super::super::wrong::Wrong;
use super::slots::{Dose, First, Lane, Second, Slot, Taken};
use super::{Recount, Stamp};

impl Recount {
    pub(super) fn check_record(&mut self, stamp: &Stamp) {
        let touched = self.slots.take_touched();
        for id in &touched {
            let off = self.slots.get(*id).and_then(off);
            for (wrong, what) in off.into_iter().flatten() {
                self.wrong(wrong, format!("slot {id}: {what}"));
            }
        }
        self.check_stranded(stamp, &touched);
        self.check_due(stamp);
        if let Some((replaced, _)) = self.holds.replaced.take() {
            self.wrong(Wrong::LeftOver, format!("hold {replaced} was replaced by none"));
        }
    }

    /// No first place rests while a second place inside its interval is free. Slots that have begun neither wait nor back.
    fn check_stranded(&mut self, stamp: &Stamp, touched: &BTreeSet<SlotId>) {
        if touched.is_empty() || self.slots.resting().is_empty() {
            return;
        }
        let to_come = |slot: &Slot| slot.start_at > stamp.time;
        let free = |slot: &Slot| matches!(&slot.dose, Dose::Second(second) if second.free() > 0);
        // Where no resting slot was touched, only the seconds that were can have become free.
        let all = touched.iter().any(|id| self.slots.resting().contains(id));
        let seconds = self.slots.iter().filter(|(id, _)| all || touched.contains(id));
        let seconds: Vec<SlotId> =
            seconds.filter(|(_, slot)| to_come(slot) && free(slot)).map(|(id, _)| id).collect();
        let waiting = self.slots.resting().iter().filter(|id| self.slots.get(**id).is_some_and(to_come));
        let stranded = waiting.flat_map(|first| seconds.iter().map(|second| (*first, *second)));
        let stranded: Vec<_> = stranded
            .filter(|(first, second)| touched.contains(first) || touched.contains(second))
            .filter(|(first, second)| self.slots.fit(*first, *second))
            .collect();
        for (first, second) in stranded {
            self.wrong(
                Wrong::Stranded,
                format!("slot {first} has places that rest, slot {second} free ones for them"),
            );
        }
    }

    /// Everything due at a time is decided before a command at that time.
    fn check_due(&mut self, stamp: &Stamp) {
        if stamp.channel == Channel::Writer {
            return;
        }
        if let Some((at, hold)) = self.holds.first_due().filter(|(at, _)| *at <= stamp.time) {
            self.wrong(Wrong::Overdue, format!("hold {hold} lapsed at {at} and has not expired"));
        }
        if let Some((at, slot)) = self.flow_backs.first().copied().filter(|(at, _)| *at <= stamp.time) {
            self.wrong(
                Wrong::Overdue,
                format!("the contingents of slot {slot} did not flow together at {at}"),
            );
        }
    }

    /// Counts every live hold and booking once more, apart from the running counts.
    pub(in crate::verify) fn recount_whole(&mut self) {
        let mut lanes: BTreeMap<(SlotId, Contingent), (i64, i64)> = BTreeMap::new();
        let mut seconds: BTreeMap<SlotId, (i64, i64)> = BTreeMap::new();
        for (_, hold) in self.holds.alive() {
            add(lanes.entry((hold.first, hold.contingent)).or_default(), hold.taken());
            if let Some(second) = hold.second {
                add(seconds.entry(second).or_default(), hold.taken());
            }
        }
        let kept = self.kept_by_seconds();
        let mut off = Vec::new();
        for (id, slot) in self.slots.iter() {
            let same = match &slot.dose {
                Dose::First(first) => CONTINGENTS.iter().all(|contingent| {
                    let lane = first.lane(*contingent);
                    (lane.held, lane.booked) == lanes.get(&(id, *contingent)).copied().unwrap_or_default()
                }),
                Dose::Second(second) => {
                    let counted = seconds.get(&id).copied().unwrap_or_default();
                    let reserved = kept.get(&id).copied().unwrap_or(0);
                    (second.held, second.booked, second.reserved) == (counted.0, counted.1, reserved)
                }
            };
            if !same {
                off.push(id);
            }
        }
        for id in off {
            self.wrong(
                Wrong::SumsDiffer,
                format!("slot {id} does not hold what its holds and bookings add up to"),
            );
        }
        self.recount_registrations();
    }

    fn recount_registrations(&mut self) {
        // A booking whose doses have both begun may outlive its registration, which is forgotten.
        let others = self.holds.alive().filter(|(id, hold)| {
            let registration = self.people.get(hold.registration);
            registration.is_some_and(|registration| registration.live != Some(*id))
        });
        let others = others.count();
        self.expect(others == 0, Wrong::TwoAtOnce, || {
            format!("{others} holds and bookings are alive whose registration has another or none")
        });
    }
}

pub(super) const CONTINGENTS: [Contingent; 3] = [Contingent::Web, Contingent::Hotline, Contingent::Open];

fn add(count: &mut (i64, i64), taken: Taken) {
    match taken {
        Taken::Held => count.0 += 1,
        Taken::Booked => count.1 += 1,
    }
}

type Off = Vec<(Wrong, String)>;

fn off(slot: &Slot) -> Option<Off> {
    let off = match &slot.dose {
        Dose::First(first) => off_first(first),
        Dose::Second(second) => off_second(second),
    };
    (!off.is_empty()).then_some(off)
}

fn off_first(first: &First) -> Off {
    let mut off = Off::new();
    for contingent in CONTINGENTS {
        let Lane { capacity, held, resting, booked } = *first.lane(contingent);
        let free = first.lane(contingent).free();
        if [capacity, held, resting, booked, free].iter().any(|count| *count < 0) {
            let what = format!(
                "{contingent}: capacity {capacity}, held {held}, resting {resting}, booked {booked}, free {free}"
            );
            off.push((Wrong::SumsDiffer, what));
        }
    }
    let (free, resting) = (first.sum(Lane::free), first.sum(|lane| lane.resting));
    let backed = first.backed();
    let most = if first.doses > 1 { free + resting } else { 0 };
    let least = if first.doses > 1 { free } else { 0 };
    if !(least..=most).contains(&backed) || first.backing.values().any(|places| *places < 0) {
        off.push((
            Wrong::Stranded,
            format!("{backed} of {free} free and {resting} resting places are backed"),
        ));
    }
    off
}

fn off_second(second: &Second) -> Off {
    let Second { capacity, held, reserved, booked } = *second;
    let free = second.free();
    if [capacity, held, reserved, booked, free].iter().all(|count| *count >= 0) {
        return Off::new();
    }
    let what = format!("capacity {capacity}, held {held}, reserved {reserved}, booked {booked}, free {free}");
    vec![(Wrong::SumsDiffer, what)]
}
