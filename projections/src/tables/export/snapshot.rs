//! The tables as of the end of the period, centre by centre.

use ledger::centre::Centre;
use schemas::ids::{CentreNumber, HoldId, RegistrationId};
use schemas::vocabulary::Dose;

use super::super::column::{Cell, TableName};
use super::super::error::ExportError;
use super::super::folder::Folder;
use super::super::rows::{
    BookingsMade, Places, SmallGroups, booking_row, day_rows, registration_row, slot_row,
};
use super::partition::{Face, Pass};
use super::sheets::{LazySheet, SheetAt};
use super::{About, Job, Order};
use crate::keys::{CentreAt, Table};
use crate::rows::{HoldRow, RegistrationRow};
use crate::store::{StoreAt, StoreError};

/// One centre, and what its files are written with.
struct Snapshot<'a> {
    at: CentreAt,
    centre: &'a Centre,
    face: &'a Face,
    seq: u64,
    job: Parts<'a>,
}

/// The parts of a job that are borrowed apart.
struct Parts<'a> {
    order: &'a Order,
    veil: &'a super::Veil,
    about: &'a About,
    store: StoreAt<'a>,
    folder: &'a mut Folder,
}

impl Pass<'_, '_> {
    /// Writes the tables of all centres of this partition, as of where it was read to.
    pub(super) fn snapshot(&mut self, seq: u64) -> Result<(), ExportError> {
        let numbers: Vec<CentreNumber> = self.state.centres().map(|(number, _)| number).collect();
        for number in numbers {
            let Job { order, veil, about, store, folder, .. } = &mut *self.job;
            let (Some(centre), Some(face), Some(store)) =
                (self.state.by_number(number), self.faces.get(&number), store.as_ref())
            else {
                continue;
            };
            let open = store.open_now()?;
            let store = open.at_once()?;
            let at = CentreAt { partition: self.partition, number };
            let job = Parts { order, veil, about, store, folder };
            Snapshot { at, centre, face, seq, job }.write()?;
        }
        Ok(())
    }
}

impl Snapshot<'_> {
    fn write(&mut self) -> Result<(), ExportError> {
        self.registrations()?;
        let made = self.bookings()?;
        let slots = self.centre.slots().map(slot_row).collect();
        self.all(TableName::Slots, slots)?;
        self.all(TableName::Days, day_rows(self.centre, &made))
    }

    fn sheet(&self, table: TableName) -> Option<LazySheet> {
        self.job.order.tables.contains(&table).then(|| {
            let name = (self.at.partition.0, self.seq);
            let centre = Some(self.face.id.clone());
            LazySheet::new(SheetAt { table, date: self.job.order.to, centre, name })
        })
    }

    /// Rows that are in memory anyway: a few for each slot of the fold.
    fn all(&mut self, table: TableName, rows: Vec<Vec<Cell>>) -> Result<(), ExportError> {
        let Some(mut sheet) = self.sheet(table) else { return Ok(()) };
        for row in rows {
            sheet.row(self.job.folder, self.job.order.format, self.job.about, row)?;
        }
        sheet.close(self.job.folder)
    }

    fn registrations(&mut self) -> Result<(), ExportError> {
        let Some(mut sheet) = self.sheet(TableName::Registrations) else { return Ok(()) };
        let Parts { order, veil, about, store, folder } = &mut self.job;
        let rows = self.at.rows(Table::Registrations);
        let mut groups = SmallGroups::default();
        store.each(&rows, |_, row: RegistrationRow| {
            groups.count(&row);
            Ok::<(), StoreError>(())
        })?;
        store.each(&rows, |key, row: RegistrationRow| {
            let id = RegistrationId(id_of(key));
            let cells = registration_row(id, &row, &groups, &self.face.days, veil);
            sheet.row(folder, order.format, about, cells)
        })?;
        sheet.close(folder)
    }

    /// The bookings, and how many of them were made on each day.
    fn bookings(&mut self) -> Result<BookingsMade, ExportError> {
        let mut sheet = self.sheet(TableName::Bookings);
        let mut made = BookingsMade::default();
        let Parts { order, veil, about, store, folder } = &mut self.job;
        store.each(&self.at.rows(Table::Holds), |key, row: HoldRow| {
            let Some(confirmed) = row.confirmed_at else { return Ok(()) };
            let places = places(self.centre, &row)?;
            let on = self.face.days.on(confirmed.time);
            made.count(on, Dose::First, places.vaccine());
            if places.second.is_some() {
                made.count(on, Dose::Second, places.vaccine());
            }
            let Some(sheet) = &mut sheet else { return Ok(()) };
            let cells = booking_row(HoldId(id_of(key)), &row, &places, &self.face.days, veil);
            sheet.row(folder, order.format, about, cells)
        })?;
        sheet.map_or(Ok(()), |sheet| sheet.close(folder))?;
        Ok(made)
    }
}

fn places<'a>(centre: &'a Centre, row: &HoldRow) -> Result<Places<'a>, ExportError> {
    let slot = |id| {
        let missing = || StoreError::Missing { table: Table::Slots.as_str(), what: format!("slot {id}") };
        centre.slot(id).ok_or_else(missing)
    };
    Ok(Places { first: slot(row.first)?, second: row.second.map(slot).transpose()? })
}

/// The id that a key of a thing ends with.
fn id_of(key: &[u8]) -> [u8; 16] {
    key.last_chunk::<16>().copied().unwrap_or_default()
}
