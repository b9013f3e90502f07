//! A small centre with a day of first doses and a day of second ones.

use ledger::command::{CentreDescription, PersonFacts, SlotPlan};
use ledger::{CentreCommand, Rejection};
use schemas::Position;
use schemas::ids::{
    CentreId, Commitment, Cvx, DeliveryId, Group, HoldId, Pseudonym, RegistrationId, ReleaseId, RulesId,
    SlotId,
};
use schemas::rules::{BasisPoints, Cohort, ContingentShares, HoldRules, RuleSet, SlotGrid, VaccineRule};
use schemas::vocabulary::{AgeBand, CancelDoses, CancelReason, Channel, Dose, MadeBy};

use super::{World, centre, date, instant, reference, uuid};

pub fn rules() -> RuleSet {
    RuleSet {
        time_zone: "Europe/Berlin".to_owned(),
        vaccines: vec![VaccineRule {
            name: "comirnaty".parse().unwrap(),
            cvx: Cvx(208),
            doses: 2,
            interval_min_days: 21,
            interval_max_days: 42,
        }],
        holds: HoldRules {
            web_s: 600,
            hotline_s: 900,
            extension_s: 300,
            per_registration_and_day: 10,
            held_share: BasisPoints(5_000),
        },
        changes_per_day: 3,
        book_until_min: 60,
        contingents: ContingentShares {
            web: BasisPoints(6_000),
            hotline: BasisPoints(3_000),
            open: BasisPoints(1_000),
        },
        contingents_flow_back_at: Some(instant("2021-01-15T12:00:00.000+01:00")),
        rest_min_s: 0,
        rest_max_s: 0,
        slot: SlotGrid { opens_min: 420, closes_min: 1_320, length_min: 15 },
        cohorts: vec![Cohort { group: Group(1), opens_at: instant("2021-01-11T00:00:00.000+01:00") }],
    }
}

/// One centre, and how one speaks to it.
pub struct Desk {
    pub world: World,
    pub centre: CentreId,
}

impl Desk {
    /// With a centre that offers two first-dose slots of ten on 19 January, and two second-dose slots on 9 February.
    pub fn open(ledger: u8, name: &str) -> Self {
        let mut desk = Self { world: World::new(ledger), centre: centre(name).0 };
        desk.describe();
        desk
    }

    /// The same centre beside others in one world.
    pub fn describe(&mut self) {
        let description = CentreDescription {
            id: self.centre.clone(),
            reference_prefix: self.centre.as_str()[..3].to_uppercase().parse().unwrap(),
            name: format!("Impfzentrum {}", self.centre),
            address: "Festplatz 1".to_owned(),
            phone: "116117".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            opens_on: date("2021-01-19"),
            catchment: vec!["06412".parse().unwrap()],
        };
        self.admin(CentreCommand::DescribeCentre(description));
        let effective_at = instant("2021-01-11T00:00:00.000+01:00");
        self.admin(CentreCommand::SetRules { rules: RulesId(uuid(1)), effective_at, set: rules() });
        let (vaccine, delivery) = (Cvx(208), DeliveryId(uuid(2)));
        self.admin(CentreCommand::AnnounceDelivery {
            delivery,
            vaccine,
            doses: 40,
            due_on: date("2021-01-18"),
        });
        let slots = vec![
            plan("2021-01-19", "10:00", Dose::First, 10),
            plan("2021-01-19", "10:15", Dose::First, 10),
            plan("2021-02-09", "10:00", Dose::Second, 12),
            plan("2021-02-09", "10:15", Dose::Second, 10),
        ];
        self.admin(CentreCommand::ReleaseSlots { release: ReleaseId(uuid(3)), delivery, vaccine, slots });
    }

    /// The same a day later: slots 5 to 8.
    pub fn second_day(&mut self) {
        let (vaccine, delivery) = (Cvx(208), DeliveryId(uuid(4)));
        self.admin(CentreCommand::AnnounceDelivery {
            delivery,
            vaccine,
            doses: 40,
            due_on: date("2021-01-18"),
        });
        let slots = vec![
            plan("2021-01-20", "10:00", Dose::First, 10),
            plan("2021-01-20", "10:15", Dose::First, 10),
            plan("2021-02-10", "10:00", Dose::Second, 12),
            plan("2021-02-10", "10:15", Dose::Second, 10),
        ];
        self.admin(CentreCommand::ReleaseSlots { release: ReleaseId(uuid(5)), delivery, vaccine, slots });
    }

    pub fn admin(&mut self, command: CentreCommand) -> Position {
        self.world.command(&self.centre, Channel::Admin, command).unwrap()
    }

    pub fn web(&mut self, command: CentreCommand) -> Result<Position, Rejection> {
        self.world.command(&self.centre, Channel::Web, command)
    }

    pub fn register(&mut self, number: u8) -> Position {
        let command = self.registration(number);
        self.web(command).unwrap()
    }

    pub fn registration(&self, number: u8) -> CentreCommand {
        let person = PersonFacts {
            pseudonyms: vec![Pseudonym([number; 16])],
            commitment: Commitment([number; 32]),
            group: Group(1),
            district: "06412".parse().unwrap(),
            age_band: AgeBand::of_years(82),
        };
        let registration = RegistrationId(uuid(number));
        let reference = reference(&self.centre.as_str()[..3].to_uppercase(), u64::from(number));
        CentreCommand::Register { registration, reference, made_by: MadeBy::SelfMade, person }
    }

    pub fn place(&mut self, number: u8, first: u32, second: Option<u32>) -> Result<Position, Rejection> {
        self.web(CentreCommand::PlaceHold {
            hold: hold(number),
            registration: RegistrationId(uuid(number)),
            first: SlotId(first),
            second: second.map(SlotId),
            instead_of: None,
        })
    }

    pub fn confirm(&mut self, number: u8) -> Position {
        self.web(CentreCommand::ConfirmHold { hold: hold(number) }).unwrap()
    }

    pub fn cancel(&mut self, number: u8, doses: CancelDoses) -> Position {
        let booking = hold(number);
        self.web(CentreCommand::CancelBooking { booking, doses, reason: CancelReason::Person }).unwrap()
    }

    pub fn partition(&self) -> schemas::ids::Partition {
        centre(self.centre.as_str()).1
    }
}

pub fn hold(number: u8) -> HoldId {
    HoldId(uuid(number))
}

pub fn plan(day: &str, time: &str, dose: Dose, capacity: u32) -> SlotPlan {
    let (web, hotline, open) = match dose {
        Dose::First => (capacity * 6 / 10, capacity * 3 / 10, capacity / 10),
        Dose::Second => (0, 0, 0),
    };
    SlotPlan {
        start_at: instant(&format!("{day}T{time}:00.000+01:00")),
        local_date: date(day),
        length_min: 15,
        dose,
        capacity,
        web,
        hotline,
        open,
    }
}
