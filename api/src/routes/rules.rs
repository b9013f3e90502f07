//! Rules: a dated whole set a centre.

use axum::extract::State;
use axum::response::Response;
use ledger::{CentreCommand, Command, Rejection};
use schemas::Instant;
use schemas::ids::{CentreId, RulesId, VaccineName};
use schemas::rules::VaccineRule;

use crate::access::Caller;
use crate::json::{BodyError, ReceiptJson, RulesBody};
use crate::problem::{Outcome, refused};
use crate::sent::{Asked, Ids, Nothing, Sent};
use crate::service::{EdgeState, Service};

/// Sets a whole set of rules.
#[utoipa::path(put, path = "/v1/centres/{centre}/rules/{uuid}", tag = "rules", request_body = RulesBody, responses((status = 201, body = ReceiptJson)))]
pub(crate) async fn set_rules(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids((centre, rules)): Ids<(CentreId, RulesId)>,
    Asked(Nothing {}): Asked<Nothing>,
    Sent(body): Sent<RulesBody>,
) -> Outcome<Response> {
    let (effective_at, set) = body.into_rules()?;
    // Without a centre the ledger refuses, and says so better.
    if let Some(row) = state.service.known(&centre, |views| views.centre(&centre)).await?
        && row.description.time_zone != set.time_zone
    {
        let what = format!("the centre's is {}", row.description.time_zone);
        return Err(BodyError::at("time_zone", what).into());
    }
    let command = CentreCommand::SetRules { rules, effective_at, set };
    state.record(&caller, Command::Centre(centre, command)).await
}

impl Service {
    /// A vaccine by its name in the rules in force at an instant.
    pub(crate) async fn vaccine_named(
        &self,
        centre: &CentreId,
        name: &VaccineName,
        at: Instant,
    ) -> Outcome<VaccineRule> {
        let row = self.known(centre, |views| views.rules_at(centre, at)).await?;
        let found = row.and_then(|row| row.rules.set.vaccines.into_iter().find(|rule| rule.name == *name));
        match found {
            Some(rule) => Ok(rule),
            None => {
                let what = format!("the rules in force know no vaccine {name}");
                Err(refused(&Rejection::RulesIncomplete { what }, self.stamp(centre)?))
            }
        }
    }
}
