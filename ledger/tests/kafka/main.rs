//! The log in Kafka, on real brokers: the one that `KAFKA_BROKERS` names or one of the test's own, and others of its own
//! where brokers are stopped or want passwords.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop where they cannot go on")]

#[path = "../support/asking.rs"]
mod asking;
mod common;
mod contract;
mod copies;
mod damage;
mod failover;
mod headers;
mod opening;
mod outages;
mod security;
mod topics;
mod truncation;
mod writers;
