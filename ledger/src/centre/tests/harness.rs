//! `given(events).when(command).then(events | rejection)`, and a small world to speak about.

use schemas::ids::*;
use schemas::rules::*;
use schemas::vocabulary::*;
use schemas::{CivilDate, Event, Instant, RuleSet};

use super::words::{register, release};
use crate::answer::Decision;
use crate::centre::Centre;
use crate::command::*;
use crate::rejection::{Mark, Rejection};

pub(super) const COMIRNATY: Cvx = Cvx(208);
pub(super) const JOHNSON: Cvx = Cvx(212);
pub(super) const MINUTE: u64 = 60_000;
pub(super) const HOUR: u64 = 60 * MINUTE;
pub(super) const DAY: u64 = 24 * HOUR;

/// A civil date: `date("2021-01-19")`.
pub(super) fn date(text: &str) -> CivilDate {
    text.parse().unwrap()
}

/// An instant: `at("2021-01-12T08:00:00+01:00")`.
pub(super) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// The id that stands for a small number.
pub(super) fn id<T: From<uuid::Uuid>>(number: u128) -> T {
    uuid::Builder::from_random_bytes(number.to_be_bytes()).into_uuid().into()
}

pub(super) fn hold(number: u128) -> HoldId {
    id(number)
}

pub(super) fn person(number: u128) -> RegistrationId {
    id(1_000_000 + number)
}

pub(super) fn rules() -> RuleSet {
    let two = |name: &str, cvx, min, max| VaccineRule {
        name: name.parse().unwrap(),
        cvx,
        doses: 2,
        interval_min_days: min,
        interval_max_days: max,
    };
    let johnson = "johnson".parse().unwrap();
    RuleSet {
        time_zone: "Europe/Berlin".into(),
        vaccines: vec![
            two("comirnaty", COMIRNATY, 21, 42),
            two("astra", Cvx(210), 63, 84),
            VaccineRule { name: johnson, cvx: JOHNSON, doses: 1, interval_min_days: 0, interval_max_days: 0 },
        ],
        holds: HoldRules {
            web_s: 600,
            hotline_s: 900,
            extension_s: 300,
            per_registration_and_day: 10,
            held_share: BasisPoints(10_000),
        },
        changes_per_day: 3,
        book_until_min: 60,
        contingents: ContingentShares {
            web: BasisPoints(6_000),
            hotline: BasisPoints(3_000),
            open: BasisPoints(1_000),
        },
        contingents_flow_back_at: Some(at("2021-01-15T12:00:00+01:00")),
        rest_min_s: 0,
        rest_max_s: 0,
        slot: SlotGrid { opens_min: 420, closes_min: 1_320, length_min: 15 },
        cohorts: vec![Cohort { group: Group(1), opens_at: at("2021-01-12T08:00:00+01:00") }],
    }
}

pub(super) fn description() -> CentreDescription {
    CentreDescription {
        id: "frankfurt".parse().unwrap(),
        reference_prefix: "FRA".parse().unwrap(),
        name: "Regionales Impfzentrum Frankfurt".into(),
        address: "Festhalle".into(),
        phone: "116117".into(),
        time_zone: "Europe/Berlin".into(),
        opens_on: date("2021-01-19"),
        catchment: vec!["06412".parse().unwrap()],
    }
}

/// A person whose pseudonym is this number, in group 1, of Frankfurt.
pub(super) fn facts(pseudonym: u8) -> PersonFacts {
    PersonFacts {
        pseudonyms: vec![Pseudonym([pseudonym; 16])],
        commitment: Commitment([pseudonym; 32]),
        group: Group(1),
        district: "06412".parse().unwrap(),
        age_band: AgeBand::of_years(84),
    }
}

/// A first-dose slot at 10:00 with these places for web, hotline and open.
pub(super) fn first(on: &str, (web, hotline, open): (u32, u32, u32)) -> SlotPlan {
    slot(on, "10:00", Dose::First, (web, hotline, open))
}

/// A second-dose slot at 10:00.
pub(super) fn second(on: &str, capacity: u32) -> SlotPlan {
    SlotPlan { capacity, ..slot(on, "10:00", Dose::Second, (0, 0, 0)) }
}

pub(super) fn slot(on: &str, time: &str, dose: Dose, (web, hotline, open): (u32, u32, u32)) -> SlotPlan {
    let offset = if on >= "2021-03-28" { "+02:00" } else { "+01:00" };
    SlotPlan {
        start_at: at(&format!("{on}T{time}:00{offset}")),
        local_date: date(on),
        length_min: 15,
        dose,
        capacity: web + hotline + open,
        web,
        hotline,
        open,
    }
}

/// A centre, its clock and its channel: commands go in, events are folded and checked.
#[derive(Clone)]
pub(super) struct World {
    pub(super) centre: Centre,
    pub(super) now: Instant,
    pub(super) channel: Channel,
    /// Every record.
    pub(super) log: Vec<(Mark, Vec<Event>)>,
    seq: u64,
}

impl World {
    /// Nothing yet, on the morning of 12 January at 8.
    pub(super) fn blank() -> Self {
        Self {
            centre: Centre::new(CentreNumber(1)),
            now: at("2021-01-12T08:00:00+01:00"),
            channel: Channel::Web,
            log: Vec::new(),
            seq: 0,
        }
    }

    /// Frankfurt with rules and 1,000 announced doses each of Comirnaty (delivery 1) and Johnson (delivery 2).
    pub(super) fn opened() -> Self {
        Self::with_rules(rules())
    }

    pub(super) fn with_rules(set: RuleSet) -> Self {
        let mut world = Self::blank();
        world.done(CentreCommand::DescribeCentre(description()));
        world.done(CentreCommand::SetRules { rules: id(1), effective_at: world.now, set });
        for (number, vaccine) in [(1, COMIRNATY), (2, JOHNSON)] {
            let due_on = date("2021-01-18");
            world.done(CentreCommand::AnnounceDelivery {
                delivery: id(number),
                vaccine,
                doses: 1_000,
                due_on,
            });
        }
        world
    }

    /// Opened, with these slots on offer and persons 1 to 9 registered.
    pub(super) fn offering(slots: Vec<SlotPlan>) -> Self {
        let mut world = Self::opened();
        world.release(1, slots);
        world.registered(1..=9);
        world
    }

    pub(super) fn registered(&mut self, numbers: impl IntoIterator<Item = u8>) {
        for number in numbers {
            self.done(register(number));
        }
    }

    pub(super) fn release(&mut self, number: u128, slots: Vec<SlotPlan>) -> Vec<Event> {
        self.done(release(number, slots))
    }

    pub(super) fn asked(&self) -> Asked {
        let local = self.now.plus_millis(HOUR);
        let days = i32::try_from(local.millis() / i64::try_from(DAY).unwrap()).unwrap();
        Asked {
            now: self.now,
            on: CivilDate::from_days(days).unwrap(),
            channel: self.channel,
            actor: ActorId::NIL,
        }
    }

    pub(super) fn decide(&self, command: &CentreCommand) -> Result<Decision, Rejection> {
        self.centre.decide(command, &self.asked())
    }

    /// Folds one record and checks everything after it.
    pub(super) fn record(&mut self, events: &[Event]) -> Mark {
        self.seq += 1;
        let mark = Mark { seq: self.seq, head: self.seq.to_be_bytes(), time: self.now };
        for event in events {
            self.centre.apply(event, &mark);
        }
        self.centre.check().unwrap();
        self.centre.check_all().unwrap();
        self.log.push((mark, events.to_vec()));
        mark
    }

    /// Decides what is due until nothing is.
    pub(super) fn drain(&mut self) -> Vec<Event> {
        let mut all = Vec::new();
        while let Some(events) = self.centre.due(self.now) {
            assert!(events.len() <= 256);
            self.record(&events);
            all.extend(events);
        }
        all
    }

    /// Lets time pass, and happen what is due.
    pub(super) fn wait(&mut self, millis: u64) -> Vec<Event> {
        self.until(self.now.plus_millis(millis))
    }

    pub(super) fn until(&mut self, then: Instant) -> Vec<Event> {
        self.now = then;
        self.drain()
    }

    /// The command is accepted; its events.
    #[track_caller]
    pub(super) fn done(&mut self, command: CentreCommand) -> Vec<Event> {
        match self.decide(&command) {
            Ok(Decision::Events(events)) => {
                self.record(&events);
                events
            }
            other => panic!("{command:?} should be done, not {other:?}"),
        }
    }

    /// The command is refused.
    #[track_caller]
    pub(super) fn refused(&self, command: CentreCommand) -> Rejection {
        match self.decide(&command) {
            Err(rejection) => rejection,
            other => panic!("{command:?} should be refused, not {other:?}"),
        }
    }

    /// The command is refused by this rule.
    #[track_caller]
    pub(super) fn refused_by(&self, rule: &str, command: CentreCommand) {
        let rejection = self.refused(command);
        assert_eq!(rejection.rule(), rule, "{rejection:?}");
    }

    /// The command is the repeat of the record whose last event is of this name.
    #[track_caller]
    pub(super) fn repeats(&self, name: &str, command: CentreCommand) {
        match self.decide(&command) {
            Ok(Decision::Repeat(mark)) => {
                let (_, events) = self.log.iter().find(|(other, _)| *other == mark).unwrap();
                assert!(events.iter().any(|event| event.name() == name), "{events:?}");
            }
            other => panic!("{command:?} should be a repeat, not {other:?}"),
        }
    }

    /// (free, held, resting, booked) of a contingent.
    pub(super) fn counts(&self, slot: u32, contingent: Contingent) -> (u32, u32, u32, u32) {
        let counts = self.centre.slot(SlotId(slot)).unwrap().first().unwrap().counts(contingent);
        (counts.free, counts.held, counts.resting, counts.booked)
    }

    /// (free, held, reserved, booked) of a second-dose slot.
    pub(super) fn seconds(&self, slot: u32) -> (u32, u32, u32, u32) {
        let counts = self.centre.slot(SlotId(slot)).unwrap().second().unwrap();
        (counts.free, counts.held, counts.reserved, counts.booked)
    }

    /// Which second-dose slots back a first-dose one.
    pub(super) fn backing(&self, slot: u32) -> Vec<(u32, u32)> {
        let first = self.centre.slot(SlotId(slot)).unwrap().first().unwrap();
        first.backing.iter().map(|(second, places)| (second.0, *places)).collect()
    }

    pub(super) fn by(&mut self, channel: Channel) -> &mut Self {
        self.channel = channel;
        self
    }
}
