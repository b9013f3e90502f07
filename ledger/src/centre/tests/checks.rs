//! Each invariant is found broken when it is broken behind the back of the rules.

use schemas::events::{Backing, SlotsReleased};
use schemas::ids::SlotId;
use schemas::vocabulary::Contingent;
use schemas::{Event, events::HoldPlaced};

use super::harness::*;
use super::words::*;
use crate::centre::slot::{FirstPlaces, Places, SecondCounts};
use crate::centre::stock::Slots;
use crate::centre::{Breach, Centre};
use crate::rejection::Mark;

fn held_and_booked() -> World {
    let mut world = World::offering(vec![first("2021-01-19", (3, 0, 0)), second("2021-02-09", 4)]);
    world.done(place(1, 1, None));
    world.done(place(2, 1, None));
    world.done(confirm(2));
    world
}

fn with_first(change: fn(&mut FirstPlaces)) -> Centre {
    let mut centre = held_and_booked().centre;
    let changed = centre.stock.edit(SlotId(1), |slot| {
        match &mut slot.places {
            Places::First(first) => change(first),
            Places::Second(_) => panic!("slot 1 is for first doses"),
        }
        Ok(())
    });
    changed.unwrap();
    centre
}

fn with_second(change: fn(&mut SecondCounts)) -> Centre {
    let mut centre = held_and_booked().centre;
    let changed = centre.stock.edit(SlotId(2), |slot| {
        match &mut slot.places {
            Places::First(_) => panic!("slot 2 is for second doses"),
            Places::Second(second) => change(second),
        }
        Ok(())
    });
    changed.unwrap();
    centre
}

#[test]
fn places_of_a_slot_that_do_not_add_up_are_found_after_the_record() {
    let firsts: [fn(&mut FirstPlaces); 5] = [
        |first| first.web.capacity += 1,
        |first| first.web.held += 1,
        |first| first.hotline.resting += 1,
        |first| first.open.booked += 1,
        |first| first.web.booked -= 1,
    ];
    for change in firsts {
        assert!(matches!(with_first(change).check(), Err(Breach::FirstSum { .. })));
    }
    let seconds: [fn(&mut SecondCounts); 4] = [
        |second| second.capacity -= 1,
        |second| second.free += 1,
        |second| second.held -= 1,
        |second| second.booked += 1,
    ];
    for change in seconds {
        assert!(matches!(with_second(change).check(), Err(Breach::SecondSum { .. })));
    }
}

#[test]
fn a_free_first_place_without_its_second_is_found_after_the_record() {
    let unbacked = |first: &mut FirstPlaces| first.backing.clear();
    assert!(matches!(with_first(unbacked).check(), Err(Breach::Backing { .. })));
    let reserved = |second: &mut SecondCounts| {
        second.free -= 1;
        second.reserved += 1;
    };
    assert!(matches!(with_second(reserved).check(), Err(Breach::Reserved { .. })));
}

#[test]
fn a_place_that_nobody_holds_is_found_by_a_recount() {
    let mut centre = with_second(|second| {
        second.held += 1;
        second.booked -= 1;
    });
    centre.check().unwrap();
    assert!(matches!(centre.check_all(), Err(Breach::Taken { .. })));
}

#[test]
fn a_hold_that_lapses_unseen_is_found_by_a_recount() {
    let mut world = held_and_booked();
    world.centre.holds.forget(hold(1));
    assert!(world.centre.check_all().is_err());
}

#[test]
fn a_registration_that_is_not_found_as_a_person_is_found_by_a_recount() {
    let mut world = held_and_booked();
    world.centre.people.forget(person(5));
    assert!(matches!(world.centre.check_all(), Err(Breach::PersonIndex { .. })));
}

#[test]
fn a_backing_outside_the_interval_is_found_by_a_recount() {
    let mut world = World::opened();
    let events = world.decide(&release(1, vec![first("2021-01-20", (1, 0, 0)), second("2021-02-10", 1)]));
    let Ok(crate::answer::Decision::Events(events)) = events else { panic!("{events:?}") };
    let Event::SlotsReleased(mut event) = events[0].clone() else { panic!("{events:?}") };
    event.slots[1].local_date = date("2021-02-09");
    let event = SlotsReleased { backing: vec![Backing { places: 1, ..event.backing[0].clone() }], ..event };
    world.centre.apply(&event.into(), &Mark { seq: 99, head: [0; 8], time: world.now });
    world.centre.check().unwrap();
    assert!(matches!(world.centre.check_all(), Err(Breach::BackingUnfit { .. })));
}

#[test]
fn a_second_live_hold_of_a_person_is_found_after_the_record() {
    let mut world = held_and_booked();
    let placed = world.log.iter().flat_map(|(_, events)| events).find_map(|event| match event {
        Event::HoldPlaced(placed) => Some(placed.clone()),
        _ => None,
    });
    let again = HoldPlaced { hold: hold(9), contingent: Contingent::Web, ..placed.unwrap() };
    world.centre.apply(&again.into(), &Mark { seq: 99, head: [0; 8], time: world.now });
    assert!(matches!(world.centre.check(), Err(Breach::Person { .. })));
}
