//! What stands in bodies: requests are checked and made into commands, answers are made from receipts and views.

mod booking;
mod centre;
mod export;
mod object;
mod people;
mod receipt;
mod rules;
mod share;
mod supply;

pub(crate) use booking::{BookingJson, ChangeBody, HoldBody, HoldJson, PlaceJson};
pub(crate) use centre::{CentreBody, ChannelBody, ShownChannel};
pub(crate) use export::{ExportBody, ExportFileJson, ExportJson};
pub(crate) use object::Object;
pub(crate) use people::{
    AccessBody, FoundJson, FoundListJson, LookupBody, PersonBody, RegistrationBody, RegistrationJson,
};
pub(crate) use receipt::{PlanJson, ReceiptJson};
pub(crate) use rules::RulesBody;
pub(crate) use supply::{DeliveryBody, ReceiptBody, ReleaseBody, ShrinkBody};

/// Why a body that is JSON of the right shape is still not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub(crate) struct BodyError {
    /// The member, dotted.
    pub(crate) place: String,
    /// What is wrong with it.
    pub(crate) what: String,
}

impl BodyError {
    pub(crate) fn at(place: &str, what: impl Into<String>) -> Self {
        Self { place: place.to_owned(), what: what.into() }
    }
}

/// The most characters that a text for people may have.
const MAX_TEXT_CHARS: usize = 200;

/// Refuses texts that are empty, too long, or have control characters in them.
pub(crate) fn check_text(place: &str, text: &str) -> Result<(), BodyError> {
    if text.trim().is_empty() {
        return Err(BodyError::at(place, "it must not be empty"));
    }
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(BodyError::at(place, format!("it may have {MAX_TEXT_CHARS} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(BodyError::at(place, "it must not have control characters"));
    }
    Ok(())
}
