//! A long, lawful history of one centre, written straight into a log: no network, no waiting.

use std::sync::{Arc, mpsc};

use anyhow::{Context, Result, bail};
use ledger::chain::{Origin, Pending, claim_value};
use ledger::command::{CentreCommand, CentreDescription, PersonFacts, SlotPlan};
use ledger::fold::PartitionFold;
use ledger::log::{Log, Outgoing};
use ledger::{Asked, Command, Decision};
use schemas::ids::{
    CentreId, ClaimId, CommandId, Commitment, Cvx, DeliveryId, Group, HoldId, NodeId, Partition, Pseudonym,
    RegistrationId, ReleaseId, RulesId, SlotId,
};
use schemas::rules::{BasisPoints, Cohort, ContingentShares, HoldRules, RuleSet, SlotGrid, VaccineRule};
use schemas::vocabulary::{AgeBand, Channel, Dose, MadeBy};
use schemas::{Body, CivilDate, Claim, Instant, Reference, hashing};

const VACCINE: Cvx = Cvx(208);
const FIRST_DAY: &str = "2021-01-19";
const DAYS: i32 = 18;
const SLOTS_A_DAY: u32 = 60;

/// Writes a history with so many registrations, of which every seventh holds and confirms a pair.
///
/// # Errors
/// When the log fails, or a command of this history is refused.
pub fn write(log: &dyn Log, registrations: u32) -> Result<Partition> {
    let centre: CentreId = "frankfurt".parse()?;
    let partition = hashing::partition_of(&centre, log.partitions());
    let mut author = Author::claim(log, partition, centre)?;
    author.open_centre(FIRST_DAY)?;
    for person in 0..registrations {
        author.register(person)?;
        if person % 7 == 0 && person / 7 < author.pairs {
            author.book(person)?;
        }
    }
    author.flush()?;
    Ok(partition)
}

/// Writes a history of two months with so many records about so many people , who take
/// places and give them back, so that what lives is small beside what has passed.
///
/// # Errors
/// When the log fails, or a command of this history is refused.
pub fn write_long(log: &dyn Log, records: u32, people: u32) -> Result<Partition> {
    let centre: CentreId = "frankfurt".parse()?;
    let partition = hashing::partition_of(&centre, log.partitions());
    let mut author = Author::claim(log, partition, centre)?;
    author.open_centre("2021-04-01")?;
    for person in 0..people {
        author.register(person)?;
    }
    author.step_ms = 60 * 86_400_000 / u64::from(records.max(1));
    for number in 0..records.saturating_sub(people) / 2 {
        author.come_and_go(number, number % people)?;
    }
    author.flush()?;
    Ok(partition)
}

struct Author<'log> {
    log: &'log dyn Log,
    centre: CentreId,
    fold: PartitionFold,
    pending: Pending,
    outbox: Vec<Outgoing>,
    now: Instant,
    /// How far apart its records are.
    step_ms: u64,
    pairs: u32,
}

/// A version 4 UUID that the kind and the number always give.
pub(super) fn id(kind: u8, number: u32) -> [u8; 16] {
    let mut bytes = [kind; 16];
    let digest = hashing::next_head(&schemas::ids::Head([kind; 32]), &number.to_be_bytes()).0;
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    uuid::Builder::from_random_bytes(bytes).into_uuid().into_bytes()
}

impl<'log> Author<'log> {
    fn claim(log: &'log dyn Log, partition: Partition, centre: CentreId) -> Result<Self> {
        let mut fold = PartitionFold::new(None, partition);
        for entry in log.read(partition, 0, usize::MAX)? {
            fold.read(entry.offset, &entry.value)?;
        }
        let ledger = fold.chain.ledger().context("the log has no genesis")?;
        let claim = Claim {
            claim: ClaimId(id(1, 1)),
            node: NodeId(id(2, 1)),
            knows_fold: 1,
            clock_accepted: false,
            url: String::new(),
        };
        let now: Instant = "2021-01-11T08:00:00+01:00".parse()?;
        let value: Arc<[u8]> = claim_value(&fold.chain, ledger, claim, now)?.into();
        fold.read(fold.chain.next_offset(), &value)?;
        let pending = Pending::after(&fold.chain, ledger);
        Ok(Self { log, centre, fold, pending, outbox: vec![value.into()], now, step_ms: 20, pairs: 0 })
    }

    fn open_centre(&mut self, first_day: &str) -> Result<()> {
        for command in opening_on(&self.centre.clone(), self.now, 10, first_day.parse()?)? {
            self.act(command)?;
        }
        self.pairs = u32::try_from(DAYS)? * SLOTS_A_DAY * 10;
        Ok(())
    }

    fn register(&mut self, person: u32) -> Result<()> {
        let mut pseudonym = id(6, person);
        pseudonym.rotate_left(1);
        self.act(CentreCommand::Register {
            registration: RegistrationId(id(7, person)),
            reference: Reference::new("FRA".parse()?, u64::from(person)),
            made_by: MadeBy::SelfMade,
            person: PersonFacts {
                pseudonyms: vec![Pseudonym(pseudonym)],
                commitment: Commitment([7; 32]),
                group: Group(1),
                district: "06412".parse()?,
                age_band: AgeBand::of_years(83),
            },
        })
    }

    fn book(&mut self, person: u32) -> Result<()> {
        let hold = HoldId(id(8, person));
        let first = first_slot(person / 7 / 10);
        let registration = RegistrationId(id(7, person));
        self.act(CentreCommand::PlaceHold { hold, registration, first, second: None, instead_of: None })?;
        self.act(CentreCommand::ConfirmHold { hold })
    }

    fn come_and_go(&mut self, number: u32, person: u32) -> Result<()> {
        let (hold, registration) = (HoldId(id(8, number)), RegistrationId(id(7, person)));
        let first = first_slot(number % (u32::try_from(DAYS)? * SLOTS_A_DAY));
        self.act(CentreCommand::PlaceHold { hold, registration, first, second: None, instead_of: None })?;
        self.act(CentreCommand::ReleaseHold { hold })
    }

    fn act(&mut self, command: CentreCommand) -> Result<()> {
        self.now = self.now.plus_millis(self.step_ms);
        let command = Command::Centre(self.centre.clone(), command);
        let asked = Asked {
            now: self.now,
            on: CivilDate::from_days(i32::try_from(self.now.millis() / 86_400_000)?).context("a day")?,
            channel: Channel::Partner,
            actor: schemas::ids::ActorId::NIL,
        };
        let decided = self.fold.state.decide(&command, &asked);
        let (number, events) = match decided {
            Ok((number, Decision::Events(events))) => (number, events),
            other => bail!("{command:?} led to {other:?}"),
        };
        let origin = Origin {
            channel: asked.channel,
            command: CommandId(command.id().0),
            actor: asked.actor,
            centre: number,
        };
        let body = Body::Decision(events);
        let pended = self.pending.push(origin, self.now, &body)?;
        let Body::Decision(events) = body else { bail!("not a decision") };
        self.fold.state.apply(number, &events, &pended.mark)?;
        self.outbox.push(Outgoing { value: pended.value, centre: Some(self.centre.clone()) });
        if self.outbox.len() >= 1_024 { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let (sender, outcome) = mpsc::channel();
        let on_outcome = move |result| {
            // The receiver waits until it hears.
            let _sent = sender.send(result);
        };
        self.log.append(self.fold.state.partition(), std::mem::take(&mut self.outbox), Box::new(on_outcome));
        Ok(outcome.recv()??)
    }
}

/// The first-dose slots in order; every release numbers them before its second-dose ones.
pub(super) fn first_slot(number: u32) -> SlotId {
    SlotId(number / SLOTS_A_DAY * 2 * SLOTS_A_DAY + number % SLOTS_A_DAY + 1)
}

/// The commands that open a centre with eighteen days of slots of so many places.
pub(super) fn opening(centre: &CentreId, now: Instant, places: u32) -> Result<Vec<CentreCommand>> {
    opening_on(centre, now, places, FIRST_DAY.parse()?)
}

fn opening_on(
    centre: &CentreId,
    now: Instant,
    places: u32,
    first_day: CivilDate,
) -> Result<Vec<CentreCommand>> {
    let delivery = DeliveryId(id(4, 1));
    let mut commands = vec![
        CentreCommand::DescribeCentre(CentreDescription {
            id: centre.clone(),
            reference_prefix: "FRA".parse()?,
            name: "Impfzentrum".to_owned(),
            address: "Festhalle".to_owned(),
            phone: "116117".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            opens_on: first_day,
            catchment: vec!["06412".parse()?],
        }),
        CentreCommand::SetRules { rules: RulesId(id(3, 1)), effective_at: now, set: rules(now)? },
        CentreCommand::AnnounceDelivery { delivery, vaccine: VACCINE, doses: 1_000_000, due_on: first_day },
    ];
    for day in 0..DAYS {
        let slots = day_of_slots(first_day.plus_days(day).context("a day")?, places)?;
        let release = ReleaseId(id(5, u32::try_from(day)?));
        commands.push(CentreCommand::ReleaseSlots { release, delivery, vaccine: VACCINE, slots });
    }
    Ok(commands)
}

fn rules(now: Instant) -> Result<RuleSet> {
    let vaccine = VaccineRule {
        name: "comirnaty".parse()?,
        cvx: VACCINE,
        doses: 2,
        interval_min_days: 21,
        interval_max_days: 42,
    };
    Ok(RuleSet {
        time_zone: "Europe/Berlin".to_owned(),
        vaccines: vec![vaccine],
        holds: HoldRules {
            web_s: 600,
            hotline_s: 600,
            extension_s: 600,
            per_registration_and_day: 10,
            held_share: BasisPoints::ONE,
        },
        changes_per_day: 3,
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
        cohorts: vec![Cohort { group: Group(1), opens_at: now }],
    })
}

/// Sixty slots of so many open places, and as many second ones three weeks later.
fn day_of_slots(day: CivilDate, places: u32) -> Result<Vec<SlotPlan>> {
    let later = day.plus_days(21).context("three weeks later")?;
    let plan = |dose: Dose, date: CivilDate, at: u32| -> Result<SlotPlan> {
        let midnight = i64::from(date.days()) * 86_400_000;
        let start = midnight + i64::from(6 * 60 + at * 15) * 60_000;
        Ok(SlotPlan {
            start_at: Instant::from_millis(start).context("a start")?,
            local_date: date,
            length_min: 15,
            dose,
            capacity: places,
            web: 0,
            hotline: 0,
            open: if dose == Dose::First { places } else { 0 },
        })
    };
    let firsts = (0..SLOTS_A_DAY).map(|at| plan(Dose::First, day, at));
    let seconds = (0..SLOTS_A_DAY).map(|at| plan(Dose::Second, later, at));
    firsts.chain(seconds).collect()
}
