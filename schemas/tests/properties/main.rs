//! What must hold of ids, times, references, prefixes and bodies for every value, and for all bytes and texts that are none.
//!
//! A failing case is shrunk and printed, and its seed is kept under `proptest-regressions` to be tried first from then on.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod bodies;
mod ids;
mod limits;
mod prefixes;
mod references;
mod strategies;
mod times;
