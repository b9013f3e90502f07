//! Single things by their ids. Each is read from one snapshot together with the position it is as of.

use std::collections::BTreeSet;

use schemas::ids::{
    CentreId, DeliveryId, HoldId, Partition, Pseudonym, RegistrationId, ReleaseId, RulesId, ShrinkId, SlotId,
};
use schemas::vocabulary::Channel;
use schemas::{Instant, Position, Reference};

use super::Views;
use crate::keys::{CentreAt, Key, Table};
use crate::rows::{
    CentreRow, ChannelRow, Checkpoint, DeliveryRow, HoldRow, PersonRow, ReferenceRow, RegistrationRow,
    ReleaseRow, Row, RulesRow, ShrinkRow, SlotRow,
};
use crate::store::{ReadRows, StoreAt, StoreError};

/// Something, and the position that it is as of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsOf<T> {
    /// The thing.
    pub value: T,
    /// The position of its partition.
    pub position: Position,
    /// The fold's time there.
    pub at: Instant,
}

/// A hold or booking with its slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldFound {
    /// The hold.
    pub hold: HoldRow,
    /// Its first-dose slot.
    pub first: SlotRow,
    /// Its second-dose slot.
    pub second: Option<SlotRow>,
}

/// All centres and some channels, of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview<const N: usize> {
    /// The centres, by id.
    pub centres: Vec<CentreRow>,
    /// The channels that were asked for, as they were last set; none when one never was.
    pub channels: [Option<ChannelRow>; N],
    /// What it is as of: one position for each partition that is followed, ascending. Any may come to have a centre.
    pub as_of: Vec<Position>,
    /// The earliest of the folds' times at the office and where centres are.
    pub at: Instant,
}

/// A registration that was looked for by something else than its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its centre.
    pub centre: CentreId,
    /// Its id.
    pub registration: RegistrationId,
    /// What is known of it.
    pub row: RegistrationRow,
}

impl Views {
    /// A registration.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn registration(
        &self,
        centre: &CentreId,
        id: RegistrationId,
    ) -> Result<AsOf<Option<RegistrationRow>>, StoreError> {
        self.by_uuid(centre, Table::Registrations, id.0)
    }

    /// A hold or booking with its slots.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn hold(&self, centre: &CentreId, id: HoldId) -> Result<AsOf<Option<HoldFound>>, StoreError> {
        self.at_centre(centre, |store, at| {
            let Some(hold) = store.row::<HoldRow>(&at.row(Table::Holds, id.0))? else { return Ok(None) };
            let first = slot(store, at, hold.first)?;
            let second = hold.second.map(|id| slot(store, at, id)).transpose()?;
            Ok(Some(HoldFound { hold, first, second }))
        })
    }

    /// What a slot keeps for life.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn slot(&self, centre: &CentreId, id: SlotId) -> Result<AsOf<Option<SlotRow>>, StoreError> {
        self.at_centre(centre, |store, at| store.row(&at.slot(id)))
    }

    /// A delivery.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn delivery(
        &self,
        centre: &CentreId,
        id: DeliveryId,
    ) -> Result<AsOf<Option<DeliveryRow>>, StoreError> {
        self.by_uuid(centre, Table::Deliveries, id.0)
    }

    /// A release.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn release(&self, centre: &CentreId, id: ReleaseId) -> Result<AsOf<Option<ReleaseRow>>, StoreError> {
        self.by_uuid(centre, Table::Releases, id.0)
    }

    /// A set of rules by its id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn rules(&self, centre: &CentreId, id: RulesId) -> Result<AsOf<Option<RulesRow>>, StoreError> {
        self.by_uuid(centre, Table::Rules, id.0)
    }

    /// The set of rules in force at an instant: of those that begin last, the one with the greatest number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn rules_at(&self, centre: &CentreId, now: Instant) -> Result<AsOf<Option<RulesRow>>, StoreError> {
        self.at_centre(centre, |store, at| {
            let sets = store.scan::<RulesRow>(&at.rows(Table::Rules))?.into_iter().map(|(_, row)| row);
            Ok(sets
                .filter(|row| row.in_force_from() <= now)
                .max_by_key(|row| (row.in_force_from(), row.rules.number)))
        })
    }

    /// A shrink.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn shrink(&self, centre: &CentreId, id: ShrinkId) -> Result<AsOf<Option<ShrinkRow>>, StoreError> {
        self.by_uuid(centre, Table::Shrinks, id.0)
    }

    /// A centre.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn centre(&self, centre: &CentreId) -> Result<AsOf<Option<CentreRow>>, StoreError> {
        self.at_centre(centre, |store, at| store.row(&at.rows(Table::Centres)))
    }

    /// Every centre, by id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn centres(&self) -> Result<Vec<CentreRow>, StoreError> {
        centres_in(&self.shared.store.open_now()?.at_once()?)
    }

    /// Every centre, and these channels in their order, all of one moment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn overview<const N: usize>(&self, channels: [Channel; N]) -> Result<Overview<N>, StoreError> {
        let open = self.shared.store.open_now()?;
        let store = open.at_once()?;
        let mut rows = [const { None }; N];
        for (row, channel) in rows.iter_mut().zip(channels) {
            *row = store.row(&Key::channel(channel))?;
        }
        let centres = centres_in(&store)?;
        let mut shown = BTreeSet::from([Partition::OFFICE]);
        shown.extend(centres.iter().map(|row| self.partition_of(&row.description.id)));
        let mut as_of = Vec::new();
        let mut at: Option<Instant> = None;
        for partition in (0..self.shared.meta.partitions).map(Partition) {
            let Some(checkpoint) = checkpoint(&store, partition)? else { continue };
            as_of.push(Position::new(partition, checkpoint.seq, &checkpoint.head));
            if shown.contains(&partition) {
                at = Some(at.map_or(checkpoint.time, |at| at.min(checkpoint.time)));
            }
        }
        Ok(Overview { centres, channels: rows, as_of, at: at.unwrap_or(Instant::EPOCH) })
    }

    /// A channel as it was last set; none when it never was.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn channel(&self, channel: Channel) -> Result<AsOf<Option<ChannelRow>>, StoreError> {
        let open = self.shared.store.open_now()?;
        let store = open.at_once()?;
        let row = store.row(&Key::channel(channel))?;
        as_of(&store, Partition::OFFICE, row)
    }

    /// The registration that a reference stands for.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn by_reference(&self, reference: &Reference) -> Result<Option<AsOf<Found>>, StoreError> {
        let open = self.shared.store.open_now()?;
        let store = open.at_once()?;
        let found: Option<ReferenceRow> = store.row(&Key::reference(reference))?;
        found.map(|row| found_registration(&store, row.centre, row.registration)).transpose()
    }

    /// The registrations that name a pseudonym, across all centres, in the order in which they were accepted: by time,
    /// then partition, then seq.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn person(&self, pseudonym: Pseudonym) -> Result<Vec<AsOf<Found>>, StoreError> {
        let open = self.shared.store.open_now()?;
        let store = open.at_once()?;
        let mut rows = store.scan::<PersonRow>(&Key::pseudonym(pseudonym))?;
        rows.sort_by_key(|(_, row)| (row.registered_at.time, row.centre.partition, row.registered_at.seq));
        rows.iter().map(|(_, row)| found_registration(&store, row.centre, row.registration)).collect()
    }

    fn by_uuid<R: Row>(
        &self,
        centre: &CentreId,
        table: Table,
        id: [u8; 16],
    ) -> Result<AsOf<Option<R>>, StoreError> {
        self.at_centre(centre, |store, at| store.row(&at.row(table, id)))
    }

    fn at_centre<T>(
        &self,
        centre: &CentreId,
        look: impl FnOnce(&StoreAt<'_>, CentreAt) -> Result<Option<T>, StoreError>,
    ) -> Result<AsOf<Option<T>>, StoreError> {
        let at = self.shared.centres().get(centre).copied();
        let open = self.shared.store.open_now()?;
        let store = open.at_once()?;
        let value = at.map(|at| look(&store, at)).transpose()?.flatten();
        as_of(&store, self.partition_of(centre), value)
    }
}

fn as_of<T>(store: &StoreAt<'_>, partition: Partition, value: T) -> Result<AsOf<T>, StoreError> {
    Ok(match checkpoint(store, partition)? {
        Some(at) => AsOf { value, position: Position::new(partition, at.seq, &at.head), at: at.time },
        None => AsOf { value, position: Position { partition, seq: 0, head: [0; 8] }, at: Instant::EPOCH },
    })
}

/// How far a partition is followed; none before its genesis.
fn checkpoint(store: &StoreAt<'_>, partition: Partition) -> Result<Option<Checkpoint>, StoreError> {
    store.row(&Key::partition(Table::Checkpoints, partition))
}

fn centres_in(store: &StoreAt<'_>) -> Result<Vec<CentreRow>, StoreError> {
    let rows = store.scan::<CentreRow>(&Key::table(Table::Centres))?;
    let mut rows: Vec<CentreRow> = rows.into_iter().map(|(_, row)| row).collect();
    rows.sort_by(|a, b| a.description.id.cmp(&b.description.id));
    Ok(rows)
}

fn slot(store: &StoreAt<'_>, at: CentreAt, id: SlotId) -> Result<SlotRow, StoreError> {
    store.row(&at.slot(id))?.ok_or_else(|| missing::<SlotRow>(format!("slot {id}")))
}

fn found_registration(
    store: &StoreAt<'_>,
    at: CentreAt,
    registration: RegistrationId,
) -> Result<AsOf<Found>, StoreError> {
    let centre: CentreRow = store
        .row(&at.rows(Table::Centres))?
        .ok_or_else(|| missing::<CentreRow>(format!("centre {}", at.number)))?;
    let row: RegistrationRow = store
        .row(&at.row(Table::Registrations, registration.0))?
        .ok_or_else(|| missing::<RegistrationRow>(format!("registration {registration}")))?;
    as_of(store, at.partition, Found { centre: centre.description.id, registration, row })
}

fn missing<R: Row>(what: String) -> StoreError {
    StoreError::Missing { table: R::TABLE.as_str(), what }
}
