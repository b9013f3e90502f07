//! Each kind of wrong record, once: the fault is named, at the record that brings it.

use schemas::events::{
    ChannelSet, HoldExtended, RegistrationAmended, RegistrationWithdrawn, SlotShrunk, SlotsShrunk,
};
use schemas::ids::{
    CentreNumber, Commitment, District, Group, HoldId, RegistrationId, ReleaseId, ShrinkId, SlotId,
};
use schemas::rules::BasisPoints;
use schemas::vocabulary::{
    AgeBand, CancelDoses, Channel, ChannelState, Contingent, Dose, ReleaseReason, ShrinkReason,
    WithdrawReason,
};

use super::super::Wrong;
use super::good::{flow_back, shrink};
use super::story::{
    CONTENT, FLOW, Story, at, backing, cancelled, centre, confirmed, delivery, expired, given_back, moved,
    person, placed, registered, rule_set, rules, second_release, slot,
};

/// What is wrong, in words and by name, and the record that brings it to an opened centre.
type Row = (&'static str, Wrong, fn(&mut Story));

const WEB: Contingent = Contingent::Web;
const HOTLINE: Contingent = Contingent::Hotline;

const SUPPLY: &[Row] = &[
    ("a time before the last", Wrong::TimeWentBack, |story| story.web(3, registered(9))),
    ("no events", Wrong::Empty, |story| story.record(Channel::Web, 50, Vec::new())),
    ("an event of the office", Wrong::OutOfPlace, |story| story.admin(50, channel_set())),
    ("an unknown centre", Wrong::Unknown, |story| {
        story.record_of(2, Channel::Web, 50, vec![registered(9).into()])
    }),
    ("the centre again", Wrong::UsedAgain, |story| {
        story.record_of(2, Channel::Admin, 50, vec![second_centre().into()])
    }),
    ("a skipped revision", Wrong::WrongNumber, |story| {
        let mut described = centre();
        described.revision = 3;
        story.admin(50, described);
    }),
    ("rules with a skipped number", Wrong::WrongNumber, |story| {
        let mut set = rules(3, rule_set());
        set.effective_at = at(60);
        story.admin(50, set);
    }),
    ("rules in the past", Wrong::TooLate, |story| story.admin(50, rules(2, rule_set()))),
    ("a delivery again", Wrong::UsedAgain, |story| story.admin(50, delivery(5))),
    ("a release again", Wrong::UsedAgain, |story| {
        release_but(story, |release| release.release = ReleaseId([1; 16]))
    }),
    ("a delivery that was never announced", Wrong::Unknown, |story| {
        release_but(story, |release| release.delivery.0 = [9; 16]);
    }),
    ("a slot with a number used before", Wrong::UsedAgain, |story| {
        release_but(story, |release| release.slots[0].slot = SlotId(1));
    }),
    ("more doses than there are", Wrong::DosesExceeded, |story| {
        release_but(story, |release| (release.slots[0].capacity, release.slots[0].web) = (5, 4));
    }),
    ("contingents that do not add up", Wrong::SumsDiffer, |story| {
        release_but(story, |release| release.slots[0].web = 2);
    }),
    ("first places without a second", Wrong::Stranded, |story| {
        release_but(story, |release| release.backing[0].places = 1);
    }),
    ("a backing outside the interval", Wrong::WrongInterval, |story| {
        release_but(story, |release| release.backing[0].second = SlotId(2));
    }),
    ("a backing that is not free", Wrong::WrongBacking, |story| {
        release_but(story, |release| release.backing[0].second = SlotId(5));
    }),
    ("another interval than the rules'", Wrong::AgainstRules, |story| {
        release_but(story, |release| release.interval_max_days = 43);
    }),
    ("first doses of two days", Wrong::AgainstRules, |story| {
        release_but(story, |release| release.slots[1].dose = Dose::First);
    }),
    ("a slot that has begun", Wrong::TooLate, |story| {
        release_but(story, |release| release.slots[0].start_at = at(1))
    }),
    ("a shrink of taken places", Wrong::NotFree, |story| {
        story.web(99, placed(1, 99));
        story.booked(100, 2);
        let slot = SlotShrunk { slot: SlotId(1), contingent: Some(WEB), removed: 1, frees: Vec::new() };
        story.admin(110, shrunk(slot));
    }),
    ("a shrink that frees no second", Wrong::WrongBacking, |story| {
        let mut shrunk = shrink();
        shrunk.slots[0].frees.clear();
        story.admin(50, shrunk);
    }),
    ("contingents that flow too early", Wrong::TooEarly, |story| {
        story.writer(FLOW - 1, flow_back([(1, WEB, 2), (1, HOTLINE, 1), (4, WEB, 1), (4, HOTLINE, 0)]));
    }),
    ("places that stay behind", Wrong::SumsDiffer, |story| {
        story.writer(FLOW, flow_back([(1, WEB, 1), (1, HOTLINE, 1), (4, WEB, 1), (4, HOTLINE, 0)]));
    }),
    ("contingents that do not flow", Wrong::Overdue, |story| story.web(FLOW, registered(9))),
];

const HOLDS: &[Row] = &[
    ("a hold for nobody", Wrong::Unknown, |story| {
        hold_but(story, |hold| hold.registration = RegistrationId([9; 16]))
    }),
    ("a hold with an id that ended", Wrong::UsedAgain, |story| {
        story.web(98, placed(1, 98));
        story.web(99, given_back(1, ReleaseReason::GivenUp));
        hold_but(story, |_| ());
    }),
    ("a second live hold", Wrong::TwoAtOnce, |story| {
        story.web(99, placed(1, 99));
        hold_but(story, |hold| hold.hold = HoldId([9; 16]));
    }),
    ("more places than the contingent has", Wrong::NotFree, |story| {
        (2..4).for_each(|number| story.web(99, placed(number, 99)));
        hold_but(story, |_| ());
    }),
    ("a place of another channel", Wrong::WrongContingent, |story| {
        hold_but(story, |hold| hold.contingent = HOTLINE)
    }),
    ("a second that does not back the first", Wrong::WrongBacking, |story| {
        hold_but(story, |hold| hold.second = Some(SlotId(5)));
    }),
    ("a backing freed although it is taken", Wrong::WrongBacking, |story| {
        hold_but(story, |hold| (hold.second, hold.frees) = (Some(SlotId(3)), Some(SlotId(2))));
    }),
    ("a second place that is not free", Wrong::NotFree, |story| {
        hold_but(story, |hold| (hold.second, hold.frees) = (Some(SlotId(5)), Some(SlotId(2))));
    }),
    ("no second", Wrong::WrongSlot, |story| hold_but(story, |hold| hold.second = None)),
    ("a first that is a second", Wrong::WrongSlot, |story| hold_but(story, |hold| hold.first = SlotId(2))),
    ("a second outside the interval", Wrong::WrongInterval, |story| {
        hold_but(story, |hold| (hold.first, hold.second) = (SlotId(4), Some(SlotId(2))));
    }),
    ("another deadline than the rules'", Wrong::AgainstRules, |story| {
        hold_but(story, |hold| hold.deadline_at = at(9_000));
    }),
    ("too many holds on a day", Wrong::AgainstRules, |story| {
        for number in 10..13 {
            let mut hold = placed(number, 99);
            hold.registration = person(1);
            story.web(99, hold);
            story.web(99, given_back(number, ReleaseReason::GivenUp));
        }
        hold_but(story, |_| ());
    }),
    ("a group that may not hold yet", Wrong::AgainstRules, |story| {
        let mut other = registered(9);
        other.group = Group(2);
        story.web(99, other);
        hold_but(story, |hold| hold.registration = person(9));
    }),
    ("a slot that begins too soon", Wrong::TooLate, |story| {
        let seconds = 8 * 86_400 - 3_599;
        story.writer(FLOW, flow_back([(1, WEB, 2), (1, HOTLINE, 1), (4, WEB, 1), (4, HOTLINE, 0)]));
        let mut hold = placed(1, seconds);
        hold.contingent = Contingent::Open;
        story.web(seconds, hold);
    }),
    ("more held than the cap", Wrong::CapExceeded, |story| {
        let mut set = rules(2, rule_set());
        (set.effective_at, set.set.holds.held_share) = (at(60), BasisPoints(4_000));
        story.admin(50, set);
        story.web(99, placed(2, 99));
        story.web(99, placed(3, 99));
    }),
    ("a person's second registration", Wrong::NeedsDesk, |story| {
        let mut again = registered(9);
        again.pseudonyms = registered(1).pseudonyms;
        story.web(99, again);
        hold_but(story, |hold| hold.registration = person(9));
    }),
    ("an extension by too much", Wrong::AgainstRules, |story| {
        story.web(99, placed(1, 99));
        story.web(100, HoldExtended { hold: HoldId([1; 16]), deadline_at: at(1_000), content: CONTENT });
    }),
    ("a second extension", Wrong::UsedAgain, |story| {
        story.web(100, placed(1, 100));
        story.web(101, HoldExtended { hold: HoldId([1; 16]), deadline_at: at(1_000), content: CONTENT });
        story.web(102, HoldExtended { hold: HoldId([1; 16]), deadline_at: at(1_300), content: CONTENT });
    }),
    ("an expiry before the deadline", Wrong::TooEarly, |story| {
        story.web(100, placed(1, 100));
        story.writer(699, expired(1));
    }),
    ("a confirmation at the deadline", Wrong::TooLate, |story| {
        story.web(100, placed(1, 100));
        story.web(700, confirmed(1));
    }),
    ("a hold that lapsed and stands", Wrong::Overdue, |story| {
        story.web(100, placed(1, 100));
        story.web(700, registered(9));
    }),
    ("a replaced hold without a successor", Wrong::LeftOver, |story| {
        story.web(100, placed(1, 100));
        story.web(101, given_back(1, ReleaseReason::Replaced));
    }),
    ("another one's hold replaced", Wrong::LeftOver, |story| {
        story.web(100, placed(1, 100));
        let mut swap = placed(2, 101);
        swap.instead_of = Some(HoldId([1; 16]));
        story.record(Channel::Web, 101, vec![given_back(1, ReleaseReason::Replaced).into(), swap.into()]);
    }),
    ("a hold that outlives its registration", Wrong::LeftOver, |story| {
        story.web(100, placed(1, 100));
        story.web(101, withdrawn(1));
    }),
];

const BOOKINGS: &[Row] = &[
    ("a booking from no hold", Wrong::Unknown, |story| story.web(100, confirmed(1))),
    ("a registration again", Wrong::UsedAgain, |story| story.web(100, registered(1))),
    ("a registration that ended, again", Wrong::UsedAgain, |story| {
        story.web(99, withdrawn(1));
        story.web(100, registered(1));
    }),
    ("a district outside the catchment", Wrong::AgainstRules, |story| {
        let mut other = registered(9);
        other.district = District::from_number(1_001).unwrap();
        story.web(100, other);
    }),
    ("a skipped revision", Wrong::WrongNumber, |story| story.web(100, amended(1, 3))),
    ("an amendment after the end", Wrong::Unknown, |story| {
        story.web(99, withdrawn(1));
        story.web(100, amended(1, 2));
    }),
    ("a change of nothing", Wrong::WrongSlot, |story| change(story, |_| ())),
    ("a second that is not free", Wrong::NotFree, |story| {
        change(story, |moved| moved.second = Some(SlotId(5)))
    }),
    ("a skipped revision of a booking", Wrong::WrongNumber, |story| {
        change(story, |moved| (moved.second, moved.revision) = (Some(SlotId(3)), 3));
    }),
    ("a first that moves and frees none", Wrong::WrongBacking, |story| {
        change(story, |moved| (moved.first, moved.contingent) = (Some(SlotId(4)), Some(WEB)));
    }),
    ("a pair that comes back with another second", Wrong::WrongBacking, |story| {
        change(story, |moved| {
            (moved.first, moved.second) = (Some(SlotId(4)), Some(SlotId(5)));
            (moved.contingent, moved.backed_by) = (Some(WEB), Some(SlotId(3)));
        });
    }),
    ("a booking cancelled twice", Wrong::Unknown, |story| {
        story.booked(100, 1);
        story.web(102, cancelled(1, CancelDoses::Both, Some(2)));
        story.web(103, cancelled(1, CancelDoses::Both, Some(2)));
    }),
    ("a cancellation after the first has begun", Wrong::TooLate, |story| {
        story.booked(100, 1);
        story.writer(FLOW, flow_back([(1, WEB, 1), (1, HOTLINE, 1), (4, WEB, 1), (4, HOTLINE, 0)]));
        story.web(8 * 86_400 + 1, cancelled(1, CancelDoses::Both, Some(2)));
    }),
    ("a first that rests beside free seconds", Wrong::Stranded, |story| {
        story.booked(100, 1);
        story.web(102, cancelled(1, CancelDoses::Second, None));
        story.web(103, cancelled(1, CancelDoses::Both, None));
    }),
    ("a first that is free without a second", Wrong::WrongBacking, |story| {
        story.booked(100, 1);
        story.web(102, cancelled(1, CancelDoses::Both, None));
    }),
];

#[test]
fn every_wrong_record_is_named_where_it_stands() {
    for (what, wrong, forge) in SUPPLY.iter().chain(HOLDS).chain(BOOKINGS) {
        let mut story = Story::opened();
        forge(&mut story);
        let report = story.verified();
        assert!(!report.clean, "{what} goes unseen");
        let last = Some(report.partitions[1].values - 1);
        let named = report.faults.iter().any(|fault| fault.wrong == *wrong && fault.offset == last);
        assert!(named, "{what} is not told as {wrong:?} at {last:?}: {:#?}", report.faults);
        let early = report.faults.iter().find(|fault| fault.offset.is_some() && fault.offset < last);
        assert_eq!(early, None, "{what}: what led there should be clean");
    }
}

#[test]
fn places_beyond_capacity_are_counted_as_oversold() {
    let mut story = Story::opened();
    for number in 1..=4 {
        story.web(100, placed(number, 100));
    }
    let mut fifth = placed(9, 101);
    story.web(100, registered(9));
    fifth.registration = person(9);
    story.web(101, fifth);
    // Slot 1 has four places, slot 2 three: one first and two seconds too many.
    assert_eq!(story.verified().oversold, 3);
    assert!(story.wrongs().contains(&Wrong::NotFree));
}

fn channel_set() -> ChannelSet {
    let (channel, state) = (Channel::Web, ChannelState::Closed);
    ChannelSet { channel, state, reason: "maintenance".to_owned(), content: CONTENT }
}

fn second_centre() -> schemas::events::CentreDescribed {
    let mut described = centre();
    described.number = CentreNumber(2);
    described
}

/// A third release: day 2, two places, one of the web and one for all, backed by slot 7 on day 25.
fn release_but(story: &mut Story, change: impl FnOnce(&mut schemas::events::SlotsReleased)) {
    let mut release = second_release();
    release.release = ReleaseId([3; 16]);
    release.slots = vec![slot(6, 2, Dose::First, [1, 0, 1], 2), slot(7, 25, Dose::Second, [0; 3], 2)];
    release.backing = vec![backing(6, 7, 2)];
    change(&mut release);
    story.admin(50, release);
}

#[test]
fn the_third_release_is_clean_as_it_is() {
    let mut story = Story::opened();
    release_but(&mut story, |_| ());
    assert_eq!(story.wrongs(), []);
}

fn hold_but(story: &mut Story, change: impl FnOnce(&mut schemas::events::HoldPlaced)) {
    let mut hold = placed(1, 100);
    change(&mut hold);
    story.web(100, hold);
}

/// A change of a booking of registration 1.
fn change(story: &mut Story, change: impl FnOnce(&mut schemas::events::BookingRescheduled)) {
    story.booked(100, 1);
    let mut moved = moved(1);
    change(&mut moved);
    story.web(110, moved);
}

fn shrunk(slot: SlotShrunk) -> SlotsShrunk {
    SlotsShrunk {
        shrink: ShrinkId([1; 16]),
        reason: ShrinkReason::Recall,
        slots: vec![slot],
        content: CONTENT,
    }
}

fn withdrawn(number: u8) -> RegistrationWithdrawn {
    RegistrationWithdrawn { registration: person(number), reason: WithdrawReason::Person, content: CONTENT }
}

fn amended(number: u8, revision: u32) -> RegistrationAmended {
    RegistrationAmended {
        registration: person(number),
        revision,
        pseudonyms: registered(number).pseudonyms,
        commitment: Commitment([1; 32]),
        group: Group(1),
        district: District::from_number(6412).unwrap(),
        age_band: AgeBand::of_years(84),
        distinct_from: Vec::new(),
        content: CONTENT,
    }
}
