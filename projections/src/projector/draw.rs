//! Drawing a centre: copy what changed from the fold, draw the rows of those days, splice.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use ledger::centre::{Centre, FirstPlaces, Slot};
use schemas::CivilDate;
use schemas::ids::{Partition, SlotId};
use schemas::vocabulary::Contingent;

use super::tracks::{Dirty, Track};
use crate::availability::{DayFacts, SlotFacts, centre_document, day_rows};
use crate::views::{CentreShown, DayShown};

/// A centre as it is to be shown, with the days of `before` that have not changed.
///
/// # Errors
/// When JSON cannot be made of it, which nothing in a fold can cause.
pub(super) fn draw(
    partition: Partition,
    track: &Track,
    centre: &Centre,
    before: Option<&CentreShown>,
) -> Result<CentreShown, serde_json::Error> {
    let mut days = before.map(|before| before.days.clone()).unwrap_or_default();
    for date in dirty_dates(track, centre) {
        let facts = day_facts(centre, date);
        let rows = day_rows(&track.face, &facts)?;
        days.insert(date, Arc::new(DayShown { facts, rows, document: OnceLock::new() }));
    }
    let rows = days.values().map(|day| day.rows.as_slice());
    let bytes = centre_document(&track.face, track.changed, rows)?;
    let rules = centre.last_change().and_then(|last| centre.rules_at(last.time));
    Ok(CentreShown {
        partition,
        face: Arc::clone(&track.face),
        changed: track.changed,
        book_until_min: rules.map_or(0, |rules| rules.book_until_min),
        bytes: bytes.into(),
        days,
    })
}

fn dirty_dates(track: &Track, centre: &Centre) -> BTreeSet<CivilDate> {
    match &track.dirty {
        Dirty::All => centre.dates().collect(),
        Dirty::Slots(slots) => {
            slots.iter().filter_map(|&slot| centre.slot(slot)).map(|slot| slot.local_date).collect()
        }
    }
}

fn day_facts(centre: &Centre, date: CivilDate) -> DayFacts {
    let contingents = [Contingent::Web, Contingent::Hotline, Contingent::Open];
    let mut slots: Vec<SlotFacts> =
        centre.slots_on(date).map(|slot| SlotFacts::of(slot, first_backing(centre, slot))).collect();
    slots.sort_by_key(|slot| (slot.start_at, slot.id));
    DayFacts {
        date,
        slots,
        hold_limits: contingents.map(|contingent| centre.hold_limit(date, contingent)),
        earliest_deadline: contingents
            .iter()
            .filter_map(|&contingent| centre.earliest_deadline(date, contingent))
            .min(),
    }
}

/// The second place that a hold of this slot would get: the backing of earliest start, then least number.
fn first_backing(centre: &Centre, slot: &Slot) -> Option<SlotId> {
    let backing = slot.first().map(|first: &FirstPlaces| first.backing.keys())?;
    backing.filter_map(|&id| centre.slot(id)).min_by_key(|slot| (slot.start_at, slot.id)).map(|slot| slot.id)
}
