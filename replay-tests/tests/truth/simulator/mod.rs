//! Writers over one log in a world where everything may be late, lost, doubled or wrong about the time.
//!
//! The world is deterministic: a seed gives the same run again. What comes out is judged by an auditor who knows only
//! the bytes of the log, the commands sent and the answers given, and who decides everything again with the model.

mod auditor;
mod clients;
mod nodes;
mod runs;
mod world;
