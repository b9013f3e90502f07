//! Long random histories as `centre` decides them: the recount, which does not know it, finds nothing wrong.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemas::ids::{
    AccessId, ActorId, CentreNumber, Commitment, Cvx, DeliveryId, District, Group, HoldId, Pseudonym,
    RegistrationId, SlotId,
};
use schemas::rules::{BasisPoints, VaccineRule};
use schemas::vocabulary::{
    AgeBand, CancelDoses, CancelReason, Channel, Dose, MadeBy, ShrinkReason, WithdrawReason,
};
use schemas::{Body, CivilDate, Event, Instant, Reference};

use super::story::{ONE, Story, VACCINE, at, put, rule_set};
use crate::answer::Decision;
use crate::centre::Centre;
use crate::chain::Origin;
use crate::command::{Asked, CentreCommand, CentreDescription, PersonFacts, ShrinkPlan, SlotPlan};

const SINGLE: Cvx = Cvx(212);
const CHANNELS: [Channel; 4] = [Channel::Web, Channel::Web, Channel::Hotline, Channel::Centre];

/// A centre that decides, a log that takes it down, and chance.
struct Morning {
    story: Story,
    centre: Centre,
    now: Instant,
    rng: ChaCha8Rng,
    slots: u32,
    firsts: Vec<SlotId>,
    seconds: Vec<SlotId>,
    people: Vec<RegistrationId>,
    holds: Vec<HoldId>,
    done: u32,
}

impl Morning {
    fn begun(seed: u64) -> Self {
        let (story, centre) = (Story::claimed(), Centre::new(CentreNumber(1)));
        let (people, holds, firsts, seconds) = Default::default();
        let rng = ChaCha8Rng::seed_from_u64(seed);
        let mut morning =
            Self { story, centre, now: at(0), rng, slots: 0, firsts, seconds, people, holds, done: 0 };
        morning.ask(Channel::Admin, &describe());
        let mut set = rule_set();
        set.holds.per_registration_and_day = 5;
        set.holds.held_share = BasisPoints(7_000);
        set.changes_per_day = 3;
        let (name, doses) = ("johnson".parse().unwrap(), 1);
        set.vaccines.push(VaccineRule {
            name,
            cvx: SINGLE,
            doses,
            interval_min_days: 0,
            interval_max_days: 0,
        });
        let rules = morning.id().into();
        morning.ask(Channel::Admin, &CentreCommand::SetRules { rules, effective_at: at(0), set });
        morning
    }

    fn id(&mut self) -> uuid::Uuid {
        uuid::Builder::from_random_bytes(self.rng.random()).into_uuid()
    }

    fn below(&mut self, bound: u32) -> u32 {
        self.rng.random_range(0..bound)
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.rng.random_range(0..of.len())])
    }

    fn write(&mut self, channel: Channel, events: Vec<Event>) {
        let origin = Origin { channel, centre: CentreNumber(1), ..Origin::WRITER };
        let pended = self.story.pending.push(origin, self.now, &Body::Decision(events.clone())).unwrap();
        put(&self.story.log, ONE, pended.value);
        events.iter().for_each(|event| self.centre.apply(event, &pended.mark));
        self.centre.check().unwrap();
    }

    fn ask(&mut self, channel: Channel, command: &CentreCommand) -> bool {
        while let Some(events) = self.centre.due(self.now) {
            self.write(Channel::Writer, events);
        }
        let days = i32::try_from(self.now.millis() / 86_400_000).unwrap();
        let on = CivilDate::from_days(days).unwrap();
        match self.centre.decide(command, &Asked { now: self.now, on, channel, actor: ActorId::NIL }) {
            Ok(Decision::Events(events)) => {
                self.done += 1;
                self.write(channel, events);
                true
            }
            _ => false,
        }
    }

    fn step(&mut self) {
        let pause = match self.below(100) {
            0..85 => self.below(30_000),
            85..99 => self.below(400_000),
            _ if self.done < 150 => self.below(30_000),
            _ => self.below(86_400_000),
        };
        self.now = self.now.plus_millis(u64::from(pause));
        match self.below(100) {
            0..2 => self.release(),
            2..11 => self.shrink(),
            11..20 => self.register(),
            20..24 => self.change_person(),
            24..48 => self.hold(),
            _ => self.go_on(),
        }
    }

    fn release(&mut self) {
        let delivery: DeliveryId = self.id().into();
        let vaccine = if self.below(4) == 0 { SINGLE } else { VACCINE };
        let (doses, due_on) = (4 + self.below(20), day_of(at(0), 0));
        self.ask(Channel::Admin, &CentreCommand::AnnounceDelivery { delivery, vaccine, doses, due_on });
        if self.below(2) == 0 {
            let (lot, received_on) = ("EJ6797".to_owned(), due_on);
            self.ask(Channel::Admin, &CentreCommand::ReceiveDelivery { delivery, lot, doses, received_on });
        }
        let days = 1 + self.below(11);
        let mut slots = vec![self.plan(Dose::First, days, 0), self.plan(Dose::First, days, 1)];
        if vaccine == VACCINE {
            let later = [days + 21 + self.below(10), days + 25 + self.below(16)];
            slots.extend(later.map(|later| self.plan(Dose::Second, later, 2)));
        }
        let doses: Vec<Dose> = slots.iter().map(|slot| slot.dose).collect();
        let release = self.id().into();
        if self.ask(Channel::Admin, &CentreCommand::ReleaseSlots { release, delivery, vaccine, slots }) {
            for dose in doses {
                self.slots += 1;
                let of_dose = if dose == Dose::First { &mut self.firsts } else { &mut self.seconds };
                of_dose.push(SlotId(self.slots));
            }
        }
    }

    fn plan(&mut self, dose: Dose, days: u32, hours: u32) -> SlotPlan {
        let flowed = self.now >= at(super::story::FLOW);
        let (web, hotline, open) = match dose {
            Dose::First if !flowed => (self.below(3), self.below(3), self.below(3)),
            Dose::First => (0, 0, self.below(5)),
            Dose::Second => (0, 0, 0),
        };
        let capacity = if dose == Dose::First { web + hotline + open } else { 1 + self.below(6) };
        let (start_at, local_date) =
            (self.now.plus_seconds(days * 86_400 + hours * 900), day_of(self.now, days));
        SlotPlan { start_at, local_date, length_min: 15, dose, capacity, web, hotline, open }
    }

    fn shrink(&mut self) {
        let dose = if self.below(4) == 0 { Dose::First } else { Dose::Second };
        let (slot, places) = (self.slot(dose), 1 + self.below(2));
        let slots = vec![ShrinkPlan { slot, contingent: None, places }];
        let shrink = self.id().into();
        self.ask(
            Channel::Admin,
            &CentreCommand::ShrinkSlots { shrink, reason: ShrinkReason::Closure, slots },
        );
    }

    /// One of the last released.
    fn slot(&mut self, dose: Dose) -> SlotId {
        let of_dose = if dose == Dose::First { &self.firsts } else { &self.seconds };
        let recent = of_dose[of_dose.len().saturating_sub(6)..].to_vec();
        self.one_of(&recent).unwrap_or(SlotId(1))
    }

    fn person(&mut self) -> PersonFacts {
        let name = u8::try_from(self.below(200)).unwrap();
        PersonFacts {
            pseudonyms: vec![Pseudonym([name; 16])],
            commitment: Commitment([name; 32]),
            group: Group(1),
            district: District::from_number(6412).unwrap(),
            age_band: AgeBand::of_years(84),
        }
    }

    fn register(&mut self) {
        let registration: RegistrationId = self.id().into();
        let reference = Reference::new("FRA".parse().unwrap(), self.rng.random());
        let (made_by, person) = (MadeBy::Proxy, self.person());
        let command = CentreCommand::Register { registration, reference, made_by, person };
        if self.ask(Channel::Web, &command) {
            self.people.push(registration);
        }
    }

    fn change_person(&mut self) {
        let Some(registration) = self.one_of(&self.people.clone()) else { return };
        let command = match self.below(6) {
            0 => CentreCommand::WithdrawRegistration { registration, reason: WithdrawReason::Person },
            1 => CentreCommand::Erase { registration, ended_in_views: false },
            2 => CentreCommand::FinishErasure { registration },
            3 => {
                let access: AccessId = self.id().into();
                CentreCommand::ReissueAccess { registration, access, secret_hash: [0; 32] }
            }
            _ => {
                let distinct_from =
                    self.people.iter().take(5).copied().filter(|id| *id != registration).collect();
                let (revision, person) = (1 + self.below(2), self.person());
                CentreCommand::AmendRegistration { registration, revision, person, distinct_from }
            }
        };
        self.ask(Channel::Hotline, &command);
    }

    fn hold(&mut self) {
        let recent = self.people[self.people.len().saturating_sub(25)..].to_vec();
        let (Some(registration), hold) = (self.one_of(&recent), HoldId::from(self.id())) else {
            return;
        };
        let (first, second) = (self.slot(Dose::First), (self.below(3) == 0).then(|| self.slot(Dose::Second)));
        let instead_of = if self.below(8) == 0 { self.one_of(&self.holds.clone()) } else { None };
        let command = CentreCommand::PlaceHold { hold, registration, first, second, instead_of };
        let channel = self.one_of(&CHANNELS).unwrap();
        if self.ask(channel, &command) {
            self.holds.push(hold);
        }
    }

    /// Something with one of the last holds.
    fn go_on(&mut self) {
        let recent = self.holds.len().saturating_sub(10);
        let recent = self.holds[recent..].to_vec();
        let Some(hold) = self.one_of(&recent) else { return };
        let command = match self.below(12) {
            0 => CentreCommand::ExtendHold { hold },
            1 => CentreCommand::ReleaseHold { hold },
            2..6 => CentreCommand::ConfirmHold { hold },
            6..8 => {
                let change = self.id().into();
                let first = (self.below(3) > 0).then(|| self.slot(Dose::First));
                let second = (self.below(2) > 0).then(|| self.slot(Dose::Second));
                CentreCommand::RescheduleBooking { booking: hold, change, first, second }
            }
            _ => {
                let doses = if self.below(5) < 2 { CancelDoses::Both } else { CancelDoses::Second };
                CentreCommand::CancelBooking { booking: hold, doses, reason: CancelReason::Ill }
            }
        };
        let channel = self.one_of(&CHANNELS).unwrap();
        self.ask(channel, &command);
    }
}

fn day_of(now: Instant, days: u32) -> CivilDate {
    let today = i32::try_from(now.millis() / 86_400_000).unwrap();
    CivilDate::from_days(today + i32::try_from(days).unwrap()).unwrap()
}

fn describe() -> CentreCommand {
    let described = super::story::centre();
    CentreCommand::DescribeCentre(CentreDescription {
        id: described.id,
        reference_prefix: described.reference_prefix,
        name: described.name,
        address: described.address,
        phone: described.phone,
        time_zone: described.time_zone,
        opens_on: described.opens_on,
        catchment: described.catchment,
    })
}

/// What such a centre has decided after so many steps.
pub(super) fn morning(seed: u64, steps: u32) -> Story {
    let mut morning = Morning::begun(seed);
    (0..steps).for_each(|_| morning.step());
    morning.story
}

#[test]
fn whatever_a_centre_decides_is_clean() {
    let mut events: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    for seed in 0..150 {
        let report = morning(seed, 900).verified();
        assert!(report.clean, "seed {seed}: {:#?}", &report.faults[..report.faults.len().min(5)]);
        assert_eq!(report.oversold, 0, "seed {seed}");
        for (name, count) in report.events {
            *events.entry(name).or_default() += count;
        }
    }
    // Histories in which something never happens show nothing about it.
    for (_, _, name, _) in Event::CATALOGUE.iter().filter(|(kind, ..)| *kind < 24) {
        assert!(events.get(*name).is_some_and(|count| *count > 5), "hardly any {name}: {events:?}");
    }
}
