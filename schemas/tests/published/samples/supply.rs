use schemas::events::*;
use schemas::ids::{CentreNumber, Cvx, Group, SlotId};
use schemas::rules::*;
use schemas::vocabulary::{Contingent, Dose, ShrinkReason};

use super::{Sample, content, parse, uuid};

pub(super) fn centre_and_rules() -> Vec<Sample> {
    vec![
        Sample::new("", "a centre with two districts", centre_described()),
        Sample {
            suffix: "",
            about: "retired: no time zone was written; read as Europe/Berlin",
            version: 1,
            payload: schemas::codec::to_bytes(&centre_described_v1()).unwrap(),
            event: CentreDescribed { revision: 1, ..centre_described() }.into(),
        },
        Sample::new("", "the rules of 12 January 2021", rules_set(rule_set())),
        Sample::new(
            "-without-flow-back",
            "rules whose contingents never flow together, and without cohorts",
            rules_set(RuleSet { contingents_flow_back_at: None, cohorts: Vec::new(), ..rule_set() }),
        ),
    ]
}

pub(super) fn centre_described() -> CentreDescribed {
    CentreDescribed {
        revision: 2,
        number: CentreNumber(1),
        id: parse("frankfurt"),
        reference_prefix: parse("FRA"),
        name: "Regionales Impfzentrum Frankfurt".to_owned(),
        address: "Festhalle, Ludwig-Erhard-Anlage 1, 60327 Frankfurt am Main".to_owned(),
        phone: "116117".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        opens_on: parse("2021-01-19"),
        catchment: vec![parse("06412"), parse("06436")],
        content: content(0x01),
    }
}

fn centre_described_v1() -> CentreDescribedV1 {
    let newest = centre_described();
    CentreDescribedV1 {
        revision: 1,
        number: newest.number,
        id: newest.id,
        reference_prefix: newest.reference_prefix,
        name: newest.name,
        address: newest.address,
        phone: newest.phone,
        opens_on: newest.opens_on,
        catchment: newest.catchment,
        content: newest.content,
    }
}

fn rules_set(set: RuleSet) -> RulesSet {
    RulesSet {
        rules: uuid(0x2021_0112),
        number: 1,
        effective_at: parse("2021-01-12T08:00:00.000+01:00"),
        set,
        content: content(0x02),
    }
}

fn rule_set() -> RuleSet {
    let vaccine = |name, cvx, doses, interval_min_days, interval_max_days| VaccineRule {
        name: parse(name),
        cvx: Cvx(cvx),
        doses,
        interval_min_days,
        interval_max_days,
    };
    RuleSet {
        time_zone: "Europe/Berlin".to_owned(),
        vaccines: vec![vaccine("comirnaty", 208, 2, 21, 42), vaccine("johnson", 212, 1, 0, 0)],
        holds: HoldRules {
            web_s: 600,
            hotline_s: 601,
            extension_s: 602,
            per_registration_and_day: 10,
            held_share: BasisPoints(2_500),
        },
        changes_per_day: 3,
        book_until_min: 60,
        contingents: ContingentShares {
            web: BasisPoints(6_000),
            hotline: BasisPoints(3_000),
            open: BasisPoints(1_000),
        },
        contingents_flow_back_at: Some(parse("2021-01-15T12:00:00.000+01:00")),
        rest_min_s: 0,
        rest_max_s: 0,
        slot: SlotGrid { opens_min: 420, closes_min: 1_320, length_min: 15 },
        cohorts: vec![Cohort { group: Group(1), opens_at: parse("2021-01-12T08:00:00.000+01:00") }],
    }
}

pub(super) fn doses_and_slots() -> Vec<Sample> {
    vec![
        Sample::new("", "4,000 doses are promised", delivery_announced()),
        Sample::new("", "3,900 of them come", delivery_received()),
        Sample::new("", "one first-dose slot and the second-dose slot that backs it", slots_released()),
        Sample::new("-single-dose", "one slot of a single-dose vaccine, open to all", single_dose_release()),
        Sample::new("", "what was left of two contingents becomes open", contingents_returned()),
        Sample::new("", "places of a first-dose slot, and of a second-dose slot, go away", slots_shrunk()),
        Sample::new("", "a resting place finds a second; another kept the one it had", places_returned()),
    ]
}

fn delivery_announced() -> DeliveryAnnounced {
    DeliveryAnnounced {
        delivery: uuid(0xde11_0001),
        vaccine: Cvx(208),
        doses: 4_000,
        due_on: parse("2021-01-08"),
        content: content(0x03),
    }
}

fn delivery_received() -> DeliveryReceived {
    DeliveryReceived {
        delivery: uuid(0xde11_0001),
        lot: "EJ6796".to_owned(),
        doses: 3_900,
        received_on: parse("2021-01-09"),
        content: content(0x04),
    }
}

fn slots_released() -> SlotsReleased {
    let first = ReleasedSlot {
        slot: SlotId(417),
        start_at: parse("2021-01-19T10:00:00.000+01:00"),
        local_date: parse("2021-01-19"),
        length_min: 15,
        dose: Dose::First,
        capacity: 10,
        web: 6,
        hotline: 3,
        open: 1,
    };
    let second = ReleasedSlot {
        slot: SlotId(418),
        start_at: parse("2021-02-09T10:00:00.000+01:00"),
        local_date: parse("2021-02-09"),
        length_min: 15,
        dose: Dose::Second,
        capacity: 12,
        web: 0,
        hotline: 0,
        open: 0,
    };
    SlotsReleased {
        release: uuid(0x4e1e_a5e0),
        delivery: uuid(0xde11_0001),
        vaccine: Cvx(208),
        doses: 2,
        interval_min_days: 21,
        interval_max_days: 42,
        flows_back_at: Some(parse("2021-01-15T12:00:00.000+01:00")),
        slots: vec![first, second],
        backing: vec![Backing { first: SlotId(417), second: SlotId(418), places: 10 }],
        content: content(0x05),
    }
}

fn single_dose_release() -> SlotsReleased {
    let slot = ReleasedSlot { web: 0, hotline: 0, open: 10, ..slots_released().slots.remove(0) };
    SlotsReleased {
        vaccine: Cvx(212),
        doses: 1,
        interval_min_days: 0,
        interval_max_days: 0,
        flows_back_at: None,
        slots: vec![slot],
        backing: Vec::new(),
        ..slots_released()
    }
}

fn contingents_returned() -> ContingentsReturned {
    let from = |contingent, places| ContingentReturn { slot: SlotId(417), contingent, places };
    ContingentsReturned { returned: vec![from(Contingent::Web, 2), from(Contingent::Hotline, 0)] }
}

fn slots_shrunk() -> SlotsShrunk {
    let first = SlotShrunk {
        slot: SlotId(417),
        contingent: Some(Contingent::Hotline),
        removed: 2,
        frees: vec![SlotPlaces { slot: SlotId(418), places: 2 }],
    };
    let second = SlotShrunk { slot: SlotId(418), contingent: None, removed: 1, frees: Vec::new() };
    SlotsShrunk {
        shrink: uuid(0x5781_2417),
        reason: ShrinkReason::Staffing,
        slots: vec![first, second],
        content: content(0x07),
    }
}

fn places_returned() -> PlacesReturned {
    let place = |contingent, backed_by| PlaceReturn { slot: SlotId(417), contingent, places: 1, backed_by };
    PlacesReturned {
        returned: vec![place(Contingent::Web, Some(SlotId(418))), place(Contingent::Open, None)],
    }
}
