//! Everything that is fixed before the first request: tables, supply, people and what they mean to do.

use super::chance::Chance;
use super::data::{DataError, Tables};
use super::intentions::{self, Calendar, Intentions};
use super::population::{self, Person};
use super::supply::{self, CentreSupply};

/// The cast of the morning.
pub struct Cast {
    /// The embedded tables.
    pub tables: Tables,
    /// What each centre puts on offer, in the order of the tables.
    pub supply: Vec<CentreSupply>,
    /// The source of all draws.
    pub chance: Chance,
    /// The instants of the morning.
    pub calendar: Calendar,
    /// The people.
    pub people: Vec<Person>,
    /// What each of them means to do.
    pub intentions: Vec<Intentions>,
}

impl Cast {
    /// Draws so many people from a seed.
    ///
    /// # Errors
    /// When the embedded tables cannot be read.
    pub fn draw(seed: u64, people: u32) -> Result<Self, DataError> {
        let tables = Tables::embedded()?;
        let chance = Chance::new(seed);
        let calendar = Calendar::of(&tables);
        let people_drawn = population::draw(&tables, &chance, people);
        let intentions = (0..)
            .zip(&people_drawn)
            .map(|(number, person)| intentions::draw(&chance, &calendar, number, person))
            .collect();
        let supply = supply::of(&tables, people);
        Ok(Self { tables, supply, chance, calendar, people: people_drawn, intentions })
    }

    /// All pairs that can be live.
    pub fn pairs(&self) -> u32 {
        supply::pairs(&self.supply)
    }
}
