//! A set of rules as the file `rules_2021-01-12.json` has it.

use std::collections::BTreeMap;
use std::fmt;

use schemas::Instant;
use schemas::ids::{Cvx, Group, VaccineName};
use schemas::rules::{Cohort, ContingentShares, HoldRules, RuleSet, SlotGrid, VaccineRule};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use utoipa::ToSchema;

use super::share::Share;
use super::{BodyError, Object, object};
use crate::stamp::Zone;

/// A whole set of rules.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulesBody {
    /// From when; the first set of a centre is in force from its record.
    #[schema(value_type = String, format = DateTime)]
    effective_at: Instant,
    /// IANA name.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// By name.
    #[schema(value_type = BTreeMap<String, VaccineBody>)]
    vaccines: Vaccines,
    #[serde(deserialize_with = "object::one")]
    holds: HoldsBody,
    changes_per_day: u32,
    book_until_min: u32,
    #[serde(deserialize_with = "object::one")]
    contingents: ContingentsBody,
    #[schema(value_type = Option<String>, format = DateTime)]
    contingents_flow_back_at: Option<Instant>,
    #[serde(deserialize_with = "object::one")]
    rest_s: RangeBody,
    #[serde(deserialize_with = "object::one")]
    slot: GridBody,
    #[serde(deserialize_with = "object::list")]
    cohorts: Vec<CohortBody>,
}

/// One vaccine.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VaccineBody {
    #[schema(value_type = u16)]
    cvx: Cvx,
    doses: u8,
    /// Civil days to the second dose; exactly when there are two doses.
    #[serde(default, deserialize_with = "object::optional")]
    interval_days: Option<RangeBody>,
}

/// A least and a most.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RangeBody {
    min: u32,
    max: u32,
}

/// How holds work.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HoldsBody {
    web_s: u32,
    hotline_s: u32,
    extension_s: u32,
    per_registration_and_day: u32,
    /// A whole number of basis points.
    #[schema(value_type = f64)]
    held_share: Share,
}

/// How first-dose places are divided; each a whole number of basis points.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContingentsBody {
    #[schema(value_type = f64)]
    web: Share,
    #[schema(value_type = f64)]
    hotline: Share,
    #[schema(value_type = f64)]
    open: Share,
}

/// The grid on which days are laid out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GridBody {
    #[schema(value_type = String, example = "07:00")]
    opens: TimeOfDay,
    #[schema(value_type = String, example = "22:00")]
    closes: TimeOfDay,
    length_min: u32,
}

/// Who may hold places from when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CohortBody {
    #[schema(value_type = u16)]
    group: Group,
    #[schema(value_type = String, format = DateTime)]
    opens_at: Instant,
}

impl RulesBody {
    /// From when, and the rules. Whether they are complete is for the ledger to say.
    pub(crate) fn into_rules(self) -> Result<(Instant, RuleSet), BodyError> {
        if Zone::named(&self.time_zone).is_none() {
            return Err(BodyError::at("time_zone", format!("there is no time zone {:?}", self.time_zone)));
        }
        let vaccines = self.vaccines.0.into_iter().map(vaccine_rule).collect::<Result<_, _>>()?;
        let holds = HoldRules {
            web_s: self.holds.web_s,
            hotline_s: self.holds.hotline_s,
            extension_s: self.holds.extension_s,
            per_registration_and_day: self.holds.per_registration_and_day,
            held_share: self.holds.held_share.0,
        };
        let ContingentsBody { web, hotline, open } = self.contingents;
        let grid = SlotGrid {
            opens_min: self.slot.opens.0,
            closes_min: self.slot.closes.0,
            length_min: self.slot.length_min,
        };
        let cohort = |body: CohortBody| Cohort { group: body.group, opens_at: body.opens_at };
        let set = RuleSet {
            time_zone: self.time_zone,
            vaccines,
            holds,
            changes_per_day: self.changes_per_day,
            book_until_min: self.book_until_min,
            contingents: ContingentShares { web: web.0, hotline: hotline.0, open: open.0 },
            contingents_flow_back_at: self.contingents_flow_back_at,
            rest_min_s: self.rest_s.min,
            rest_max_s: self.rest_s.max,
            slot: grid,
            cohorts: self.cohorts.into_iter().map(cohort).collect(),
        };
        Ok((self.effective_at, set))
    }
}

fn vaccine_rule((name, body): (VaccineName, VaccineBody)) -> Result<VaccineRule, BodyError> {
    let place = format!("vaccines.{name}.interval_days");
    if !(1..=2).contains(&body.doses) {
        return Err(BodyError::at(
            &format!("vaccines.{name}.doses"),
            format!("it must be 1 or 2, not {}", body.doses),
        ));
    }
    let interval = match (body.doses, body.interval_days) {
        (2, Some(interval)) => interval,
        (2, None) => return Err(BodyError::at(&place, "two doses need an interval")),
        (_, None) => RangeBody { min: 0, max: 0 },
        (_, Some(_)) => return Err(BodyError::at(&place, "only two doses have an interval")),
    };
    Ok(VaccineRule {
        name,
        cvx: body.cvx,
        doses: body.doses,
        interval_min_days: interval.min,
        interval_max_days: interval.max,
    })
}

/// Vaccines by name, so that the order in the file does not matter; a name that comes twice is refused.
#[derive(Debug)]
struct Vaccines(BTreeMap<VaccineName, VaccineBody>);

impl<'de> Deserialize<'de> for Vaccines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(VaccinesVisitor)
    }
}

struct VaccinesVisitor;

impl<'de> Visitor<'de> for VaccinesVisitor {
    type Value = Vaccines;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("vaccines by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vaccines, A::Error> {
        let mut vaccines = BTreeMap::new();
        while let Some((name, Object(body))) = map.next_entry::<VaccineName, Object<VaccineBody>>()? {
            if let Some(twice) = vaccines.insert(name, body) {
                return Err(A::Error::custom(format!("a vaccine stands twice (cvx {})", twice.cvx)));
            }
        }
        Ok(Vaccines(vaccines))
    }
}

/// A time of day as minutes after midnight; 24:00 is the end of the day.
#[derive(Debug, Clone, Copy)]
struct TimeOfDay(u32);

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        minutes(&text)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("{text:?} must be a time of day like 07:00")))
    }
}

fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse::<u32>().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (minutes < 60 && hours * 60 + minutes <= 24 * 60).then_some(hours * 60 + minutes)
}
