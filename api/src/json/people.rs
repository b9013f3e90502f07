//! Registrations, and the people behind them.

use schemas::ids::{CentreId, District, Group, RegistrationId};
use schemas::vocabulary::{AgeBand, MadeBy};
use schemas::{CivilDate, Reference};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BodyError, check_text, object};

/// A registration as it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegistrationBody {
    /// Priority group.
    #[schema(value_type = u16)]
    pub(crate) group: Group,
    /// Official key of five digits.
    #[schema(value_type = String, example = "06412")]
    pub(crate) district: District,
    /// `self`, `proxy` or `agent`.
    #[schema(value_type = String, example = "self")]
    pub(crate) made_by: MadeBy,
    #[serde(deserialize_with = "object::one")]
    pub(crate) person: PersonBody,
    /// Registrations of namesakes that an agent found to be other people; only when amending.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub(crate) distinct_from: Vec<RegistrationId>,
}

/// A person's data. They go into the vault and nowhere else.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonBody {
    pub(crate) family_name: String,
    pub(crate) given_name: String,
    #[schema(value_type = String, format = Date)]
    pub(crate) born_on: CivilDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) street: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) postal_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) city: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
}

impl std::fmt::Debug for PersonBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonBody(…)")
    }
}

impl PersonBody {
    /// Refuses texts that cannot be shown, and birth dates after `today`.
    pub(crate) fn check(&self, today: CivilDate) -> Result<(), BodyError> {
        for (place, name) in
            [("person.family_name", &self.family_name), ("person.given_name", &self.given_name)]
        {
            check_text(place, name)?;
            // Names that nothing is left of would all be the same person to the index.
            if !name.chars().any(char::is_alphabetic) {
                return Err(BodyError::at(place, "it must have a letter"));
            }
        }
        let optional = [
            ("person.street", &self.street),
            ("person.postal_code", &self.postal_code),
            ("person.city", &self.city),
            ("person.phone", &self.phone),
            ("person.email", &self.email),
        ];
        for (place, text) in optional {
            text.as_ref().map_or(Ok(()), |text| check_text(place, text))?;
        }
        if self.born_on > today {
            return Err(BodyError::at("person.born_on", "it lies in the future"));
        }
        Ok(())
    }

    /// The age band on a centre's opening day; who is born later is in the lowest.
    pub(crate) fn age_band(&self, opens_on: CivilDate) -> AgeBand {
        AgeBand::of_years(completed_years(self.born_on, opens_on))
    }
}

/// Whole years of life; a year that began on 29 February is complete on 1 March.
fn completed_years(born_on: CivilDate, on: CivilDate) -> u32 {
    let civil = |date: CivilDate| date.to_string().parse::<jiff::civil::Date>();
    let (Ok(born), Ok(on)) = (civil(born_on), civil(on)) else { return 0 };
    let years = born.until((jiff::Unit::Year, on)).map_or(0, |span| span.get_years());
    u32::try_from(years).unwrap_or(0)
}

/// A new secret for a registration, drawn by who is to have it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessBody {
    /// At least 128 random bits.
    pub(crate) secret: String,
}

impl std::fmt::Debug for AccessBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessBody(…)")
    }
}

/// Whom an agent looks for, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookupBody {
    pub(crate) family_name: String,
    pub(crate) given_name: String,
    #[schema(value_type = String, format = Date)]
    pub(crate) born_on: CivilDate,
    /// It is written into the ledger with the agent's id.
    pub(crate) purpose: String,
}

impl LookupBody {
    /// Refuses texts that cannot be shown.
    pub(crate) fn check(&self) -> Result<(), BodyError> {
        check_text("family_name", &self.family_name)?;
        check_text("given_name", &self.given_name)?;
        check_text("purpose", &self.purpose)
    }
}

/// A registration.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegistrationJson {
    #[schema(value_type = uuid::Uuid)]
    pub(crate) registration: RegistrationId,
    #[schema(value_type = String, example = "FRA-7K4M-92Q2-5")]
    pub(crate) reference: Reference,
    #[schema(value_type = String)]
    pub(crate) centre: CentreId,
    /// `live` or `withdrawn`.
    pub(crate) state: &'static str,
    pub(crate) revision: u32,
    #[schema(value_type = u16)]
    pub(crate) group: Group,
    #[schema(value_type = String)]
    pub(crate) district: District,
    #[schema(value_type = String)]
    pub(crate) age_band: AgeBand,
    #[schema(value_type = String)]
    pub(crate) made_by: MadeBy,
    #[schema(format = DateTime)]
    pub(crate) registered_at: String,
    /// Absent: no date is set for the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) may_hold_from_at: Option<String>,
    /// The path of its live hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hold: Option<String>,
    /// The path of its live booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) booking: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) ended_at: Option<String>,
}

/// A registration that an agent found, with the person's data.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundJson {
    #[serde(flatten)]
    pub(crate) registration: RegistrationJson,
    /// Absent: the data were erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<PersonBody>,
    /// Why the rule `NeedsDesk` may stand in the way: other live registrations of the same person at this centre.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) same_person_as: Vec<String>,
}

/// What an agent found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundListJson {
    pub(crate) registrations: Vec<FoundJson>,
}

#[cfg(test)]
mod tests {
    use super::completed_years;

    #[test]
    fn years_are_complete_on_the_birthday() {
        let years = |born: &str, on: &str| {
            completed_years(born.parse().expect("a date"), on.parse().expect("a date"))
        };
        assert_eq!(years("1941-01-19", "2021-01-19"), 80);
        assert_eq!(years("1941-01-20", "2021-01-19"), 79);
        assert_eq!(years("1940-02-29", "2021-02-28"), 80);
        assert_eq!(years("1940-02-29", "2021-03-01"), 81);
        assert_eq!(years("2021-02-01", "2021-01-19"), 0);
    }
}
