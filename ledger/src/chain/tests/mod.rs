//! Tests of the chain.

mod forge;
mod pending;
mod simulation;
mod table;
mod world;
