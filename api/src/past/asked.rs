//! What moment a reader asks about.

use std::str::FromStr;

use schemas::ids::IdError;
use schemas::{Instant, Position};
use serde::Deserialize;

use crate::problem::{Outcome, Problem};

/// A moment of the ledger: one position for each partition that concerns the question, or an instant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum AsOf {
    /// As `Terminbuch-Position` names them, with commas in between.
    Positions(Vec<Position>),
    /// The last position not after it.
    Instant(Instant),
}

impl FromStr for AsOf {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.contains('@') {
            let positions = text.split(',').map(|position| position.trim().parse()).collect::<Result<_, _>>();
            return positions.map(Self::Positions);
        }
        // A plus that was not written as %2B comes as a space.
        text.replace(' ', "+").parse().map(Self::Instant)
    }
}

impl TryFrom<String> for AsOf {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

/// When a read is as of: now, now and not before a position, or as of a moment.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct When {
    pub(crate) as_of: Option<AsOf>,
    pub(crate) at_least: Option<Position>,
}

impl When {
    /// Refuses to be asked for both.
    pub(super) fn check(&self) -> Outcome<()> {
        if self.as_of.is_some() && self.at_least.is_some() {
            return Err(
                Problem::new("BadQuery").detail("as_of and at_least exclude each other: name one of them")
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::AsOf;

    #[test]
    fn a_moment_is_positions_or_an_instant() {
        let position = "3@48213-9f3a61c2aa01b2c3";
        let asked = |text: &str| text.parse::<AsOf>();
        assert_eq!(asked(position), Ok(AsOf::Positions(vec![position.parse().unwrap()])));
        let two = format!("1@7-0000000000000000, {position}");
        assert!(matches!(asked(&two), Ok(AsOf::Positions(positions)) if positions.len() == 2));
        let instant = "2021-01-12T08:00:00.000+01:00";
        assert_eq!(asked(instant), Ok(AsOf::Instant(instant.parse().unwrap())));
        assert_eq!(asked("2021-01-12T08:00:00 01:00"), asked(instant), "a plus in a query is a space");
        for wrong in ["", "yesterday", "2021-01-12", "3@x-9f3a61c2aa01b2c3", "1@7-0000000000000000,"] {
            assert!(asked(wrong).is_err(), "{wrong}");
        }
    }
}
