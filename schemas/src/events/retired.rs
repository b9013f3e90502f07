//! Event versions that are no longer written. They are read for ever, each upcast to the next one.

use bincode::{Decode, Encode};

use super::CentreDescribed;
use crate::ids::{CentreId, CentreNumber, ContentHash, District, ReferencePrefix};
use crate::time::CivilDate;

/// Version 1 knew only one time zone and did not write it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CentreDescribedV1 {
    /// 1 at first, one more each time.
    pub revision: u32,
    /// Its number in the partition.
    pub number: CentreNumber,
    /// Its id in paths.
    pub id: CentreId,
    /// What its references begin with.
    pub reference_prefix: ReferencePrefix,
    /// Its name for people.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Whom to call.
    pub phone: String,
    /// Its first day of vaccinations.
    pub opens_on: CivilDate,
    /// The districts whose people may register here.
    pub catchment: Vec<District>,
    /// Hash of the command.
    pub content: ContentHash,
}

impl From<CentreDescribedV1> for CentreDescribed {
    fn from(old: CentreDescribedV1) -> Self {
        Self {
            revision: old.revision,
            number: old.number,
            id: old.id,
            reference_prefix: old.reference_prefix,
            name: old.name,
            address: old.address,
            phone: old.phone,
            time_zone: "Europe/Berlin".to_owned(),
            opens_on: old.opens_on,
            catchment: old.catchment,
            content: old.content,
        }
    }
}
