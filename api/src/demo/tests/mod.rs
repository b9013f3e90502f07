//! Tests of the demo's pure parts.

mod behaviour;
mod population;
mod supply;
mod switchboard;
mod timeline;
