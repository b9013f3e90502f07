//! One partition's state: what follows from the records that count.

mod stored;

use std::collections::BTreeMap;

use schemas::ids::{CentreId, CentreNumber, LedgerId, Partition};
use schemas::{Body, Event, Instant, Position};

use crate::answer::Decision;
use crate::centre::{Breach, Centre};
use crate::chain::{Chain, Halt, Verdict};
use crate::command::{Asked, CentreCommand, Command};
use crate::office::Office;
use crate::rejection::{Mark, Rejection};

pub use stored::StateHash;

/// What the decisions of a partition add up to, without the chain.
#[derive(Debug, Clone)]
pub struct State {
    partition: Partition,
    office: Office,
    /// By number, from 1.
    centres: Vec<Centre>,
    numbers: BTreeMap<CentreId, CentreNumber>,
}

/// What is wrong with a record that counts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// A centre's sums are off.
    #[error("centre {centre}: {breach}")]
    Breach {
        /// Its number.
        centre: CentreNumber,
        /// What is off.
        breach: Breach,
    },
    /// The record names a centre that was never described.
    #[error("the record names centre {0}, which was never described")]
    UnknownCentre(CentreNumber),
}

impl State {
    /// Nothing yet.
    pub fn new(partition: Partition) -> Self {
        Self { partition, office: Office::default(), centres: Vec::new(), numbers: BTreeMap::new() }
    }

    /// The office; only partition 0 changes it.
    pub fn office(&self) -> &Office {
        &self.office
    }

    /// The centres in order of creation, with their numbers.
    pub fn centres(&self) -> impl Iterator<Item = (CentreNumber, &Centre)> {
        (1..).map(CentreNumber).zip(&self.centres)
    }

    /// A centre by its id.
    pub fn centre(&self, id: &CentreId) -> Option<&Centre> {
        self.numbers.get(id).and_then(|&number| self.by_number(number))
    }

    /// A centre by its number.
    pub fn by_number(&self, number: CentreNumber) -> Option<&Centre> {
        self.centres.get(index(number)?)
    }

    /// Decides a command: the centre's number for the record (0: none), and what is to happen.
    ///
    /// # Errors
    /// When a rule refuses it.
    pub fn decide(&self, command: &Command, asked: &Asked) -> Result<(CentreNumber, Decision), Rejection> {
        match command {
            Command::Office(command) => Ok((CentreNumber::NONE, self.office.decide(command, asked)?)),
            Command::Centre(id, command) => self.decide_at(id, command, asked),
        }
    }

    fn decide_at(
        &self,
        id: &CentreId,
        command: &CentreCommand,
        asked: &Asked,
    ) -> Result<(CentreNumber, Decision), Rejection> {
        if let Some(&number) = self.numbers.get(id) {
            let centre = self.by_number(number).ok_or(Rejection::NotFound { what: "centre" })?;
            return Ok((number, centre.decide(command, asked)?));
        }
        let number = CentreNumber(u32::try_from(self.centres.len()).unwrap_or(u32::MAX).saturating_add(1));
        Ok((number, Centre::new(number).decide(command, asked)?))
    }

    /// Takes a record's events in. It may not refuse; afterwards it tells whether everything still adds up.
    ///
    /// # Errors
    /// When something does not add up: the partition has to stop.
    pub fn apply(&mut self, number: CentreNumber, events: &[Event], mark: &Mark) -> Result<(), StateError> {
        if number == CentreNumber::NONE {
            events.iter().for_each(|event| self.office.apply(event, mark));
            return self.office.check().map_err(|breach| StateError::Breach { centre: number, breach });
        }
        let at = index(number).ok_or(StateError::UnknownCentre(number))?;
        if let (true, Some(Event::CentreDescribed(described))) = (at == self.centres.len(), events.first()) {
            self.centres.push(Centre::new(number));
            self.numbers.insert(described.id.clone(), number);
        }
        let centre = self.centres.get_mut(at).ok_or(StateError::UnknownCentre(number))?;
        events.iter().for_each(|event| centre.apply(event, mark));
        centre.check().map_err(|breach| StateError::Breach { centre: number, breach })
    }

    /// The next record of what is due by `now`, of the centre where something is due first.
    pub fn due(&self, now: Instant) -> Option<(CentreNumber, Vec<Event>)> {
        let (_, number) = self.first_due().filter(|&(at, _)| at <= now)?;
        Some((number, self.by_number(number)?.due(now)?))
    }

    /// When something is due next.
    pub fn next_due_at(&self) -> Option<Instant> {
        self.first_due().map(|(at, _)| at)
    }

    fn first_due(&self) -> Option<(Instant, CentreNumber)> {
        self.centres().filter_map(|(number, centre)| Some((centre.next_due_at()?, number))).min()
    }

    /// Whether anything was ever decided.
    pub fn has_decisions(&self) -> bool {
        !self.centres.is_empty() || self.office.last_change().is_some()
    }

    /// The partition it is the state of.
    pub fn partition(&self) -> Partition {
        self.partition
    }
}

fn index(number: CentreNumber) -> Option<usize> {
    usize::try_from(number.0).ok()?.checked_sub(1)
}

/// Why a partition cannot be folded any further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The chain cannot judge a record.
    #[error("partition {partition}, offset {offset}: {halt}")]
    Halt {
        /// The partition.
        partition: Partition,
        /// Where.
        offset: u64,
        /// Why.
        halt: Halt,
    },
    /// A record that counts does not add up.
    #[error("partition {partition}, offset {offset}: {error}")]
    State {
        /// The partition.
        partition: Partition,
        /// Where.
        offset: u64,
        /// What.
        error: StateError,
    },
}

impl FoldError {
    /// What is wrong at which offset, for who knows of which partition it is.
    pub(crate) fn where_and_why(&self) -> String {
        match self {
            Self::Halt { offset, halt, .. } => format!("offset {offset}: {halt}"),
            Self::State { offset, error, .. } => format!("offset {offset}: {error}"),
        }
    }
}

/// A partition as read: the chain and the state that follows from it.
#[derive(Debug, Clone)]
pub struct PartitionFold {
    partition: Partition,
    /// The chain up to the last record read.
    pub chain: Chain,
    /// The state up to the last record read.
    pub state: State,
}

impl PartitionFold {
    /// Nothing read yet; the ledger is taken from genesis unless it is known.
    pub fn new(ledger: Option<LedgerId>, partition: Partition) -> Self {
        Self { partition, chain: Chain::new(ledger, partition), state: State::new(partition) }
    }

    /// Reads the value at the next offset.
    ///
    /// # Errors
    /// When it cannot be judged, or does not add up: nothing behind it may be read.
    pub fn read(&mut self, offset: u64, value: &[u8]) -> Result<Verdict, FoldError> {
        let partition = self.partition;
        let verdict =
            self.chain.judge(offset, value).map_err(|halt| FoldError::Halt { partition, offset, halt })?;
        if let Verdict::Counts(counted) = &verdict
            && let Body::Decision(events) = &counted.body
        {
            self.state
                .apply(counted.prefix.centre, events, &counted.mark)
                .map_err(|error| FoldError::State { partition, offset, error })?;
        }
        Ok(verdict)
    }

    /// The position after the last record that counted; none before genesis.
    pub fn position(&self) -> Option<Position> {
        self.chain.genesis().map(|_| self.chain.position())
    }

    /// The greatest time of the records that counted.
    pub fn time(&self) -> Instant {
        self.chain.time()
    }
}
