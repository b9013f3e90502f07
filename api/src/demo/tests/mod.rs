//! Tests of the demo's pure parts.

mod behaviour;
mod calls;
mod engine;
mod known;
mod opening;
mod population;
mod supply;
mod switchboard;
mod timeline;
mod toy;
