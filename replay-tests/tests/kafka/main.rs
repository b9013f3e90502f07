//! The ledger on real brokers, while everything goes wrong that can be made to. Every history goes through the checker.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop at the first thing that is not right"
)]

mod brokers;
mod connection;
mod disk;
mod heard;
mod one_broker;
mod proxy;
mod quarrel;
#[path = "../../../projections/tests/common/small_disk.rs"]
mod small_disk;
mod three_brokers;
mod trial;
