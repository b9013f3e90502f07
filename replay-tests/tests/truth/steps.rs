//! What may happen next, in small numbers that shrink well; `resolve` turns them into commands.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::Union;
use schemas::vocabulary::{CancelDoses, CancelReason, Channel, Contingent, ShrinkReason};

/// Some time passes, then somebody asks for something.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) wait: Wait,
    pub(crate) channel: Channel,
    pub(crate) ask: Ask,
}

/// How much time passes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wait {
    No,
    Seconds(u16),
    Hours(u8),
    Days(u8),
    /// Until exactly the next expiry or flow-back.
    UntilDue,
    /// Until a slot begins, or exactly can no longer be booked.
    UntilSlot {
        at: u8,
        last_call: bool,
    },
    /// Until a hold by the web would lapse just when contingents flow together.
    ToMeetFlowBack,
}

/// One of those there are: mostly a live one, else any, sometimes one that is unknown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pick {
    pub(crate) at: u8,
    pub(crate) among: u8,
}

/// An id of the client's choice: mostly a new one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name {
    pub(crate) reuse: Option<u8>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Ask {
    Describe(u8),
    Rules(RulesWish),
    Announce {
        delivery: Name,
        vaccine: u8,
        doses: u8,
    },
    Receive {
        delivery: Pick,
        doses: u8,
    },
    Release(ReleaseWish),
    /// All free places of a second-dose slot go.
    ShrinkSurplus {
        shrink: Name,
        slot: Pick,
    },
    Shrink {
        shrink: Name,
        reason: ShrinkReason,
        slots: Vec<(Pick, Option<Contingent>, u8)>,
    },
    Register {
        registration: Name,
        reference: Option<u8>,
        person: u8,
    },
    /// With `like` the person turns out to be another registration's.
    Amend {
        like: Option<Pick>,
        registration: Pick,
        stale: bool,
        person: u8,
        distinct: Option<Pick>,
    },
    Withdraw(Pick),
    Reissue {
        registration: Pick,
        access: Name,
        secret: u8,
    },
    Erase {
        registration: Pick,
        in_views: bool,
    },
    FinishErasure(Pick),
    Place {
        hold: Name,
        registration: Pick,
        first: Pick,
        second: Option<Pick>,
        instead_of: Instead,
    },
    Extend(Pick),
    GiveBack(Pick),
    Confirm(Pick),
    Move {
        booking: Pick,
        change: Name,
        first: Option<Pick>,
        second: Option<Pick>,
    },
    Cancel {
        booking: Pick,
        doses: CancelDoses,
        reason: CancelReason,
    },
    /// The same command as so many commands ago.
    Again(u8),
}

/// Which hold is swapped.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Instead {
    None,
    OwnLive,
    Any(Pick),
}

/// A variation of the rules.
#[derive(Debug, Clone)]
pub(crate) struct RulesWish {
    pub(crate) rules: Name,
    pub(crate) in_minutes: i16,
    pub(crate) flow_back_in_minutes: Option<u16>,
    pub(crate) held_share: u16,
    pub(crate) lives_s: u16,
    pub(crate) a_day: u8,
    pub(crate) book_until_min: u16,
    pub(crate) interval: (u8, u8),
    pub(crate) flaw: u8,
}

/// A day to be released.
#[derive(Debug, Clone)]
pub(crate) struct ReleaseWish {
    pub(crate) release: Name,
    pub(crate) delivery: Pick,
    pub(crate) in_days: u8,
    /// Start, places for web, hotline and open.
    pub(crate) firsts: Vec<(u8, u8, u8, u8)>,
    /// Day of the interval, start, places.
    pub(crate) seconds: Vec<(u8, u8, u8)>,
    /// Whether second places are added until there are enough.
    pub(crate) enough: bool,
    pub(crate) flaw: u8,
}

fn pick() -> impl Strategy<Value = Pick> {
    (any::<u8>(), 0..24_u8).prop_map(|(at, among)| Pick { at, among })
}

fn name() -> impl Strategy<Value = Name> {
    prop_oneof![9 => Just(None), 1 => any::<u8>().prop_map(Some)].prop_map(|reuse| Name { reuse })
}

fn wait() -> impl Strategy<Value = Wait> {
    prop_oneof![
        120 => Just(Wait::No),
        80 => (1..300_u16).prop_map(Wait::Seconds),
        1 => (1..12_u8).prop_map(Wait::Hours),
        1 => (1..9_u8).prop_map(Wait::Days),
        9 => Just(Wait::UntilDue),
        1 => Just(Wait::ToMeetFlowBack),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(at, last_call)| Wait::UntilSlot { at, last_call }),
    ]
}

fn channel() -> impl Strategy<Value = Channel> {
    prop_oneof![
        6 => Just(Channel::Web),
        3 => Just(Channel::Hotline),
        1 => Just(Channel::Centre),
        1 => Just(Channel::Partner),
    ]
}

fn contingent() -> impl Strategy<Value = Contingent> {
    prop_oneof![Just(Contingent::Web), Just(Contingent::Hotline), Just(Contingent::Open)]
}

fn release() -> impl Strategy<Value = ReleaseWish> {
    let first = (0..4_u8, 0..4_u8, 0..3_u8, 0..2_u8);
    let second = (0..5_u8, 0..4_u8, 0..4_u8);
    let parts = (name(), pick(), 0..4_u8, vec(first, 0..4), vec(second, 1..4));
    (parts, prop::bool::weighted(0.5), 0..40_u8).prop_map(|(parts, enough, flaw)| {
        let (release, delivery, in_days, firsts, seconds) = parts;
        ReleaseWish { release, delivery, in_days, firsts, seconds, enough, flaw }
    })
}

fn rules() -> impl Strategy<Value = RulesWish> {
    let share = prop_oneof![Just(0_u16), Just(2_500), Just(3_333), Just(5_000), Just(10_000)];
    let late = prop_oneof![2 => Just(0_u16), 6 => Just(60), 1 => Just(1_500)];
    let times = (-10..200_i16, option::of(0..900_u16), 60..1_800_u16, late);
    let parts = (name(), times, share, 1..7_u8, (1..4_u8, 0..4_u8), 0..20_u8);
    parts.prop_map(|(rules, times, held_share, a_day, interval, flaw)| {
        let (in_minutes, flow_back_in_minutes, lives_s, book_until_min) = times;
        let in_minutes = if in_minutes < 0 { in_minutes } else { in_minutes / 10 };
        RulesWish {
            rules,
            in_minutes,
            flow_back_in_minutes,
            held_share,
            lives_s,
            a_day,
            book_until_min,
            interval,
            flaw,
        }
    })
}

fn ask_of_the_office() -> impl Strategy<Value = Ask> {
    let reason = prop_oneof![Just(ShrinkReason::Delivery), Just(ShrinkReason::Closure)];
    let shrunk = vec((pick(), option::of(contingent()), 0..4_u8), 1..4);
    prop_oneof![
        2 => (0..3_u8).prop_map(Ask::Describe),
        5 => rules().prop_map(Ask::Rules),
        3 => (name(), 0..4_u8, any::<u8>())
            .prop_map(|(delivery, vaccine, doses)| Ask::Announce { delivery, vaccine, doses }),
        2 => (pick(), any::<u8>()).prop_map(|(delivery, doses)| Ask::Receive { delivery, doses }),
        14 => release().prop_map(Ask::Release),
        8 => (name(), pick()).prop_map(|(shrink, slot)| Ask::ShrinkSurplus { shrink, slot }),
        14 => (name(), reason, shrunk)
            .prop_map(|(shrink, reason, slots)| Ask::Shrink { shrink, reason, slots }),
    ]
}

fn ask_about_people() -> impl Strategy<Value = Ask> {
    let like = option::weighted(0.4, pick());
    let amend = (pick(), prop::bool::weighted(0.15), any::<u8>(), like, option::weighted(0.3, pick()));
    prop_oneof![
        12 => (name(), option::weighted(0.1, any::<u8>()), any::<u8>())
            .prop_map(|(registration, reference, person)| Ask::Register { registration, reference, person }),
        4 => amend.prop_map(|(registration, stale, person, like, distinct)| {
            Ask::Amend { registration, stale, person, like, distinct }
        }),
        2 => pick().prop_map(Ask::Withdraw),
        1 => (pick(), name(), 0..3_u8)
            .prop_map(|(registration, access, secret)| Ask::Reissue { registration, access, secret }),
        1 => (pick(), any::<bool>()).prop_map(|(registration, in_views)| Ask::Erase { registration, in_views }),
        1 => pick().prop_map(Ask::FinishErasure),
    ]
}

fn ask_for_places() -> impl Strategy<Value = Ask> {
    let instead = prop_oneof![
        12 => Just(Instead::None),
        5 => Just(Instead::OwnLive),
        1 => pick().prop_map(Instead::Any),
    ];
    let place = (name(), pick(), pick(), option::of(pick()), instead);
    let to = (option::weighted(0.7, pick()), option::weighted(0.6, pick()));
    let doses = prop_oneof![3 => Just(CancelDoses::Both), 4 => Just(CancelDoses::Second)];
    let reason = prop_oneof![5 => Just(CancelReason::Person), 1 => Just(CancelReason::Ill)];
    prop_oneof![
        40 => place.prop_map(|(hold, registration, first, second, instead_of)| {
            Ask::Place { hold, registration, first, second, instead_of }
        }),
        4 => pick().prop_map(Ask::Extend),
        4 => pick().prop_map(Ask::GiveBack),
        24 => pick().prop_map(Ask::Confirm),
        16 => (pick(), name(), to)
            .prop_map(|(booking, change, (first, second))| Ask::Move { booking, change, first, second }),
        12 => (pick(), doses, reason)
            .prop_map(|(booking, doses, reason)| Ask::Cancel { booking, doses, reason }),
    ]
}

/// Any one thing.
pub(crate) fn step() -> impl Strategy<Value = Step> {
    let ask = Union::new_weighted(vec![
        (10, ask_of_the_office().boxed()),
        (14, ask_about_people().boxed()),
        (76, ask_for_places().boxed()),
        (5, (0..12_u8).prop_map(Ask::Again).boxed()),
    ]);
    (wait(), channel(), ask).prop_map(|(wait, channel, ask)| Step { wait, channel, ask })
}

/// A centre with two vaccines on offer and sixteen people, and then whatever happens.
pub(crate) fn history(length: usize) -> impl Strategy<Value = Vec<Step>> {
    let flow_back = prop_oneof![Just(None), Just(Some(30)), Just(Some(240)), Just(Some(2_000))];
    (flow_back, vec(step(), 1..length))
        .prop_map(|(flow_back, steps)| opening(flow_back).into_iter().chain(steps).collect())
}

/// What every history begins with.
pub(crate) fn opening(flow_back_in_minutes: Option<u16>) -> Vec<Step> {
    let new = Name { reuse: None };
    let rules = RulesWish {
        rules: new,
        in_minutes: 0,
        flow_back_in_minutes,
        held_share: 5_000,
        lives_s: 600,
        a_day: 5,
        book_until_min: 60,
        interval: (3, 2),
        flaw: 9,
    };
    let day = |delivery, in_days, firsts, seconds| {
        let delivery = Pick { at: delivery, among: 1 };
        Ask::Release(ReleaseWish { release: new, delivery, in_days, firsts, seconds, enough: true, flaw: 9 })
    };
    let mut asks = vec![
        Ask::Describe(0),
        Ask::Rules(rules),
        Ask::Announce { delivery: new, vaccine: 0, doses: 200 },
        Ask::Announce { delivery: new, vaccine: 2, doses: 60 },
        day(0, 1, vec![(0, 2, 1, 1), (2, 1, 1, 0)], vec![(0, 0, 2), (1, 1, 4)]),
        day(0, 2, vec![(1, 3, 0, 1)], vec![(0, 2, 1), (2, 0, 4)]),
        day(1, 1, vec![(3, 1, 1, 1)], Vec::new()),
    ];
    asks.extend((0..16).map(|person| Ask::Register { registration: new, reference: None, person }));
    let step = |ask| Step { wait: Wait::No, channel: Channel::Admin, ask };
    asks.into_iter().map(step).collect()
}
