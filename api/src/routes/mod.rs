//! The handlers, one file a resource. Which path leads to which stands in [`crate::edge::router`].

pub(crate) mod auditing;
pub(crate) mod availability;
pub(crate) mod bookings;
pub(crate) mod centres;
pub(crate) mod channels;
pub(crate) mod deliveries;
pub(crate) mod erasure;
pub(crate) mod events;
pub(crate) mod exports;
pub(crate) mod health;
pub(crate) mod holds;
pub(crate) mod lookups;
pub(crate) mod meta;
pub(crate) mod pairs;
pub(crate) mod registering;
pub(crate) mod registrations;
pub(crate) mod releases;
pub(crate) mod rules;
pub(crate) mod shrinks;
