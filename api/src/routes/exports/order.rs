//! What an export is asked for, and what it takes from an earlier one that it goes on from.

use projections::tables::{Format, Manifest, Order, TableName};
use schemas::vocabulary::Role;
use schemas::{CivilDate, Position};
use uuid::Uuid;

use super::{manifest, visible};
use crate::access::Caller;
use crate::exports::{Asked, Job};
use crate::json::{BodyError, ExportBody, check_text};
use crate::problem::{Outcome, Problem};
use crate::service::EdgeState;

/// What the body of a request asks for.
///
/// # Errors
/// When the body says what cannot be, or names an earlier export that this one cannot go on from.
pub(super) fn asked(state: &EdgeState, caller: &Caller, id: Uuid, body: ExportBody) -> Outcome<Asked> {
    check_text("purpose", &body.purpose)?;
    let auditor = matches!(caller, Caller::Staff(credential) if credential.role == Role::Auditor);
    if body.raw && !auditor {
        return Err(Problem::new("RoleNotAllowed")
            .detail("ids as they stand in the log are for auditors: leave raw out"));
    }
    let earlier = body.since.map(|since| Earlier::find(state, caller, id, since, &body)).transpose()?;
    let ExportBody { format, tables, from, to, purpose, raw, since } = body;
    let from = from.or(earlier.as_ref().map(|earlier| earlier.from));
    let from = from.ok_or_else(|| {
        BodyError::at("from", "name the first day; it can be left out with since alone, which has one")
    })?;
    if to < from {
        return Err(BodyError::at("to", "it must not be before from").into());
    }
    let tables = tables.map(sorted).or_else(|| Some(earlier.as_ref()?.tables.clone()));
    let tables = tables.unwrap_or_else(|| TableName::ALL.to_vec());
    if tables.is_empty() {
        return Err(BodyError::at("tables", "name one at least, or leave it out for all").into());
    }
    let format = format.or(earlier.as_ref().map(|earlier| earlier.format)).unwrap_or(Format::Parquet);
    let ends = earlier.map(|earlier| earlier.ends).unwrap_or_default();
    let order = Order { format, tables, from, to, purpose, raw, since: ends };
    Ok(Asked { id, actor: caller.actor(), order, since })
}

fn sorted(mut tables: Vec<TableName>) -> Vec<TableName> {
    tables.sort_unstable();
    tables.dedup();
    tables
}

/// What is taken from an earlier export.
struct Earlier {
    format: Format,
    tables: Vec<TableName>,
    from: CivilDate,
    /// Where it ended, by partition.
    ends: Vec<Position>,
}

impl Earlier {
    fn find(state: &EdgeState, caller: &Caller, id: Uuid, since: Uuid, body: &ExportBody) -> Outcome<Self> {
        // A repeat is the same, also when the earlier export was deleted meanwhile.
        let known = state.service.exports.get(id);
        if let Some(known) = known.filter(|job| job.actor == caller.actor() && job.since == Some(since)) {
            let Order { format, tables, from, since: ends, .. } = known.order;
            return Ok(Self { format, tables, from, ends });
        }
        let job = visible(state, caller, since).map_err(|_| Problem::new("EarlierExportUnknown"))?;
        agrees(&job, body)?;
        let Manifest { order, partitions, .. } = manifest(state, &job)?.ok_or_else(|| {
            Problem::new("EarlierExportNotDone").detail(format!("export {since} has no files yet"))
        })?;
        let ends = partitions.iter().map(|range| range.last).collect();
        Ok(Self { format: order.format, tables: order.tables, from: order.from, ends })
    }
}

/// Two that are to be read together have the same names for the same subjects, the same tables, and no day of which neither
/// has the events.
fn agrees(earlier: &Job, body: &ExportBody) -> Outcome<()> {
    let Order { tables, purpose, raw, from, to, .. } = &earlier.order;
    let other_tables = body.tables.clone().is_some_and(|wanted| sorted(wanted) != *tables);
    let differs = [
        ("purpose is not as", body.purpose != *purpose),
        ("raw is not as", body.raw != *raw),
        ("tables is not as", other_tables),
        ("from is before that", body.from.is_some_and(|wanted| wanted < *from)),
        ("to is before that", body.to < *to),
    ];
    match differs.into_iter().find_map(|(how, differs)| differs.then_some(how)) {
        Some(how) => Err(Problem::new("EarlierExportDiffers")
            .detail(format!("{how} in export {}, so the two could not be read together", earlier.id))),
        None => Ok(()),
    }
}
