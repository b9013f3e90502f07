//! Tests of the verification: good histories are clean, and each kind of wrong record is named.

mod damaged;
mod forged;
mod good;
mod random;
mod story;
