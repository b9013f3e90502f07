//! What an export is asked for, and what it takes from an earlier one that it goes on from.

use projections::tables::{Order, Unfit, Wish};
use schemas::Position;
use schemas::vocabulary::Role;
use uuid::Uuid;

use super::files::manifest;
use super::visible;
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
    let ExportBody { format, tables, from, to, purpose, raw, since } = body;
    let earlier = since.map(|since| Earlier::find(state, caller, id, since)).transpose()?;
    let wish = Wish { format, tables, from, to, purpose, raw };
    let order = wish.order(earlier.as_ref().map(Earlier::order));
    let mut order = order.map_err(|Unfit { field, why }| BodyError::at(field, why))?;
    if let Some(earlier) = earlier {
        order.since = earlier.ends(state, &order)?;
    }
    Ok(Asked { id, actor: caller.actor(), order, since })
}

/// Where an export goes on from.
enum Earlier {
    /// It was asked for before, so it is known; the earlier one may have been deleted meanwhile.
    Known(Order),
    /// An export that is there.
    There(Box<Job>),
}

impl Earlier {
    fn find(state: &EdgeState, caller: &Caller, id: Uuid, since: Uuid) -> Outcome<Self> {
        let known = state.service.exports.get(id);
        if let Some(known) = known.filter(|job| job.actor == caller.actor() && job.since == Some(since)) {
            return Ok(Self::Known(known.order));
        }
        let job = visible(state, caller, since).map_err(|_| Problem::new("EarlierExportUnknown"))?;
        Ok(Self::There(Box::new(job)))
    }

    fn order(&self) -> &Order {
        match self {
            Self::Known(order) => order,
            Self::There(job) => &job.order,
        }
    }

    /// Where it ended, by partition, if the order may go on from there.
    fn ends(self, state: &EdgeState, order: &Order) -> Outcome<Vec<Position>> {
        let job = match self {
            Self::Known(known) => return Ok(known.since),
            Self::There(job) => job,
        };
        order
            .goes_on_from(&job.order)
            .map_err(|unfit| Problem::new("EarlierExportDiffers").detail(unfit.to_string()))?;
        let manifest = manifest(state, &job)?.ok_or_else(|| {
            Problem::new("EarlierExportNotDone").detail(format!("export {} has no files yet", job.id))
        })?;
        Ok(manifest.ends())
    }
}
