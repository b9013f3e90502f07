//! Is it true? What the ledger decides, compared with an independent model of the rules.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod agreement;
mod cases;
mod coverage;
mod golden;
mod offer;
mod past;
mod past_demo;
mod resolve;
mod run;
mod simulator;
mod steps;
mod universe;
