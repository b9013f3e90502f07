//! Client histories through the checker: made by a load over real ledgers, and made up to be wrong.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod loads;
mod toy;
mod toy_runs;
mod wrong;
mod wrong_records;
