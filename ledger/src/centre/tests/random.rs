//! Long seeded histories of anything that can be asked: after every record all invariants hold, nobody who could
//! have a second place waits for one, and the events alone give the same fold.

use schemas::Event;
use schemas::ids::{CentreNumber, Group, HoldId, Pseudonym, RegistrationId, SlotId};
use schemas::rules::BasisPoints;
use schemas::vocabulary::*;

use super::harness::*;
use super::words::*;
use crate::answer::Decision;
use crate::centre::Centre;
use crate::centre::stock::settle::fits;
use crate::command::*;
use crate::rejection::Rejection;

const PERSONS: u64 = 60;
const WAITS: [u64; 8] = [0, 0, 0, 1_000, 1_000, MINUTE, 5 * MINUTE, 20 * MINUTE];

/// SplitMix64: small, and the same for ever.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn small(&mut self, limit: u32) -> u32 {
        u32::try_from(self.below(limit.into())).unwrap()
    }

    fn maybe<T>(&mut self, value: T) -> Option<T> {
        (self.below(2) == 0).then_some(value)
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn slot(&mut self, world: &World, dose: Dose) -> SlotId {
        let all: Vec<_> = world
            .centre
            .slots()
            .filter(|slot| slot.first().is_some() == (dose == Dose::First))
            .map(|slot| slot.id)
            .collect();
        if all.is_empty() || self.below(30) == 0 { SlotId(self.small(60)) } else { self.of(&all) }
    }

    /// Mostly a live hold or booking.
    fn hold(&mut self, world: &World) -> HoldId {
        let all: Vec<_> =
            world.centre.holds.all().filter(|hold| hold.ended.is_none()).map(|hold| hold.id).collect();
        if all.is_empty() || self.below(8) == 0 { hold(self.below(400).into()) } else { self.of(&all) }
    }

    fn person(&mut self) -> RegistrationId {
        person(self.below(PERSONS).into())
    }

    fn facts(&mut self) -> PersonFacts {
        let mut facts = facts(u8::try_from(self.below(PERSONS)).unwrap());
        if self.below(4) == 0 {
            facts.pseudonyms.push(Pseudonym([u8::try_from(self.below(PERSONS)).unwrap(); 16]));
        }
        if self.below(20) == 0 {
            facts.group = Group(2);
        }
        facts
    }
}

fn command(dice: &mut Dice, world: &World) -> CentreCommand {
    match dice.below(24) {
        0..=6 => CentreCommand::PlaceHold {
            hold: hold(dice.below(400).into()),
            registration: dice.person(),
            first: dice.slot(world, Dose::First),
            second: if dice.below(2) == 0 { Some(dice.slot(world, Dose::Second)) } else { None },
            instead_of: None,
        },
        7 => {
            let old = dice.hold(world);
            let registration = world.centre.hold(old).map_or(dice.person(), |hold| hold.registration);
            let (hold, first) = (hold(dice.below(400).into()), dice.slot(world, Dose::First));
            CentreCommand::PlaceHold { hold, registration, first, second: None, instead_of: Some(old) }
        }
        8 => CentreCommand::ExtendHold { hold: dice.hold(world) },
        9 => CentreCommand::ReleaseHold { hold: dice.hold(world) },
        10..=13 => CentreCommand::ConfirmHold { hold: dice.hold(world) },
        14..=16 => {
            let (first, second) = (dice.slot(world, Dose::First), dice.slot(world, Dose::Second));
            let change = id(dice.below(900).into());
            let (first, second) = (dice.maybe(first), dice.maybe(second));
            CentreCommand::RescheduleBooking { booking: dice.hold(world), change, first, second }
        }
        17 | 18 => CentreCommand::CancelBooking {
            booking: dice.hold(world),
            doses: dice.of(CancelDoses::ALL),
            reason: dice.of(&[CancelReason::Person, CancelReason::Ill]),
        },
        _ => rare(dice, world),
    }
}

fn rare(dice: &mut Dice, world: &World) -> CentreCommand {
    match dice.below(14) {
        0..=3 => {
            let number = dice.below(PERSONS);
            let facts = dice.facts();
            register_as(u8::try_from(number).unwrap(), facts)
        }
        4 => {
            let other = dice.below(PERSONS).into();
            let facts = dice.facts();
            amend(dice.below(PERSONS).into(), dice.small(4), facts, &[other])
        }
        5 if dice.below(3) == 0 => CentreCommand::WithdrawRegistration {
            registration: dice.person(),
            reason: WithdrawReason::Person,
        },
        6 if dice.below(3) == 0 => {
            CentreCommand::Erase { registration: dice.person(), ended_in_views: false }
        }
        7 => CentreCommand::FinishErasure { registration: dice.person() },
        8 => reissue(dice.below(PERSONS).into(), dice.below(9).into(), 1),
        9 | 11 | 12 => {
            let dose = dice.of(&[Dose::First, Dose::Second, Dose::Second]);
            let slot = dice.slot(world, dose);
            let contingent = dice.of(Contingent::ALL);
            shrink(dice.below(4_000).into(), &[(slot.0, dice.maybe(contingent), dice.small(3))])
        }
        10 if dice.below(9) == 0 => CentreCommand::ReceiveDelivery {
            delivery: id(dice.below(2).into()),
            lot: "EJ6796".into(),
            doses: 90,
            received_on: date("2021-01-12"),
        },
        _ => released(dice, world),
    }
}

fn released(dice: &mut Dice, world: &World) -> CentreCommand {
    let today = world.asked().on;
    let on = |days: u32| today.plus_days(i32::try_from(days).unwrap()).unwrap().to_string();
    let single = dice.below(5) == 0;
    let day = on(1 + dice.small(4));
    let places = |dice: &mut Dice| (dice.small(3), dice.small(2), dice.small(2));
    let mut slots =
        vec![slot(&day, "10:00", Dose::First, places(dice)), slot(&day, "09:00", Dose::First, places(dice))];
    for _ in 0..dice.below(2) {
        let capacity = dice.small(4);
        slots.push(second(&on(20 + dice.small(26)), capacity));
    }
    let number = dice.below(2_000).into();
    if single { release_single(number, slots[..2].to_vec()) } else { release(number, slots) }
}

/// No place rests for which there is a free second one.
fn nobody_is_stranded(world: &World) {
    let waits = |slot: &&crate::centre::Slot| {
        slot.first().is_some_and(crate::centre::stock::rests) && !slot.has_begun(world.now)
    };
    for first in world.centre.slots().filter(waits) {
        let mut seconds = world.centre.slots().filter(|second| !second.has_begun(world.now));
        let free = |second: &crate::centre::Slot| second.second().is_some_and(|places| places.free > 0);
        assert!(!seconds.any(|second| free(second) && fits(first, second)), "slot {} waits", first.id);
    }
}

#[derive(Default)]
struct Tally(std::collections::BTreeMap<String, u32>);

fn history(seed: u64, commands: u32, tally: &mut Tally) {
    let mut dice = Dice(seed);
    let mut set = rules();
    set.holds.held_share = BasisPoints(dice.of(&[0, 2_500, 5_000, 10_000]));
    set.book_until_min = dice.of(&[0, 60]);
    set.holds.per_registration_and_day = 2;
    let mut world = World::with_rules(set);
    world.registered(0..40);
    for number in 0..6_u32 {
        let day =
            |after: u32| date("2021-01-12").plus_days(i32::try_from(after).unwrap()).unwrap().to_string();
        let slots = vec![first(&day(number + 1), (2, 1, 1)), second(&day(number + 22), 4)];
        world.release(u128::from(number) + 900, slots);
    }
    for at in 0..commands {
        world.wait(dice.of(&WAITS));
        world.channel = dice.of(&[Channel::Web, Channel::Hotline, Channel::Partner]);
        let command = command(&mut dice, &world);
        let name = match world.decide(&command) {
            Ok(Decision::Events(events)) => {
                world.record(&events);
                nobody_is_stranded(&world);
                assert!(matches!(world.decide(&command), Ok(Decision::Repeat(_))));
                names(&events).join("+")
            }
            Ok(Decision::Repeat(_)) => "repeat".into(),
            Err(rejection) => {
                alternatives_can_be_had(&world, &command, &rejection);
                rejection.rule().into()
            }
        };
        *tally.0.entry(name).or_default() += 1;
        if at % 50 == 0 {
            read_again(&world.centre, &mut dice);
        }
    }
    same_again(&world);
}

/// Whoever is offered other pairs gets each of them with the same command.
fn alternatives_can_be_had(world: &World, command: &CentreCommand, rejection: &Rejection) {
    let (Rejection::SlotFull { alternatives, .. }
    | Rejection::ContingentSpent { alternatives, .. }
    | Rejection::HoldBudgetSpent { alternatives, .. }
    | Rejection::SecondPlaceReserved { alternatives }) = rejection
    else {
        return;
    };
    for pair in alternatives {
        let mut other = command.clone();
        match &mut other {
            CentreCommand::PlaceHold { first, second, .. } => (*first, *second) = (pair.first, pair.second),
            CentreCommand::RescheduleBooking { first, second, .. } => {
                (*first, *second) = (Some(pair.first), pair.second);
            }
            other => panic!("{other:?} has no alternatives"),
        }
        assert!(matches!(world.decide(&other), Ok(Decision::Events(_))), "{command:?}: {pair:?}");
    }
}

/// The fold from its bytes: every index that was left out is made as it was.
fn read_again(centre: &Centre, dice: &mut Dice) {
    let mut bytes = Vec::new();
    schemas::codec::feed(centre, |piece| bytes.extend_from_slice(piece)).unwrap();
    let read: Centre = schemas::codec::from_large_bytes(&bytes).unwrap();
    assert_eq!(&read, centre);
    read.check_all().unwrap();
    // Whatever is wrong in them is an error or another fold, and never a panic.
    for _ in 0..4 {
        let at = usize::try_from(dice.below(bytes.len() as u64)).unwrap();
        bytes[at] ^= 1 << dice.small(8);
        let _ = schemas::codec::from_large_bytes::<Centre>(&bytes);
    }
    let cut = usize::try_from(dice.below(bytes.len() as u64)).unwrap();
    assert!(schemas::codec::from_large_bytes::<Centre>(&bytes[..cut]).is_err());
}

/// The fold of the events alone.
fn same_again(world: &World) {
    let mut again = Centre::new(CentreNumber(1));
    for (mark, events) in &world.log {
        events.iter().for_each(|event: &Event| again.apply(event, mark));
        again.check().unwrap();
    }
    assert_eq!(again, world.centre);
}

#[test]
fn every_invariant_holds_after_every_record_of_long_random_histories() {
    let mut tally = Tally::default();
    for seed in 1..=80 {
        eprintln!("seed {seed}");
        history(seed, 1_500, &mut tally);
    }
    eprintln!("{:#?}", tally.0);
    for met in EXPECTED {
        assert!(tally.0.contains_key(*met), "{met} was never met");
    }
}

const EXPECTED: &[&str] = &[
    "repeat",
    "NotFound",
    "IdTaken",
    "ContentDiffers",
    "RegistrationEnded",
    "NeedsDesk",
    "AlreadyHolding",
    "AlreadyBooked",
    "HoldsSpentToday",
    "CohortNotOpen",
    "SlotTooSoon",
    "VaccineMismatch",
    "IntervalTooShort",
    "IntervalTooLong",
    "SlotFull",
    "ContingentSpent",
    "HoldBudgetSpent",
    "SecondPlaceReserved",
    "HoldLapsed",
    "HoldEnded",
    "AlreadyConfirmed",
    "BookingEnded",
    "NothingToChange",
    "StaleRevision",
    "DosesExceeded",
    "SecondPlacesMissing",
    "PlacesTaken",
    "HoldPlaced",
    "HoldReleased+HoldPlaced",
    "BookingRescheduled",
    "BookingRescheduled+PlacesReturned",
    "BookingCancelled",
    "BookingCancelled+PlacesReturned",
    "SlotsReleased",
    "SlotsReleased+PlacesReturned",
    "SlotsShrunk",
    "BookingCancelled+RegistrationWithdrawn",
    "RegistrationWithdrawn+ErasureOrdered",
    "ErasureDone",
];
