//! Histories told event by event, right and wrong ones, written as a writer writes them.

use std::sync::Arc;

use schemas::events::{
    Backing, BookingCancelled, BookingConfirmed, BookingRescheduled, CentreDescribed, DeliveryAnnounced,
    HoldExpired, HoldPlaced, HoldReleased, RegistrationAccepted, ReleasedSlot, RulesSet, SlotsReleased,
};
use schemas::ids::{
    ChangeId, ClaimId, Commitment, ContentHash, Cvx, DeliveryId, District, Group, HoldId, LedgerId, NodeId,
    Partition, Pseudonym, RegistrationId, ReleaseId, RulesId, SlotId,
};
use schemas::rules::{BasisPoints, Cohort, ContingentShares, HoldRules, SlotGrid, VaccineRule};
use schemas::vocabulary::{
    AgeBand, CancelDoses, CancelReason, ChangeCause, Channel, Contingent, Dose, MadeBy, ReleaseReason,
};
use schemas::{Body, CivilDate, Claim, Clock, Event, Instant, Reference, RuleSet};

use super::super::{Report, Wrong, verify};
use crate::chain::{Chain, Origin, Pending, claim_value};
use crate::log::{Log, MemoryLog, NewLedger, Outgoing};

pub(super) const LEDGER: LedgerId = LedgerId([7; 16]);
pub(super) const ONE: Partition = Partition(1);
pub(super) const CONTENT: ContentHash = ContentHash([0; 16]);
pub(super) const VACCINE: Cvx = Cvx(208);
/// When the contingents flow together, in seconds of the story.
pub(super) const FLOW: u32 = 100_000;

/// Seconds of the story: it begins on 2021-01-11 and the first slots are on 2021-01-19.
pub(super) fn at(seconds: u32) -> Instant {
    "2021-01-11T08:00:00.000Z".parse::<Instant>().unwrap().plus_seconds(seconds)
}

pub(super) fn day(days: i32) -> CivilDate {
    CivilDate::from_ymd(2021, 1, 19).unwrap().plus_days(days).unwrap()
}

/// The beginning of a slot so many days after 2021-01-19.
pub(super) fn start(days: u32) -> Instant {
    at((8 + days) * 86_400)
}

/// A log with two partitions, and where its writer is.
pub(super) struct Story {
    pub(super) log: MemoryLog,
    pub(super) pending: Pending,
}

pub(super) fn ledger() -> NewLedger {
    NewLedger { partitions: 2, clock: Clock::Wall, time: at(0), ledger: Some(LEDGER) }
}

pub(super) fn put(log: &MemoryLog, partition: Partition, value: impl Into<Arc<[u8]>>) {
    log.append(partition, vec![Outgoing::from(value.into())], Box::new(|outcome| outcome.unwrap()));
}

pub(super) fn read(log: &MemoryLog, partition: Partition) -> Chain {
    let mut chain = Chain::new(None, partition);
    for entry in log.read(partition, 0, usize::MAX).unwrap() {
        chain.judge(entry.offset, &entry.value).unwrap();
    }
    chain
}

impl Story {
    /// With a claim, and nothing else.
    pub(super) fn claimed() -> Self {
        let log = MemoryLog::new(&ledger()).unwrap();
        let (claim, node) = (ClaimId([1; 16]), NodeId([1; 16]));
        let claim = Claim { claim, node, knows_fold: 1, clock_accepted: false, url: String::new() };
        let value = claim_value(&read(&log, ONE), LEDGER, claim, at(0)).unwrap();
        put(&log, ONE, value);
        let pending = Pending::after(&read(&log, ONE), LEDGER);
        Self { log, pending }
    }

    /// With a centre, its rules, a delivery, two days of slots, and registrations 1 to 4, all by second 100.
    ///
    /// Slot 1: first, day 0, 4 places (web 2, hotline 1, open 1), backed by 3 of slot 2 and 1 of slot 3.
    /// Slots 2 and 3: second, days 21 and 28, 3 places each. Slot 4: first, day 1, 2 places (web 1, open 1), backed by
    /// slot 5: second, day 27, 2 places.
    pub(super) fn opened() -> Self {
        let mut story = Self::claimed();
        story.admin(1, centre());
        story.admin(2, rules(1, rule_set()));
        story.admin(3, delivery(20));
        story.admin(4, first_release());
        story.admin(5, second_release());
        for number in 1..=4 {
            story.web(10 + u32::from(number), registered(number));
        }
        story
    }

    pub(super) fn record(&mut self, channel: Channel, seconds: u32, events: Vec<Event>) {
        self.record_of(1, channel, seconds, events);
    }

    pub(super) fn record_of(&mut self, centre: u32, channel: Channel, seconds: u32, events: Vec<Event>) {
        let origin = Origin { channel, centre: schemas::ids::CentreNumber(centre), ..Origin::WRITER };
        let pended = self.pending.push(origin, at(seconds), &Body::Decision(events)).unwrap();
        put(&self.log, ONE, pended.value);
    }

    pub(super) fn admin(&mut self, seconds: u32, event: impl Into<Event>) {
        self.record(Channel::Admin, seconds, vec![event.into()]);
    }

    pub(super) fn web(&mut self, seconds: u32, event: impl Into<Event>) {
        self.record(Channel::Web, seconds, vec![event.into()]);
    }

    pub(super) fn writer(&mut self, seconds: u32, event: impl Into<Event>) {
        self.record(Channel::Writer, seconds, vec![event.into()]);
    }

    /// Hold `number` of registration `number` in slots 1 and 2, confirmed.
    pub(super) fn booked(&mut self, seconds: u32, number: u8) {
        self.web(seconds, placed(number, seconds));
        self.web(seconds + 1, confirmed(number));
    }

    pub(super) fn verified(&self) -> Report {
        verify(&self.log, &mut |_| ()).unwrap()
    }

    /// The sorts of faults that are found.
    pub(super) fn wrongs(&self) -> Vec<Wrong> {
        self.verified().faults.iter().map(|fault| fault.wrong).collect()
    }
}

pub(super) fn centre() -> CentreDescribed {
    CentreDescribed {
        revision: 1,
        number: schemas::ids::CentreNumber(1),
        id: "frankfurt".parse().unwrap(),
        reference_prefix: "FRA".parse().unwrap(),
        name: "Frankfurt".to_owned(),
        address: "Messe".to_owned(),
        phone: "116117".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        opens_on: day(0),
        catchment: vec![District::from_number(6412).unwrap()],
        content: CONTENT,
    }
}

pub(super) fn rule_set() -> RuleSet {
    RuleSet {
        time_zone: "Europe/Berlin".to_owned(),
        vaccines: vec![VaccineRule {
            name: "comirnaty".parse().unwrap(),
            cvx: VACCINE,
            doses: 2,
            interval_min_days: 21,
            interval_max_days: 42,
        }],
        holds: HoldRules {
            web_s: 600,
            hotline_s: 900,
            extension_s: 300,
            per_registration_and_day: 3,
            held_share: BasisPoints(10_000),
        },
        changes_per_day: 2,
        book_until_min: 60,
        contingents: ContingentShares {
            web: BasisPoints(5_000),
            hotline: BasisPoints(2_500),
            open: BasisPoints(2_500),
        },
        contingents_flow_back_at: Some(at(FLOW)),
        rest_min_s: 0,
        rest_max_s: 0,
        slot: SlotGrid { opens_min: 420, closes_min: 1_320, length_min: 15 },
        cohorts: vec![Cohort { group: Group(1), opens_at: at(0) }],
    }
}

pub(super) fn rules(number: u32, set: RuleSet) -> RulesSet {
    let id = u8::try_from(number).unwrap();
    RulesSet { rules: RulesId([id; 16]), number, effective_at: at(2), set, content: CONTENT }
}

pub(super) fn delivery(doses: u32) -> DeliveryAnnounced {
    let (delivery, due_on) = (DeliveryId([1; 16]), day(-1));
    DeliveryAnnounced { delivery, vaccine: VACCINE, doses, due_on, content: CONTENT }
}

pub(super) fn slot(
    number: u32,
    days: u32,
    dose: Dose,
    [web, hotline, open]: [u32; 3],
    capacity: u32,
) -> ReleasedSlot {
    let (start_at, local_date) = (start(days), day(i32::try_from(days).unwrap()));
    ReleasedSlot {
        slot: SlotId(number),
        start_at,
        local_date,
        length_min: 15,
        dose,
        capacity,
        web,
        hotline,
        open,
    }
}

pub(super) fn backing(first: u32, second: u32, places: u32) -> Backing {
    Backing { first: SlotId(first), second: SlotId(second), places }
}

fn release(number: u8, slots: Vec<ReleasedSlot>, backing: Vec<Backing>) -> SlotsReleased {
    SlotsReleased {
        release: ReleaseId([number; 16]),
        delivery: DeliveryId([1; 16]),
        vaccine: VACCINE,
        doses: 2,
        interval_min_days: 21,
        interval_max_days: 42,
        flows_back_at: Some(at(FLOW)),
        slots,
        backing,
        content: CONTENT,
    }
}

pub(super) fn first_release() -> SlotsReleased {
    let slots = vec![
        slot(1, 0, Dose::First, [2, 1, 1], 4),
        slot(2, 21, Dose::Second, [0; 3], 3),
        slot(3, 28, Dose::Second, [0; 3], 3),
    ];
    release(1, slots, vec![backing(1, 2, 3), backing(1, 3, 1)])
}

pub(super) fn second_release() -> SlotsReleased {
    let slots = vec![slot(4, 1, Dose::First, [1, 0, 1], 2), slot(5, 27, Dose::Second, [0; 3], 2)];
    release(2, slots, vec![backing(4, 5, 2)])
}

pub(super) fn person(number: u8) -> RegistrationId {
    RegistrationId([number; 16])
}

pub(super) fn registered(number: u8) -> RegistrationAccepted {
    RegistrationAccepted {
        registration: person(number),
        reference: Reference::new("FRA".parse().unwrap(), u64::from(number)),
        pseudonyms: vec![Pseudonym([number; 16])],
        commitment: Commitment([0; 32]),
        group: Group(1),
        district: District::from_number(6412).unwrap(),
        age_band: AgeBand::of_years(84),
        made_by: MadeBy::Proxy,
        content: CONTENT,
    }
}

/// By registration `number` in slots 1 and 2, from the web.
pub(super) fn placed(number: u8, seconds: u32) -> HoldPlaced {
    HoldPlaced {
        hold: HoldId([number; 16]),
        registration: person(number),
        first: SlotId(1),
        second: Some(SlotId(2)),
        frees: None,
        contingent: Contingent::Web,
        asked_on: day(-8),
        deadline_at: at(seconds + 600),
        instead_of: None,
        content: CONTENT,
    }
}

pub(super) fn confirmed(number: u8) -> BookingConfirmed {
    BookingConfirmed { booking: HoldId([number; 16]), content: CONTENT }
}

pub(super) fn given_back(number: u8, reason: ReleaseReason) -> HoldReleased {
    HoldReleased { hold: HoldId([number; 16]), reason, content: CONTENT }
}

pub(super) fn expired(number: u8) -> HoldExpired {
    HoldExpired { hold: HoldId([number; 16]) }
}

pub(super) fn cancelled(number: u8, doses: CancelDoses, backed_by: Option<u32>) -> BookingCancelled {
    let (booking, backed_by) = (HoldId([number; 16]), backed_by.map(SlotId));
    BookingCancelled { booking, doses, reason: CancelReason::Person, backed_by, content: CONTENT }
}

/// The first change of booking `number`: it moves nothing yet.
pub(super) fn moved(number: u8) -> BookingRescheduled {
    BookingRescheduled {
        booking: HoldId([number; 16]),
        revision: 2,
        change: ChangeId([number; 16]),
        first: None,
        second: None,
        contingent: None,
        frees: None,
        backed_by: None,
        asked_on: day(-8),
        cause: ChangeCause::Asked,
        content: CONTENT,
    }
}
