//! Tests of the verification: good histories are clean, and each kind of wrong record is named.

mod beside;
mod damaged;
mod forged;
mod good;
mod orders;
mod random;
mod resuming;
mod story;
