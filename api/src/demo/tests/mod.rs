//! Tests of the demo's pure parts.

mod behaviour;
mod engine;
mod population;
mod supply;
mod switchboard;
mod timeline;
mod toy;
