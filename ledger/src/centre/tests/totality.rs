//! `apply` takes any sequence of events without a panic, and `check` says what was wrong.

use schemas::events::*;
use schemas::ids::*;
use schemas::vocabulary::*;
use schemas::{Event, Instant};

use super::harness::*;
use super::random::Dice;
use super::words::*;
use crate::centre::slot::{Counts, Places, SecondCounts, Slot};
use crate::centre::stock::Slots as _;
use crate::centre::{Breach, Centre};
use crate::rejection::Mark;

/// All events of a busy world, in order.
fn busy() -> Vec<Event> {
    let mut world = World::offering(vec![first("2021-01-19", (3, 1, 1)), second("2021-02-09", 5)]);
    world.release(2, vec![slot("2021-01-19", "11:00", Dose::First, (2, 0, 0)), second("2021-02-10", 4)]);
    for number in 1..=4 {
        world.done(place(number, 1, None));
        world.done(extend(number));
    }
    world.done(confirm(1));
    world.done(confirm(2));
    world.done(reschedule(1, 1, Some(3), None));
    world.done(cancel(2, CancelDoses::Second));
    world.done(shrink(1, &[(4, None, 1)]));
    world.done(cancel(2, CancelDoses::Both));
    world.done(give_up(3));
    world.done(amend(5, 1, facts(5), &[]));
    world.done(reissue(5, 1, 1));
    world.done(erase(5));
    world.done(crate::command::CentreCommand::FinishErasure { registration: person(5) });
    world.done(withdraw(6));
    world.wait(5 * DAY);
    let mut events: Vec<Event> = world.log.into_iter().flat_map(|(_, events)| events).collect();
    let set = ChannelSet {
        channel: Channel::Web,
        state: ChannelState::Open,
        reason: String::new(),
        content: ContentHash([0; 16]),
    };
    events.push(set.into());
    events.push(huge().into());
    let nowhere = PlaceReturn {
        slot: SlotId(u32::MAX),
        contingent: Contingent::Web,
        places: u32::MAX,
        backed_by: Some(SlotId(0)),
    };
    events.push(PlacesReturned { returned: vec![nowhere] }.into());
    events
}

fn huge() -> SlotsReleased {
    let place = |slot, dose| ReleasedSlot {
        slot: SlotId(slot),
        start_at: Instant::MAX,
        local_date: date("9998-12-31"),
        length_min: u32::MAX,
        dose,
        capacity: u32::MAX,
        web: u32::MAX,
        hotline: u32::MAX,
        open: u32::MAX,
    };
    SlotsReleased {
        release: id(77),
        delivery: id(1),
        vaccine: COMIRNATY,
        doses: u8::MAX,
        interval_min_days: u32::MAX,
        interval_max_days: u32::MAX,
        flows_back_at: Some(Instant::EPOCH),
        slots: vec![place(1, Dose::First), place(2, Dose::Second), place(3, Dose::First)],
        backing: vec![Backing { first: SlotId(1), second: SlotId(2), places: u32::MAX }; 2],
        content: ContentHash([0; 16]),
    }
}

#[test]
fn any_sequence_of_events_is_folded_without_a_panic() {
    let events = busy();
    for seed in 1..=300 {
        let mut dice = Dice(seed);
        let mut centre = Centre::new(CentreNumber(1));
        let mut found = Ok(());
        for seq in 0..80 {
            let at = usize::try_from(dice.below(events.len() as u64)).unwrap();
            let time = Instant::EPOCH.plus_millis(dice.below(20 * DAY));
            centre.apply(&events[at], &Mark { seq, head: [0; 8], time });
            found = centre.check();
        }
        assert!(found.is_err(), "seed {seed}: such a history cannot be sound");
        centre.check_all().unwrap_err();
        let asked = World::opened().asked();
        centre.decide(&place(1, 1, None), &asked).ok();
        centre.due(Instant::MAX);
        centre.pairs(Channel::Web, Instant::EPOCH, None, 5);
    }
}

/// The world after these events and one more.
fn breach_after(world: &World, event: impl Into<Event>) -> Option<Breach> {
    let mut centre = world.centre.clone();
    let mark = Mark { seq: 9_999, head: [0; 8], time: world.now };
    centre.apply(&event.into(), &mark);
    centre.check().err()
}

#[test]
fn each_event_that_does_not_fit_is_a_breach() {
    let mut world = World::offering(vec![first("2021-01-19", (2, 0, 0)), second("2021-02-09", 2)]);
    world.done(place(1, 1, None));
    let placed = |number: u128, who: u128| HoldPlaced {
        hold: hold(number),
        registration: person(who),
        first: SlotId(1),
        second: Some(SlotId(2)),
        frees: None,
        contingent: Contingent::Web,
        asked_on: date("2021-01-12"),
        deadline_at: world.now,
        instead_of: None,
        content: ContentHash([0; 16]),
    };
    assert_eq!(breach_after(&world, placed(2, 2)), None);
    assert!(matches!(breach_after(&world, placed(1, 2)), Some(Breach::Twice { .. })));
    assert!(matches!(breach_after(&world, placed(2, 1)), Some(Breach::Person { .. })));
    assert!(matches!(breach_after(&world, placed(2, 77)), Some(Breach::Unknown { .. })));
    let oversold = HoldPlaced { contingent: Contingent::Open, ..placed(2, 2) };
    assert!(matches!(breach_after(&world, oversold), Some(Breach::Count { .. })));
    let without_second = HoldPlaced { second: None, ..placed(2, 2) };
    assert!(matches!(breach_after(&world, without_second), Some(Breach::Backing { .. })));
    let expired = HoldExpired { hold: hold(7) };
    assert!(matches!(breach_after(&world, expired), Some(Breach::Unknown { .. })));
    let flow = |places| ContingentsReturned {
        returned: vec![ContingentReturn { slot: SlotId(1), contingent: Contingent::Web, places }],
    };
    assert_eq!(breach_after(&world, flow(1)), None);
    assert!(matches!(breach_after(&world, flow(2)), Some(Breach::FlowBack { .. })));
    let returned = PlaceReturn { slot: SlotId(1), contingent: Contingent::Web, places: 1, backed_by: None };
    let returned = PlacesReturned { returned: vec![returned] };
    assert!(matches!(breach_after(&world, returned), Some(Breach::Count { .. })));
    world.done(confirm(1));
    let expired = HoldExpired { hold: hold(1) };
    assert!(matches!(breach_after(&world, expired), Some(Breach::HoldState { .. })));
}

#[test]
fn a_breach_stays_found() {
    let mut world = World::opened();
    let mark = Mark { seq: 9_999, head: [0; 8], time: world.now };
    world.centre.apply(&HoldExpired { hold: hold(7) }.into(), &mark);
    let first = world.centre.check().unwrap_err();
    assert_eq!(world.centre.check(), Err(first.clone()));
    assert_eq!(world.centre.check_all(), Err(first));
}

fn web(slot: &mut Slot) -> &mut Counts {
    match &mut slot.places {
        Places::First(first) => &mut first.web,
        Places::Second(_) => panic!("a first-dose slot"),
    }
}

fn seconds(slot: &mut Slot) -> &mut SecondCounts {
    match &mut slot.places {
        Places::First(_) => panic!("a second-dose slot"),
        Places::Second(second) => second,
    }
}

#[test]
fn every_sum_of_a_slot_that_was_touched_is_looked_at() {
    let world = World::offering(vec![first("2021-01-19", (3, 1, 1)), second("2021-02-09", 6)]);
    let found = |slot, spoil: fn(&mut Slot)| {
        let mut centre = world.centre.clone();
        assert_eq!(centre.check(), Ok(()));
        let spoiled = centre.stock.edit(SlotId(slot), |slot| {
            spoil(slot);
            Ok(())
        });
        assert_eq!(spoiled, Ok(()));
        centre.check().unwrap_err()
    };
    assert!(matches!(found(1, |slot| web(slot).held += 1), Breach::FirstSum { .. }));
    let held = |slot: &mut Slot| (web(slot).free, web(slot).held) = (2, 1);
    assert!(matches!(found(1, held), Breach::Backing { free: 4, backed: 5, .. }));
    assert!(matches!(found(2, |slot| seconds(slot).held += 1), Breach::SecondSum { .. }));
    let reserved = |slot: &mut Slot| (seconds(slot).free, seconds(slot).reserved) = (0, 6);
    assert!(matches!(found(2, reserved), Breach::Reserved { reserved: 6, backed: 5, .. }));
}
