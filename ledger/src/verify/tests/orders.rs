//! Choices that are lawful and not the ones that the rules name, and things that begin again: each once, named where it
//! stands.

use schemas::events::{
    AccessReissued, ErasureDone, ErasureOrdered, HoldPlaced, PlaceReturn, PlacesReturned,
    RegistrationWithdrawn, SlotPlaces, SlotShrunk, SlotsShrunk,
};
use schemas::ids::{AccessId, ChangeId, HoldId, ReleaseId, ShrinkId, SlotId};
use schemas::vocabulary::{CancelDoses, Channel, Contingent, Dose, ShrinkReason, WithdrawReason};

use super::super::Wrong;
use super::good::{flow_back, shrink};
use super::story::{
    CONTENT, FLOW, Story, backing, cancelled, expired, moved, person, placed, registered, second_release,
    slot,
};

type Row = (&'static str, Wrong, fn(&mut Story));

const WEB: Contingent = Contingent::Web;
const HOTLINE: Contingent = Contingent::Hotline;
/// So many seconds into the story that what ended on its first day is forgotten.
const EIGHT_DAYS: u32 = 8 * 86_400 - 7_200;

const ORDERS: &[Row] = &[
    ("an earlier backing that is freed", Wrong::BackingOrder, |story| {
        story.admin(99, shrink());
        let mut hold = placed(1, 100);
        (hold.second, hold.frees) = (Some(SlotId(5)), Some(SlotId(2)));
        story.web(100, hold);
    }),
    ("a first that comes back with a later second", Wrong::BackingOrder, |story| {
        story.booked(100, 1);
        story.web(102, cancelled(1, CancelDoses::Second, None));
        story.web(103, cancelled(1, CancelDoses::Both, Some(3)));
    }),
    ("who waits is served with a later second", Wrong::BackingOrder, |story| {
        resting(story);
        let mut release = third_release();
        release.slots.push(slot(9, 35, Dose::Second, [0; 3], 1));
        release.backing = vec![backing(6, 8, 1), backing(6, 7, 1)];
        let (slot, contingent, backed_by) = (SlotId(1), WEB, Some(SlotId(9)));
        let back = PlacesReturned { returned: vec![PlaceReturn { slot, contingent, places: 1, backed_by }] };
        story.record(Channel::Admin, 120, vec![release.into(), back.into()]);
    }),
    ("a release backed by later seconds", Wrong::BackingOrder, |story| {
        let mut release = third_release();
        release.backing = vec![backing(6, 7, 2)];
        story.admin(120, release);
    }),
    ("a shrink that frees earlier seconds", Wrong::BackingOrder, |story| {
        let frees = vec![SlotPlaces { slot: SlotId(2), places: 1 }];
        let contingent = Some(Contingent::Open);
        let slots = vec![SlotShrunk { slot: SlotId(1), contingent, removed: 1, frees }];
        let (shrink, reason) = (ShrinkId([1; 16]), ShrinkReason::Recall);
        story.admin(99, SlotsShrunk { shrink, reason, slots, content: CONTENT });
    }),
    ("an open place beside a free one of its own", Wrong::WrongContingent, |story| {
        story.web(100, HoldPlaced { contingent: Contingent::Open, ..placed(1, 100) });
    }),
    ("a later hold that expires first", Wrong::OutOfOrder, |story| {
        story.web(100, placed(1, 100));
        story.web(101, placed(2, 101));
        story.writer(800, expired(2));
    }),
    ("a hold that expires before contingents flow", Wrong::OutOfOrder, |story| {
        story.web(FLOW - 100, placed(1, FLOW - 100));
        story.writer(FLOW + 800, expired(1));
    }),
    ("contingents that flow before a hold expires", Wrong::OutOfOrder, |story| {
        story.web(FLOW - 700, placed(1, FLOW - 700));
        story.writer(FLOW, flow_back([(1, WEB, 1), (1, HOTLINE, 1), (4, WEB, 1), (4, HOTLINE, 0)]));
    }),
    ("contingents of a later slot first", Wrong::OutOfOrder, |story| {
        story.writer(FLOW, flow_back([(4, WEB, 1), (4, HOTLINE, 0), (1, WEB, 2), (1, HOTLINE, 1)]));
    }),
    ("a hold that somebody expires", Wrong::OutOfPlace, |story| {
        story.web(100, placed(1, 100));
        story.web(800, expired(1));
    }),
    ("contingents that somebody lets flow", Wrong::OutOfPlace, |story| {
        story.admin(FLOW, flow_back([(1, WEB, 2), (1, HOTLINE, 1), (4, WEB, 1), (4, HOTLINE, 0)]));
    }),
];

const BEGINNINGS: &[Row] = &[
    ("a hold that lapsed long ago, again", Wrong::UsedAgain, |story| {
        story.web(100, placed(1, 100));
        story.writer(700, expired(1));
        flowed(story);
        let hold =
            HoldPlaced { registration: person(2), contingent: Contingent::Open, ..placed(1, EIGHT_DAYS) };
        story.web(EIGHT_DAYS, hold);
    }),
    ("a registration that ended long ago, again", Wrong::UsedAgain, |story| {
        story.web(99, withdrawn(1));
        flowed(story);
        story.web(EIGHT_DAYS - 1, registered(9));
        story.web(EIGHT_DAYS, registered(1));
    }),
    ("a change again", Wrong::UsedAgain, |story| {
        story.booked(100, 1);
        for (revision, second) in [(2, 3), (3, 2)] {
            let mut moved = moved(1);
            (moved.revision, moved.second, moved.change) =
                (revision, Some(SlotId(second)), ChangeId([7; 16]));
            story.web(108 + revision, moved);
        }
    }),
    ("an access again, of another registration", Wrong::UsedAgain, |story| {
        for number in [1, 2] {
            let (registration, access) = (person(number), AccessId([1; 16]));
            story.web(120, AccessReissued { registration, access, generation: 1, content: CONTENT });
        }
    }),
    ("an id twice in one record", Wrong::UsedAgain, |story| {
        story.record(Channel::Web, 99, vec![registered(9).into(), registered(9).into()]);
    }),
    ("an erasure of somebody who never was", Wrong::Unknown, |story| {
        story.web(99, ErasureOrdered { registration: person(77), content: CONTENT });
    }),
    ("an erasure of somebody alive", Wrong::LeftOver, |story| {
        story.web(99, ErasureOrdered { registration: person(1), content: CONTENT });
    }),
    ("an erasure that was done before", Wrong::Unknown, |story| {
        story.web(99, withdrawn(1));
        story.web(100, ErasureOrdered { registration: person(1), content: CONTENT });
        story.record(Channel::Reactor, 101, vec![ErasureDone { registration: person(1) }.into()]);
        story.record(Channel::Reactor, 102, vec![ErasureDone { registration: person(1) }.into()]);
    }),
];

#[test]
fn every_choice_against_the_order_and_every_second_beginning_is_named_where_it_stands() {
    for (what, wrong, forge) in ORDERS.iter().chain(BEGINNINGS) {
        let mut story = Story::opened();
        forge(&mut story);
        let report = story.verified();
        let last = Some(report.partitions[1].values - 1);
        let named = report.faults.iter().any(|fault| fault.wrong == *wrong && fault.offset == last);
        assert!(named, "{what} is not told as {wrong:?} at {last:?}: {:#?}", report.faults);
        let early = report.faults.iter().find(|fault| fault.offset.is_some() && fault.offset < last);
        assert_eq!(early, None, "{what}: what led there should be clean");
    }
}

#[test]
fn the_same_in_their_order_are_clean() {
    let mut story = Story::opened();
    resting(&mut story);
    let mut release = third_release();
    release.slots.push(slot(9, 35, Dose::Second, [0; 3], 1));
    release.backing = vec![backing(6, 8, 1), backing(6, 7, 1)];
    let (slot, contingent, backed_by) = (SlotId(1), WEB, Some(SlotId(7)));
    let back = PlacesReturned { returned: vec![PlaceReturn { slot, contingent, places: 1, backed_by }] };
    story.record(Channel::Admin, 120, vec![release.into(), back.into()]);
    story.web(130, placed(2, 130));
    story.writer(730, expired(2));
    story.writer(FLOW, flow_back([(1, WEB, 2), (1, HOTLINE, 1), (4, WEB, 1), (4, HOTLINE, 0)]));
    // Only the third release has yet to flow: it is of the same instant.
    let wrongs: Vec<Wrong> = story.wrongs();
    assert_eq!(wrongs, []);
}

#[test]
fn who_is_forgotten_can_be_erased_and_his_reference_is_free() {
    let mut story = Story::opened();
    story.web(99, withdrawn(1));
    flowed(&mut story);
    story.web(EIGHT_DAYS - 1, registered(9));
    let mut other = registered(8);
    other.reference = registered(1).reference;
    story.web(EIGHT_DAYS, other);
    story.web(EIGHT_DAYS, ErasureOrdered { registration: person(1), content: CONTENT });
    story.record(Channel::Reactor, EIGHT_DAYS, vec![ErasureDone { registration: person(1) }.into()]);
    assert_eq!(story.wrongs(), []);
}

#[test]
fn a_hold_beginning_again_is_told_with_its_first_place() {
    let mut story = Story::opened();
    story.web(100, placed(1, 100));
    story.writer(700, expired(1));
    story.web(701, HoldPlaced { hold: HoldId([1; 16]), registration: person(2), ..placed(1, 701) });
    let report = story.verified();
    assert!(report.faults[0].what.contains("was there before, at 1@11-"), "{:?}", report.faults);
}

fn withdrawn(number: u8) -> RegistrationWithdrawn {
    RegistrationWithdrawn { registration: person(number), reason: WithdrawReason::Person, content: CONTENT }
}

/// All contingents have flowed together.
fn flowed(story: &mut Story) {
    story.writer(FLOW, flow_back([(1, WEB, 2), (1, HOTLINE, 1), (4, WEB, 1), (4, HOTLINE, 0)]));
}

/// A place of slot 1 rests: all second places that could back it are gone.
fn resting(story: &mut Story) {
    let removed = |number, slot, removed| SlotsShrunk {
        shrink: ShrinkId([number; 16]),
        reason: ShrinkReason::Recall,
        slots: vec![SlotShrunk { slot: SlotId(slot), contingent: None, removed, frees: Vec::new() }],
        content: CONTENT,
    };
    story.admin(99, removed(2, 3, 2));
    story.booked(100, 1);
    story.web(102, cancelled(1, CancelDoses::Second, None));
    story.admin(103, removed(3, 2, 1));
    story.web(104, cancelled(1, CancelDoses::Both, None));
}

/// Day 2, two places, and seconds on days 30 (two places) and 25 (one).
fn third_release() -> schemas::events::SlotsReleased {
    let mut release = second_release();
    release.release = ReleaseId([3; 16]);
    release.slots = vec![
        slot(6, 2, Dose::First, [1, 0, 1], 2),
        slot(7, 30, Dose::Second, [0; 3], 2),
        slot(8, 25, Dose::Second, [0; 3], 1),
    ];
    release.backing = vec![backing(6, 8, 1), backing(6, 7, 1)];
    release
}
