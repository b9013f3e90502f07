//! A small world: one centre or two with so few places that people get into each other's way.

use ledger::command::{CentreDescription, PersonFacts, SlotPlan};
use ledger::{CentreCommand, Rejection};
use schemas::ids::{
    CentreId, Commitment, Cvx, DeliveryId, District, Group, IdError, Pseudonym, ReferencePrefix, ReleaseId,
    RulesId, SlotId,
};
use schemas::rules::{BasisPoints, Cohort, ContingentShares, HoldRules, RuleSet, SlotGrid, VaccineRule};
use schemas::vocabulary::{AgeBand, Dose};
use schemas::{CivilDate, Instant};

const DAY_MS: i64 = 86_400_000;
const VACCINE: Cvx = Cvx(208);
const RELEASES: u32 = 2;
const FIRSTS: u32 = 2;
const SECONDS: u32 = 4;

/// Why a world could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// There is nobody to ask.
    #[error("the load has no handle")]
    NoHandle,
    /// A word of this world is not valid.
    #[error(transparent)]
    Id(#[from] IdError),
    /// The days of this world are out of range.
    #[error("the world's days are out of range")]
    Days,
    /// A rule refuses it.
    #[error("the opening was refused: {0:?}")]
    Refused(Box<Rejection>),
    /// Nobody did it in time.
    #[error("the centre was not opened within a minute: {0}")]
    NotOpened(String),
}

/// Which centres there are, and how they are run.
#[derive(Debug, Clone)]
pub struct SmallWorld {
    /// The centres.
    pub centres: Vec<CentreId>,
    /// How long a hold by web lives, in seconds; other holds live one second longer, an extension adds one.
    pub hold_s: u32,
    /// After how many seconds the contingents flow together; none: never.
    pub flows_back_after_s: Option<u32>,
}

impl SmallWorld {
    /// These centres, with holds of one second and without flow-back.
    pub fn new(centres: Vec<CentreId>) -> Self {
        Self { centres, hold_s: 1, flows_back_after_s: None }
    }

    /// First-dose slots that are there at every centre.
    pub fn firsts() -> Vec<SlotId> {
        let slots = |release| (1..=FIRSTS).map(move |slot| SlotId(release * (FIRSTS + SECONDS) + slot));
        (0..RELEASES).flat_map(slots).collect()
    }

    /// Second-dose slots that are there at every centre.
    pub fn seconds() -> Vec<SlotId> {
        let slots =
            |release| (1..=SECONDS).map(move |slot| SlotId(release * (FIRSTS + SECONDS) + FIRSTS + slot));
        (0..RELEASES).flat_map(slots).collect()
    }

    /// What opens all centres, in order.
    ///
    /// # Errors
    /// When a day is out of range.
    pub fn opening(&self, now: Instant) -> Result<Vec<(CentreId, CentreCommand)>, WorldError> {
        let mut commands = Vec::new();
        for (number, centre) in (1_u8..).zip(&self.centres) {
            let days = i32::try_from(now.millis() / DAY_MS).map_err(|_| WorldError::Days)?;
            let today = CivilDate::from_days(days).ok_or(WorldError::Days)?;
            let delivery = DeliveryId(id(1, number));
            let mut push = |command| commands.push((centre.clone(), command));
            push(CentreCommand::DescribeCentre(description(centre, today)?));
            let rules = RulesId(id(2, number));
            push(CentreCommand::SetRules { rules, effective_at: now, set: self.rules(now)? });
            let doses = 10_000;
            push(CentreCommand::AnnounceDelivery { delivery, vaccine: VACCINE, doses, due_on: today });
            for release in 0..RELEASES {
                let in_days = 3 + i32::try_from(release).unwrap_or(0);
                let first_day = today.plus_days(in_days).ok_or(WorldError::Days)?;
                push(CentreCommand::ReleaseSlots {
                    release: ReleaseId(id(3 + u8::try_from(release).unwrap_or(0), number)),
                    delivery,
                    vaccine: VACCINE,
                    slots: slots(first_day)?,
                });
            }
        }
        Ok(commands)
    }

    fn rules(&self, now: Instant) -> Result<RuleSet, WorldError> {
        let vaccine = VaccineRule {
            name: "comirnaty".parse()?,
            cvx: VACCINE,
            doses: 2,
            interval_min_days: 3,
            interval_max_days: 6,
        };
        Ok(RuleSet {
            time_zone: "Europe/Berlin".to_owned(),
            vaccines: vec![vaccine],
            holds: HoldRules {
                web_s: self.hold_s,
                hotline_s: self.hold_s + 1,
                extension_s: 1,
                per_registration_and_day: 6,
                held_share: BasisPoints(6_000),
            },
            changes_per_day: 2,
            book_until_min: 60,
            contingents: ContingentShares {
                web: BasisPoints(5_000),
                hotline: BasisPoints(3_000),
                open: BasisPoints(2_000),
            },
            contingents_flow_back_at: self.flows_back_after_s.map(|after_s| now.plus_seconds(after_s)),
            rest_min_s: 0,
            rest_max_s: 0,
            slot: SlotGrid { opens_min: 420, closes_min: 1_320, length_min: 15 },
            cohorts: vec![Cohort { group: Group(1), opens_at: now }],
        })
    }
}

fn id(kind: u8, number: u8) -> [u8; 16] {
    let mut bytes = [0x40; 16];
    (bytes[0], bytes[1], bytes[8]) = (kind, number, 0x80);
    bytes
}

/// The letters that a centre's references begin with.
pub(super) fn prefix_of(centre: &CentreId) -> Result<ReferencePrefix, IdError> {
    let letters = centre.as_str().chars().filter(char::is_ascii_lowercase).chain("xxx".chars());
    letters.take(3).collect::<String>().to_uppercase().parse()
}

fn description(centre: &CentreId, today: CivilDate) -> Result<CentreDescription, IdError> {
    Ok(CentreDescription {
        id: centre.clone(),
        reference_prefix: prefix_of(centre)?,
        name: "Impfzentrum".to_owned(),
        address: "Festhalle".to_owned(),
        phone: "116117".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        opens_on: today,
        catchment: vec![District::from_number(6_412)?],
    })
}

/// Somebody of whom the ledger knows the number alone.
pub(super) fn person(number: u32) -> Result<PersonFacts, IdError> {
    let mut pseudonym = [0x50; 16];
    pseudonym.iter_mut().zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
    Ok(PersonFacts {
        pseudonyms: vec![Pseudonym(pseudonym)],
        commitment: Commitment([7; 32]),
        group: Group(1),
        district: District::from_number(6_412)?,
        age_band: AgeBand::of_years(83),
    })
}

/// Two first-dose slots of six places, and second-dose slots with two places more than they need.
fn slots(first_day: CivilDate) -> Result<Vec<SlotPlan>, WorldError> {
    let plan = |dose, day: CivilDate, quarter: u32, places: [u32; 4]| -> Result<SlotPlan, WorldError> {
        let [capacity, web, hotline, open] = places;
        let start = i64::from(day.days()) * DAY_MS + 9 * 3_600_000 + i64::from(quarter) * 900_000;
        let start_at = Instant::from_millis(start).ok_or(WorldError::Days)?;
        Ok(SlotPlan { start_at, local_date: day, length_min: 15, dose, capacity, web, hotline, open })
    };
    let firsts = (0..FIRSTS).map(|slot| plan(Dose::First, first_day, slot, [6, 3, 2, 1]));
    let seconds = (0..SECONDS).map(|slot| {
        let day = first_day.plus_days(3 + i32::try_from(slot % 3).unwrap_or(0)).ok_or(WorldError::Days)?;
        plan(Dose::Second, day, slot, [if slot < 2 { 4 } else { 3 }, 0, 0, 0])
    });
    firsts.chain(seconds).collect()
}
