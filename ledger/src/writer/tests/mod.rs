//! The writer driven by hand: a log of plain values, a clock that stands, and callers that are numbers.

mod answers;
mod bench;
mod breaches;
mod clocks;
mod outages;
mod quarrels;
mod reigns;
