//! Rows of the views as JSON for people.

use projections::HoldFound;
use projections::rows::{Ended, HoldState, RegistrationRow, RulesRow, SlotRow};
use schemas::Instant;
use schemas::ids::{CentreId, Cvx, HoldId, RegistrationId, SlotId};
use schemas::vocabulary::ReleaseReason;

use crate::json::{BookingJson, HoldJson, PlaceJson, RegistrationJson};
use crate::stamp::Zone;

/// A hold; `now` is for the seconds that remain.
pub(crate) fn hold(
    centre: &CentreId,
    id: HoldId,
    found: &HoldFound,
    rules: Option<&RulesRow>,
    now: Instant,
    zone: &Zone,
) -> HoldJson {
    let row = &found.hold;
    let live = row.state == HoldState::Held;
    let booked = row.confirmed_at.is_some();
    HoldJson {
        hold: id,
        registration: row.registration,
        state: match row.state {
            HoldState::Held => "live",
            HoldState::Booked | HoldState::Ended { how: Ended::Cancelled(_), .. } => "booked",
            HoldState::Ended { how: Ended::Expired, .. } => "lapsed",
            HoldState::Ended { how: Ended::Released(ReleaseReason::Replaced), .. } => "replaced",
            HoldState::Ended { how: Ended::Released(_), .. } => "released",
        },
        contingent: row.contingent,
        vaccine: vaccine_name(rules, found.first.vaccine),
        first: place(row.first, &found.first, zone, None),
        second: row.second.zip(found.second).map(|(slot, row)| place(slot, &row, zone, None)),
        deadline_at: live.then(|| zone.show(row.deadline_at)),
        remaining_s: live.then(|| row.deadline_at.millis_since(now) / 1_000),
        extensions_left: live.then(|| u8::from(row.extended_at.is_none())),
        booking: booked.then(|| format!("/v1/centres/{centre}/bookings/{id}")),
        ended_at: row.ended_at().filter(|_| !booked).map(|mark| zone.show(mark.time)),
    }
}

/// A booking.
pub(crate) fn booking(id: HoldId, found: &HoldFound, rules: Option<&RulesRow>, zone: &Zone) -> BookingJson {
    let row = &found.hold;
    let ended = row.ended_at();
    let state = |cancelled: bool| if cancelled { "cancelled" } else { "booked" };
    let second_cancelled = ended.is_some() || row.second_cancelled.is_some();
    BookingJson {
        booking: id,
        registration: row.registration,
        revision: row.revision,
        state: state(ended.is_some()),
        vaccine: vaccine_name(rules, found.first.vaccine),
        first: place(row.first, &found.first, zone, Some(state(ended.is_some()))),
        second: row
            .second
            .zip(found.second)
            .map(|(slot, row)| place(slot, &row, zone, Some(state(second_cancelled)))),
        ended_at: ended.map(|mark| zone.show(mark.time)),
    }
}

/// A registration; `booked`: whether its live hold is a booking.
pub(crate) fn registration(
    centre: &CentreId,
    id: RegistrationId,
    row: &RegistrationRow,
    rules: Option<&RulesRow>,
    booked: bool,
    zone: &Zone,
) -> RegistrationJson {
    let path = |kind: &str, id: HoldId| format!("/v1/centres/{centre}/{kind}/{id}");
    RegistrationJson {
        registration: id,
        reference: row.reference,
        centre: centre.clone(),
        state: if row.withdrawn.is_some() { "withdrawn" } else { "live" },
        revision: row.revision,
        group: row.group,
        district: row.district,
        age_band: row.age_band,
        made_by: row.made_by,
        registered_at: zone.show(row.registered_at.time),
        may_hold_from_at: rules.and_then(|rules| rules.rules.set.opens_at(row.group)).map(|at| zone.show(at)),
        hold: row.hold.filter(|_| !booked).map(|id| path("holds", id)),
        booking: row.hold.filter(|_| booked).map(|id| path("bookings", id)),
        ended_at: row.withdrawn.map(|end| zone.show(end.withdrawn_at.time)),
    }
}

fn place(slot: SlotId, row: &SlotRow, zone: &Zone, state: Option<&'static str>) -> PlaceJson {
    PlaceJson {
        slot,
        start_at: zone.show(row.start_at),
        local_date: row.local_date,
        length_min: row.length_min,
        state,
    }
}

/// As the rules in force name it, else by its code.
fn vaccine_name(rules: Option<&RulesRow>, cvx: Cvx) -> String {
    let named = rules.and_then(|row| row.rules.set.vaccine(cvx));
    named.map_or_else(|| format!("cvx-{cvx}"), |rule| rule.name.to_string())
}
