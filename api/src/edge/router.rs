//! The index of the program: every path of every edge.

use axum::Router;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Edge, answer};
use crate::routes::auditing::{offers, things};
use crate::routes::{
    availability, bookings, centres, channels, deliveries, erasure, events, exports, health, holds, lookups,
    meta, pairs, registering, registrations, releases, rules, shrinks,
};
use crate::service::EdgeState;

/// Everything that an edge serves.
pub(crate) fn router(state: EdgeState) -> Router {
    let (paths, _) = paths(state.edge).split_for_parts();
    paths
        .fallback(meta::unknown_path)
        .method_not_allowed_fallback(meta::method_not_allowed)
        .layer(axum::middleware::from_fn_with_state(state.clone(), answer::finish))
        .with_state(state)
}

/// The paths of an edge, with their description.
pub(crate) fn paths(edge: Edge) -> OpenApiRouter<EdgeState> {
    match edge {
        Edge::Web => booking().merge(about()),
        Edge::Hotline => booking().merge(agents()).merge(about()),
        Edge::Audit => auditors().merge(about()),
        Edge::Admin => operators().merge(about()),
    }
}

/// For citizens, and for agents in their place.
fn booking() -> OpenApiRouter<EdgeState> {
    OpenApiRouter::default()
        .routes(routes!(centres::list_centres))
        .routes(routes!(availability::get_availability))
        .routes(routes!(availability::get_centre_availability))
        .routes(routes!(availability::get_day))
        .routes(routes!(pairs::get_pairs))
        .routes(routes!(
            registering::put_registration,
            registrations::get_registration,
            registrations::withdraw_registration
        ))
        .routes(routes!(erasure::erase_registration))
        .routes(routes!(holds::place_hold, holds::get_hold, holds::release_hold))
        .routes(routes!(holds::confirm_hold))
        .routes(routes!(holds::extend_hold))
        .routes(routes!(bookings::get_booking, bookings::cancel_booking))
        .routes(routes!(bookings::change_booking))
}

/// For agents alone.
fn agents() -> OpenApiRouter<EdgeState> {
    OpenApiRouter::default()
        .routes(routes!(lookups::get_reference))
        .routes(routes!(lookups::look_up))
        .routes(routes!(registrations::reissue_access))
}

/// For auditors and analysts.
fn auditors() -> OpenApiRouter<EdgeState> {
    OpenApiRouter::default()
        .routes(routes!(offers::list_centres_as_of))
        .routes(routes!(offers::get_availability_as_of))
        .routes(routes!(offers::get_centre_availability_as_of))
        .routes(routes!(offers::get_day_as_of))
        .routes(routes!(offers::get_pairs_as_of))
        .routes(routes!(things::get_registration_as_of))
        .routes(routes!(things::get_reference_as_of))
        .routes(routes!(things::get_hold_as_of))
        .routes(routes!(things::get_booking_as_of))
        .routes(routes!(events::get_events))
        .routes(routes!(exports::put_export, exports::get_export, exports::delete_export))
        .routes(routes!(exports::get_export_file))
}

/// For operators.
fn operators() -> OpenApiRouter<EdgeState> {
    OpenApiRouter::default()
        .routes(routes!(centres::describe_centre))
        .routes(routes!(rules::set_rules))
        .routes(routes!(deliveries::announce_delivery))
        .routes(routes!(deliveries::receive_delivery))
        .routes(routes!(releases::release_slots))
        .routes(routes!(shrinks::shrink_slots))
        .routes(routes!(channels::set_channel))
        .routes(routes!(health::get_livez))
        .routes(routes!(health::get_readyz))
        .routes(routes!(health::get_metrics))
}

/// What every edge says about itself.
fn about() -> OpenApiRouter<EdgeState> {
    OpenApiRouter::default()
        .routes(routes!(meta::get_openapi))
        .routes(routes!(meta::list_problems))
        .routes(routes!(meta::get_problem))
}
