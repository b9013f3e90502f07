//! A small world, so that ids collide, places run out and intervals just miss.

use ledger::command::{CentreDescription, PersonFacts};
use schemas::ids::{
    AccessId, ChangeId, Commitment, Cvx, DeliveryId, District, Group, HoldId, Pseudonym, RegistrationId,
    ReleaseId, RulesId, ShrinkId,
};
use schemas::rules::{BasisPoints, Cohort, ContingentShares, HoldRules, SlotGrid, VaccineRule};
use schemas::vocabulary::AgeBand;
use schemas::{CivilDate, Instant, Reference, RuleSet};

pub(crate) const COMIRNATY: Cvx = Cvx(208);
pub(crate) const MODERNA: Cvx = Cvx(207);
pub(crate) const JOHNSON: Cvx = Cvx(212);
pub(crate) const UNKNOWN_VACCINE: Cvx = Cvx(1);

const DAY_MS: i64 = 86_400_000;

/// 2021-01-12T06:00:00Z.
pub(crate) fn beginning() -> Instant {
    "2021-01-12T06:00:00Z".parse().unwrap()
}

/// The civil day at a centre one hour east of UTC.
pub(crate) fn civil_day(now: Instant) -> CivilDate {
    CivilDate::from_days(i32::try_from((now.millis() + 3_600_000) / DAY_MS).unwrap()).unwrap()
}

/// So many quarters of an hour after 09:00 at the centre.
pub(crate) fn start_on(date: CivilDate, quarters: u8) -> Instant {
    let nine = i64::from(date.days()) * DAY_MS + 8 * 3_600_000;
    Instant::from_millis(nine + i64::from(quarters) * 900_000).unwrap()
}

macro_rules! named {
    ($($function:ident $id:ident $kind:literal;)*) => {$(
        pub(crate) fn $function(number: usize) -> $id {
            let mut bytes = [0x40; 16];
            bytes[0] = $kind;
            bytes[8] = 0x80;
            bytes[12..].copy_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
            $id(bytes)
        }
    )*};
}
named! {
    registration RegistrationId 1;
    hold HoldId 2;
    delivery DeliveryId 3;
    release ReleaseId 4;
    rules RulesId 5;
    shrink ShrinkId 6;
    change ChangeId 7;
    access AccessId 8;
    pseudonym Pseudonym 9;
}

pub(crate) fn reference(number: usize) -> Reference {
    Reference::new("FRA".parse().unwrap(), u64::try_from(number).unwrap())
}

pub(crate) fn description(variant: u8) -> CentreDescription {
    let mut catchment = vec![District::from_number(6412).unwrap(), District::from_number(6413).unwrap()];
    if variant == 2 {
        catchment.pop();
    }
    CentreDescription {
        id: "frankfurt".parse().unwrap(),
        reference_prefix: "FRA".parse().unwrap(),
        name: format!("Frankfurt {variant}"),
        address: "Festhalle".into(),
        phone: "116117".into(),
        time_zone: "Europe/Berlin".into(),
        opens_on: CivilDate::from_ymd(2021, 1, 19).unwrap(),
        catchment,
    }
}

/// Somebody with one or two of 200 names, mostly of the group that may hold and of a district that is served.
pub(crate) fn person(number: u8) -> PersonFacts {
    let name = usize::from(number % 200);
    let mut pseudonyms = vec![pseudonym(name)];
    if number % 7 == 5 {
        pseudonyms.push(pseudonym((name + 7) % 200));
        pseudonyms.sort();
    }
    let district = match number % 16 {
        15 => 1001,
        14 => 6413,
        _ => 6412,
    };
    PersonFacts {
        pseudonyms,
        commitment: Commitment([number; 32]),
        group: Group(match number % 11 {
            9 => 2,
            10 => 3,
            _ => 1,
        }),
        district: District::from_number(district).unwrap(),
        age_band: AgeBand::of_years(80 + u32::from(number % 12)),
    }
}

/// Short intervals, few holds a day, a cap of a third.
pub(crate) fn base_rules() -> RuleSet {
    let vaccine = |name: &str, cvx, doses, min, max| VaccineRule {
        name: name.parse().unwrap(),
        cvx,
        doses,
        interval_min_days: min,
        interval_max_days: max,
    };
    RuleSet {
        time_zone: "Europe/Berlin".into(),
        vaccines: vec![
            vaccine("comirnaty", COMIRNATY, 2, 3, 5),
            vaccine("moderna", MODERNA, 2, 2, 3),
            vaccine("johnson", JOHNSON, 1, 0, 0),
        ],
        holds: HoldRules {
            web_s: 600,
            hotline_s: 900,
            extension_s: 300,
            per_registration_and_day: 5,
            held_share: BasisPoints(5_000),
        },
        changes_per_day: 2,
        book_until_min: 60,
        contingents: ContingentShares {
            web: BasisPoints(6_000),
            hotline: BasisPoints(3_000),
            open: BasisPoints(1_000),
        },
        contingents_flow_back_at: None,
        rest_min_s: 0,
        rest_max_s: 0,
        slot: SlotGrid { opens_min: 420, closes_min: 1_320, length_min: 15 },
        cohorts: vec![
            Cohort { group: Group(1), opens_at: "2021-01-12T06:00:00Z".parse().unwrap() },
            Cohort { group: Group(2), opens_at: "2021-01-13T06:00:00Z".parse().unwrap() },
        ],
    }
}
