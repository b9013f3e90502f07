//! Centres and channels.

use ledger::command::CentreDescription;
use schemas::CivilDate;
use schemas::ids::{CentreId, District, ReferencePrefix};
use schemas::vocabulary::{Channel, ChannelState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BodyError, check_text};
use crate::stamp::Zone;

/// More than there are districts in Germany.
const MAX_DISTRICTS: usize = 500;

/// A centre as it is to be described.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CentreBody {
    /// Three letters that its references begin with.
    #[schema(value_type = String, example = "FRA")]
    reference_prefix: ReferencePrefix,
    name: String,
    address: String,
    phone: String,
    /// IANA name.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// The first day of vaccinations.
    #[schema(value_type = String, format = Date)]
    opens_on: CivilDate,
    /// The districts whose people may register here.
    #[schema(value_type = Vec<String>)]
    catchment: Vec<District>,
}

impl CentreBody {
    /// As the command has it; the catchment ascending.
    pub(crate) fn into_description(mut self, id: CentreId) -> Result<CentreDescription, BodyError> {
        for (place, text) in [("name", &self.name), ("address", &self.address), ("phone", &self.phone)] {
            check_text(place, text)?;
        }
        if Zone::named(&self.time_zone).is_none() {
            return Err(BodyError::at("time_zone", format!("there is no time zone {:?}", self.time_zone)));
        }
        self.catchment.sort_unstable();
        if self.catchment.is_empty() || self.catchment.len() > MAX_DISTRICTS {
            return Err(BodyError::at("catchment", format!("it must have 1 to {MAX_DISTRICTS} districts")));
        }
        if let Some([twice, _]) = self.catchment.array_windows().find(|[before, after]| before == after) {
            return Err(BodyError::at("catchment", format!("{twice} stands twice")));
        }
        Ok(CentreDescription {
            id,
            reference_prefix: self.reference_prefix,
            name: self.name,
            address: self.address,
            phone: self.phone,
            time_zone: self.time_zone,
            opens_on: self.opens_on,
            catchment: self.catchment,
        })
    }
}

/// What a channel is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelBody {
    #[schema(value_type = String, example = "closed")]
    pub(crate) state: ChannelState,
    /// Why, for people.
    pub(crate) reason: String,
}

impl ChannelBody {
    /// Refuses a reason that cannot be shown.
    pub(crate) fn check(&self) -> Result<(), BodyError> {
        check_text("reason", &self.reason)
    }
}

/// A channel as it was last set.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ShownChannel {
    #[schema(value_type = String)]
    pub(crate) channel: Channel,
    #[schema(value_type = String)]
    pub(crate) state: ChannelState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}
