//! What a writer may do is clean, and is counted.

use schemas::events::{
    AccessReissued, ContingentReturn, ContingentsReturned, DeliveryReceived, ErasureDone, ErasureOrdered,
    HoldExtended, PlaceReturn, PlacesReturned, RegistrationWithdrawn, SlotPlaces, SlotShrunk, SlotsShrunk,
};
use schemas::ids::{AccessId, DeliveryId, HoldId, ShrinkId, SlotId};
use schemas::vocabulary::{CancelDoses, Channel, Contingent, ReleaseReason, ShrinkReason, WithdrawReason};

use super::super::{Progress, verify};
use super::story::{
    CONTENT, FLOW, Story, at, cancelled, confirmed, day, expired, given_back, moved, person, placed,
};
use crate::log::Log;

fn assert_clean(story: &Story) {
    let report = story.verified();
    assert!(report.clean, "{:#?}", report.faults);
    assert_eq!((report.oversold, report.fault_count), (0, 0));
}

/// What flows back of slots 1 and 4: what each contingent has left.
pub(super) fn flow_back(left: [(u32, Contingent, u32); 4]) -> ContingentsReturned {
    let entry = |(slot, contingent, places)| ContingentReturn { slot: SlotId(slot), contingent, places };
    ContingentsReturned { returned: left.map(entry).into() }
}

#[test]
fn an_opened_centre_is_clean() {
    let story = Story::opened();
    assert_clean(&story);
    let report = story.verified();
    assert_eq!((report.records, report.void, report.repeats), (12, 0, 0));
    assert_eq!(report.events["SlotsReleased"], 2);
    assert_eq!(report.partitions.len(), 2);
    assert_eq!(report.partitions[1].seq, 10);
}

#[test]
fn holds_are_extended_swapped_given_back_confirmed_and_lapse() {
    let mut story = Story::opened();
    story.web(100, placed(1, 100));
    story.web(101, HoldExtended { hold: HoldId([1; 16]), deadline_at: at(1_000), content: CONTENT });
    let mut swap = placed(9, 102);
    (swap.registration, swap.instead_of) = (person(1), Some(HoldId([1; 16])));
    story.record(Channel::Web, 102, vec![given_back(1, ReleaseReason::Replaced).into(), swap.into()]);
    story.web(103, given_back(9, ReleaseReason::GivenUp));
    story.booked(104, 2);
    story.web(110, placed(3, 110));
    story.writer(710, expired(3));
    assert_clean(&story);
    let report = story.verified();
    assert_eq!((report.live_bookings, report.live_pairs, report.live_holds), (1, 1, 0));
    assert_eq!(report.booked_by_channel["web"], 1);
    assert_eq!(report.booked_by_contingent["web"], 1);
}

#[test]
fn a_free_second_is_taken_and_a_backing_becomes_free() {
    let mut story = Story::opened();
    let mut hold = placed(1, 100);
    (hold.second, hold.frees) = (Some(SlotId(5)), Some(SlotId(3)));
    // Slot 5 has no free place until slot 4 shrinks.
    story.admin(99, shrink());
    story.web(100, hold);
    assert_clean(&story);
}

/// One open place of slot 4, which frees one of slot 5.
pub(super) fn shrink() -> SlotsShrunk {
    let frees = vec![SlotPlaces { slot: SlotId(5), places: 1 }];
    let slot = SlotShrunk { slot: SlotId(4), contingent: Some(Contingent::Open), removed: 1, frees };
    SlotsShrunk {
        shrink: ShrinkId([1; 16]),
        reason: ShrinkReason::Staffing,
        slots: vec![slot],
        content: CONTENT,
    }
}

/// Free places of a second-dose slot.
fn shrink_second(number: u8, slot: u32, removed: u32) -> SlotsShrunk {
    let slot = SlotShrunk { slot: SlotId(slot), contingent: None, removed, frees: Vec::new() };
    SlotsShrunk {
        shrink: ShrinkId([number; 16]),
        reason: ShrinkReason::Recall,
        slots: vec![slot],
        content: CONTENT,
    }
}

#[test]
fn a_first_place_moves_alone_and_what_comes_back_takes_the_backing_that_became_free() {
    let mut story = Story::opened();
    story.admin(99, shrink_second(2, 3, 2));
    let mut hold = placed(1, 100);
    hold.second = Some(SlotId(3));
    story.web(100, hold);
    story.web(101, confirmed(1));
    let mut first = moved(1);
    (first.first, first.contingent, first.frees) = (Some(SlotId(4)), Some(Contingent::Web), Some(SlotId(5)));
    first.backed_by = Some(SlotId(5));
    story.web(111, first);
    assert_clean(&story);
    story.web(112, cancelled(1, CancelDoses::Second, None));
    story.web(113, cancelled(1, CancelDoses::Both, Some(3)));
    assert_clean(&story);
}

#[test]
fn a_place_that_rests_is_backed_by_the_next_second_that_is_free() {
    let mut story = Story::opened();
    story.admin(99, shrink_second(2, 3, 2));
    story.booked(100, 1);
    story.web(102, cancelled(1, CancelDoses::Second, None));
    // The one free second, of slot 2, goes with a shrink; then the first place comes back to nothing.
    story.admin(103, shrink_second(3, 2, 1));
    story.web(104, cancelled(1, CancelDoses::Both, None));
    assert_clean(&story);
    let back =
        PlaceReturn { slot: SlotId(1), contingent: Contingent::Web, places: 1, backed_by: Some(SlotId(5)) };
    let back = PlacesReturned { returned: vec![back] };
    story.record(Channel::Admin, 105, vec![shrink().into(), back.into()]);
    assert_clean(&story);
}

#[test]
fn contingents_flow_together_and_what_comes_back_later_is_open() {
    let mut story = Story::opened();
    story.booked(FLOW - 100, 1);
    story.web(FLOW - 50, placed(2, FLOW - 50));
    let (web, hotline) = (Contingent::Web, Contingent::Hotline);
    story.writer(FLOW, flow_back([(1, web, 0), (1, hotline, 1), (4, web, 1), (4, hotline, 0)]));
    story.web(FLOW + 1, given_back(2, ReleaseReason::GivenUp));
    story.web(FLOW + 2, cancelled(1, CancelDoses::Both, Some(2)));
    let mut hold = placed(3, FLOW + 3);
    hold.contingent = Contingent::Open;
    story.web(FLOW + 3, hold);
    assert_clean(&story);
}

#[test]
fn a_booking_moves_with_both_places() {
    let mut story = Story::opened();
    story.booked(100, 1);
    let mut both = moved(1);
    (both.first, both.second) = (Some(SlotId(4)), Some(SlotId(5)));
    (both.contingent, both.backed_by) = (Some(Contingent::Web), Some(SlotId(2)));
    story.web(110, both);
    assert_clean(&story);
    let mut back = moved(1);
    (back.revision, back.change.0, back.second) = (3, [9; 16], Some(SlotId(3)));
    story.web(111, back);
    assert_clean(&story);
}

#[test]
fn people_are_amended_withdrawn_and_erased() {
    let mut story = Story::opened();
    story.admin(
        50,
        DeliveryReceived {
            delivery: DeliveryId([1; 16]),
            lot: "EJ6797".to_owned(),
            doses: 12,
            received_on: day(-1),
            content: CONTENT,
        },
    );
    story.web(
        60,
        AccessReissued {
            registration: person(1),
            access: AccessId([1; 16]),
            generation: 1,
            content: CONTENT,
        },
    );
    story.booked(100, 1);
    let withdrawn =
        RegistrationWithdrawn { registration: person(1), reason: WithdrawReason::Erasure, content: CONTENT };
    let ordered = ErasureOrdered { registration: person(1), content: CONTENT };
    let cancel = cancelled(1, CancelDoses::Both, Some(2));
    story.record(Channel::Web, 110, vec![cancel.into(), withdrawn.into(), ordered.into()]);
    story.record(Channel::Reactor, 120, vec![ErasureDone { registration: person(1) }.into()]);
    assert_clean(&story);
}

#[test]
fn progress_reaches_all_values_and_the_report_is_json() {
    let story = Story::opened();
    let mut told = Vec::new();
    let report = verify(&story.log, &mut |progress: &Progress| told.push(*progress)).unwrap();
    let last = told.last().unwrap();
    assert_eq!((last.values, last.of), (12, 12));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["clean"], true);
    assert_eq!(json["records"], 12);
    assert_eq!(json["partitions"][1]["partition"], 1);
    assert_eq!(json["partitions"][1]["seq"], 10);
    assert_eq!(json["partitions"][1]["head"].as_str().unwrap().len(), 64);
    assert_eq!(story.log.partitions(), 2);
}
